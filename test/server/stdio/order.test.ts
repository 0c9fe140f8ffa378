/** Which messages may come when, and the errors of those that may not: JSON-RPC 2.0, LSP 3.17 "Server lifecycle". */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { orderOf } from '../../../server/stdio/order.ts';

const INIT = { id: 1, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } };
const SHUTDOWN = { id: 2, method: 'shutdown' };
const HOVER = { id: 3, method: 'textDocument/hover', params: {} };
const OPEN = { method: 'textDocument/didOpen', params: { textDocument: { uri: 'file:///a', text: '', version: 1 } } };
const EXIT = { method: 'exit' };
const init = (params: unknown) => ({ ...INIT, params });
const changed = (contentChanges: unknown) => ({
  method: 'textDocument/didChange',
  params: { textDocument: { uri: 'file:///a', version: 2 }, contentChanges },
});
const range = (line: unknown) => ({ start: { line, character: 0 }, end: { line: 1, character: 0 } });

/** `pass`, `drop`, `log`, or the code of the error with the id that it answers. */
type Outcome = 'pass' | 'drop' | 'log' | [code: number, id: string | number | null];

function outcomes(messages: readonly (object | string)[]): Outcome[] {
  const { judge } = orderOf();
  return messages.map((message) => {
    const verdict = judge(typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message }));
    if (verdict === undefined) return 'drop';
    if ('refuse' in verdict) return [verdict.refuse.code, verdict.refuse.id];
    return 'log' in verdict ? 'log' : 'pass';
  });
}

describe('the order of messages', () => {
  const rows: [name: string, messages: (object | string)[], outcomes: Outcome[]][] = [
    ['as it should be', [INIT, OPEN, HOVER, SHUTDOWN, EXIT], ['pass', 'pass', 'pass', 'pass', 'pass']],
    ['before initialize', [HOVER, OPEN, SHUTDOWN, INIT, HOVER], [[-32_002, 3], 'drop', [-32_002, 2], 'pass', 'pass']],
    ['exit may always come', [EXIT], ['pass']],
    ['initialize twice', [INIT, { ...INIT, id: 9 }], ['pass', [-32_600, 9]]],
    ['a wrong one may be mended', [init(null), INIT], [[-32_602, 1], 'pass']],
    [
      'after shutdown',
      [INIT, SHUTDOWN, HOVER, OPEN, { ...SHUTDOWN, id: 'x' }, INIT, EXIT],
      ['pass', 'pass', [-32_600, 3], 'drop', [-32_600, 'x'], [-32_600, 1], 'pass'],
    ],
  ];
  for (const [name, messages, expected] of rows) it(name, () => assert.deepEqual(outcomes(messages), expected));

  it('tells whether shutdown came', () => {
    const { judge, isShutDown } = orderOf();
    judge(JSON.stringify(SHUTDOWN));
    assert.equal(isShutDown(), false);
    for (const message of [INIT, SHUTDOWN]) judge(JSON.stringify(message));
    assert.equal(isShutDown(), true);
  });
});

describe('initialize', () => {
  const right: object[] = [
    { capabilities: {} },
    { capabilities: { textDocument: null }, workspaceFolders: null, rootUri: 'file:///a', processId: 5 },
    { capabilities: { workspace: {} }, workspaceFolders: [{ uri: 'file:///a', name: 'a' }], initializationOptions: 5 },
  ];
  const wrong: unknown[] = [
    undefined,
    null,
    [],
    'x',
    {},
    { capabilities: null },
    { capabilities: { workspace: 'a' } },
    { capabilities: {}, workspaceFolders: 'q' },
    { capabilities: {}, workspaceFolders: [null] },
    { capabilities: {}, rootUri: 5 },
    { capabilities: {}, processId: 'x' },
  ];
  for (const params of right) it(JSON.stringify(params), () => assert.deepEqual(outcomes([init(params)]), ['pass']));
  for (const params of wrong)
    it(`${JSON.stringify(params)} is wrong`, () => assert.deepEqual(outcomes([init(params)]), [[-32_602, 1]]));
});

describe('while it runs', () => {
  const rows: [message: object | string, outcome: Outcome][] = [
    ['{bad', [-32_700, null]],
    ['', [-32_700, null]],
    ['null', [-32_600, null]],
    ['5', [-32_600, null]],
    ['[{"jsonrpc":"2.0","id":1,"method":"x"}]', [-32_600, null]],
    ['{}', [-32_600, null]],
    [{ id: {}, method: 'x' }, [-32_600, null]],
    [{ id: null, method: 'x' }, [-32_600, null]],
    [{ id: 1.5, method: 'x' }, [-32_600, null]],
    [{ id: 7, method: 5 }, [-32_600, 7]],
    [{ method: null }, [-32_600, null]],
    [{ id: 'abc', method: 'foo/bar' }, 'pass'],
    [{ id: 777, result: 5 }, 'pass'],
    [{ id: 777, error: { code: 1, message: 'x' } }, 'pass'],
    [{ id: null, error: { code: 1, message: 'x' } }, 'drop'],
    [{ method: 'foo/unknown', params: 5 }, 'pass'],
    [{ method: '$/cancelRequest', params: { id: 4711 } }, 'pass'],
    [{ method: '$/cancelRequest' }, 'log'],
    [{ method: '$/cancelRequest', params: { id: {} } }, 'log'],
    [{ method: 'textDocument/didOpen', params: null }, 'log'],
    [{ method: 'textDocument/didOpen', params: { textDocument: { uri: 5, text: '' } } }, 'log'],
    [{ method: 'textDocument/didOpen', params: { textDocument: { uri: 'file:///a' } } }, 'log'],
    [{ method: 'textDocument/didOpen', params: { textDocument: { uri: 'file:///a', text: '' } } }, 'log'],
    [{ method: 'textDocument/didClose', params: {} }, 'log'],
    [{ method: 'workspace/didChangeWatchedFiles', params: { changes: [null] } }, 'log'],
    [{ method: 'workspace/didChangeWorkspaceFolders', params: { event: { added: 5 } } }, 'log'],
    [changed([]), 'pass'],
    [changed([{ text: '' }]), 'pass'],
    [changed([{ text: '', range: range(0) }]), 'pass'],
    [changed('x'), 'log'],
    [changed([null]), 'log'],
    [changed([{ text: 5 }]), 'log'],
    [changed([{ text: '', range: null }]), 'log'],
    [changed([{ text: '', range: range(-1) }]), 'log'],
    [changed([{ text: '', range: range('0') }]), 'log'],
  ];
  for (const [message, outcome] of rows)
    it(typeof message === 'string' ? JSON.stringify(message) : JSON.stringify(message).slice(0, 100), () =>
      assert.deepEqual(outcomes([INIT, message]), ['pass', outcome]),
    );

  it('an answer without a result is one with nothing', () => {
    const { judge } = orderOf();
    assert.deepEqual(judge('{"jsonrpc":"2.0","id":1}'), { pass: { jsonrpc: '2.0', id: 1, result: null } });
  });
});
