/** Requests of our own (`shared/protocol.ts`), asked as no editor should: what is wrong is the answer, and never a fault of the server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { OWN_REQUESTS } from '../../server/features/ownTable.ts';
import { REQUEST, type TextResult } from '../../shared/protocol.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const uri = 'file:///cloud.dvr.yaml';
const text = 'dvr: 1\nnodes:\n  compute1: {agent_mode: dvr}\n';

/** Parameters that are right, but for a topology that is not there. */
const RIGHT: Readonly<Record<string, object>> = {
  [REQUEST.compare]: { source: { kind: 'snapshots', paths: [] } },
  [REQUEST.finding]: { finding: 'x' },
  [REQUEST.line]: { node: 'compute1', side: 'live', line: 0 },
  [REQUEST.login]: { node: 'compute1' },
  [REQUEST.node]: { node: 'compute1' },
  [REQUEST.state]: { node: 'compute1', side: 'live' },
  [REQUEST.statePlace]: { node: 'compute1', side: 'live', item: {}, text: '' },
};

/** What is right but for one thing. */
const WRONG: [method: string, params: object, name: string][] = [
  [REQUEST.compare, { uri, source: { kind: 'snapshots' } }, 'source'],
  [REQUEST.compare, { uri, source: { kind: 'snapshots', paths: 'x' } }, 'source'],
  [REQUEST.compare, { uri, source: { kind: 'guess' } }, 'source'],
  [REQUEST.compare, { uri, source: null }, 'source'],
  [REQUEST.compare, { uri, source: { kind: 'ssh' }, nodes: [5] }, 'nodes'],
  [REQUEST.import, { kind: 'guess', path: '/' }, 'kind'],
  [REQUEST.import, { kind: 'api', path: 5 }, 'path'],
  [REQUEST.map, { uri, trace: 'x' }, 'trace'],
  [REQUEST.state, { uri, node: 'compute1', side: 'middle' }, 'side'],
  [REQUEST.state, { uri, node: 'compute1', side: 'live', aspect: 5 }, 'aspect'],
  [REQUEST.statePlace, { uri, node: 'compute1', side: 'live', text: '' }, 'item'],
  [REQUEST.traceChoices, { uri, position: { line: -1, character: 0 } }, 'position'],
];

describe('requests of our own', () => {
  let client: LspClient;
  /** Without parameters, with one or with several, as JSON-RPC has it. */
  const send = <T>(method: string, given: readonly unknown[]): Promise<T> => {
    const { connection } = client;
    return given.length < 2
      ? connection.sendRequest<T>(method, ...given.map((each) => each as never))
      : connection.sendRequest<T>(method, given);
  };
  const ask = (method: string, ...given: unknown[]): Promise<unknown> =>
    send(method, given).catch((error: unknown) => error);
  before(async () => {
    client = await startLsp();
    await client.open(uri, text);
  });
  after(async () => {
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  });

  it('are all those of the protocol', () => {
    assert.deepEqual(OWN_REQUESTS.map(({ method }) => method).toSorted(), Object.values(REQUEST).toSorted());
  });

  it('say that there is no demo to open', async () => {
    const answer = await ask(REQUEST.demo, { isReset: false });
    assert.ok(answer instanceof ResponseError);
    assert.equal(answer.code, LSPErrorCodes.RequestFailed);
    assert.match(answer.message, /^This editor has no demo: /);
  });

  it('give the script without being given anything', async () => {
    for (const given of [[], [{}], ['a', 'b']]) {
      const answer = await send<TextResult>(REQUEST.importScript, given);
      assert.match(answer.text, /^#!\/bin\/sh\n/);
    }
  });

  for (const { method, params } of OWN_REQUESTS.filter((request) => Object.keys(request.params).length > 0)) {
    const [first] = Object.keys(params);
    it(`${method} says what it needs`, async () => {
      for (const given of [[], [{}], [null], [5], [[1, 2, 3]], [{ [first!]: {} }], ['a', 'b']]) {
        const answer = await ask(method, ...given);
        assert.ok(answer instanceof ResponseError, JSON.stringify(answer));
        assert.equal(answer.code, ErrorCodes.InvalidParams, answer.message);
        assert.equal(answer.message, `${method} needs a valid \`${first}\``);
      }
    });
    if (first === 'uri')
      it(`${method} says that a topology is not there`, async () => {
        const answer = await ask(method, { uri: 'file:///gone.dvr.yaml', ...RIGHT[method] });
        assert.ok(answer instanceof ResponseError, JSON.stringify(answer));
        assert.equal(answer.code, LSPErrorCodes.RequestFailed, answer.message);
        assert.equal(answer.message, 'file:///gone.dvr.yaml is not open');
      });
  }

  for (const [method, params, name] of WRONG)
    it(`${method} refuses ${JSON.stringify(params)}`, async () => {
      const answer = await ask(method, params);
      assert.ok(answer instanceof ResponseError, JSON.stringify(answer));
      assert.equal(answer.code, ErrorCodes.InvalidParams, answer.message);
      assert.equal(answer.message, `${method} needs a valid \`${name}\``);
    });
});
