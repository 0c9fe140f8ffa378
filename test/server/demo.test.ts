/** The demo cloud: made in a folder, its nodes compared with over SSH on loopback, and nothing else of the user's machine taken. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { argumentsOf } from '../../server/collect/config/lines.ts';
import { configPath, sshConfig } from '../../server/demo/demo.ts';
import { isInFolder } from '../../server/demo/session.ts';
import { REQUEST, type CompareResult, type DemoResult } from '../../shared/protocol.ts';
import { runChecks } from '../../shared/checks/table.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { packedDemo } from '../../tools/demoRecordings.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const run = promisify(execFile);

describe('the demo cloud', () => {
  let scratch: string;
  let folder: string;
  let client: LspClient;
  const start = async (): Promise<LspClient> => {
    // Settings that would lead nowhere: none of them counts for the demo.
    const settings = { ssh: { user: 'nobody', identityFiles: ['/nowhere/key'], configFile: '/nowhere/config' } };
    const demo = { folder, recordings: path.join(scratch, 'demo.br') };
    return startLsp(settings, undefined, undefined, undefined, { demo });
  };
  const openDemo = (isReset = false, of = client): Promise<DemoResult> =>
    of.connection.sendRequest(REQUEST.demo, { isReset });
  const compare = async (of: LspClient): Promise<CompareResult> => {
    const { uri } = await openDemo(false, of);
    await of.open(uri, await readFile(fileURLToPath(uri), 'utf8'));
    return of.connection.sendRequest(REQUEST.compare, { uri, source: { kind: 'ssh' } });
  };
  const statuses = ({ nodes }: CompareResult): string[] =>
    nodes.map(({ node, status, differences, error }) => `${node} ${status} ${differences} ${error ?? ''}`.trim());
  const FOUND = ['compute1 differs 1', 'compute2 in-sync 0', 'net1 in-sync 0'];

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'dvrscope-demo test-'));
    folder = path.join(scratch, 'global storage', 'demo');
    await writeFile(path.join(scratch, 'demo.br'), await packedDemo());
    client = await start();
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it('has a topology without a problem', async () => {
    const { uri, isChanged } = await openDemo();
    assert.equal(isChanged, false);
    assert.equal(uri, pathToFileURL(path.join(folder, 'demo.dvr.yaml')).href);
    const { topology, problems } = readTopology(await readFile(fileURLToPath(uri), 'utf8'));
    assert.deepEqual([...problems, ...runChecks(topology)], []);
  });

  it('shows its one difference, whatever the user has set for SSH', async () => {
    assert.deepEqual(statuses(await compare(client)), FOUND);
  });

  it('keeps the key to its owner', async () => {
    const { mode } = await stat(path.join(folder, 'id_ed25519'));
    if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o600);
  });

  it('says when its topology was edited, and makes it again', async () => {
    const file = path.join(folder, 'demo.dvr.yaml');
    const made = await readFile(file, 'utf8');
    await writeFile(file, `${made}# mine\n`);
    assert.equal((await openDemo()).isChanged, true);
    assert.match(await readFile(file, 'utf8'), /# mine/);
    assert.equal((await openDemo(true)).isChanged, false);
    assert.equal(await readFile(file, 'utf8'), made);
  });

  it('answers the command line, too, as its SSH configuration says', async () => {
    const args = ['check', 'demo.dvr.yaml', '--live', '--ssh-config', 'ssh_config', '--format', 'json'];
    const bin = path.resolve(import.meta.dirname, '../../server/bin.ts');
    const { stdout } = await run(process.execPath, [bin, ...args], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    const { findings } = JSON.parse(stdout) as { findings: { code: string; node: string; fault: string }[] };
    assert.deepEqual(
      findings.map(({ code, node, fault }) => [code, node, fault]),
      [['rule-missing', 'compute1', 'S02']],
    );
  });

  it('lets OpenSSH in by that configuration, and says that there is no shell', async () => {
    const ssh = run('ssh', ['-T', '-F', 'ssh_config', '-o', 'BatchMode=yes', 'net1'], { cwd: folder, timeout: 60_000 });
    ssh.child.stdin?.end('\n');
    const { stdout } = await ssh;
    assert.match(stdout, /This node is a recording/);
  });

  it('serves two windows at a time', async () => {
    const other = await start();
    assert.deepEqual(statuses(await compare(other)), FOUND);
    await other.stop();
    // The files were the other one's, whose nodes are gone.
    assert.deepEqual(statuses(await compare(client)), FOUND);
  });

  it('ends with the server', async () => {
    const ports = [...(await readFile(path.join(folder, 'ssh_config'), 'utf8')).matchAll(/Port (\d+)/g)];
    assert.equal(ports.length, 3);
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
    const answers = await Promise.all(ports.map(([, port]) => isOpen(Number(port))));
    assert.deepEqual(answers, [false, false, false]);
  });
});

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
  });

test('an editor without a demo is told so', async () => {
  const client = await startLsp();
  await assert.rejects(client.connection.sendRequest(REQUEST.demo, { isReset: false }), /has no demo/);
  await client.stop();
});

test('a path stands in an SSH configuration as ssh reads it', () => {
  const rows: [path: string, isWindows: boolean, word: string][] = [
    ['/home/me/key', false, '/home/me/key'],
    ['/home/me/Library/Application Support/é', false, '/home/me/Library/Application Support/é'],
    ['/a"b', false, '/a"b'],
    [String.raw`/a\b`, false, String.raw`/a\b`],
    ['/a%b', false, '/a%%b'],
    [String.raw`C:\Users\Jürgen Müller\AppData\key`, true, 'C:/Users/Jürgen Müller/AppData/key'],
  ];
  for (const [file, isWindows, word] of rows) assert.deepEqual(argumentsOf(configPath(file, isWindows)), [word]);
});

test('the SSH configuration of the demo names each node, and nothing of the user', () => {
  const text = sshConfig('/demo', new Map([['compute1', { host: '127.0.0.1', port: 4022 }]]));
  assert.match(text, /^Host compute1\n {2}HostName 127\.0\.0\.1\n {2}Port 4022\nHost \*\n/);
  for (const line of ['IdentitiesOnly yes', 'IdentityAgent none', 'GlobalKnownHostsFile none'])
    assert.ok(text.includes(line), line);
});

test('a topology is of the demo by the folder that it is in', () => {
  const data = String.raw`c:\Users\Jürgen Müller\data\demo`;
  const rows: [uri: string, folder: string, isInside: boolean][] = [
    ['file:///data/demo/demo.dvr.yaml', '/data/demo', true],
    ['file:///data/demo/more/x.dvr.yaml', '/data/demo', true],
    ['file:///data/demo/..hidden.dvr.yaml', '/data/demo', true],
    ['file:///data/my%20d%C3%A9mo/x.dvr.yaml', '/data/my démo', true],
    ['file:///data/demo', '/data/demo', false],
    ['file:///data/demo/../cloud.dvr.yaml', '/data/demo', false],
    ['file:///data/demo2/demo.dvr.yaml', '/data/demo', false],
    ['untitled:/data/demo/demo.dvr.yaml', '/data/demo', false],
    ['file:///data/demo/a%2Fb', '/data/demo', false],
    ['nonsense', '/data/demo', false],
    // As VS Code and as Node write them on Windows.
    ['file:///c%3A/Users/J%C3%BCrgen%20M%C3%BCller/data/demo/demo.dvr.yaml', data, true],
    ['file:///C:/Users/J%C3%BCrgen%20M%C3%BCller/data/demo/demo.dvr.yaml', data, true],
    ['file:///d%3A/Users/J%C3%BCrgen%20M%C3%BCller/data/demo/demo.dvr.yaml', data, false],
    ['file:///c%3A/Users/other/demo.dvr.yaml', data, false],
    ['file://server/share/demo.dvr.yaml', String.raw`\\server\share`, true],
    ['file://server/share/demo.dvr.yaml', data, false],
  ];
  for (const [uri, folder, isInside] of rows)
    assert.equal(isInFolder(uri, folder, folder.includes('\\')), isInside, `${uri} in ${folder}`);
});
