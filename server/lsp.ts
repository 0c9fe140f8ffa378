/** The language server: the one place that knows the connection. A handler decodes, calls a feature, and encodes. */
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  createConnection,
  ProposedFeatures,
  ResponseError,
  LSPErrorCodes,
  TextDocuments,
  TextDocumentSyncKind,
  CancellationTokenSource,
  type CancellationToken,
  type InitializeResult,
} from 'vscode-languageserver/node';
import {
  ASK,
  CHANGED,
  REQUEST,
  type Answer,
  type CompareParams,
  type CompareResult,
  type Settings,
  type StateParams,
  type TopologyParams,
  type TraceParams,
} from '../shared/protocol.ts';
import type { Ask } from './collect/ask.ts';
import { makeDocument, type Document } from './document.ts';
import { compareLive, type LiveComparison } from './features/compare.ts';
import { diagnostics } from './features/diagnostics.ts';
import { documentSymbols } from './features/documentSymbol.ts';
import { endpoints } from './features/endpoints.ts';
import { hover } from './features/hover.ts';
import { nodes } from './features/nodes.ts';
import { clientCanAsk, settingsFrom } from './features/settings.ts';
import { stateText } from './features/state.ts';
import { traceText } from './features/trace.ts';

/** How long the text must be still before its diagnostics are published: typing goes on meanwhile. */
const STILL_MS = 100;

// The transport (--stdio, --node-ipc, --socket) is read from the command line.
const connection = createConnection(ProposedFeatures.all);
const texts = new TextDocuments(TextDocument);
const documents = new Map<string, Document>();
/** The last comparison of each topology; kept when its editor is closed, since diffs may still be open. */
const comparisons = new Map<string, LiveComparison>();
const timers = new Map<string, NodeJS.Timeout>();
let hasConfiguration = false;
let canAsk = false;

connection.onInitialize(({ capabilities, initializationOptions }): InitializeResult => {
  canAsk = clientCanAsk(initializationOptions);
  hasConfiguration = capabilities.workspace?.configuration === true;
  return {
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      hoverProvider: true,
      documentSymbolProvider: true,
    },
    serverInfo: { name: 'dvrscope' },
  };
});

texts.onDidChangeContent(({ document }) => publishSoon(document.uri));

texts.onDidClose(({ document: { uri } }) => {
  documents.delete(uri);
  clearTimeout(timers.get(uri));
  timers.delete(uri);
  void connection.sendDiagnostics({ uri, diagnostics: [] });
});

connection.onHover(({ textDocument, position }) => hover(documentOf(textDocument.uri), position));
connection.onDocumentSymbol(({ textDocument }) => documentSymbols(documentOf(textDocument.uri)));

connection.onRequest(REQUEST.nodes, ({ uri }: TopologyParams) => nodes(documentOf(uri), comparisons.get(uri)));
connection.onRequest(REQUEST.endpoints, ({ uri }: TopologyParams) => endpoints(documentOf(uri)));
connection.onRequest(REQUEST.state, (params: StateParams) => ({
  text: stateText(documentOf(params.uri), params, comparisons.get(params.uri)),
}));
connection.onRequest(REQUEST.trace, (params: TraceParams) => ({
  text: traceText(documentOf(params.uri), params, comparisons.get(params.uri)),
}));
connection.onRequest(REQUEST.compare, compare);

texts.listen(connection);
connection.listen();

/** The text as it is now; asked for many times, computed once. */
function documentOf(uri: string): Document {
  const text = texts.get(uri);
  if (!text) throw new ResponseError(LSPErrorCodes.RequestFailed, `${uri} is not open`);
  const known = documents.get(uri);
  if (known?.text.version === text.version) return known;
  // The manager changes its documents in place; ours must stay what it was computed from.
  const made = makeDocument(TextDocument.create(uri, text.languageId, text.version, text.getText()), known);
  documents.set(uri, made);
  return made;
}

function publishSoon(uri: string): void {
  clearTimeout(timers.get(uri));
  timers.set(
    uri,
    setTimeout(() => publish(uri), STILL_MS),
  );
}

/** Tells the editor what is wrong, and the client that its documents and tree may be out of date. */
function publish(uri: string): void {
  timers.delete(uri);
  try {
    const document = documentOf(uri);
    const all = diagnostics(document, comparisons.get(uri));
    void connection.sendDiagnostics({ uri, version: document.text.version, diagnostics: all });
    void connection.sendNotification(CHANGED, { uri } satisfies TopologyParams);
  } catch (error) {
    // A bug of ours. A request would be answered with it; a timer that throws would end the server.
    connection.console.error(
      `the diagnostics of ${uri} failed: ${error instanceof Error ? error.stack : String(error)}`,
    );
  }
}

async function compare(params: CompareParams, token: CancellationToken): Promise<CompareResult> {
  const document = documentOf(params.uri);
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  const progress = connection.window.attachWorkDoneProgress(params.workDoneToken);
  progress.begin('Comparing with live nodes', 0, undefined, true);
  try {
    const settings = await settingsOf(params.uri);
    const report = (percentage: number, message: string): void => progress.report(percentage, message);
    const comparison = await compareLive(document, params, settings, abort.signal, report, canAsk ? ask : undefined);
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    comparisons.set(params.uri, comparison);
    if (texts.get(params.uri)) publish(params.uri);
    const { nodes: outcome, differences, notes } = comparison;
    return { nodes: outcome, differences, notes };
  } finally {
    progress.done();
  }
}

/** Puts a question to the user, who may also cancel the comparison instead. */
const ask: Ask = async (question, signal) => {
  const cancel = new CancellationTokenSource();
  const abort = (): void => cancel.cancel();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const { answers } = await connection.sendRequest<Answer>(ASK, question, cancel.token);
    return answers ?? undefined;
  } catch {
    // The client went away or has no answer: then there is none.
    return undefined;
  } finally {
    signal?.removeEventListener('abort', abort);
    cancel.dispose();
  }
};

/** An editor that cannot be asked gets the defaults. */
async function settingsOf(scopeUri: string): Promise<Settings> {
  if (!hasConfiguration) return settingsFrom(undefined);
  return settingsFrom(await connection.workspace.getConfiguration({ scopeUri, section: 'dvrscope' }));
}
