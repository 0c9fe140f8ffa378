// The package that users install: exactly these files, small, and its programs start.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { startLsp } from '../support/lspClient.ts';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

describe('the .vsix', () => {
  let scratch: string;
  let entries: Map<string, number>;

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'dvrscope-vsix-'));
    const vsix = path.join(scratch, 'dvrscope.vsix');
    await run(process.execPath, ['esbuild.mjs'], { cwd: root });
    const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
    await run(process.execPath, [vsce, 'package', '--no-dependencies', '--out', vsix], { cwd: root });
    entries = zipEntries(await readFile(vsix));
  });

  after(() => rm(scratch, { recursive: true, force: true }));

  it('holds exactly what is meant to ship', async () => {
    const expected = [
      '[Content_Types].xml',
      'extension.vsixmanifest',
      'extension/LICENSE.txt',
      'extension/changelog.md',
      'extension/dist/cli.cjs',
      'extension/dist/extension.cjs',
      'extension/language-configuration.json',
      'extension/package.json',
      'extension/readme.md',
      ...(await listed('examples')),
      ...(await listed('schemas')),
      ...(await listed('syntaxes')),
    ];
    assert.deepEqual([...entries.keys()].toSorted(), expected.toSorted());
  });

  it('has every file that package.json refers to', async () => {
    const manifest = await readFile(path.join(root, 'package.json'), 'utf8');
    const referred = [...manifest.matchAll(/"\.\/([^"]+)"/g)].map((match) => match[1]!);
    assert.ok(referred.length >= 2, 'main and bin at least');
    for (const file of referred) assert.ok(entries.has(`extension/${file}`), file);
  });

  it('has a command line that runs from the bundle alone', async () => {
    const args = ['expect', 'examples/snat-two-subnets.dvr.yaml', '--node', 'compute1', '--aspect', 'rules'];
    await copyFile(path.join(root, 'dist/cli.cjs'), path.join(scratch, 'cli.cjs'));
    const { stdout } = await run(process.execPath, [path.join(scratch, 'cli.cjs'), ...args], { cwd: root });
    assert.match(stdout, /^335544321:\tfrom 20\.0\.0\.1\/24 lookup 335544321$/m);
  });

  it('has a language server that starts from the bundle alone', async () => {
    const server = path.join(scratch, 'server.cjs');
    await copyFile(path.join(root, 'dist/cli.cjs'), server);
    const client = await startLsp({}, server);
    await client.open('file:///t.dvr.yaml', 'dvr: 1\nnodes: 7\n');
    await client.diagnostics('file:///t.dvr.yaml', (all) => all.length > 0);
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  });

  it('is smaller than 1 MB', () => {
    const packed = [...entries.values()].reduce((sum, size) => sum + size, 0);
    assert.ok(packed < 1_000_000, `${packed} bytes`);
  });
});

const listed = async (folder: string): Promise<string[]> =>
  (await readdir(path.join(root, folder))).map((name) => `extension/${folder}/${name}`);

/** Name and packed size of every file of a zip, from its central directory (PKWARE APPNOTE 4.3.12). */
function zipEntries(zip: Buffer): Map<string, number> {
  const end = zip.lastIndexOf('PK\x05\x06');
  const entries = new Map<string, number>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    entries.set(zip.toString('utf8', at + 46, at + 46 + name!), zip.readUInt32LE(at + 20));
    at += 46 + name! + extra! + comment!;
  }
  return entries;
}
