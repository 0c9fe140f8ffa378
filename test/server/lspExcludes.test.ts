// `files.exclude` and `search.exclude` over the wire, asked for as an editor answers: for each folder by its URI, anew when they change.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  ErrorCodes,
  ResponseError,
  type ClientCapabilities,
  type ConfigurationParams,
  type Diagnostic,
  type WorkspaceDiagnosticReport,
} from 'vscode-languageserver/node';
import { CLIENTS } from '../support/clients.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const TEXT = 'dvr: 1\nnodes:\n  n1: {agent_mode: dvr}\n';
const WRONG = 'dvr: 1\nnodes:\n  n1: {agent_mode: wrong}\n';

const made: string[] = [];
/** Still running, where a test failed. */
const clients = new Set<LspClient>();
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
  for (const { connection, pid } of clients) {
    connection.dispose();
    process.kill(pid);
  }
});

/** A folder with these files, wrong ones where nothing else is said. */
function folderWith(...files: (string | [name: string, text: string])[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-excludes-'));
  made.push(folder);
  for (const file of files) {
    const [name, text] = typeof file === 'string' ? [file, WRONG] : file;
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const uriIn = (folder: string, name: string): string => pathToFileURL(path.join(folder, name)).href;

/** What an editor answers for a section of a folder. */
type Settings = (section: string, scopeUri: string) => unknown;

const FULL: ClientCapabilities = {
  ...CLIENTS.full,
  workspace: {
    ...CLIENTS.full.workspace,
    workspaceFolders: true,
    didChangeConfiguration: { dynamicRegistration: true },
  },
};

interface Editor {
  client: LspClient;
  /** Sections that were asked for with the URI of a folder. */
  asked: string[];
  /** The names of all files that are told of. */
  files: () => Promise<string[]>;
}

async function started(folder: string, settings: Settings, capabilities = FULL): Promise<Editor> {
  const asked: string[] = [];
  const client = await startLsp({}, undefined, undefined, capabilities, {}, pathToFileURL(folder).href, {
    async 'workspace/configuration'({ items }: ConfigurationParams) {
      const sections = items.map(({ section = '', scopeUri = '' }) => [section, scopeUri] as const);
      asked.push(...sections.flatMap(([section, uri]) => (section === 'dvrscope' ? [] : `${section} ${uri}`)));
      return Promise.all(sections.map(async ([section, uri]) => settings(section, uri)));
    },
  });
  clients.add(client);
  const files = async (): Promise<string[]> => {
    const report = await client.connection.sendRequest<WorkspaceDiagnosticReport>('workspace/diagnostic', {
      previousResultIds: [],
    });
    return report.items.map(({ uri }) => path.basename(uri)).toSorted();
  };
  return { client, asked, files };
}

async function stop({ client }: Editor): Promise<void> {
  clients.delete(client);
  assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
}

const changed = ({ client }: Editor): Promise<void> =>
  client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });

const isClean = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.length === 0;
const isWrong = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.length > 0;

async function untilFiles({ files }: Editor, ...expected: string[]): Promise<void> {
  const end = Date.now() + 60_000;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until it is so
    const found = await files();
    if (found.join() === expected.join() || Date.now() > end) return assert.deepEqual(found, expected);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await sleep(20);
  }
}

describe('what an editor excludes', () => {
  it('is not found, is served when it is opened, and is included by its name', async () => {
    const root = 'dvr: 1\ninclude: [out/part.dvr.yaml]\n';
    const folder = folderWith(
      ['a.dvr.yaml', root],
      ['out/part.dvr.yaml', 'nodes:\n  n1: {agent_mode: dvr}\n'],
      'out/b.dvr.yaml',
      'x/c.dvr.yaml',
      'y/d.dvr.yaml',
    );
    const editor = await started(folder, (section) =>
      section === 'files.exclude' ? { '**/out': true } : { 'x/**': true },
    );
    await editor.client.open(uriIn(folder, 'a.dvr.yaml'), root);
    await untilFiles(editor, 'a.dvr.yaml', 'd.dvr.yaml', 'part.dvr.yaml');
    const uri = pathToFileURL(folder).href;
    assert.deepEqual(editor.asked.slice(0, 2), [`files.exclude ${uri}`, `search.exclude ${uri}`]);
    assert.deepEqual(
      await editor.client.diagnostics(uriIn(folder, 'a.dvr.yaml'), isClean),
      [],
      'what it includes was read',
    );
    await editor.client.open(uriIn(folder, 'out/b.dvr.yaml'), WRONG);
    await editor.client.diagnostics(uriIn(folder, 'out/b.dvr.yaml'), isWrong);
    await untilFiles(editor, 'a.dvr.yaml', 'b.dvr.yaml', 'd.dvr.yaml', 'part.dvr.yaml');
    await stop(editor);
  });

  it('is passed over when it changes', async () => {
    const folder = folderWith(['a.dvr.yaml', TEXT]);
    const editor = await started(folder, () => ({ '**/out': true }));
    await editor.client.open(uriIn(folder, 'a.dvr.yaml'), TEXT);
    await untilFiles(editor, 'a.dvr.yaml');
    for (const name of ['out/b.dvr.yaml', 'new/out/c.dvr.yaml', 'new/d.dvr.yaml', 'e.dvr.yaml']) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), WRONG);
    }
    const names = ['out', 'out/b.dvr.yaml', 'new', 'new/out', 'new/out/c.dvr.yaml', 'e.dvr.yaml'];
    await editor.client.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: names.map((name) => ({ uri: uriIn(folder, name), type: 1 })),
    });
    await untilFiles(editor, 'a.dvr.yaml', 'd.dvr.yaml', 'e.dvr.yaml');
    await stop(editor);
  });

  it('may be something else in each folder, also in one that comes later', async () => {
    const [one, two, three] = [1, 2, 3].map((i) =>
      folderWith(`x/x${i}.dvr.yaml`, `y/y${i}.dvr.yaml`, [`${i}.dvr.yaml`, TEXT]),
    );
    const excluded = new Map(
      [
        [one, 'x'],
        [two, 'y'],
      ].map(([folder, name]) => [pathToFileURL(folder!).href, { [name!]: true }]),
    );
    const editor = await started(one!, (section, uri) => (section === 'files.exclude' ? excluded.get(uri) : undefined));
    await editor.client.open(uriIn(one!, '1.dvr.yaml'), TEXT);
    await untilFiles(editor, '1.dvr.yaml', 'y1.dvr.yaml');
    const come = async (added: string[], removed: string[]): Promise<void> => {
      const [more, fewer] = [added, removed].map((all) =>
        all.map((folder) => ({ uri: pathToFileURL(folder).href, name: path.basename(folder) })),
      );
      await editor.client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
        event: { added: more, removed: fewer },
      });
    };
    await come([two!, three!], []);
    await untilFiles(
      editor,
      '1.dvr.yaml',
      '2.dvr.yaml',
      '3.dvr.yaml',
      'x2.dvr.yaml',
      'x3.dvr.yaml',
      'y1.dvr.yaml',
      'y3.dvr.yaml',
    );
    await come([], [one!, three!]);
    await untilFiles(editor, '1.dvr.yaml', '2.dvr.yaml', 'x2.dvr.yaml');
    await stop(editor);
  });

  it('counts anew when the settings change, of an editor that says which ones it wants to be told of', async () => {
    const folder = folderWith(['a.dvr.yaml', TEXT], 'x/b.dvr.yaml', 'y/c.dvr.yaml');
    let excluded: object = { x: true };
    const editor = await started(folder, (section) => (section === 'search.exclude' ? excluded : {}));
    // As `SyncConfigurationFeature.register` of vscode-languageclient does.
    await changed(editor);
    await editor.client.open(uriIn(folder, 'a.dvr.yaml'), TEXT);
    await changed(editor);
    await untilFiles(editor, 'a.dvr.yaml', 'c.dvr.yaml');
    const registered = editor.client.registered().find(({ method }) => method === 'workspace/didChangeConfiguration');
    assert.deepEqual(registered?.registerOptions, { section: ['dvrscope', 'files.exclude', 'search.exclude'] });
    const before = editor.client.refreshes();
    excluded = { y: true, 'a.dvr.yaml': true };
    await changed(editor);
    await untilFiles(editor, 'a.dvr.yaml', 'b.dvr.yaml');
    assert.ok(editor.client.refreshes() > before, 'the editor is asked to look again');
    excluded = {};
    await changed(editor);
    await untilFiles(editor, 'a.dvr.yaml', 'b.dvr.yaml', 'c.dvr.yaml');
    await stop(editor);
  });

  it('is not told of any more to an editor that cannot pull', async () => {
    const root = 'dvr: 1\ninclude: [x/*.dvr.yaml]\n';
    const folder = folderWith(['out/a.dvr.yaml', root], 'out/x/b.dvr.yaml');
    let excluded: object = { out: true };
    const editor = await started(folder, () => excluded, { workspace: { configuration: true } });
    const [part, other] = ['out/x/c.dvr.yaml', 'out/x/b.dvr.yaml'].map((name) => uriIn(folder, name));
    // A part of nothing that is known.
    await editor.client.open(part!, 'nodes:\n  n2: {agent_mode: dvr}\n');
    await editor.client.diagnostics(part!, () => true);
    assert.equal(editor.client.published().has(other!), false);
    writeFileSync(path.join(folder, 'out/x/c.dvr.yaml'), 'nodes:\n  n2: {agent_mode: dvr}\n');
    excluded = {};
    await changed(editor);
    await editor.client.diagnostics(other!, isWrong);
    excluded = { out: true };
    await changed(editor);
    await editor.client.diagnostics(other!, isClean);
    await stop(editor);
  });
});

const MANY = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`**/x${i}*/{a,b}`, true]));

/** What may be answered instead of settings. Nothing of it excludes something. */
const NONSENSE: [name: string, answer: () => unknown][] = [
  ['null', () => null],
  ['a number', () => 7],
  ['a text', () => '**'],
  ['a list', () => ['**', true]],
  ['no words', () => ({ '**': 'yes', '*': 1, x: null, 'x/*': {}, 'x/**': { when: [] }, y: { when: '' } })],
  ['10,000 patterns', () => MANY],
  ['a huge pattern', () => ({ ['**/*'.repeat(100_000)]: true })],
  ['hostile patterns', () => ({ [`${'**/*x'.repeat(150)}/z`]: true, [`${'{x,*}'.repeat(150)}z`]: true })],
  ['an error', () => new ResponseError(ErrorCodes.InternalError, 'no')],
  ['another error', () => Promise.reject(new Error('no'))],
];

it('an editor that answers with nonsense excludes nothing', async (context) => {
  const folder = folderWith(['a.dvr.yaml', TEXT], 'x/b.dvr.yaml');
  let excluded = (): unknown => ({ x: true });
  const editor = await started(folder, (section) => (section === 'dvrscope' ? {} : excluded()));
  await editor.client.open(uriIn(folder, 'a.dvr.yaml'), TEXT);
  for (const [name, answer] of NONSENSE)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await context.test(name, async () => {
      excluded = () => ({ x: true });
      await changed(editor);
      await untilFiles(editor, 'a.dvr.yaml');
      excluded = answer;
      await changed(editor);
      await untilFiles(editor, 'a.dvr.yaml', 'b.dvr.yaml');
    });
  await stop(editor);
});

it('an editor with one answer to all questions excludes nothing', async () => {
  const folder = folderWith(['a.dvr.yaml', TEXT], 'x/b.dvr.yaml');
  for (const answer of [null, [{}], { x: true }]) {
    const client = await startLsp({}, undefined, undefined, FULL, {}, pathToFileURL(folder).href, {
      'workspace/configuration': () => answer,
    });
    clients.add(client);
    await client.open(uriIn(folder, 'a.dvr.yaml'), TEXT);
    await client.diagnostics(uriIn(folder, 'x/b.dvr.yaml'), isWrong);
    clients.delete(client);
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  }
});

it('an editor that answers late is waited for, but not for ever', { timeout: 180_000 }, async () => {
  const folder = folderWith(['a.dvr.yaml', TEXT], 'x/b.dvr.yaml');
  const waiting: ((answer: object) => void)[] = [];
  const editor = await started(folder, (section) =>
    section === 'dvrscope' ? {} : new Promise<object>((resolve) => void waiting.push(resolve)),
  );
  await editor.client.open(uriIn(folder, 'a.dvr.yaml'), TEXT);
  await editor.client.diagnostics(uriIn(folder, 'a.dvr.yaml'), isClean);
  await untilFiles(editor, 'a.dvr.yaml', 'b.dvr.yaml');
  for (const answer of waiting) answer({ x: true });
  await untilFiles(editor, 'a.dvr.yaml');
  await stop(editor);
});

it('an editor that has no settings is asked for none', async () => {
  const folder = folderWith(['a.dvr.yaml', TEXT], 'x/b.dvr.yaml');
  const editor = await started(folder, () => ({ '**': true }), { textDocument: { diagnostic: {} } });
  await editor.client.open(uriIn(folder, 'a.dvr.yaml'), TEXT);
  await untilFiles(editor, 'a.dvr.yaml', 'b.dvr.yaml');
  await changed(editor);
  await untilFiles(editor, 'a.dvr.yaml', 'b.dvr.yaml');
  assert.deepEqual(editor.asked, []);
  await stop(editor);
});
