/** Collecting over SSH from nodes inside this process, each with its own way to behave. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import ssh2 from 'ssh2';
import { collectNode, collectNodes } from '../../../server/collect/collect.ts';
import type { CollectedNode, CollectOptions, CollectProgress } from '../../../server/collect/collect.ts';
import { scriptFor } from '../../../server/collect/script.ts';
import { watched } from '../../../server/collect/watched.ts';
import type { Target } from '../../../server/collect/targets.ts';
import { listenOnLoopback, newKey, startSshNode, writeLogin } from '../../support/sshNode.ts';
import type { SshNode, SshNodeMode } from '../../support/sshNode.ts';

const RECORDING = [
  'dvrscope-snapshot 1',
  'node: compute1',
  '',
  '@@ begin - ip netns list',
  ...Array.from({ length: 200 }, (_, i) => `qrouter-${i}-ä`),
  '@@ end 0',
  '',
].join('\n');

const SHORT: CollectOptions['limits'] = {
  connectTimeout: 2000,
  handshakeTimeout: 2000,
  firstOutputTimeout: 400,
  idleTimeout: 400,
  maxOutput: 1024 * 1024,
};

/** Collects from one node a mode; every message is searched for key material. */
async function collect(
  modes: SshNodeMode[],
  options: CollectOptions = {},
  user = 'root',
): Promise<[CollectedNode[], SshNode[]]> {
  const clientKey = newKey();
  const nodes = await Promise.all(modes.map(async (mode) => startSshNode({ recording: RECORDING, mode, clientKey })));
  const login = await writeLogin(nodes);
  const files = { identityFiles: login.identityFiles, knownHostsFiles: [login.knownHostsFile], agent: '' };
  const results = await collectNodes(targets(nodes, modes, user), { ...files, limits: SHORT, ...options });
  await Promise.all([...nodes.map(async (node) => node.stop()), login.remove()]);
  assertNoSecret(results, clientKey.private);
  return [results, nodes];
}

const targets = (nodes: SshNode[], names: string[], username = 'root'): Target[] =>
  nodes.map(({ host, port }, i) => ({ node: names[i]!, host, port, username }));

function assertNoSecret(results: CollectedNode[], privateKey: string): void {
  const messages = JSON.stringify(results);
  for (const line of privateKey.split('\n').filter((text) => text.length > 20))
    assert.ok(!messages.includes(line.slice(0, 30)));
}

const EXPECTED: [SshNodeMode, { snapshot?: 'whole' | 'part'; error?: string; warnings: RegExp[] }][] = [
  ['healthy', { snapshot: 'whole', warnings: [] }],
  ['slow', { snapshot: 'whole', warnings: [] }],
  ['banner', { snapshot: 'whole', warnings: [/^3 lines before the snapshot dropped/] }],
  ['hangs', { snapshot: 'part', warnings: [/incomplete: hangs \(127\.0\.0\.1, port \d+\): no output for 0\.4 s/] }],
  ['silent', { error: 'timeout', warnings: [] }],
  ['closes', { snapshot: 'part', warnings: [/incomplete: closes .*: command: /] }],
  ['garbage', { error: 'garbage', warnings: [] }],
  ['fails', { error: 'status', warnings: [] }],
  ['huge', { snapshot: 'part', warnings: [/more than 1048576 bytes/] }],
  ['password-only', { error: 'auth', warnings: [] }],
];

test('each node gets its own result, whatever the others do, all at once', async () => {
  const [results] = await collect(
    EXPECTED.map(([mode]) => mode),
    { parallel: EXPECTED.length },
  );
  for (const [i, [mode, expected]] of EXPECTED.entries()) {
    const { node, snapshot, error, warnings } = results[i]!;
    assert.equal(node, mode);
    assert.equal(error?.kind, expected.error, `${mode}: ${error?.message}`);
    assert.equal(snapshot === undefined, expected.snapshot === undefined, mode);
    if (expected.snapshot === 'whole') assert.equal(snapshot, RECORDING, mode);
    if (expected.snapshot === 'part') assert.ok(snapshot!.startsWith('dvrscope-snapshot 1\nnode: compute1\n'), mode);
    assert.equal(warnings.length, expected.warnings.length, `${mode}: ${warnings.join()}`);
    for (const [j, pattern] of expected.warnings.entries()) assert.match(warnings[j]!, pattern);
    for (const text of [error?.message ?? '', ...warnings]) assert.doesNotMatch(text, /\p{Cc}/u);
  }
});

test('the command line is constant, and the node gets the script with its name quoted', async () => {
  const clientKey = newKey();
  const node = await startSshNode({ recording: RECORDING, clientKey });
  const login = await writeLogin([node]);
  const name = "x'; touch /tmp/never; '$(id)\n`id`";
  const files = { identityFiles: login.identityFiles, knownHostsFiles: [login.knownHostsFile], agent: '' };
  for (const [username, sudo, command] of [
    ['root', 'auto', 'sh -s'],
    ['neutron', 'auto', 'sudo -n sh -s'],
    ['root', 'always', 'sudo -n sh -s'],
    ['neutron', 'never', 'sh -s'],
  ] as const) {
    const [result] = await collectNodes([{ node: name, host: node.host, port: node.port, username }], {
      ...files,
      sudo,
    });
    assert.equal(result!.error, undefined);
    assert.deepEqual(node.executed.pop(), { command, stdin: watched(scriptFor(name)) });
  }
  await Promise.all([node.stop(), login.remove()]);
});

test('sudo that is refused is explained', async () => {
  const [[result]] = await collect(['fails'], {}, 'neutron');
  assert.match(
    result!.error!.message,
    /^fails: sudo wants a password for neutron, .*: allow it in sudoers \(neutron ALL=\(root\) NOPASSWD: \/bin\/sh -s\), log in as root, or/,
  );
});

test('an unknown host key and a changed one are refused before anything is sent', async () => {
  const node = await startSshNode({ recording: RECORDING });
  const other = await startSshNode({ recording: RECORDING });
  const login = await writeLogin([
    { ...node, knownHostsLine: node.knownHostsLine.replace(/ssh-ed25519 .*/, other.knownHostsLine.split(/ (.*)/)[1]!) },
  ]);
  const files = { identityFiles: login.identityFiles, knownHostsFiles: [login.knownHostsFile], agent: '' };
  const [changed, unknown] = await collectNodes(targets([node, other], ['a', 'b']), files);
  await Promise.all([node.stop(), other.stop(), login.remove()]);
  assert.equal(changed!.error?.kind, 'host-key');
  assert.match(changed!.error.message, /SHA256:\S{43}, is not the one in .*known_hosts, line 1 \(SHA256:/);
  assert.equal(unknown!.error?.kind, 'host-key');
  assert.match(
    unknown!.error.message,
    /SHA256:\S{43}, is not known\. .*ssh-keyscan -t ed25519 -p \d+ 127\.0\.0\.1 >> /,
  );
  assert.deepEqual([node.executed, other.executed], [[], []]);
});

test('no connection, no SSH, and names that are none', async () => {
  const mute = createServer();
  const http = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const [mutePort, httpPort] = [await listenOnLoopback(mute), await listenOnLoopback(http)];
  const files = { identityFiles: [], knownHostsFiles: [], agent: '', limits: { ...SHORT, handshakeTimeout: 3000 } };
  const rows: [host: string, port: number, kind: string, message: RegExp][] = [
    ['127.0.0.1', mutePort, 'timeout', /no answer to the handshake for 3 s/],
    ['127.0.0.1', httpPort, 'unreachable', /handshake: /],
    ['127.0.0.2', mutePort, 'unreachable', /\d\): connection refused\. No SSH server listens there/],
    ['localhost', 1, 'unreachable', /\d\): connection refused\. No SSH server listens there/],
    [
      'name.invalid',
      22,
      'unreachable',
      /\d\): (?:this machine knows no address for the name name\.invalid|the name name\.invalid could not be looked up: no name server answered)\. Give its address/,
    ],
    ['-oProxyCommand=id', 22, 'unreachable', /not a host name/],
    ['a b', 22, 'unreachable', /not a host name/],
    ['127.0.0.1', 70_000, 'unreachable', /port/],
  ];
  const results = await collectNodes(
    rows.map(([host, port], i) => ({ node: `n${i}`, host, port, username: 'root' })),
    files,
  );
  mute.close();
  http.close();
  for (const [i, [host, , kind, message]] of rows.entries()) {
    assert.equal(results[i]!.error?.kind, kind, `${host}: ${results[i]!.error?.message}`);
    assert.match(results[i]!.error.message, message);
  }
});

test('a cancel ends every stage at once, and what was not begun stays so', async () => {
  const clientKey = newKey();
  const silent = await startSshNode({ recording: RECORDING, mode: 'silent', clientKey });
  const sockets = createServer();
  const mutePort = await listenOnLoopback(sockets);
  const login = await writeLogin([silent]);
  const files = { identityFiles: login.identityFiles, knownHostsFiles: [login.knownHostsFile], agent: '' };
  const all = [
    ...targets([silent], ['running']),
    { node: 'handshake', host: '127.0.0.1', port: mutePort, username: 'root' },
    { node: 'waiting', host: '127.0.0.1', port: silent.port, username: 'root' },
  ];
  const progress: CollectProgress[] = [];
  const abort = new AbortController();
  const collected = collectNodes(all, { ...files, parallel: 2 }, abort.signal, (step) => progress.push(step));
  // oxlint-disable-next-line no-await-in-loop -- waiting is what it does
  while (silent.executed.length === 0) await sleep(20);
  const started = Date.now();
  abort.abort();
  const results = await collected;
  await Promise.all([silent.stop(), login.remove()]);
  sockets.close();
  // It would take 15 seconds.
  assert.ok(Date.now() - started < 10_000);
  assert.deepEqual(
    results.map(({ node, error }) => [node, error?.kind]),
    all.map(({ node }) => [node, 'cancelled']),
  );
  assert.equal(silent.executed.length, 1);
  assert.deepEqual(progress.at(-1)!.done, 3);
});

test('what is wrong with a key file is said, without its content', async () => {
  const node = await startSshNode({ recording: RECORDING });
  const login = await writeLogin([node]);
  const locked = ssh2.utils.generateKeyPairSync('ed25519', {
    passphrase: 'open sesame',
    cipher: 'aes256-ctr',
    rounds: 16,
  });
  await writeFile(`${login.folder}/locked`, locked.private);
  await writeFile(`${login.folder}/public`, node.clientKey.public);
  await writeFile(`${login.folder}/nonsense`, 'SECRET nonsense');
  const identityFiles = ['locked', 'public', 'nonsense', 'absent'].map((name) => `${login.folder}/${name}`);
  const [result] = await collectNodes(targets([node], ['n']), {
    identityFiles,
    knownHostsFiles: [login.knownHostsFile],
    agent: '/nowhere/agent',
  });
  await Promise.all([node.stop(), login.remove()]);
  assert.equal(result!.error?.kind, 'auth');
  const { message } = result!.error;
  assert.match(
    message,
    /Tried: \S*locked\. \S*public is a public key.*The agent \(\/nowhere\/agent\): .*nonsense is not a private key.*There is no .*absent/,
  );
  assert.doesNotMatch(message, /SECRET|sesame/);
  assertNoSecret([result!], locked.private);
});

test('whatever arrives, it is a snapshot from its first line on, or an error', async () => {
  const target = { node: 'n', host: 'h', port: 22, username: 'root' };
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.nat(RECORDING.length), fc.nat(2), async (before, end, status) => {
      const stdout = `${before}\n${RECORDING.slice(0, end)}`;
      const { snapshot, error, warnings } = await collectNode(target, async () => ({ stdout, stderr: '', status }), {});
      assert.equal(snapshot === undefined, error !== undefined);
      assert.equal(snapshot !== undefined, end >= 'dvrscope-snapshot 1'.length);
      if (snapshot) assert.equal(snapshot, RECORDING.slice(0, end));
      if (snapshot) assert.equal(warnings.length, status === 0 ? 1 : 2);
    }),
    { seed: 1, numRuns: 300 },
  );
});
