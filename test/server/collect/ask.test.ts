/** What is asked while nodes are collected, how often, and what becomes of the answers. Nothing of them goes into a message. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Question } from '../../../shared/protocol.ts';
import type { Ask } from '../../../server/collect/ask.ts';
import { collectNodes, type CollectedNode, type CollectOptions } from '../../../server/collect/collect.ts';
import type { Target } from '../../../server/collect/targets.ts';
import { findProgram, startOpenSsh, withoutOpenSsh, type OpenSsh } from '../../support/openssh.ts';
import { CODE, PASSWORD, startSshNode, writeLogin, type SshNodeMode } from '../../support/sshNode.ts';

const run = promisify(execFile);
const RECORDING = 'dvrscope-snapshot 1\nnode: n\n\n@@ begin - ip netns list\n@@ end 0\n';

/** Somebody who gives these replies in turn. */
function somebody(...replies: (string[] | undefined)[]) {
  const questions: Question[] = [];
  const ask = async (question: Question): Promise<string[] | undefined> => {
    questions.push(question);
    return replies.shift();
  };
  return { ask, questions };
}

/** Kind of failure, or `ok`. */
const outcome = ({ error }: CollectedNode): string => error?.kind ?? 'ok';

/** Collects from one node inside this process; no message may hold an answer. */
async function collectFrom(mode: SshNodeMode, options: CollectOptions): Promise<CollectedNode> {
  const node = await startSshNode({ recording: RECORDING, mode });
  const login = await writeLogin([node]);
  const target: Target = { node: 'n', host: node.host, port: node.port, username: 'me' };
  const identityFiles = mode === 'key-and-code' ? login.identityFiles : [];
  const files = { identityFiles, knownHostsFiles: [login.knownHostsFile], agent: '' };
  const [result] = await collectNodes([target], { ...files, ...options });
  await Promise.all([node.stop(), login.remove()]);
  assert.doesNotMatch(JSON.stringify(result), new RegExp(`${PASSWORD}|${CODE}`));
  return result!;
}

describe('passwords and codes', () => {
  test('a password, after a wrong one', async () => {
    const { ask, questions } = somebody(['wrong'], [PASSWORD]);
    assert.equal(outcome(await collectFrom('asks-password', { ask })), 'ok');
    const question = { kind: 'login', login: 'me@127.0.0.1', instruction: '' } as const;
    const prompts = [{ text: 'Password:', isSecret: true }];
    assert.deepEqual(questions, [
      { ...question, prompts, isRepeated: false },
      { ...question, prompts, isRepeated: true },
    ]);
  });

  test('three wrong passwords are enough', async () => {
    const { ask, questions } = somebody(['a'], ['b'], ['c'], [PASSWORD]);
    const result = await collectFrom('asks-password', { ask });
    assert.deepEqual([outcome(result), questions.length], ['auth', 3]);
  });

  test('somebody who turns away is not asked again', async () => {
    const { ask, questions } = somebody();
    const result = await collectFrom('asks-password', { ask });
    assert.deepEqual([outcome(result), questions.length], ['auth', 1]);
    assert.match(result.error!.message, /The question was not answered/);
  });

  for (const mode of ['asks-code', 'key-and-code'] as const)
    test(`several prompts (${mode}), their texts shown and not obeyed`, async () => {
      const { ask, questions } = somebody([PASSWORD, '0'], [PASSWORD, CODE]);
      assert.equal(outcome(await collectFrom(mode, { ask })), 'ok');
      assert.deepEqual(questions[0], {
        kind: 'login',
        login: 'me@127.0.0.1',
        instruction: 'Two steps ^[[31mFor you',
        prompts: [
          { text: 'Password:', isSecret: true },
          { text: 'Code:', isSecret: false },
        ],
        isRepeated: false,
      });
    });

  test('without anybody to ask, what the node wants is said', async () => {
    for (const mode of ['asks-password', 'asks-code', 'key-and-code'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one node at a time
      const result = await collectFrom(mode, {});
      assert.equal(outcome(result), 'auth');
      assert.match(
        result.error!.message,
        /It would take a password, but there is nobody to ask here: use a key or an agent/,
      );
    }
  });
});

describe('OpenSSH', { skip: withoutOpenSsh(), timeout: 900_000 }, () => {
  let sshd: OpenSsh;
  before(async () => {
    sshd = await startOpenSsh();
    await writeFile(
      join(sshd.folder, 'known'),
      sshd.hostKeys.map((key) => `[127.0.0.1]:${sshd.port} ${key}\n`).join(''),
    );
  });
  after(async () => sshd.stop());

  const targets = (names: string[], server = sshd, hashKnownHosts = false): Target[] =>
    names.map((node) => ({
      node,
      host: server.host,
      port: server.port,
      username: server.username,
      settings: { hostName: server.host, identitiesOnly: false, mayAsk: true, hashKnownHosts, notes: [] },
    }));
  const collect = async (names: string[], options: CollectOptions): Promise<CollectedNode[]> =>
    collectNodes(targets(names), {
      agent: '',
      sudo: 'never',
      knownHostsFiles: [join(sshd.folder, 'known')],
      ...options,
    });

  test('the passphrase of a key is asked for once, for all nodes, and only where the key is let in', async () => {
    const key = await sshd.newLogin('id_locked', undefined, 'open sesame');
    const stranger = join(sshd.folder, 'id_stranger');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'another', '-f', stranger]);
    const { ask, questions } = somebody(['wrong'], ['open sesame']);
    const right: string[] = [];
    const accepted = (file: string): void => void right.push(file);
    const results = await collect(['a', 'b', 'c'], { identityFiles: [stranger, key], ask, accepted });
    assert.deepEqual(results.map(outcome), ['ok', 'ok', 'ok']);
    assert.deepEqual(right, [key]);
    assert.deepEqual(questions, [
      { kind: 'passphrase', file: key, isRepeated: false },
      { kind: 'passphrase', file: key, isRepeated: true },
    ]);
    assert.doesNotMatch(JSON.stringify(results), /sesame|wrong/);
  });

  test('older forms of encrypted keys', async () => {
    for (const [name, args] of [
      ['id_pem', ['-t', 'rsa', '-m', 'PEM']],
      ['id_new', ['-t', 'ecdsa']],
    ] as const) {
      const key = join(sshd.folder, name);
      // oxlint-disable-next-line no-await-in-loop -- one key at a time
      await run('ssh-keygen', ['-q', ...args, '-N', 'open sesame', '-f', key]);
      // oxlint-disable-next-line no-await-in-loop
      const known = await readFile(join(sshd.folder, 'authorized_keys'), 'utf8');
      // oxlint-disable-next-line no-await-in-loop
      await writeFile(join(sshd.folder, 'authorized_keys'), `${known}${await readFile(`${key}.pub`, 'utf8')}`);
      const { ask } = somebody(['open sesame']);
      // oxlint-disable-next-line no-await-in-loop
      const results = await collect(['a'], { identityFiles: [key], ask });
      assert.deepEqual(results.map(outcome), ['ok'], JSON.stringify(results[0]?.error));
    }
  });

  test('a passphrase that nobody gives', async () => {
    const key = await sshd.newLogin('id_closed', undefined, 'open sesame');
    const wrong = somebody(...Array.from({ length: 9 }, () => ['wrong']));
    const [nobody, turned, corrected] = [{}, somebody(), somebody(['wrong'])];
    const again = ': try again, or add it to an agent with ssh-add.';
    const cases: [asking: { ask?: Ask }, said: string][] = [
      [nobody, `: add it to an agent (ssh-add ${key}).`],
      [turned, `, and no passphrase was given${again}`],
      [corrected, `, and the passphrase was wrong${again}`],
      [wrong, `, and the passphrase was wrong${again}`],
    ];
    for (const [{ ask }, said] of cases) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const [result] = await collect(['a'], { identityFiles: [key], ...(ask && { ask }) });
      assert.equal(outcome(result!), 'auth');
      // What could not be opened was not tried, and is named once.
      const { message } = result!.error!;
      assert.ok(message.includes(`was refused. ${key} is encrypted${said}`), message);
      assert.doesNotMatch(message, /Tried/);
      if (ask) assert.equal(message.split(key).length, 2, message);
    }
    assert.deepEqual(
      [turned, corrected].map(({ questions }) => questions.length),
      [1, 2],
    );
  });

  test('a host key that is remembered is found by ssh, hashed if the configuration says so', async () => {
    const key = await sshd.newLogin('id_host');
    for (const hashKnownHosts of [false, true]) {
      const file = join(sshd.folder, 'new', String(hashKnownHosts), 'known_hosts');
      const { ask, questions } = somebody(['remember']);
      const options = { identityFiles: [key], agent: '', sudo: 'never', knownHostsFiles: [file], ask } as const;
      // oxlint-disable-next-line no-await-in-loop -- one file after the other
      const results = await collectNodes(targets(['a', 'b'], sshd, hashKnownHosts), options);
      assert.deepEqual(results.map(outcome), ['ok', 'ok']);
      assert.equal(questions.length, 1, 'once for both');
      // oxlint-disable-next-line no-await-in-loop
      const { stdout } = await run('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', file]);
      assert.ok(sshd.hostKeys.some((hostKey) => stdout.includes(hostKey)));
      // oxlint-disable-next-line no-await-in-loop
      assert.equal((await readFile(file, 'utf8')).startsWith('|1|'), hashKnownHosts);
      // oxlint-disable-next-line no-await-in-loop
      assert.equal((await stat(file)).mode & 0o777, 0o600);
    }
  });

  test('a changed host key and a revoked one are never asked about', async () => {
    const [type] = sshd.hostKeys[0]!.split(' ');
    const other = (await readFile(`${await sshd.newLogin('id_else')}.pub`, 'utf8')).split(' ')[1];
    const file = join(sshd.folder, 'known_bad');
    for (const line of [`[127.0.0.1]:${sshd.port} ${type} ${other}`, `@revoked * ${sshd.hostKeys[0]}`]) {
      const { ask, questions } = somebody(['remember'], ['remember']);
      // oxlint-disable-next-line no-await-in-loop -- one file after the other
      await writeFile(file, `${line}\n`);
      // oxlint-disable-next-line no-await-in-loop
      const results = await collect(['a'], { knownHostsFiles: [file], ask });
      assert.deepEqual([results.map(outcome), questions.length], [['host-key'], 0]);
    }
  });

  test('only a file of the user is written to, and a name that is a pattern is not asked about', async () => {
    const key = await sshd.newLogin('id_alias');
    const global = join(sshd.folder, 'global');
    const more = { userKnownHostsFiles: [], globalKnownHostsFiles: [global] };
    for (const [hostKeyAlias, expected, count] of [
      ['plain', 'ok', 1],
      ['*', 'host-key', 0],
      ['a,b', 'host-key', 0],
    ] as const) {
      const { ask, questions } = somebody(['remember']);
      const [target] = targets(['a']);
      const settings = { ...target!.settings!, ...more, hostKeyAlias };
      const options = { agent: '', sudo: 'never', identityFiles: [key], ask } as const;
      // oxlint-disable-next-line no-await-in-loop -- one name after the other
      const results = await collectNodes([{ ...target!, settings }], options);
      assert.deepEqual([results.map(outcome), questions.length], [[expected], count], hostKeyAlias);
      // oxlint-disable-next-line no-await-in-loop
      await assert.rejects(stat(global), 'nothing was written');
    }
  });

  test('StrictHostKeyChecking yes: an unknown one is not asked about either', async () => {
    const { ask, questions } = somebody(['remember']);
    const [target] = targets(['a']);
    const settings = { ...target!.settings!, mayAsk: false };
    const results = await collectNodes([{ ...target!, settings }], { agent: '', knownHostsFiles: ['/dev/null'], ask });
    assert.deepEqual([results.map(outcome), questions.length], [['host-key'], 0]);
  });

  test('who takes longer to answer than the server waits is not turned away', async () => {
    const hasty = await startOpenSsh(['LoginGraceTime 4']);
    const key = await hasty.newLogin('id_hasty');
    const ask = async (): Promise<string[]> => sleep(6000, ['once']);
    const options = { identityFiles: [key], agent: '', sudo: 'never', knownHostsFiles: ['/dev/null'], ask } as const;
    const limits = { handshakeTimeout: 3000, loginTimeout: 3000 };
    const results = await collectNodes(targets(['a'], hasty), { ...options, limits }).finally(hasty.stop);
    assert.deepEqual(results.map(outcome), ['ok'], JSON.stringify(results[0]?.error));
  });

  test('a cancel ends a question, and the collection does not wait for its answer', async () => {
    const started = Date.now();
    const results = await collectNodes(
      targets(['a', 'b']),
      { agent: '', knownHostsFiles: ['/dev/null'], ask: async () => new Promise(() => undefined) },
      AbortSignal.timeout(300),
    );
    assert.deepEqual(results.map(outcome), ['cancelled', 'cancelled']);
    assert.ok(Date.now() - started < 10_000);
  });

  test('on a real terminal', { skip: !findProgram('script') && 'no script(1)' }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dvrscope-terminal-'));
    await chmod(folder, 0o700);
    const key = await sshd.newLogin('id_terminal', undefined, 'open sesame');
    const topology = `dvr: 1\nnodes:\n  a: {agent_mode: none, address: 127.0.0.1, ssh_port: ${sshd.port}}\n`;
    await writeFile(join(folder, 'cloud.dvr.yaml'), topology);
    const program = join(import.meta.dirname, '../../../server/bin.ts');
    const login = [
      '--identity',
      key,
      '--known-hosts',
      join(folder, 'known'),
      '--ssh-config',
      'none',
      '--sudo',
      'never',
    ];
    const words = [process.execPath, program, 'collect', join(folder, 'cloud.dvr.yaml'), '-o', folder, ...login];
    const env = { ...process.env, SSH_AUTH_SOCK: '' };
    const child = spawn('script', ['-qefc', words.join(' '), '/dev/null'], { stdio: 'pipe', env });
    let shown = '';
    const replies: [RegExp, string][] = [
      [/\(yes\/once\/no\): $/, 'yes\r'],
      [/Passphrase of .*id_terminal: $/, 'open sesame\r'],
    ];
    child.stdout.on('data', (data: Buffer) => {
      shown += data.toString();
      if (replies[0]?.[0].test(shown)) child.stdin.write(replies.shift()![1]);
    });
    const status = await new Promise((resolve) => {
      child.once('close', resolve);
    });
    assert.equal(status, 0, shown);
    assert.match(shown, /a\.snapshot\r?\n$/);
    assert.doesNotMatch(shown, /sesame/);
    assert.match(await readFile(join(folder, 'known'), 'utf8'), /^\[127\.0\.0\.1\]:\d+ ssh-ed25519 /);
    await rm(folder, { recursive: true });
  });
});
