// Topologies of several files over the wire: files that are closed, that change outside of the editor, and that are broken for a moment.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type {
  ClientCapabilities,
  Diagnostic,
  Hover,
  Location,
  WorkspaceDiagnosticReport,
  WorkspaceEdit,
  WorkspaceSymbol,
} from 'vscode-languageserver';
import { CLIENTS } from '../support/clients.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';
import { ROOT } from '../support/splitRoot.ts';

const RED = `ports:
  vm1: {node: compute1, network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
routers:
  r1: {interfaces: {red-v4: {}}}
`;
const WRONG = `ports:
  vm2: {node: compute2, network: red}
`;

const folders: string[] = [];
/** Still running, where a test failed. */
const clients = new Set<LspClient>();
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  for (const { connection, pid } of clients) {
    connection.dispose();
    process.kill(pid);
  }
});

async function stop(client: LspClient): Promise<void> {
  clients.delete(client);
  assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
}

interface Place {
  folder: string;
  uri: (name: string) => string;
  write: (name: string, text: string) => void;
}

function placeWith(files: Record<string, string>): Place {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-files-'));
  folders.push(folder);
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { folder, uri: (name) => pathToFileURL(path.join(folder, name)).href, write };
}

const PUSHED: ClientCapabilities = { textDocument: { synchronization: { didSave: true } }, workspace: {} };
const VERSIONED: ClientCapabilities = { ...CLIENTS.full, workspace: { workspaceEdit: { documentChanges: true } } };

async function started(place: Place, capabilities: ClientCapabilities): Promise<LspClient> {
  const client = await startLsp({}, undefined, undefined, capabilities, {}, pathToFileURL(place.folder).href);
  clients.add(client);
  return client;
}

const codes = (diagnostics: readonly Diagnostic[]): string[] => diagnostics.map(({ code }) => String(code));
const isClean = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.length === 0;
const has =
  (code: string) =>
  (diagnostics: readonly Diagnostic[]): boolean =>
    codes(diagnostics).includes(code);
const none = (): boolean => true;

describe('one file of several, opened alone', () => {
  const place = placeWith({ 'cloud.dvr.yaml': ROOT, 'tenants/red.dvr.yaml': RED, 'tenants/blue.dvr.yaml': WRONG });
  const [root, red, blue] = ['cloud.dvr.yaml', 'tenants/red.dvr.yaml', 'tenants/blue.dvr.yaml'].map(place.uri);

  it('is seen as a part of what includes it', async () => {
    const client = await started(place, VERSIONED);
    await client.open(red!, RED);
    assert.deepEqual(await client.diagnostics(red!, none), []);
    const at = { textDocument: { uri: red! }, position: { line: 1, character: 14 } };
    const [definition] = await client.connection.sendRequest<Location[]>('textDocument/definition', at);
    assert.deepEqual(definition, {
      uri: root,
      range: { start: { line: 3, character: 2 }, end: { line: 3, character: 10 } },
    });
    const hover = await client.connection.sendRequest<Hover>('textDocument/hover', {
      ...at,
      position: { line: 3, character: 22 },
    });
    assert.match(JSON.stringify(hover), /qrouter/);
    const edit = await client.connection.sendRequest<WorkspaceEdit>('textDocument/rename', { ...at, newName: 'kvm1' });
    const versions = edit.documentChanges!.map((each) => 'textDocument' in each && each.textDocument);
    assert.deepEqual(versions, [
      { uri: root, version: null },
      { uri: red, version: 1 },
    ]);
    const symbols = await client.connection.sendRequest<WorkspaceSymbol[]>('workspace/symbol', { query: '' });
    assert.deepEqual(
      symbols.map(({ name, location }) => [name, path.basename(location.uri)]),
      [
        ['compute1', 'cloud.dvr.yaml'],
        ['net1', 'cloud.dvr.yaml'],
        ['red', 'cloud.dvr.yaml'],
        ['red-v4', 'cloud.dvr.yaml'],
        ['vm2', 'blue.dvr.yaml'],
        ['r1', 'red.dvr.yaml'],
        ['vm1', 'red.dvr.yaml'],
      ],
    );
    await stop(client);
  });

  it('who pulls is pushed nothing, and may ask for all files, in parts', async () => {
    const client = await started(place, CLIENTS.full);
    await client.open(red!, RED);
    await client.diagnostics(red!, none);
    const { items } = await client.connection.sendRequest<WorkspaceDiagnosticReport>('workspace/diagnostic', {
      previousResultIds: [],
    });
    assert.deepEqual(
      items.map((item) => [item.uri, item.version, item.kind === 'full' && codes(item.items)]),
      [
        [root, null, []],
        [blue, null, ['unknown-reference']],
        [red, 1, []],
      ],
    );
    const parts: WorkspaceDiagnosticReport[] = [];
    client.connection.onNotification('$/progress', ({ value }: { value: WorkspaceDiagnosticReport }) => {
      parts.push(value);
    });
    const previousResultIds = items.map(({ uri, resultId }) => ({ uri, value: resultId }));
    const last = await client.connection.sendRequest<WorkspaceDiagnosticReport>('workspace/diagnostic', {
      previousResultIds: [...previousResultIds, { uri: place.uri('gone.dvr.yaml'), value: 'x' }],
      partialResultToken: 'p',
    });
    assert.deepEqual(last, { items: [] });
    assert.deepEqual(
      parts.flatMap((part) => part.items).map(({ kind }) => kind),
      ['unchanged', 'unchanged', 'unchanged', 'full'],
    );
    // Who is told at once that nothing is new is answered when something is.
    const ids = [...previousResultIds];
    const start = performance.now();
    const waiting = client.connection.sendRequest('workspace/diagnostic', {
      previousResultIds: ids,
      partialResultToken: 'q',
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 700);
    });
    await client.change(red!, 2, [{ text: `${RED}  r2: {interfaces: {none: {}}}\n` }]);
    await waiting;
    const took = performance.now() - start;
    assert.ok(took > 600 && took < 4500, `${took} ms`);
    assert.ok(parts.some((part) => part.items.some((item) => item.uri === red && item.kind === 'full')));
    assert.deepEqual([...client.published()], []);
    assert.equal(client.announced.textDocumentSync, 2);
    await stop(client);
  });

  it('who cannot pull is told of the closed files as well, until nothing of them is open', async () => {
    const client = await started(place, PUSHED);
    assert.equal(client.announced.diagnosticProvider, undefined);
    await client.open(red!, RED);
    await client.diagnostics(blue!, has('unknown-reference'));
    assert.deepEqual(client.published().get(red!), []);
    assert.equal(client.published().has(root!), false, 'what has nothing to tell is not told of');
    await client.change(red!, 2, [{ text: `${RED}  r2: {interfaces: {red-v5: {}}}\n` }]);
    await client.diagnostics(red!, has('unknown-reference'));
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri: red! } });
    await client.diagnostics(red!, isClean);
    await client.diagnostics(blue!, isClean);
    await stop(client);
  });

  it('who cannot pull is told that a file which is no part any more has nothing', async () => {
    const client = await started(place, PUSHED);
    await client.open(root!, ROOT);
    await client.diagnostics(blue!, has('unknown-reference'));
    await client.change(root!, 2, [{ text: ROOT.replace('tenants/*', 'tenants/r*') }]);
    await client.diagnostics(blue!, isClean);
    await client.change(root!, 3, [{ text: ROOT }]);
    await client.diagnostics(blue!, has('unknown-reference'));
    // One that is open is told what is wrong with it alone.
    await client.open(red!, RED);
    await client.diagnostics(red!, isClean);
    await client.change(root!, 4, [{ text: ROOT.replace('tenants/*', 'tenants/b*') }]);
    await client.diagnostics(red!, has('unknown-reference'));
    await stop(client);
  });

  it('files of the same folder are found without an open folder', async () => {
    const client = await startLsp();
    clients.add(client);
    await client.open(red!, RED);
    assert.deepEqual(await client.diagnostics(red!, none), []);
    await stop(client);
  });
});

it('a file is the same one however an editor writes its URI', async () => {
  const place = placeWith({ 'cloud (a+b).dvr.yaml': ROOT, 'tenants/ü é+@.dvr.yaml': WRONG });
  /** As VS Code does: https://github.com/microsoft/vscode-uri, `encodeURIComponentFast`. */
  const written = (uri: string): string =>
    `file://${new URL(uri).pathname
      .split('/')
      .map((part) => encodeURIComponent(decodeURIComponent(part)))
      .join('/')}`
      .replaceAll('(', '%28')
      .replaceAll(')', '%29');
  const [root, tenant] = ['cloud (a+b).dvr.yaml', 'tenants/ü é+@.dvr.yaml'].map(place.uri);
  assert.notEqual(written(root!), root);
  const client = await started(place, CLIENTS.full);
  await client.open(written(root!), ROOT);
  await client.diagnostics(written(root!), isClean);
  const ask = (previousResultIds: object[]) =>
    client.connection.sendRequest<WorkspaceDiagnosticReport>('workspace/diagnostic', { previousResultIds });
  const { items } = await ask([]);
  assert.deepEqual(
    items.map(({ uri, version }) => [uri, version]),
    [
      [written(root!), 1],
      [tenant, null],
    ],
  );
  const again = await ask(items.map(({ uri, resultId }) => ({ uri: written(uri), value: resultId })));
  assert.deepEqual(
    again.items.map(({ uri, kind }) => [uri, kind]),
    [
      [written(root!), 'unchanged'],
      [tenant, 'unchanged'],
    ],
  );
  await stop(client);
});

describe('files that change outside of the editor', () => {
  const events = (uri: string, type: number) => ({ changes: [{ uri, type }] });

  it('are read again when the editor says so', async () => {
    const place = placeWith({ 'cloud.dvr.yaml': ROOT, 'tenants/red.dvr.yaml': RED });
    const [root, red, blue] = ['cloud.dvr.yaml', 'tenants/red.dvr.yaml', 'tenants/blue.dvr.yaml'].map(place.uri);
    const client = await started(place, CLIENTS.full);
    await client.open(red!, RED);
    await client.diagnostics(red!, isClean);
    assert.ok(client.registered().some(({ method }) => method === 'workspace/didChangeWatchedFiles'));
    const before = client.refreshes();
    place.write('cloud.dvr.yaml', ROOT.replace('compute1', 'compute7'));
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', events(root!, 2));
    await client.diagnostics(red!, has('unknown-reference'));
    assert.ok(client.refreshes() > before);
    place.write('cloud.dvr.yaml', ROOT);
    place.write('tenants/blue.dvr.yaml', RED);
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [
        { uri: root!, type: 2 },
        { uri: blue!, type: 1 },
      ],
    });
    await client.diagnostics(red!, has('duplicate-key'));
    rmSync(path.join(place.folder, 'tenants/blue.dvr.yaml'));
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', events(blue!, 3));
    await client.diagnostics(red!, isClean);
    await stop(client);
  });

  it('are read again when a file is saved, of an editor that cannot watch', async () => {
    const place = placeWith({ 'cloud.dvr.yaml': ROOT, 'tenants/red.dvr.yaml': RED });
    const red = place.uri('tenants/red.dvr.yaml');
    const client = await started(place, PUSHED);
    assert.deepEqual(client.announced.textDocumentSync, { openClose: true, change: 2, save: true });
    assert.deepEqual(client.registered(), []);
    await client.open(red, RED);
    await client.diagnostics(red, isClean);
    place.write('cloud.dvr.yaml', ROOT.replace('compute1', 'compute7'));
    await client.connection.sendNotification('textDocument/didSave', { textDocument: { uri: red } });
    await client.diagnostics(red, has('unknown-reference'));
    await stop(client);
  });
});

it('a file that is broken while it is typed does not spoil the others', async () => {
  const place = placeWith({ 'cloud.dvr.yaml': ROOT, 'tenants/red.dvr.yaml': RED });
  const [root, red] = ['cloud.dvr.yaml', 'tenants/red.dvr.yaml'].map(place.uri);
  const client = await started(place, CLIENTS.full);
  await client.open(root!, ROOT);
  await client.open(red!, RED);
  await client.diagnostics(red!, isClean);
  const at = { textDocument: { uri: red! }, position: { line: 3, character: 22 } };
  const before = await client.connection.sendRequest<Hover>('textDocument/hover', at);
  assert.match(JSON.stringify(before), /10\.0\.0\.0\/24 dev qr/);
  // Half of a network, and a quote that is never closed.
  await client.change(root!, 2, [
    { text: ROOT.replace('red: {network_type: vxlan, segmentation_id: 1, subnets', 'red: {id: "') },
  ]);
  await client.diagnostics(root!, has('yaml-error'));
  assert.deepEqual(await client.diagnostics(red!, none), []);
  assert.deepEqual(await client.connection.sendRequest<Hover>('textDocument/hover', at), before);
  await client.change(root!, 3, [{ text: ROOT.replace('red-v4', 'red-v6') }]);
  await client.diagnostics(red!, has('unknown-reference'));
  await stop(client);
});

it('a file of several topologies is told what is wrong in any, with its name', async () => {
  const place = placeWith({
    'a.dvr.yaml': ROOT,
    'b.dvr.yaml': ROOT.replace('compute1', 'kvm1'),
    'tenants/red.dvr.yaml': `${RED}  r2: {interfaces: {none: {}}}\n`,
  });
  const client = await started(place, CLIENTS.full);
  const red = place.uri('tenants/red.dvr.yaml');
  await client.open(red, `${RED}  r2: {interfaces: {none: {}}}\n`);
  const found = await client.diagnostics(red, has('unknown-reference'));
  const messages = found.map(({ message }) => JSON.stringify(message));
  assert.equal(found.length, 2);
  assert.ok(messages.some((message) => message.includes('`none`') && !message.includes('b.dvr.yaml')));
  assert.ok(
    messages.some((message) => message.includes('`compute1`') && message.includes('As a part of `b.dvr.yaml`')),
  );
  const at = { textDocument: { uri: red }, position: { line: 1, character: 34 } };
  const uses = await client.connection.sendRequest<Location[]>('textDocument/references', {
    ...at,
    context: { includeDeclaration: true },
  });
  assert.deepEqual(
    uses.map(({ uri }) => path.basename(uri)),
    ['a.dvr.yaml', 'red.dvr.yaml', 'b.dvr.yaml'],
  );
  await stop(client);
});

it('nothing of other files is announced to a client that says nothing', async () => {
  const client = await startLsp({}, undefined, undefined, CLIENTS.minimal);
  clients.add(client);
  assert.equal(client.announced.diagnosticProvider, undefined);
  assert.equal(client.announced.workspace, undefined);
  assert.equal(client.announced.textDocumentSync, 2);
  const report = await client.connection.sendRequest<WorkspaceDiagnosticReport>('workspace/diagnostic', {});
  assert.deepEqual(report, { items: [] });
  await stop(client);
});

it('folders that are added and taken out while the editor runs', async () => {
  const [cloud, other] = [placeWith({}), placeWith({ 'tenants/red.dvr.yaml': RED, 'wrong.dvr.yaml': WRONG })];
  cloud.write('cloud.dvr.yaml', ROOT.replace('tenants/*', `../${path.basename(other.folder)}/tenants/*`));
  const capabilities = { ...CLIENTS.full, workspace: { ...CLIENTS.full.workspace, workspaceFolders: true } };
  const client = await started(other, capabilities);
  assert.deepEqual(client.announced.workspace?.workspaceFolders, { supported: true, changeNotifications: true });
  const red = other.uri('tenants/red.dvr.yaml');
  const change = async (added: string[], removed: string[]): Promise<void> => {
    const [more, fewer] = [added, removed].map((each) =>
      each.map((folder) => ({ uri: pathToFileURL(folder).href, name: path.basename(folder) })),
    );
    await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: more, removed: fewer },
    });
  };
  const files = async (): Promise<string[]> => {
    const report = await client.connection.sendRequest<WorkspaceDiagnosticReport>('workspace/diagnostic', {
      previousResultIds: [],
    });
    return report.items.map(({ uri }) => path.basename(uri)).toSorted();
  };
  await client.open(red, RED);
  await client.diagnostics(red, has('unknown-reference'));
  assert.deepEqual(await files(), ['red.dvr.yaml', 'wrong.dvr.yaml']);
  await change([cloud.folder], []);
  await client.diagnostics(red, isClean);
  assert.deepEqual(await files(), ['cloud.dvr.yaml', 'red.dvr.yaml', 'wrong.dvr.yaml']);
  await change([], [cloud.folder, other.folder]);
  await client.diagnostics(red, has('unknown-reference'));
  assert.deepEqual(await files(), ['red.dvr.yaml']);
  await stop(client);
});
