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
  CancellationTokenSource,
  CodeLensRefreshRequest,
  DiagnosticRefreshRequest,
  ProgressType,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type CancellationToken,
  type ClientCapabilities,
  type Diagnostic,
  type InitializeResult,
} from 'vscode-languageserver/node';
import {
  ASK,
  CHANGED,
  COLLECTING,
  REQUEST,
  type Answer,
  type CompareParams,
  type CompareResult,
  type DemoParams,
  type ImportParams,
  type ImportResult,
  type MapParams,
  type Settings,
  type StateParams,
  type TopologyParams,
} from '../shared/protocol.ts';
import type { CollectingParams, LoginCommand, NodeParams } from '../shared/protocolNodes.ts';
import { type Severities, severitiesFrom } from '../shared/silence.ts';
import type { Range } from '../shared/problem.ts';
import type { Ask } from './collect/ask.ts';
import { demoSession } from './demo/session.ts';
import { isOpen, type Document } from './document.ts';
import type { LiveComparison, Meanwhile } from './features/compare.ts';
import { diagnostics, diagnosticsInAll, silencedNote } from './features/diagnostics.ts';
import { endpoints } from './features/endpoints.ts';
import { Refusal, wrongParams, type Context, type Feature } from './features/feature.ts';
import { NODE_REQUESTS } from './features/nodeRequests.ts';
import { cloudMap } from './features/map.ts';
import { nodes } from './features/nodes.ts';
import {
  clientCanAsk,
  clientCommands,
  clientDemo,
  clientFollowsNodes,
  clientOpensStates,
  settingsFrom,
} from './features/settings.ts';
import { stateText } from './features/state.ts';
import { inSteps } from './inSteps.ts';
import { announced, FEATURES } from './features/table.ts';
import { TRACE_REQUESTS } from './features/traceRequests.ts';
import { SAVE_SCRIPT } from './neutron/saveScript.ts';
import { makeTelling, newsBoard } from './telling.ts';
import { textOf, type AnyText, type Text } from './text.ts';
import { byRoot, makeWorkspace } from './workspace.ts';
import { includablePaths } from './includable.ts';
import { canWatch, foldersOf, syncFor, watchedFolders, watchers, withFolders } from './workspaceFolders.ts';

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
/** The newest text of each. */
const versions = new Map<string, Text>();
const workspace = makeWorkspace();
const folders = watchedFolders(workspace, tellAll);
const news = newsBoard();
/** The last comparison of each topology; kept when its editor is closed, since diffs may still be open. */
const comparisons = byRoot<LiveComparison>((uri) => maybeDocument(uri));
/** What codes are worth in open topologies; asked for when one is opened, and again when settings change. */
const severitiesByUri = new Map<string, Severities>();
const NO_SEVERITIES: Severities = new Map();
let client: ClientCapabilities = {};
let hasConfiguration = false;
let canAsk = false;
let opensStates = false;
let followsNodes = false;
let commands: string[] = [];
let demo = demoSession(undefined);

const telling = makeTelling({
  document: maybeDocument,
  diagnostics: diagnosticsOf,
  pulls: () => client.textDocument?.diagnostic !== undefined,
  send: (params) => void connection.sendDiagnostics(params),
  sayChanged(uri) {
    news.tell();
    void connection.sendNotification(CHANGED, { uri } satisfies TopologyParams);
  },
  refresh() {
    if (client.workspace?.diagnostics?.refreshSupport) void connection.sendRequest(DiagnosticRefreshRequest.type);
  },
  log: (message) => connection.console.error(message),
});

connection.onInitialize(({ capabilities, initializationOptions, ...params }): InitializeResult => {
  client = capabilities;
  folders.set(foldersOf(params));
  canAsk = clientCanAsk(initializationOptions);
  opensStates = clientOpensStates(initializationOptions);
  followsNodes = clientFollowsNodes(initializationOptions);
  commands = clientCommands(initializationOptions);
  demo = demoSession(clientDemo(initializationOptions));
  hasConfiguration = capabilities.workspace?.configuration === true;
  return {
    capabilities: {
      textDocumentSync: syncFor(capabilities),
      ...withFolders(announced(capabilities, commands), capabilities),
    },
    serverInfo: { name: 'dvrscope' },
  };
});

connection.onInitialized(() => {
  if (client.workspace?.didChangeConfiguration?.dynamicRegistration)
    void connection.client.register(DidChangeConfigurationNotification.type, { section: 'dvrscope' });
  if (canWatch(client)) void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  if (client.workspace?.workspaceFolders)
    connection.workspace.onDidChangeWorkspaceFolders((event) => folders.replace(event, texts.keys()));
});
connection.onDidChangeConfiguration(() => {
  for (const uri of texts.keys()) void readSeverities(uri);
});
texts.onDidOpen(({ document: { uri } }) => void readSeverities(uri));
texts.onDidOpen(({ document }) => telling.opened(document.uri, document.getText()));

texts.onDidChangeContent(({ document: { uri } }) => {
  putTexts();
  // Which topology a text is a part of is not known before these are found.
  if (folders.isReady(uri)) telling.soon(uri);
  else void folders.ready(uri).then(() => telling.soon(uri));
});

texts.onDidClose(({ document: { uri } }) => {
  versions.delete(uri);
  severitiesByUri.delete(uri);
  workspace.close(uri);
  telling.closed(uri);
});

/** Of an editor that cannot tell what changes outside of it, any file may have changed. */
texts.onDidSave(() => {
  if (!canWatch(client)) folders.changed();
});
connection.onDidChangeWatchedFiles(({ changes }) => folders.changed(changes));

/** What is told of any text may be something else now. */
function tellAll(): void {
  news.tell();
  for (const uri of texts.keys()) telling.soon(uri);
  if (client.workspace?.diagnostics?.refreshSupport) void connection.sendRequest(DiagnosticRefreshRequest.type);
}

for (const feature of FEATURES) {
  connection.onRequest(feature.method, (params: unknown, token?: CancellationToken) => answer(feature, params, token));
}

connection.onRequest(REQUEST.nodes, ({ uri }: TopologyParams) => nodes(documentOf(uri), comparisons.get(uri)));
connection.onRequest(REQUEST.endpoints, ({ uri }: TopologyParams) => endpoints(documentOf(uri)));
connection.onRequest(REQUEST.state, (params: StateParams) => ({
  text: stateText(documentOf(params.uri), params, comparisons.get(params.uri)),
}));
for (const [method, answerTo] of Object.entries(TRACE_REQUESTS)) {
  connection.onRequest(method, (params: TopologyParams) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parameters of its own method
    answerTo(documentOf(params.uri), params as never, comparisons.get(params.uri)),
  );
}
for (const [method, answerTo] of Object.entries(NODE_REQUESTS)) {
  connection.onRequest(method, (params: TopologyParams) =>
    answerTo(documentOf(params.uri), params, comparisons.get(params.uri), severitiesByUri.get(params.uri)),
  );
}
connection.onRequest(REQUEST.login, login);
connection.onRequest(REQUEST.map, (params: MapParams) =>
  cloudMap(documentOf(params.uri), params, comparisons.get(params.uri), severitiesByUri.get(params.uri)),
);
connection.onRequest(REQUEST.compare, compare);
connection.onRequest(REQUEST.demo, ({ isReset }: DemoParams) => demo.open(isReset));
connection.onRequest(REQUEST.import, importText);
connection.onRequest(REQUEST.importScript, () => ({ text: SAVE_SCRIPT }));

texts.listen(connection);
connection.listen();

/** What an editor sends may be anything: what is wrong with it is its answer. */
function answer(feature: Feature, params: unknown, token: CancellationToken | undefined): unknown {
  const wrong = wrongParams(feature, params);
  if (wrong !== undefined) throw new ResponseError(ErrorCodes.InvalidParams, wrong);
  const context: Context = {
    client,
    document: documentOf,
    contexts(uri) {
      putTexts();
      return workspace.documents(uri);
    },
    documents: () => texts.keys().map(documentOf),
    everyDocument() {
      putTexts();
      return workspace.all();
    },
    diagnostics: (uri) => diagnosticsOf(uri, telling.typing(uri)),
    whenReady: (uri) => folders.ready(uri),
    untilChanged: () => news.next(token),
    includable: (uri) => includablePaths(uri, workspace),
    sendPart: (partToken, value) => void connection.sendProgress(new ProgressType<object>(), partToken, value),
    comparison: (uri) => comparisons.get(uri),
    severities: (uri) => severitiesByUri.get(uri) ?? NO_SEVERITIES,
    commands,
    isCancelled: () => token?.isCancellationRequested === true,
  };
  const stop = (): void => {
    if (context.isCancelled()) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
  };
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked above, by what the feature says that it needs
    const checked = params as never;
    return feature.steps
      ? inSteps(feature.steps(checked, context), stop).catch(refused)
      : feature.answer(checked, context);
  } catch (error) {
    return refused(error);
  }
}

/** With its message for a person. */
function refused(error: unknown): never {
  throw error instanceof Refusal ? new ResponseError(LSPErrorCodes.RequestFailed, error.message) : error;
}

/** The text as it is now; asked for many times, computed once. */
function documentOf(uri: string): Document {
  const document = maybeDocument(uri);
  if (!document) throw new ResponseError(LSPErrorCodes.RequestFailed, `${uri} is not open`);
  return document;
}

/** Open, or a file of a topology. */
function maybeDocument(uri: string): Document | undefined {
  putTexts();
  return workspace.document(uri);
}

/** The manager changes its documents in place; ours must stay what it was computed from. */
function putTexts(): void {
  for (const uri of texts.keys()) {
    const text = texts.get(uri)!;
    if (versions.get(uri)?.version === text.version) continue;
    const version = textOf(text, text.getText(), versions.get(uri));
    versions.set(uri, version);
    workspace.put(version);
  }
}

/** What is to be told of a text. @param typing where somebody types */
function diagnosticsOf(uri: string, typing: Range | undefined): Diagnostic[] {
  putTexts();
  const severities = severitiesOf(uri);
  const comparison = comparisons.get(uri);
  const documents = workspace.documents(uri);
  const only = documents.length === 1 && documents[0]!.parts().length === 1 ? documents[0]! : undefined;
  const known = only && closedDiagnostics.get(only.text);
  if (known?.severities === severities && !comparison) return known.diagnostics;
  const told = diagnosticsInAll(documents, (document) =>
    diagnostics(document, comparison, severities, typing, opensStates),
  );
  if (only && !isOpen(only) && !comparison) closedDiagnostics.set(only.text, { severities, diagnostics: told });
  return told;
}

/** Of files that are closed and stand by themselves: nothing else that was computed of them is kept. */
const closedDiagnostics = new WeakMap<AnyText, { severities: Severities; diagnostics: Diagnostic[] }>();

/** A closed file is told as those that are open: an editor is asked for settings of open ones. */
const severitiesOf = (uri: string): Severities =>
  severitiesByUri.get(uri) ?? severitiesByUri.values().next().value ?? NO_SEVERITIES;

async function importText(params: ImportParams): Promise<ImportResult> {
  // Most never import.
  const { importCloud } = await import('./features/import.ts');
  const result = await importCloud(params);
  if ('error' in result) throw new ResponseError(LSPErrorCodes.RequestFailed, result.error);
  return result;
}

/** Loaded only here, as for a comparison. */
async function login({ uri, node }: NodeParams): Promise<LoginCommand> {
  const { login: loginOf } = await import('./features/login.ts');
  await demo.prepare(uri);
  try {
    return loginOf(documentOf(uri), node, await settingsOf(uri));
  } catch (error) {
    throw error instanceof Refusal ? new ResponseError(LSPErrorCodes.RequestFailed, error.message) : error;
  }
}

async function compare(params: CompareParams, token: CancellationToken): Promise<CompareResult> {
  const document = documentOf(params.uri);
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  const progress = connection.window.attachWorkDoneProgress(params.workDoneToken);
  progress.begin('Comparing with live nodes', 0, undefined, true);
  let needsAnswers = false;
  try {
    const settings = await settingsOf(params.uri);
    if (params.source.kind === 'ssh') await demo.prepare(params.uri);
    const report = (percentage: number, message: string): void => progress.report(percentage, message);
    // Loaded only here: SSH takes a tenth of a second and 20 MB, and most never compare.
    const { compareLive } = await import('./features/compare.ts');
    const meanwhile = meanwhileOf(params, report, () => (needsAnswers = true));
    const previous = (): LiveComparison | undefined => comparisons.get(params.uri);
    const comparison = await compareLive(document, params, settings, abort.signal, meanwhile, previous);
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    comparisons.set(params.uri, comparison);
    // What stands above the nodes has changed, though the text has not.
    if (client.workspace?.codeLens?.refreshSupport) void connection.sendRequest(CodeLensRefreshRequest.type);
    if (texts.get(params.uri)) telling.now(params.uri);
    const { nodes: outcome, differences, notes, problems } = comparison;
    const silenced = silencedNote(document, comparison, severitiesByUri.get(params.uri));
    const told = { nodes: outcome, differences, notes: [...notes, ...silenced], ...(problems && { problems }) };
    return needsAnswers ? { ...told, needsAnswers } : told;
  } finally {
    progress.done();
  }
}

/** @param missAnswer called instead of a question where nobody sits */
function meanwhileOf(
  { uri, isUnattended }: CompareParams,
  progress: Meanwhile['progress'],
  missAnswer: () => void,
): Meanwhile {
  const refuse: Ask = async () => {
    missAnswer();
    return Promise.resolve(undefined);
  };
  return {
    progress,
    ...(followsNodes && {
      step: (node, state) =>
        void connection.sendNotification(COLLECTING, { uri, node, state } satisfies CollectingParams),
    }),
    ask: isUnattended ? refuse : canAsk ? ask : undefined,
  };
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
  if (before.size + severities.size > 0) telling.soon(uri);
}

/** An editor that cannot be asked gets the defaults. */
async function settingsOf(scopeUri: string): Promise<Settings> {
  const answered = hasConfiguration
    ? await connection.workspace.getConfiguration({ scopeUri, section: 'dvrscope' })
    : undefined;
  return demo.settingsFor(scopeUri, settingsFrom(answered));
}
