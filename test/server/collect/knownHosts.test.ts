/** `known_hosts`: which lines are about a host, held against rows and against ssh-keygen itself. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprint, hostKeyAlgorithms, judgeHostKey } from '../../../server/collect/hostKey.ts';
import { entriesFor, mergeKnownHosts, parseKnownHosts } from '../../../server/collect/knownHosts.ts';
import { withoutOpenSsh } from '../../support/openssh.ts';

/** A public key of a type: its name, and a body that tells keys apart. Only the name has to be right here. */
const publicKey = (type: string, body: string): string => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type + body)]).toString('base64');
};
const ED25519 = 'ssh-ed25519';
const KEY = publicKey(ED25519, 'the right one');
const OTHER = publicKey(ED25519, 'another');
const RSA = publicKey('ssh-rsa', 'an RSA one');
const hashed = (name: string, salt = Buffer.from('0123456789abcdefghij')): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;

test('which lines name a host', () => {
  const rows: [hosts: string, host: string, port: number, named: boolean][] = [
    ['node1', 'node1', 22, true],
    ['node1', 'NODE1', 22, true],
    ['Node1', 'node1', 22, true],
    ['node1', 'node11', 22, false],
    ['node1', 'node1', 2222, false],
    ['[node1]:2222', 'node1', 2222, true],
    ['[node1]:2222', 'node1', 22, false],
    ['[node1]:2222', 'node1', 222, false],
    ['node1,192.0.2.1', '192.0.2.1', 22, true],
    ['*.example.org', 'a.example.org', 22, true],
    ['*.example.org', 'example.org', 22, false],
    ['node?', 'node7', 22, true],
    ['node?', 'node', 22, false],
    ['*,!bad', 'good', 22, true],
    ['*,!bad', 'bad', 22, false],
    ['!bad', 'good', 22, false],
    ['!b*,*', 'bad', 22, false],
    ['[*.example.org]:2222', 'a.example.org', 2222, true],
    ['192.0.2.*', '192.0.2.200', 22, true],
    ['2001:db8::1', '2001:db8::1', 22, true],
    ['[2001:db8::1]:2222', '2001:db8::1', 2222, true],
    [hashed('node1'), 'node1', 22, true],
    [hashed('node1'), 'Node1', 22, true],
    [hashed('node1'), 'node2', 22, false],
    [hashed('[node1]:2222'), 'node1', 2222, true],
    [hashed('[node1]:2222'), 'node1', 22, false],
    ['|1|bad', 'node1', 22, false],
    ['|2|a|b', 'node1', 22, false],
  ];
  for (const [hosts, host, port, named] of rows) {
    const { entries, problems } = parseKnownHosts(`${hosts} ${ED25519} ${KEY} a comment\n`, 'f');
    assert.deepEqual(problems, []);
    assert.equal(entriesFor(entries, host, port).length === 1, named, `${hosts} for ${host}, ${port}`);
  }
});

test('the same lines as ssh-keygen finds', { skip: withoutOpenSsh() }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-known-'));
  const file = join(folder, 'known_hosts');
  const hosts = [
    'node1',
    'node?',
    '[node1]:2222',
    '*.org',
    '*,!node1',
    'a.org,node2',
    hashed('node1'),
    hashed('[node1]:2222'),
    '!node1',
    'NODE1',
  ];
  const text = hosts
    .map((name) => `${name} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n`)
    .join('');
  await writeFile(file, text);
  for (const [host, port] of [
    ['node1', 22],
    ['node2', 22],
    ['node1', 2222],
    ['a.org', 22],
    ['b.org', 22],
    ['b.org', 2222],
    ['org', 22],
  ] as const) {
    const name = port === 22 ? host : `[${host}]:${port}`;
    const found = await new Promise<string>((resolve) => {
      // Status 1 means that there is none.
      execFile('ssh-keygen', ['-F', name, '-f', file], (_error, stdout) => resolve(stdout));
    });
    const lines = [...found.matchAll(/found: line (\d+)/g)].map((match) => Number(match[1]));
    assert.deepEqual(
      entriesFor(parseKnownHosts(text, file).entries, host, port).map(({ line }) => line),
      lines,
      name,
    );
  }
  await rm(folder, { recursive: true });
});

test('what cannot be read is a problem with its line, and counts for nothing', () => {
  const text = [
    '# comment',
    '',
    `n ${ED25519} ${KEY}`,
    'n',
    `n ssh-rsa ${KEY}`,
    `n ${ED25519} not*base64`,
    `@other n ${ED25519} ${KEY}`,
    '  ',
  ];
  const { entries, problems } = parseKnownHosts(text.join('\r\n'), 'file');
  assert.deepEqual(
    entries.map(({ line }) => line),
    [3],
  );
  assert.deepEqual(
    problems,
    [4, 5, 6, 7].map((line) => `file, line ${line}: not a line of known_hosts`),
  );
});

/** What is said about `KEY` for node1 on a port: nothing when it is trusted. */
const problem = (lines: string[], port = 22): string | undefined =>
  judgeHostKey(parseKnownHosts(lines.join('\n'), '/k'), { host: 'node1', port }, Buffer.from(KEY, 'base64'))?.message;

test('trust: only the key itself, never revoked', () => {
  const rows: [lines: string[], port: number, said: RegExp | undefined][] = [
    [[`node1 ${ED25519} ${KEY}`], 22, undefined],
    [[`node1 ${ED25519} ${OTHER}`, `node1 ${ED25519} ${KEY}`], 22, undefined],
    [[`node1 ${ED25519} ${KEY}`], 2222, undefined],
    [[`[node1]:2222 ${ED25519} ${OTHER}`, `node1 ${ED25519} ${KEY}`], 2222, undefined],
    [[], 22, /is not known\. Compare it .* ssh-keyscan -t ed25519 -p 22 node1 >> \/k$/],
    [[`node2 ${ED25519} ${KEY}`], 22, /is not known\./],
    [[`node1 ${ED25519} ${OTHER}`], 2222, /is not known\./],
    [[`node1 ssh-rsa ${RSA}`], 22, /is not known\. There is another type of key for it, ssh-rsa, in \/k, line 1\./],
    [[`@cert-authority * ${ED25519} ${KEY}`], 22, /is not known\. The @cert-authority in \/k, line 1 cannot be used/],
    [['rubbish'], 22, /is not known\. \/k, line 1: not a line of known_hosts\./],
    [
      ['', `node1 ${ED25519} ${OTHER}`],
      22,
      /is not the one in \/k, line 2 .* ssh-keygen -R node1 -f \/k, then ssh-keyscan /,
    ],
    [
      [`[node1]:2222 ${ED25519} ${OTHER}`],
      2222,
      /ssh-keygen -R '\[node1\]:2222' -f \/k, then ssh-keyscan -t ed25519 -p 2222 node1 /,
    ],
    [[`node* ${ED25519} ${OTHER}`], 22, /remove that line \(it is a pattern/],
    [[`node1 ${ED25519} ${KEY}`, `@revoked * ${ED25519} ${KEY}`], 22, /is marked @revoked in \/k, line 2/],
    [[`@revoked node1 ${ED25519} ${KEY}`, `[node1]:2222 ${ED25519} ${KEY}`], 2222, /@revoked in \/k, line 1/],
    [[`@revoked * ${ED25519} ${OTHER}`, `node1 ${ED25519} ${KEY}`], 22, undefined],
  ];
  for (const [lines, port, said] of rows) {
    const message = problem(lines, port);
    if (said) assert.match(message ?? '', said);
    else assert.equal(message, undefined, lines.join());
    if (said) assert.ok(message!.includes(fingerprint(Buffer.from(KEY, 'base64'))));
  }
});

test('names from a file cannot do anything in a command of a message', () => {
  const known = parseKnownHosts('', "/tmp/a b';\u001b[31m$(id)");
  const { message } = judgeHostKey(known, { host: 'node1;id', port: 22 }, Buffer.from(KEY, 'base64'))!;
  assert.ok(message.endsWith(`-p 22 'node1;id' >> '/tmp/a b'\\''; [31m$(id)'`), message);
  assert.doesNotMatch(message, /\p{Cc}/u);
});

const firstAlgorithm = (lines: string[], port = 22): string =>
  hostKeyAlgorithms(parseKnownHosts(lines.join('\n'), 'f'), { host: 'node1', port })[0]!;

test('known key types are asked for first', () => {
  assert.equal(firstAlgorithm([]), 'ssh-ed25519');
  assert.equal(firstAlgorithm([`node1 ssh-rsa ${RSA}`]), 'rsa-sha2-512');
  assert.equal(firstAlgorithm([`node1 ssh-rsa ${RSA}`], 2222), 'rsa-sha2-512');
  assert.equal(firstAlgorithm([`node2 ssh-rsa ${RSA}`]), 'ssh-ed25519');
  assert.equal(firstAlgorithm([`@revoked node1 ssh-rsa ${RSA}`]), 'ssh-ed25519');
  assert.ok(
    !hostKeyAlgorithms(mergeKnownHosts([]), { host: 'node1', port: 22 }).some((name) => name === 'ssh-rsa'),
    'no SHA-1',
  );
});

test('any text is read, and only a whole line with the key makes it trusted', () => {
  const line = `node1 ${ED25519} ${KEY}`;
  fc.assert(
    fc.property(fc.nat(line.length), fc.string(), fc.nat(line.length), (end, inserted, at) => {
      const cut = line.slice(0, end);
      assert.equal(problem([cut]) === undefined, cut.length === line.length || publicKeyOf(cut) === publicKeyOf(line));
      parseKnownHosts(line.slice(0, at) + inserted + line.slice(at), 'f');
    }),
    { seed: 1, numRuns: 300 },
  );
});

/** The bytes of the third word, so that missing padding is no difference. */
const publicKeyOf = (line: string): string => Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('hex');

test('a pattern of many stars takes no time', () => {
  const hosts = `${'*a'.repeat(200)}b`;
  const { entries } = parseKnownHosts(`${hosts} ${ED25519} ${KEY}`, 'f');
  const started = performance.now();
  assert.deepEqual(entriesFor(entries, 'a'.repeat(5000), 22), []);
  assert.ok(performance.now() - started < 1000);
});
