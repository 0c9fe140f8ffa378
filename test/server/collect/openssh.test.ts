/** Our SSH client against a real OpenSSH server, with the real collector script. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import { collectNodes } from '../../../server/collect/collect.ts';
import type { CollectedNode, CollectOptions } from '../../../server/collect/collect.ts';
import { startOpenSsh, withoutOpenSsh } from '../../support/openssh.ts';
import type { OpenSsh } from '../../support/openssh.ts';

const run = promisify(execFile);

describe('OpenSSH', { skip: withoutOpenSsh(), timeout: 900_000 }, () => {
  let sshd: OpenSsh;
  let key: string;
  let knownHosts: string;
  before(async () => {
    sshd = await startOpenSsh();
    key = await sshd.newLogin('id_test');
    knownHosts = await knownHostsFile('known_hosts', (name) => sshd.hostKeys.map((hostKey) => `${name} ${hostKey}`));
  });
  after(async () => sshd.stop());

  const knownHostsFile = async (file: string, lines: (name: string) => string[]): Promise<string> => {
    const path = `${sshd.folder}/${file}`;
    await writeFile(path, `${lines(`[127.0.0.1]:${sshd.port}`).join('\n')}\n`);
    return path;
  };

  /** Collects from the server under these node names at once; searches all that is said for private keys. */
  const collect = async (names: string[], options: CollectOptions = {}): Promise<CollectedNode[]> => {
    const { host, port, username } = sshd;
    const files = { identityFiles: [key], knownHostsFiles: [knownHosts], agent: '', sudo: 'never' as const };
    const limits = { connectTimeout: 10_000, handshakeTimeout: 10_000, idleTimeout: 5000 };
    const results = await collectNodes(
      names.map((node) => ({ node, host, port, username })),
      { ...files, limits, ...options },
    );
    const said = JSON.stringify(results);
    for (const file of options.identityFiles ?? [key])
      for (const line of (await readFile(file, 'utf8')).split('\n').slice(1, -2)) assert.ok(!said.includes(line));
    return results;
  };

  const check = async (options: CollectOptions): Promise<void> => {
    const [result] = await collect(['compute1'], options);
    assert.equal(result!.error, undefined);
    assert.deepEqual(result!.warnings, []);
    const snapshot = parseSnapshot(result!.snapshot!);
    assert.equal(snapshot.node, 'compute1');
    assert.deepEqual(snapshot.problems, []);
    const links = snapshot.sections.find((section) => section.namespace === '-' && section.command === 'ip -j -d link');
    assert.match(links!.stdout, /"ifname":"lo"/);
    assert.equal(links!.status, 0);
  };

  const refused = async (options: CollectOptions, pattern: RegExp): Promise<string> => {
    const [result] = await collect(['compute1'], options);
    assert.equal(result!.snapshot, undefined);
    assert.equal(result!.error!.kind, 'host-key');
    assert.match(result!.error!.message, pattern);
    return result!.error!.message;
  };

  test('a key file', async () => check({}));

  test('an agent', async () => check({ agent: await sshd.startAgent(key), identityFiles: [] }));

  test('an agent of which only the last key is let in', async () => {
    const other = `${sshd.folder}/id_other`;
    await run('ssh-keygen', ['-q', '-t', 'rsa', '-N', '', '-f', other]);
    await check({ agent: await sshd.startAgent(other, key), identityFiles: [] });
  });

  test('an agent of many keys: the server has enough of them, unless the right one is named', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `${sshd.folder}/id_many_${i}`);
    await Promise.all(names.map(async (name) => run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', name])));
    const agent = await sshd.startAgent(...names, key);
    const [result] = await collect(['compute1'], { agent, identityFiles: [] });
    assert.equal(result!.error!.kind, 'auth');
    assert.match(result!.error!.message, /Too many authentication failures.*Name the key that is let in: --identity/);
    await check({ agent, identityFiles: [key] });
    await check({ agent, identityFiles: [`${key}.pub`] });
  });

  test('a key that is not let in', async () => {
    const other = `${sshd.folder}/id_unknown`;
    await run('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', other]);
    const [result] = await collect(['compute1'], { identityFiles: [other] });
    assert.equal(result!.error!.kind, 'auth');
    assert.match(result!.error!.message, /was refused\. Tried: .*id_unknown\./);
  });

  for (const [index, type] of ['ed25519', 'ecdsa', 'rsa'].entries())
    test(`only the ${type} host key is known: that one is asked for`, async () => {
      const file = await knownHostsFile(`known_${type}`, (name) => [`${name} ${sshd.hostKeys[index]}`]);
      await check({ knownHostsFiles: [file] });
    });

  test('a hashed known_hosts', async () => {
    const file = await knownHostsFile('known_hashed', (name) => sshd.hostKeys.map((hostKey) => `${name} ${hostKey}`));
    await run('ssh-keygen', ['-H', '-f', file]);
    assert.match(await readFile(file, 'utf8'), /^\|1\|/);
    await check({ knownHostsFiles: [file] });
  });

  test('an unknown host key is refused, and the command of the message makes it known', async () => {
    const file = await knownHostsFile('known_none', () => []);
    const message = await refused({ knownHostsFiles: [file] }, /is not known\. .*SHA256|SHA256:\S+, is not known/);
    const { stdout } = await run('ssh-keygen', ['-lf', `${sshd.folder}/host_ed25519.pub`]);
    assert.ok(message.includes(stdout.split(' ')[1]!), 'the fingerprint that ssh-keygen prints');
    await run('sh', ['-c', /ssh-keyscan.*$/.exec(message)![0]]);
    await check({ knownHostsFiles: [file] });
  });

  test('a changed host key is refused, and the commands of the message mend it', async () => {
    const [type] = sshd.hostKeys[0]!.split(' ');
    const wrong = (await readFile(`${await sshd.newLogin('id_wrong')}.pub`, 'utf8')).split(' ')[1]!;
    const file = await knownHostsFile('known_changed', (name) => ['# a comment', `${name} ${type} ${wrong}`]);
    const message = await refused({ knownHostsFiles: [file] }, /is not the one in .*known_changed, line 2 \(SHA256:/);
    const [remove, add] = /(ssh-keygen -R .*), then (ssh-keyscan.*)$/.exec(message)!.slice(1);
    await run('sh', ['-c', `${remove} && ${add}`]);
    await check({ knownHostsFiles: [file] });
  });

  test('a revoked host key is refused', async () => {
    const file = await knownHostsFile('known_revoked', (name) => [
      `${name} ${sshd.hostKeys[0]}`,
      `@revoked * ${sshd.hostKeys[0]}`,
    ]);
    await refused({ knownHostsFiles: [file] }, /is marked @revoked in .*known_revoked, line 2/);
  });

  test('a shell profile that prints a banner', async () => {
    const login = await sshd.newLogin('id_banner', 'echo Welcome; echo to this node; eval "$SSH_ORIGINAL_COMMAND"');
    const [result] = await collect(['compute1'], { identityFiles: [login] });
    assert.ok(result!.snapshot!.startsWith('dvrscope-snapshot 1\n'));
    assert.deepEqual(result!.warnings, ['2 lines before the snapshot dropped (a shell profile that prints?)']);
  });

  const bad: [name: string, command: string, error: string | undefined, message: RegExp][] = [
    ['hangs', 'exec sleep 15', 'timeout', /no output for 3 s/],
    ['hangs midway', 'printf "dvrscope-snapshot 1\\n\\n"; exec sleep 15', undefined, /incomplete: .*no output for 3 s/],
    ['closes', 'kill -9 $PPID; sleep 1', 'closed', /command: /],
    [
      'closes midway',
      'printf "dvrscope-snapshot 1\\n\\n"; sleep 0.2; kill -9 $PPID; sleep 1',
      undefined,
      /incomplete: .*command: /,
    ],
    ['prints garbage', 'head -c 100000 /dev/urandom', 'garbage', /no snapshot among them/],
    ['fails', 'echo no such thing >&2; exit 7', 'status', /status 7: no such thing/],
    ['is killed', 'kill -9 $$', 'closed', /did not end by itself/],
  ];
  for (const [name, command, error, message] of bad)
    test(`a node that ${name}`, async () => {
      const login = await sshd.newLogin(`id_${name.replaceAll(' ', '_')}`, command);
      const limits = { firstOutputTimeout: 3000, idleTimeout: 3000 };
      const [result] = await collect(['compute1'], { identityFiles: [login], limits });
      assert.equal(result!.error?.kind, error, result!.error?.message);
      assert.match(result!.error?.message ?? result!.warnings.join(), message);
    });

  test('a node that goes on and on', async () => {
    const login = await sshd.newLogin('id_drips', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i; sleep 0.2; done');
    const limits = { totalTimeout: 1000 };
    const [result] = await collect(['compute1'], { identityFiles: [login], limits });
    assert.equal(result!.error!.kind, 'timeout');
    assert.match(result!.error!.message, /not finished after 1 s/);
  });

  test('several at once', async () => {
    const names = ['compute1', 'compute2', 'net1', 'net2'];
    const results = await collect(names, { parallel: 4 });
    assert.deepEqual(
      results.map(({ snapshot }) => parseSnapshot(snapshot!).node),
      names,
    );
  });
});
