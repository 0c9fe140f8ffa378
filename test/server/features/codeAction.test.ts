/** Code actions over a pipe: to a client that can all of it, to one that can little, and what is never offered. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { ClientCapabilities, CodeAction, Diagnostic, TextEdit } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { REQUEST, type CompareResult } from '../../../shared/protocol.ts';
import { faultyCloud, NODES } from '../../support/faultyCloud.ts';
import { CLIENTS } from '../../support/clients.ts';
import { startLsp, type LspClient } from '../../support/lspClient.ts';

const uri = 'file:///cloud.dvr.yaml';

const FULL: ClientCapabilities = {
  workspace: { configuration: true, workspaceEdit: { documentChanges: true } },
  textDocument: { codeAction: CLIENTS.full.textDocument!.codeAction! },
};
/** Literals alone, as in Neovim's oldest versions. */
const SMALL: ClientCapabilities = {
  textDocument: { codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } } },
};

const TEXT = `nodes:
  compute1: {agent_mode: dvr}
networks:
  red: &red {mtu: 1000, subnets: {red-v4: {cidr: 10.0.0.0/24}, red-v6: {cidr: '2001:db8::/64'}}} # mine
ports:
  vm1: {network: rde, node: compute, fixed_ips: [{ip_address: 10.0.0.5}]}
`;

const editsOf = ({ edit }: CodeAction): TextEdit[] =>
  edit?.changes?.[uri] ??
  (edit?.documentChanges ?? []).flatMap((change) =>
    'edits' in change ? change.edits.filter((each): each is TextEdit => 'newText' in each) : [],
  );

describe('code actions', () => {
  let client: LspClient;
  const open = async (text: string, capabilities: ClientCapabilities): Promise<Diagnostic[]> => {
    client = await startLsp({}, undefined, undefined, capabilities);
    await client.open(uri, text);
    return client.diagnostics(uri, (all) => all.length > 0);
  };
  const at = (line: number, character: number) => ({ start: { line, character }, end: { line, character } });
  const ask = (range: object, context: object = {}): Promise<CodeAction[]> =>
    client.connection.sendRequest('textDocument/codeAction', {
      textDocument: { uri },
      range,
      context: { diagnostics: [], ...context },
    });
  const applied = (text: string, action: CodeAction): string =>
    TextDocument.applyEdits(TextDocument.create(uri, 'dvr-topology', 1, text), editsOf(action));

  describe('of a client that can all of it', () => {
    let diagnostics: Diagnostic[];
    before(async () => {
      diagnostics = await open(TEXT, FULL);
    });
    after(() => client.stop());

    it('mend what is under the cursor, the certain way first, and say which diagnostic', async () => {
      const actions = await ask(at(5, 18), { diagnostics });
      assert.deepEqual(
        actions
          .filter(({ kind }) => kind === 'quickfix')
          .map(({ title, isPreferred, diagnostics: mended }) => [title, isPreferred, mended?.map(({ code }) => code)]),
        [
          ['Change to `red`', true, ['unknown-reference']],
          ['Ignore unknown-reference here, by a comment', undefined, ['unknown-reference']],
        ],
      );
      assert.match(applied(TEXT, actions[0]!), /vm1: \{network: red,/);
      assert.match(applied(TEXT, actions[1]!), /10\.0\.0\.5\}\]\} # dvrscope: ignore unknown-reference\n$/);
      assert.equal(actions[0]!.edit?.documentChanges?.length, 1);
    });

    it('do not mind what an editor takes for diagnostics', async () => {
      const odd = [null, 5, {}, { code: 'unknown-reference' }, { code: 'unknown-reference', range: { start: 1 } }];
      const actions = await ask(at(5, 18), { diagnostics: odd });
      assert.deepEqual(
        actions.map(({ title }) => title),
        (await ask(at(5, 18))).map(({ title }) => title),
      );
      assert.ok(actions.length >= 2);
    });

    it('offer nothing where nothing is wrong', async () => {
      assert.deepEqual(await ask(at(1, 4), { only: ['quickfix'] }), []);
    });

    it('fix all, with the edits only when it is chosen', async () => {
      const [action, ...more] = await ask(at(0, 0), { only: ['source.fixAll'] });
      assert.deepEqual([action?.kind, action?.edit, more], ['source.fixAll.dvrscope', undefined, []]);
      const resolved = await client.connection.sendRequest<CodeAction>('codeAction/resolve', action!);
      assert.equal(
        applied(TEXT, resolved),
        TEXT.replace('rde', 'red').replace('node: compute,', 'node: compute1,').replace('1000', '1280'),
      );
    });

    it('put the comment above a line that has one', async () => {
      const actions = await ask(at(3, 19));
      const ignore = actions.find(({ title }) => title.startsWith('Ignore'))!;
      assert.match(applied(TEXT, ignore), /networks:\n {2}# dvrscope: ignore mtu-too-small\n {2}red: /);
    });

    it('take a comment out that silences nothing', async () => {
      const text = 'nodes:\n  a: {agent_mode: dvr} # dvrscope: ignore duplicate-mac -- why\n';
      await client.change(uri, 2, [{ text }]);
      await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'unused-ignore'));
      const [action] = await ask(at(1, 50));
      assert.equal(applied(text, action!), 'nodes:\n  a: {agent_mode: dvr}\n');
    });
  });

  describe('of a client that can little', () => {
    before(() => open(TEXT, SMALL).then(() => undefined));
    after(() => client.stop());

    it('have their edits at once, without versions', async () => {
      const actions = await ask(at(0, 0), { only: ['source.fixAll.dvrscope'] });
      assert.equal(actions.length, 1);
      assert.ok(actions[0]!.edit?.changes?.[uri]?.length === 3);
      assert.equal(
        JSON.stringify(client.announced.codeActionProvider),
        '{"codeActionKinds":["quickfix","source.fixAll.dvrscope"],"resolveProvider":false}',
      );
    });
  });

  it('are not announced to a client that takes commands alone', async () => {
    await open(TEXT, {});
    assert.equal(client.announced.codeActionProvider, undefined);
    await client.stop();
  });

  it('are greyed out, with the reason, where an alias is in the way', async () => {
    const text = 'x-base: &base {network: rde}\nnetworks:\n  red: {}\nports:\n  vm1: {<<: *base}\n';
    await open(text, FULL);
    const actions = await ask(
      { start: { line: 4, character: 0 }, end: { line: 4, character: 20 } },
      { only: ['quickfix'] },
    );
    assert.deepEqual(
      actions.map(({ disabled }) => disabled !== undefined),
      [true, false],
    );
    await client.stop();
  });
});

it('of a file that is not open no version is claimed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-closed-'));
  const uriOf = (name: string): string => pathToFileURL(path.join(folder, name)).href;
  const root = 'include: [part.dvr.yaml]\nnetworks:\n  red: {}\n';
  await writeFile(path.join(folder, 'root.dvr.yaml'), root);
  await writeFile(path.join(folder, 'part.dvr.yaml'), 'ports:\n  vm1: {network: rde}\n');
  const client = await startLsp({}, undefined, undefined, FULL);
  await client.open(uriOf('root.dvr.yaml'), root);
  await client.diagnostics(uriOf('part.dvr.yaml'), (all) => all.length > 0);
  const place = { line: 1, character: 18 };
  const [action] = await client.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri: uriOf('part.dvr.yaml') },
    range: { start: place, end: place },
    context: { diagnostics: [] },
  });
  assert.equal(action?.title, 'Change to `red`');
  const [change] = action.edit?.documentChanges ?? [];
  assert.ok(change && 'textDocument' in change);
  assert.deepEqual(change.textDocument, { uri: uriOf('part.dvr.yaml'), version: null });
  await client.stop();
  await rm(folder, { recursive: true });
});

describe('take the live value', () => {
  it('puts into the file what a node has, after a comparison', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-live-'));
    const cloud = await faultyCloud();
    await Promise.all(NODES.map((node) => writeFile(path.join(folder, `${node}.snapshot`), cloud.snapshots[node])));
    const wrong = cloud.topology.replace(/(  a1:[^]*?mac_address: "?fa:16:3e:..:..:)../, '$1e7');
    assert.notEqual(wrong, cloud.topology);
    const client = await startLsp({}, undefined, undefined, FULL);
    await client.open(uri, wrong);
    const source = { kind: 'snapshots', paths: [folder] };
    await client.connection.sendRequest(REQUEST.compare, { uri, source });
    const line = wrong.slice(0, wrong.search(/^ +a1:/m)).split('\n').length - 1;
    const range = { start: { line, character: 0 }, end: { line, character: 40 } };
    const params = { textDocument: { uri }, range, context: { diagnostics: [], only: ['quickfix'] } };
    const actions = await client.connection.sendRequest<CodeAction[]>('textDocument/codeAction', params);
    const taken = actions.find(({ title }) => title.startsWith('Take the live value'));
    assert.ok(taken, JSON.stringify(actions.map(({ title }) => title)));
    assert.equal(TextDocument.applyEdits(TextDocument.create(uri, '', 1, wrong), editsOf(taken)), cloud.topology);
    // What is silenced is counted, not shown, in the answer of the comparison.
    const silenced = `${wrong}# dvrscope: ignore-file S02\n`;
    await client.change(uri, 2, [{ text: silenced }]);
    const { notes } = await client.connection.sendRequest<CompareResult>(REQUEST.compare, { uri, source });
    assert.deepEqual(notes, ['1 finding is silenced, by comments in the file or by settings']);
    const shown = await client.diagnostics(uri, (all) => all.some(({ source: from }) => from === 'dvrscope live'));
    assert.ok(!shown.some(({ message }) => JSON.stringify(message).includes('S02')));
    await client.stop();
    await rm(folder, { recursive: true });
  });
});

describe('severities in settings', () => {
  it('are those of the diagnostics, and change with the settings', async () => {
    const settings = {
      checks: { severity: { 'mtu-too-small': 'hint', 'unknown-reference': 'off', 'no-such': 'loud' } },
    };
    const client = await startLsp(settings);
    await client.open(uri, TEXT);
    const found = await client.diagnostics(uri, (all) => all.length === 1);
    assert.deepEqual([found[0]!.code, found[0]!.severity], ['mtu-too-small', 4]);
    settings.checks.severity['mtu-too-small'] = 'off';
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.diagnostics(uri, (all) => all.length === 0);
    await client.stop();
  });
});
