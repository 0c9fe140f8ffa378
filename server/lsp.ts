/** The language server: the one place that knows the connection. A handler decodes, calls a feature, and encodes. */
import './memory.ts';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  createConnection,
  ProposedFeatures,
  ErrorCodes,
  Message,
  ResponseError,
  LSPErrorCodes,
  TextDocuments,
  TextDocumentSyncKind,
  CancellationTokenSource,
  CodeLensRefreshRequest,
  DidChangeConfigurationNotification,
  type CancellationToken,
  type ClientCapabilities,
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
import { type Severities, severitiesFrom } from '../shared/silence.ts';
import type { Range } from '../shared/problem.ts';
import type { Ask } from './collect/ask.ts';
import { makeDocument, type Document } from './document.ts';
import type { LiveComparison } from './features/compare.ts';
import { diagnostics, isWithheld, silencedNote } from './features/diagnostics.ts';
import { endpoints } from './features/endpoints.ts';
import { Refusal, wrongParams, type Context, type Feature } from './features/feature.ts';
import { nodes } from './features/nodes.ts';
import { clientCanAsk, clientCommands, settingsFrom } from './features/settings.ts';
import { stateText } from './features/state.ts';
import { announced, FEATURES } from './features/table.ts';
import { traceText } from './features/trace.ts';
import { changedRange, textOf, type Text } from './text.ts';

/**
 * How long the text must be still before its diagnostics are published: not at all where they are quick, else as long as they took the
 * last time, so that who types fast in a huge file is not slowed down by them; at most so long.
 */
const QUICK_MS = 40;
const MOST_STILL_MS = 100;
const stillMs = (took: number): number => (took < QUICK_MS ? 0 : Math.min(took, MOST_STILL_MS));

/** Who does not go on typing for so long has stopped. */
const TYPING_MS = 500;

// The transport (--stdio, --node-ipc, --socket) is read from the command line.
const connection = createConnection(ProposedFeatures.all, {
  // A request that was taken back while it waited for its turn is not worked off.
  cancelUndispatched: (message) => ({
    jsonrpc: '2.0',
    id: Message.isRequest(message) ? message.id : null,
    error: { code: LSPErrorCodes.RequestCancelled, message: 'cancelled' },
  }),
});
const texts = new TextDocuments(TextDocument);
const documents = new Map<string, Document>();
/** The newest text of each that was asked for. */
const versions = new Map<string, Text>();
/** The last comparison of each topology; kept when its editor is closed, since diffs may still be open. */
const comparisons = new Map<string, LiveComparison>();
const timers = new Map<string, NodeJS.Timeout>();
/** Each text as it was when nobody typed; and those of which something was not told because somebody does. */
const stillTexts = new Map<string, string>();
const withheld = new Set<string>();
/** How long the last diagnostics of each document took. */
const took = new Map<string, number>();
/** What codes are worth in open topologies; asked for when one is opened, and again when settings change. */
const severitiesByUri = new Map<string, Severities>();
const NO_SEVERITIES: Severities = new Map();
let client: ClientCapabilities = {};
let hasConfiguration = false;
let canAsk = false;
let commands: string[] = [];

connection.onInitialize(({ capabilities, initializationOptions }): InitializeResult => {
  client = capabilities;
  canAsk = clientCanAsk(initializationOptions);
  commands = clientCommands(initializationOptions);
  hasConfiguration = capabilities.workspace?.configuration === true;
  return {
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      ...announced(capabilities, commands),
    },
    serverInfo: { name: 'dvrscope' },
  };
});

connection.onInitialized(() => {
  if (client.workspace?.didChangeConfiguration?.dynamicRegistration)
    void connection.client.register(DidChangeConfigurationNotification.type, { section: 'dvrscope' });
});
connection.onDidChangeConfiguration(() => {
  for (const uri of texts.keys()) void readSeverities(uri);
});
texts.onDidOpen(({ document: { uri } }) => void readSeverities(uri));
texts.onDidOpen(({ document }) => stillTexts.set(document.uri, document.getText()));

texts.onDidChangeContent(({ document }) => publishSoon(document.uri));

texts.onDidClose(({ document: { uri } }) => {
  documents.delete(uri);
  versions.delete(uri);
  severitiesByUri.delete(uri);
  clearTimeout(timers.get(uri));
  timers.delete(uri);
  took.delete(uri);
  stillTexts.delete(uri);
  withheld.delete(uri);
  void connection.sendDiagnostics({ uri, diagnostics: [] });
});

for (const feature of FEATURES) {
  connection.onRequest(feature.method, (params: unknown, token?: CancellationToken) => answer(feature, params, token));
}

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

/** What an editor sends may be anything: what is wrong with it is its answer. */
function answer(feature: Feature, params: unknown, token: CancellationToken | undefined): unknown {
  const wrong = wrongParams(feature, params);
  if (wrong !== undefined) throw new ResponseError(ErrorCodes.InvalidParams, wrong);
  const context: Context = {
    client,
    document: documentOf,
    documents: () => texts.keys().map(documentOf),
    comparison: (uri) => comparisons.get(uri),
    severities: (uri) => severitiesByUri.get(uri) ?? NO_SEVERITIES,
    commands,
    isCancelled: () => token?.isCancellationRequested === true,
  };
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked above, by what the feature says that it needs
    return feature.answer(params as never, context);
  } catch (error) {
    throw error instanceof Refusal ? new ResponseError(LSPErrorCodes.RequestFailed, error.message) : error;
  }
}

/** The text as it is now; asked for many times, computed once. */
function documentOf(uri: string): Document {
  const text = texts.get(uri);
  if (!text) throw new ResponseError(LSPErrorCodes.RequestFailed, `${uri} is not open`);
  const known = documents.get(uri);
  if (known?.text.version === text.version) return known;
  // The manager changes its documents in place; ours must stay what it was computed from.
  const version = textOf(text, text.getText(), versions.get(uri));
  versions.set(uri, version);
  const made = makeDocument(version, known);
  documents.set(uri, made);
  return made;
}

function publishSoon(uri: string): void {
  clearTimeout(timers.get(uri));
  const publishTyped = (): void => {
    publish(uri, typedIn(uri));
    timers.set(
      uri,
      setTimeout(() => publishFinished(uri), TYPING_MS),
    );
  };
  timers.set(uri, setTimeout(publishTyped, stillMs(took.get(uri) ?? 0)));
}

/** Where the text differs from what it was when it was last still: there somebody is typing. */
function typedIn(uri: string): Range | undefined {
  const before = stillTexts.get(uri);
  return before === undefined ? undefined : changedRange(before, documentOf(uri).text.getText());
}

/** Whoever stopped typing is told what is not finished, if anything is, and which promises break. */
function publishFinished(uri: string): void {
  const isOther = testPromises(uri);
  if (withheld.delete(uri) || isOther) publish(uri);
  const text = texts.get(uri)?.getText();
  if (text !== undefined) stillTexts.set(uri, text);
}

/** Whether other promises break than were told. */
function testPromises(uri: string): boolean {
  try {
    return texts.get(uri) !== undefined && documentOf(uri).testPromises();
  } catch (error) {
    connection.console.error(
      `the promises of ${uri} could not be tested: ${error instanceof Error ? error.stack : String(error)}`,
    );
    return false;
  }
}

/** Tells the editor what is wrong, and the client that its documents and tree may be out of date. */
function publish(uri: string, typing?: Range): void {
  const start = performance.now();
  try {
    const document = documentOf(uri);
    const all = diagnostics(document, comparisons.get(uri), severitiesByUri.get(uri), typing);
    if (typing && document.problems().some((problem) => isWithheld(problem, typing))) withheld.add(uri);
    void connection.sendDiagnostics({ uri, version: document.text.version, diagnostics: all });
    void connection.sendNotification(CHANGED, { uri } satisfies TopologyParams);
    took.set(uri, performance.now() - start);
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
    // Loaded only here: SSH takes a tenth of a second and 20 MB, and most never compare.
    const { compareLive } = await import('./features/compare.ts');
    const comparison = await compareLive(document, params, settings, abort.signal, report, canAsk ? ask : undefined);
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    comparisons.set(params.uri, comparison);
    // What stands above the nodes has changed, though the text has not.
    if (client.workspace?.codeLens?.refreshSupport) void connection.sendRequest(CodeLensRefreshRequest.type);
    if (texts.get(params.uri)) publish(params.uri);
    const { nodes: outcome, differences, notes } = comparison;
    const silenced = silencedNote(document, comparison, severitiesByUri.get(params.uri));
    return { nodes: outcome, differences, notes: [...notes, ...silenced] };
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

/** What is published before the answer comes is published again when it says something else. */
async function readSeverities(uri: string): Promise<void> {
  // An editor that fails to answer has no settings.
  const settings = await settingsOf(uri).catch(() => settingsFrom(undefined));
  if (!texts.get(uri)) return;
  const before = severitiesByUri.get(uri) ?? NO_SEVERITIES;
  const { severities } = severitiesFrom(Object.entries(settings.checks.severity));
  severitiesByUri.set(uri, severities);
  if (before.size + severities.size > 0) publishSoon(uri);
}

/** An editor that cannot be asked gets the defaults. */
async function settingsOf(scopeUri: string): Promise<Settings> {
  if (!hasConfiguration) return settingsFrom(undefined);
  return settingsFrom(await connection.workspace.getConfiguration({ scopeUri, section: 'dvrscope' }));
}
