/** The two ways to ask the server that fixtures are run through: its functions, and a real one over a pipe. */
import assert from 'node:assert/strict';
import type { ClientCapabilities, Diagnostic } from 'vscode-languageserver';
import { diagnostics, diagnosticsInAll } from '../../server/features/diagnostics.ts';
import { wrongParams, type Context } from '../../server/features/feature.ts';
import { FEATURES } from '../../server/features/table.ts';
import { includablePaths } from '../../server/includable.ts';
import { textOf } from '../../server/text.ts';
import { makeWorkspace } from '../../server/workspace.ts';
import { COMMAND } from '../../shared/protocol.ts';
import { CLIENTS } from './clients.ts';
import type { Fixture } from './fixture.ts';
import { startLsp } from './lspClient.ts';
import type { Session } from './markers.ts';

export interface OpenSession extends Session {
  /** What was found wrong in a document as it was opened. */
  diagnostics(uri: string): Promise<Diagnostic[]>;
  stop(): Promise<void>;
}

/** All files of all fixtures, opened in one server's worth of functions. */
export function functionSession(
  all: readonly Pick<Fixture, 'files'>[],
  client: ClientCapabilities = CLIENTS.full,
): OpenSession {
  const workspace = makeWorkspace();
  const create = (uri: string, text: string, version = 1): void =>
    workspace.put(textOf({ uri, languageId: 'dvr-topology', version }, text));
  for (const { uri, text } of all.flatMap(({ files }) => files)) create(uri, text);
  const told = (uri: string): Diagnostic[] =>
    diagnosticsInAll(workspace.documents(uri), (document) => diagnostics(document, undefined));
  const context: Context = {
    client,
    document: (uri) => workspace.document(uri)!,
    contexts: (uri) => workspace.documents(uri),
    documents: () => workspace.all(),
    diagnostics: told,
    comparison: () => undefined,
    commands: Object.values(COMMAND),
    includable: (uri) => includablePaths(uri, workspace),
    isCancelled: () => false,
  };
  return {
    ask: async (method, params) => {
      const feature = FEATURES.find((each) => each.method === method);
      assert.ok(feature, `${method} is not in the table`);
      assert.equal(wrongParams(feature, params), undefined);
      // What goes over a wire is JSON, so that it is compared as such.
      return JSON.parse(JSON.stringify((await feature.answer(params as never, context)) ?? null));
    },
    change: async (uri, text) => create(uri, text, workspace.document(uri)!.text.version + 1),
    diagnostics: async (uri) => told(uri),
    stop: async () => {},
  };
}

export interface WireSession extends OpenSession {
  open(fixture: Fixture): Promise<void>;
  close(fixture: Fixture): Promise<void>;
}

/** The same in a server process, in which nothing is open yet. */
export async function wireSession(): Promise<WireSession> {
  const client = await startLsp({}, undefined, undefined, CLIENTS.full);
  const versions = new Map<string, number>();
  return {
    async open({ files }) {
      for (const { uri, text } of files) await client.open(uri, text);
    },
    async close({ files }) {
      for (const { uri } of files)
        await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    },
    ask: (method, params) => client.connection.sendRequest(method, params),
    change: async (uri, text) => {
      const version = (versions.get(uri) ?? 1) + 1;
      versions.set(uri, version);
      await client.change(uri, version, [{ text }]);
    },
    diagnostics: (uri) => client.diagnostics(uri, () => true),
    stop: async () => assert.deepEqual(await client.stop(), { status: 0, stderr: '' }),
  };
}
