/** Files as they come: from a pipe, in other encodings, endless, not to be written. What a file says is never lost by reading it wrongly. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, closeSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { writeTopology } from '../../../shared/topology/write.ts';
import { snapshotText, topologyOf } from '../../support/recordings.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const BIN = path.join(ROOT, 'server/bin.ts');
const EXAMPLE = path.join(ROOT, 'examples/snat-two-subnets.dvr.yaml');
const TEXT = readFileSync(EXAMPLE, 'utf8');
const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Buffer): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
const run = (input: string | Buffer, ...args: string[]) =>
  spawnSync(process.execPath, [BIN, ...args], { input, encoding: 'utf8', cwd: folder, timeout: 60_000 });

/** `agent_mode` is wrong and can be mended, lines are to be formatted. */
const LATIN = Buffer.concat([
  Buffer.from('nodes:\n    a: {agent_mode: dvr}\n# caf'),
  Buffer.from([0xe9]),
  Buffer.from('\nnetworks: {}\n'),
]);
const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');

describe('- is standard input', () => {
  const rows: [args: string[], status: number, out: RegExp, err: RegExp][] = [
    [['check', '-'], 0, /^-: 0 errors, 0 warnings\n$/, /^$/],
    [['expect', '-', '--node', 'compute1', '--aspect', 'rules', '--namespace', 'qrouter'], 0, /from all lookup/, /^$/],
    [['trace', '-', '--from', 'vm1', '--to', '8.8.8.8'], 0, /exits-network/, /^$/],
    [['check', '-', '--fix'], 2, /^$/, /--fix writes into files, and - is none/],
    [['format', '-'], 0, /^# /, /^$/],
  ];
  for (const [args, status, out, err] of rows)
    it(args.join(' '), () => {
      const ran = run(TEXT, ...args);
      assert.match(ran.stderr, err);
      assert.match(ran.stdout, out);
      assert.equal(ran.status, status);
      assert.ok(!existsSync(path.join(folder, '-')));
    });

  it('format - prints what it would write, and leaves what is no YAML as it is', () => {
    assert.equal(run('nodes:\n    a: {agent_mode: dvr}\n', 'format', '-').stdout, 'nodes:\n  a: {agent_mode: dvr}\n');
    const broken = run('nodes: [\n', 'format', '-');
    assert.deepEqual([broken.status, broken.stdout], [2, 'nodes: [\n']);
    const check = run('nodes:\n    a: {agent_mode: dvr}\n', 'format', '--check', '-');
    assert.deepEqual([check.status, check.stdout], [1, '-\n']);
  });

  it('what it includes is beside the folder one is in', () => {
    file('part.dvr.yaml', 'nodes:\n  a: {agent_mode: dvrr}\n');
    const { stdout } = run('include: [part.dvr.yaml]\n', 'check', '-');
    assert.match(stdout, /^part\.dvr\.yaml:2:19: error/);
  });
});

describe('what is no text in UTF-8', () => {
  it('is refused as a whole where it has another encoding, with a way out', () => {
    const wide = file('wide.dvr.yaml', utf16(TEXT));
    for (const args of [
      ['check', wide],
      ['format', wide],
    ]) {
      const { status, stdout, stderr } = run('', ...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /wide\.dvr\.yaml is UTF-16: save it as UTF-8\n$/);
    }
    assert.deepEqual(readFileSync(wide), utf16(TEXT));
  });

  it('is refused where it is no text at all', () => {
    const { status, stderr } = run('', 'check', file('x.tar.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0, 10, 65])));
    assert.equal(status, 2);
    assert.match(stderr, /x\.tar\.gz is no text\. A topology is .* are for --snapshot\n$/);
  });

  it('is read where it is a few bytes, which is said, and never written over', () => {
    const latin = file('latin.dvr.yaml', LATIN);
    const { status, stdout, stderr } = run('', 'check', latin);
    assert.deepEqual([status, stdout], [0, `${latin}: 0 errors, 0 warnings\n`]);
    assert.equal(stderr, `${latin}:3: what is not UTF-8 here is read as \uFFFD; save the file as UTF-8\n`);
    const formatted = run('', 'format', latin);
    assert.equal(formatted.status, 2);
    assert.match(formatted.stderr, /latin\.dvr\.yaml:3: not UTF-8, so the file is left as it is: save it as UTF-8/);
    assert.deepEqual(readFileSync(latin), LATIN);
  });

  it('is not written over by --fix either, in any file', () => {
    mkdirSync(path.join(folder, 'several'));
    // An id with capitals is mended without a choice, or anything else that `fix` mends.
    const wrong = Buffer.concat([Buffer.from('subnets: {}\nnodes:\n  a: {agent_mode: DVR}\n'), LATIN.subarray(28)]);
    const part = file('several/part.dvr.yaml', wrong);
    const root = file('several/root.dvr.yaml', 'include: [part.dvr.yaml]\n');
    for (const topology of [part, root]) run('', 'check', topology, '--fix');
    assert.deepEqual(readFileSync(part), wrong);
  });

  it('a byte order mark stays', () => {
    const marked = file('marked.dvr.yaml', '\uFEFFnodes:\n    a: {agent_mode: dvr}\n');
    assert.equal(run('', 'format', marked).status, 0);
    assert.equal(readFileSync(marked, 'utf8'), '\uFEFFnodes:\n  a: {agent_mode: dvr}\n');
  });
});

describe('a snapshot that was cut short', () => {
  const whole = snapshotText('S1', 'compute1');
  const topology = file('S1.dvr.yaml', writeTopology(topologyOf('S1')));
  const rows: [name: string, text: string, status: number, says: RegExp][] = [
    ['whole', whole, 0, /^compute1: in-sync$/m],
    ['in the middle of a section', whole.slice(0, 20_000), 3, /^compute1: not-collected \(.* cut short inside "ip -j/m],
    ['behind its header', whole.slice(0, whole.indexOf('@@ begin')), 3, /^compute1: not-collected \(.*its header\)$/m],
  ];
  for (const [name, text, status, says] of rows)
    it(name, () => {
      const snapshot = file('compute1.snapshot', text);
      const ran = run('', 'check', topology, '--snapshot', snapshot, '--node', 'compute1');
      assert.match(ran.stdout, says);
      assert.equal(ran.status, status);
      const diff = run('', 'diff', topology, '--snapshot', snapshot, '--node', 'compute1');
      assert.deepEqual([diff.status, diff.stdout], [status, '']);
      assert.equal(/cut short inside|nothing but/.test(diff.stderr), status === 3);
    });
});

describe('what cannot be read or written', () => {
  it('a folder, with what to give instead', () => {
    const { status, stderr } = run('', 'check', folder);
    assert.equal(status, 2);
    assert.match(stderr, /cannot be read: it is a folder\. Give the file in it that has the topology\n$/);
  });

  const linux = process.platform === 'linux' ? false : 'Linux alone';
  it('a file without an end is not read for ever', { skip: linux }, () => {
    const { status, stderr } = run('', 'check', '/dev/zero');
    assert.equal(status, 2);
    assert.match(stderr, /\/dev\/zero (?:is no text|has more than)/);
  });

  it('standard output that takes nothing is said, with status 2', { skip: linux }, () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'check', EXAMPLE], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.deepEqual([status, stderr], [2, 'dvrscope: standard output cannot be written: the disk is full\n']);
  });

  it('standard error that takes nothing changes no status', { skip: linux }, () => {
    const full = openSync('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, [BIN, 'check', 'none'], { stdio: ['ignore', 'ignore', full] });
    closeSync(full);
    assert.equal(status, 2);
  });

  it('a reader that goes away changes neither the status nor what is written', async () => {
    const wrong = file('wrong.dvr.yaml', 'nodes:\n  a: {agent_mode: dvrr}\n');
    const child = spawn(process.execPath, [BIN, 'check', wrong], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [status] = (await once(child, 'close')) as [number];
    assert.equal(status, 1);
  });
});
