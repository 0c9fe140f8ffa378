// What is known of the folders that an editor has open, while files and folders come and go outside of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { excludesFrom } from '../../server/excludes.ts';
import { findTopologies, MAX_FOUND } from '../../server/scan.ts';
import { textOf } from '../../server/text.ts';
import { makeWorkspace, type Workspace } from '../../server/workspace.ts';
import { watchedFolders, type AskExcludes, type WatchedFolders } from '../../server/workspaceFolders.ts';

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

/** A folder with these files. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-folders-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** It is open in an editor that has looked through it. */
async function opened(files: Record<string, string>, ask?: AskExcludes): Promise<Place> {
  const folder = folderWith(files);
  const workspace = makeWorkspace();
  const told = { count: 0, log: [] as string[] };
  const watched = watchedFolders(
    workspace,
    () => void told.count++,
    (message) => void told.log.push(message),
    ask,
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

const excluding =
  (...patterns: string[]): AskExcludes =>
  async (folders) =>
    folders.map(() => excludesFrom([Object.fromEntries(patterns.map((pattern) => [pattern, true]))]));

const isWanted = (): boolean => true;

test('a folder that is taken out while it is looked through leaves nothing behind', async () => {
  const open = folderWith({ 'a.dvr.yaml': TEXT, 'x/b.dvr.yaml': TEXT });
  const left: string[][] = [];
  for (let turns = 0; turns < 12; turns++) {
    const workspace = makeWorkspace();
    const watched = watchedFolders(
      workspace,
      () => undefined,
      () => undefined,
      excluding('x'),
    );
    watched.set([open]);
    const ready = watched.ready();
    for (let i = 0; i < turns; i++) await new Promise(setImmediate);
    watched.replace({ added: [], removed: [{ uri: pathToFileURL(open).href, name: 'x' }] }, []);
    await ready;
    // Whoever still looks is through by then.
    await findTopologies([{ path: open, open: { path: open, excludes: excludesFrom([]) } }], isWanted);
    left.push(workspace.all().map(({ text }) => text.uri));
  }
  assert.deepEqual(left.flat(), []);
});

test('what is excluded is not opened', async () => {
  const names = Array.from({ length: 100 }, (_, i) => [`out/${i}`, `deep/er/out/${i}`]).flat();
  const files = Object.fromEntries(names.map((name) => [`${name}/x.dvr.yaml`, TEXT]));
  const open = folderWith({ ...files, 'a.dvr.yaml': TEXT, 'deep/b.dvr.yaml': TEXT });
  const look = async (...patterns: string[]) => {
    const [excludes] = await excluding(...patterns)([open]);
    // Of each folder that is opened the names count: there are eight besides what is excluded.
    const found = await findTopologies([{ path: open, open: { path: open, excludes: excludes! } }], isWanted, 8);
    return { ...found, paths: found.paths.map((each) => path.relative(open, each)) };
  };
  assert.equal((await look()).isCut, true);
  assert.equal((await look('out')).isCut, true);
  assert.deepEqual(await look('**/out'), { paths: ['a.dvr.yaml', 'deep/b.dvr.yaml'], isCut: false });
  assert.deepEqual(await look('out', 'deep/**'), { paths: ['a.dvr.yaml'], isCut: false });
  assert.deepEqual(await look('out/**', '*/er'), { paths: ['a.dvr.yaml', 'deep/b.dvr.yaml'], isCut: false });
  assert.deepEqual(await look('*'), { paths: [], isCut: false });
});

test('who looks for what nobody wants any more stops', async () => {
  const open = folderWith(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}/a.dvr.yaml`, TEXT])));
  const [excludes] = await excluding()([open]);
  let left = 25;
  const found = await findTopologies([{ path: open, open: { path: open, excludes: excludes! } }], () => left-- > 0);
  assert.deepEqual(found, { paths: [], isCut: false });
  assert.equal(left, -1);
});

test('what is excluded is not taken in when it changes, unless somebody includes it', async () => {
  const files = { 'a.dvr.yaml': 'include: [out/b.dvr.yaml]\n', 'out/b.dvr.yaml': TEXT, 'out/c.dvr.yaml': TEXT };
  const { folder, workspace, names, told, change } = await opened(files, excluding('**/out'));
  const root = pathToFileURL(path.join(folder, 'a.dvr.yaml')).href;
  const nodes = (): string[] =>
    workspace
      .document(root)!
      .reading()
      .topology.nodes.map(({ name }) => name);
  assert.deepEqual(names(), ['a.dvr.yaml', 'out/b.dvr.yaml']);
  assert.deepEqual(nodes(), ['n1']);
  const before = told.count;
  for (const name of ['deep/out/d.dvr.yaml', 'new/out/e.dvr.yaml', 'new/f.dvr.yaml']) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), TEXT);
  }
  await change(['deep/out', CREATED], ['deep/out/d.dvr.yaml', CREATED], ['deep/out/d.dvr.yaml', CHANGED]);
  assert.equal(told.count, before);
  await change(['new', CREATED]);
  assert.deepEqual(names(), ['a.dvr.yaml', 'new/f.dvr.yaml', 'out/b.dvr.yaml']);
  writeFileSync(path.join(folder, 'out/b.dvr.yaml'), TEXT.replace('n1', 'n2'));
  await change(['out/b.dvr.yaml', CHANGED]);
  assert.deepEqual(nodes(), ['n2']);
});

test('a file in an excluded folder that is opened is there, and what is excluded is not its root', async () => {
  const files = { 'a.dvr.yaml': TEXT, 'out/root.dvr.yaml': 'include: [b.dvr.yaml]\n', 'out/b.dvr.yaml': OTHER };
  const { folder, workspace, watched, names } = await opened(files, excluding('out'));
  const uri = pathToFileURL(path.join(folder, 'out/b.dvr.yaml')).href;
  workspace.put(textOf({ uri, languageId: 'dvr-topology', version: 1 }, OTHER));
  await watched.ready(uri);
  assert.deepEqual(names(), ['a.dvr.yaml', 'out/b.dvr.yaml']);
  assert.equal(workspace.document(uri)!.parts().length, 1);
});

test('other settings count as soon as the editor says so, and the last ones stay', async () => {
  let patterns: string[] = [];
  const waiting: (() => void)[] = [];
  let isSlow = false;
  const ask: AskExcludes = async (folders) => {
    const answer = await excluding(...patterns)(folders);
    if (isSlow) await new Promise<void>((resolve) => void waiting.push(resolve));
    return answer;
  };
  const { watched, names, told } = await opened(
    { 'a.dvr.yaml': TEXT, 'x/b.dvr.yaml': TEXT, 'y/c.dvr.yaml': TEXT },
    ask,
  );
  const settled = async (expected: string[]): Promise<void> => {
    const end = Date.now() + 60_000;
    while (names().join() !== expected.join() && Date.now() < end)
      // oxlint-disable-next-line no-await-in-loop -- until it is so
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    assert.deepEqual(names(), expected);
  };
  assert.deepEqual(names(), ['a.dvr.yaml', 'x/b.dvr.yaml', 'y/c.dvr.yaml']);
  const before = told.count;
  patterns = ['x'];
  watched.settingsChanged();
  await settled(['a.dvr.yaml', 'y/c.dvr.yaml']);
  patterns = [];
  watched.settingsChanged();
  await settled(['a.dvr.yaml', 'x/b.dvr.yaml', 'y/c.dvr.yaml']);
  assert.equal(told.count, before + 2);
  // Two questions, and the answers the other way round.
  isSlow = true;
  patterns = ['x'];
  watched.settingsChanged();
  patterns = ['y'];
  watched.settingsChanged();
  while (waiting.length < 2) await Promise.resolve();
  waiting[1]!();
  await settled(['a.dvr.yaml', 'x/b.dvr.yaml']);
  waiting[0]!();
  isSlow = false;
  watched.settingsChanged();
  await settled(['a.dvr.yaml', 'x/b.dvr.yaml']);
  assert.equal(told.count, before + 3);
});

test('that patterns are not obeyed is said', async () => {
  const { told } = await opened({ 'a.dvr.yaml': TEXT }, excluding('x'.repeat(2000), 'b', '{a,b}'.repeat(20)));
  assert.equal(told.log.length, 1);
  assert.match(told.log[0]!, /not obeyed.*: x{80}…, (\{a,b\}){16}…\.$/);
});
