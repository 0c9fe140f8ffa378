/** The language server: the one place that knows the connection. A handler decodes, calls a feature, and encodes. */
import './memory.ts';
import { Console } from 'node:console';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  createConnection,
  ProposedFeatures,
  ErrorCodes,
  Message,
  ResponseError,
  LSPErrorCodes,
  TextDocuments,
  ProgressType,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  StreamMessageWriter,
  type CancellationToken,
  type Connection,
  type ConnectionStrategy,
  type InitializeResult,
} from 'vscode-languageserver/node';
import { editorAt } from './editor.ts';
import { EXCLUDE_SECTIONS } from './excludes.ts';
import { Refusal, wrongParams } from './features/feature.ts';
import { wrongOwnParams, type OwnContext } from './features/ownRequest.ts';
import { OWN_REQUESTS } from './features/ownTable.ts';
import { settingsFrom } from './features/settings.ts';
import { announced, FEATURES } from './features/table.ts';
import { includablePaths } from './includable.ts';
import { inSteps } from './inSteps.ts';
import { makeSession } from './session.ts';
import { stdioReader } from './stdio/reader.ts';
import { makeTelling, newsBoard } from './telling.ts';
import { VERSION } from './version.ts';
import { canWatch, foldersOf, syncFor, watchedFolders, watchers, withFolders } from './workspaceFolders.ts';

const strategy: ConnectionStrategy = {
  // A request that was taken back while it waited for its turn is not worked off.
  cancelUndispatched: (message) => ({
    jsonrpc: '2.0',
    id: Message.isRequest(message) ? message.id : null,
    error: { code: LSPErrorCodes.RequestCancelled, message: 'cancelled' },
  }),
};
// The transport (--stdio, --node-ipc) is read from the command line.
const connection = process.argv.includes('--stdio') ? overStdio() : createConnection(ProposedFeatures.all, strategy);
const editor = editorAt(connection);
const texts = new TextDocuments(TextDocument);
const session = makeSession(texts, () => editor.options.opensStates);
const warn = (message: string): void => connection.console.warn(message);
const folders = watchedFolders(session.workspace, tellAll, warn, editor.excludes);
const news = newsBoard();

const telling = makeTelling({
  document: session.maybeDocument,
  diagnostics: session.diagnostics,
  pulls: () => editor.client.textDocument?.diagnostic !== undefined,
  send: (params) => void connection.sendDiagnostics(params),
  sayChanged(uri) {
    news.tell();
    editor.sayChanged(uri);
  },
  refresh: editor.refreshDiagnostics,
  log: (message) => connection.console.error(message),
});

connection.onInitialize(({ capabilities, initializationOptions, ...params }): InitializeResult => {
  editor.said(capabilities, initializationOptions);
  folders.set(foldersOf(params));
  return {
    capabilities: {
      textDocumentSync: syncFor(capabilities),
      ...withFolders(announced(capabilities, editor.options.commands), capabilities),
    },
    serverInfo: { name: 'dvrscope', version: VERSION },
  };
});

connection.onInitialized(() => {
  const { workspace } = editor.client;
  if (workspace?.didChangeConfiguration?.dynamicRegistration)
    editor.register(DidChangeConfigurationNotification.type, { section: ['dvrscope', ...EXCLUDE_SECTIONS] });
  if (canWatch(editor.client)) editor.register(DidChangeWatchedFilesNotification.type, { watchers });
  if (workspace?.workspaceFolders)
    connection.workspace.onDidChangeWorkspaceFolders((event) => folders.replace(event, texts.keys()));
});
connection.onDidChangeConfiguration(() => {
  for (const uri of texts.keys()) void readSettings(uri);
  folders.settingsChanged();
});
texts.onDidOpen(({ document: { uri } }) => void readSettings(uri));
texts.onDidOpen(({ document }) => telling.opened(document.uri, document.getText()));

texts.onDidChangeContent(({ document: { uri } }) => {
  session.putTexts();
  // Which topology a text is a part of is not known before these are found.
  if (folders.isReady(uri)) telling.soon(uri);
  else void folders.ready(uri).then(() => telling.soon(uri));
});

texts.onDidClose(({ document: { uri } }) => {
  session.closed(uri);
  telling.closed(uri);
});

/** Of an editor that cannot tell what changes outside of it, any file may have changed. */
texts.onDidSave(() => {
  if (!canWatch(editor.client)) folders.changed();
});
connection.onDidChangeWatchedFiles(({ changes }) => folders.changed(changes));

/** What is told of any text may be something else now. */
function tellAll(): void {
  news.tell();
  for (const uri of texts.keys()) telling.soon(uri);
  editor.refreshDiagnostics();
}

/** What is published before the answer comes is published again when it says something else. */
async function readSettings(uri: string): Promise<void> {
  // An editor that fails to answer has no settings.
  const settings = await editor.settings(uri).catch(() => settingsFrom(undefined));
  if (texts.get(uri) && session.putSettings(uri, settings)) telling.soon(uri);
}

for (const feature of FEATURES)
  onRequest(
    feature.method,
    (params) => wrongParams(feature, params),
    (params, context, stop) =>
      feature.steps ? inSteps(feature.steps(params, context), stop) : feature.answer(params, context),
  );
for (const request of OWN_REQUESTS)
  onRequest(
    request.method,
    (params) => wrongOwnParams(request, params),
    (params, context) => request.answer(params, context),
  );

texts.listen(connection);
connection.listen();

function overStdio(): Connection {
  // Whatever prints must not print between messages.
  globalThis.console = new Console(process.stderr);
  const writer = new StreamMessageWriter(process.stdout);
  const reader = stdioReader(
    process.stdin,
    (message) => void writer.write(message).catch(() => undefined),
    (status, why) => {
      if (why !== undefined) process.stderr.write(`dvrscope lsp: ${why}\n`);
      process.exit(status);
    },
  );
  return createConnection(ProposedFeatures.all, reader, writer, strategy);
}

/** What an editor sends may be anything: what is wrong with it is its answer. @param stop throws when the answer is no longer wanted */
function onRequest(
  method: string,
  wrong: (params: unknown) => string | undefined,
  answer: (params: never, context: OwnContext, stop: () => void) => unknown,
): void {
  // Of a message without parameters, and of one with several, the token comes first or behind all of them.
  connection.onRequest(method, (...given: unknown[]) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `vscode-jsonrpc`, `connection.ts: handleRequest`
    const token = given.at(-1) as CancellationToken;
    const params = given.length === 2 ? given[0] : undefined;
    const message = wrong(params);
    if (message !== undefined) throw new ResponseError(ErrorCodes.InvalidParams, message);
    const stop = (): void => {
      if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    };
    const refused = (error: unknown): never => {
      stop();
      throw error instanceof Refusal ? new ResponseError(LSPErrorCodes.RequestFailed, error.message) : error;
    };
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked above
      const answered = answer(params as never, contextOf(token), stop);
      return answered instanceof Promise ? answered.catch(refused) : answered;
    } catch (error) {
      return refused(error);
    }
  });
}

function contextOf(token: CancellationToken): OwnContext {
  const { client, options, demo } = editor;
  return {
    client,
    commands: options.commands,
    demo,
    document: session.document,
    contexts: session.documents,
    documents: () => texts.keys().map(session.document),
    everyDocument: session.all,
    diagnostics: (uri) => session.diagnostics(uri, telling.typing(uri)),
    comparison: session.comparisons.get,
    severities: session.severities,
    whenReady: (uri) => folders.ready(uri),
    untilChanged: () => news.next(token),
    includable: (uri) => includablePaths(uri, session.workspace),
    sendPart: (partToken, value) => void connection.sendProgress(new ProgressType<object>(), partToken, value),
    isCancelled: () => token.isCancellationRequested,
    settings: editor.settings,
    signal: signalOf(token),
    ...(options.canAsk && { ask: editor.ask, accepted: editor.sayAccepted }),
    progress: editor.progress,
    ...(options.followsNodes && { collecting: editor.sayCollecting }),
    compared(uri, comparison) {
      session.comparisons.set(uri, comparison);
      // What stands above the nodes has changed, though the text has not.
      editor.refreshLenses();
      if (texts.get(uri)) telling.now(uri);
    },
  };
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
