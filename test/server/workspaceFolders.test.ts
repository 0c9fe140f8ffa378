// What is known of the folders that an editor has open, while files and folders come and go outside of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { MAX_FOUND } from '../../server/scan.ts';
import { textOf } from '../../server/text.ts';
import { makeWorkspace, type Workspace } from '../../server/workspace.ts';
import { watchedFolders, type WatchedFolders } from '../../server/workspaceFolders.ts';

const [CREATED, CHANGED, DELETED] = [1, 2, 3] as const;
type Change = [name: string, type: typeof CREATED | typeof CHANGED | typeof DELETED];

const made: string[] = [];
after(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

interface Place {
  folder: string;
  workspace: Workspace;
  watched: WatchedFolders;
  /** How often texts were told anew, and what was said of it. */
  told: { count: number; log: string[] };
  names: () => string[];
  change: (...changes: Change[]) => Promise<void>;
}

/** A folder with these files, open in an editor that has looked through it. */
async function opened(files: Record<string, string>): Promise<Place> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-folders-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const workspace = makeWorkspace();
  const told = { count: 0, log: [] as string[] };
  const watched = watchedFolders(
    workspace,
    () => void told.count++,
    (message) => void told.log.push(message),
  );
  watched.set([folder]);
  await watched.ready();
  const names = (): string[] =>
    workspace.all().map(({ text }) => decodeURIComponent(text.uri).slice(pathToFileURL(folder).href.length + 1));
  const change = async (...changes: Change[]): Promise<void> => {
    watched.changed(changes.map(([name, type]) => ({ uri: pathToFileURL(path.join(folder, name)).href, type })));
    // A folder that came is looked through.
    await watched.ready();
  };
  return { folder, workspace, watched, told, names, change };
}

const TEXT = 'nodes:\n  n1: {agent_mode: dvr}\n';
const OTHER = 'networks:\n  red: {}\n';

test('a folder that is taken away takes its files with it', async () => {
  const { folder, names, change } = await opened({ 'a.dvr.yaml': TEXT, 't/b.dvr.yaml': TEXT, 't/u/c.dvr.yaml': TEXT });
  assert.deepEqual(names(), ['a.dvr.yaml', 't/b.dvr.yaml', 't/u/c.dvr.yaml']);
  rmSync(path.join(folder, 't'), { recursive: true });
  await change(['t', DELETED]);
  assert.deepEqual(names(), ['a.dvr.yaml']);
});

test('a folder that is put there, or gets another name, brings its files', async () => {
  const { folder, names, change, workspace } = await opened({
    'root.dvr.yaml': 'include: [new/*.dvr.yaml]\n',
    't/b.dvr.yaml': OTHER,
    't/u/c.dvr.yaml': TEXT,
    't/.hidden/d.dvr.yaml': TEXT,
  });
  // What is not there yet is asked for.
  assert.equal(workspace.document(pathToFileURL(path.join(folder, 'root.dvr.yaml')).href)!.parts().length, 1);
  renameSync(path.join(folder, 't'), path.join(folder, 'new'));
  await change(['t', DELETED], ['new', CREATED]);
  assert.deepEqual(names(), ['new/b.dvr.yaml', 'new/u/c.dvr.yaml', 'root.dvr.yaml']);
  assert.equal(workspace.document(pathToFileURL(path.join(folder, 'root.dvr.yaml')).href)!.parts().length, 2);
});

test('what the folders are not looked through for is not taken in when it changes', async () => {
  const { folder, names, change } = await opened({ 'a.dvr.yaml': TEXT });
  const passed = ['node_modules/x/b.dvr.yaml', '.git/c.dvr.yaml', 't/.cache/d.dvr.yaml', 'plain.yaml'];
  for (const name of passed) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), TEXT);
  }
  const outside = path.join('..', path.basename((await opened({ 'e.dvr.yaml': TEXT })).folder), 'e.dvr.yaml');
  await change(...[...passed, outside].map((name): Change => [name, CREATED]), ['a.dvr.yaml', CHANGED]);
  assert.deepEqual(names(), ['a.dvr.yaml']);
});

test('what is nothing to read is not waited for', async () => {
  const { folder, names, change } = await opened({ 'a.dvr.yaml': TEXT });
  execFileSync('mkfifo', [path.join(folder, 'pipe.dvr.yaml')]);
  symlinkSync(path.join(folder, 'circle.dvr.yaml'), path.join(folder, 'circle.dvr.yaml'));
  symlinkSync(folder, path.join(folder, 'loop'));
  writeFileSync(path.join(folder, 'huge.dvr.yaml'), '');
  truncateSync(path.join(folder, 'huge.dvr.yaml'), 400_000_000);
  await change(
    ...['pipe.dvr.yaml', 'circle.dvr.yaml', 'loop', 'huge.dvr.yaml', 'gone.dvr.yaml'].map((name): Change => [
      name,
      CREATED,
    ]),
  );
  assert.deepEqual(names(), ['a.dvr.yaml']);
});

test('files that are no topologies, and nothing includes, are no news', async () => {
  const { folder, told, change } = await opened({ 'a.dvr.yaml': TEXT });
  const before = told.count;
  writeFileSync(path.join(folder, 'x.txt'), '');
  await change(['x.txt', CREATED], ['gone.txt', DELETED], ['node_modules/y.js', CREATED]);
  assert.equal(told.count, before);
});

test('a file that changes is read anew, also one that others include and that has any name', async () => {
  const { folder, workspace, change } = await opened({ 'a.dvr.yaml': 'include: [b.yml]\n', 'b.yml': TEXT });
  const nodes = (): string[] =>
    workspace
      .document(pathToFileURL(path.join(folder, 'a.dvr.yaml')).href)!
      .reading()
      .topology.nodes.map(({ name }) => name);
  assert.deepEqual(nodes(), ['n1']);
  writeFileSync(path.join(folder, 'b.yml'), TEXT.replace('n1', 'n2'));
  await change(['b.yml', CHANGED]);
  assert.deepEqual(nodes(), ['n2']);
});

test('a text that is open stays what it is while its file goes and comes', async () => {
  const { folder, workspace, names, change } = await opened({ 'a.dvr.yaml': TEXT });
  const file = path.join(folder, 'a.dvr.yaml');
  const uri = pathToFileURL(file).href;
  workspace.put(textOf({ uri, languageId: 'dvr-topology', version: 1 }, OTHER));
  rmSync(file);
  await change(['a.dvr.yaml', DELETED]);
  assert.deepEqual(names(), ['a.dvr.yaml']);
  assert.equal(workspace.document(uri)!.text.getText(), OTHER);
  workspace.close(uri);
  assert.deepEqual(names(), []);
});

test('that there are more files than are looked at is said', async () => {
  const files = Object.fromEntries(Array.from({ length: MAX_FOUND + 1 }, (_, i) => [`${i}.dvr.yaml`, '']));
  const { told } = await opened(files);
  assert.match(told.log.join(), /10000 topologies/);
});
