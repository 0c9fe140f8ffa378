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

  /** The program in a folder with nothing else. */
  const bundleAlone = async (): Promise<string> => {
    for (const name of ['cli.cjs', 'main.cjs']) await copyFile(path.join(root, 'dist', name), path.join(scratch, name));
    return path.join(scratch, 'cli.cjs');
  };

  it('holds exactly what is meant to ship', async () => {
    const expected = [
      '[Content_Types].xml',
      'extension.vsixmanifest',
      'extension/LICENSE.txt',
      'extension/changelog.md',
      'extension/dist/cli.cjs',
      'extension/dist/client.cjs',
      'extension/dist/demo.br',
      'extension/dist/extension.cjs',
      'extension/dist/icon.png',
      'extension/dist/main.cjs',
      'extension/language-configuration.json',
      'extension/l10n/bundle.l10n.json',
      'extension/package.json',
      'extension/package.nls.json',
      'extension/readme.md',
      ...(await listed('dist/webview')),
      ...(await listed('examples')),
      ...(await listed('media')).filter((name) => name.endsWith('.svg')),
      ...(await listed('media/walkthrough')),
      ...(await listed('schemas')),
      ...(await listed('snippets')),
      ...(await listed('syntaxes')),
    ];
    assert.deepEqual([...entries.keys()].toSorted(), expected.toSorted());
  });

  it('has every file that package.json refers to', async () => {
    const manifest = await readFile(path.join(root, 'package.json'), 'utf8');
    const referred = [...manifest.matchAll(/"\.\/([^"]+)"/g)].map((match) => match[1]!);
    assert.ok(referred.length >= 2, 'main and bin at least');
    const names = [...entries.keys()];
    // A folder is referred to as well.
    const isIn = (file: string): boolean => names.some((name) => `${name}/`.startsWith(`extension/${file}/`));
    for (const file of referred) assert.ok(isIn(file), file);
  });

  it('has a command line that runs from the bundle alone', async () => {
    const args = ['expect', 'examples/snat-two-subnets.dvr.yaml', '--node', 'compute1', '--aspect', 'rules'];
    const { stdout } = await run(process.execPath, [await bundleAlone(), ...args], { cwd: root });
    assert.match(stdout, /^335544321:\tfrom 20\.0\.0\.1\/24 lookup 335544321$/m);
  });

  it('starts where what it compiled cannot be kept, and is the same where it was', async () => {
    const program = await bundleAlone();
    const kept = path.join(scratch, 'cache');
    for (const folder of [path.join(root, 'package.json'), '/proc/nowhere', kept, kept]) {
      const env = { ...process.env, XDG_CACHE_HOME: folder };
      const { stdout } = await run(process.execPath, [program, 'check', 'examples/snat-two-subnets.dvr.yaml'], {
        cwd: root,
        env,
        timeout: 60_000,
      });
      assert.match(stdout, /0 errors, 0 warnings/);
    }
    if (process.platform === 'linux') assert.ok((await readdir(path.join(kept, 'dvrscope/verbs'))).length > 0);
  });

  it('has a language server that starts from the bundle alone', async () => {
    const client = await startLsp({}, await bundleAlone());
    await client.open('file:///t.dvr.yaml', 'dvr: 1\nnodes: 7\n');
    await client.diagnostics('file:///t.dvr.yaml', (all) => all.length > 0);
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  });

  it('has little that VS Code loads before it goes on', () => {
    assert.ok(entries.get('extension/dist/extension.cjs')! < 2000);
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
