/** The extension: connects commands, tree and documents to the language server, which is started when something is asked of it. */
import * as vscode from 'vscode';
import { LanguageClient, TransportKind, type ServerOptions } from 'vscode-languageclient/node';
import { CHANGED, COMMAND, LANGUAGE_ID, type ClientOptions, type TopologyParams } from '../shared/protocol.ts';
import { answerQuestions } from './ask.ts';
import { registerCommands } from './commands.ts';
import { followTopology, type CurrentTopology } from './currentTopology.ts';
import { provideFindings } from './findingDocuments.ts';
import { registerFirstSteps } from './firstSteps.ts';
import { keptSecrets } from './keptSecrets.ts';
import { provideMaps } from './mapView.ts';
import { noticeMistake } from './mistakes.ts';
import { showNodes } from './nodes/nodes.ts';
import { makeReader } from './nodes/reader.ts';
import { showServerStatus } from './serverStatus.ts';
import { provideStateDocuments } from './stateDocuments.ts';
import { helpInStates } from './stateHelp.ts';
import { provideTraces } from './traceCommands.ts';
import { isWorkingText } from './workingText.ts';

let client: LanguageClient | undefined;

/** Registers everything. The server starts with the first topology that is open, or the first question. */
export function activate(context: vscode.ExtensionContext): void {
  const outputChannel = vscode.window.createOutputChannel('dvrscope', { log: true });
  client = new LanguageClient('dvrscope', 'dvrscope', serverOptions(context), {
    documentSelector: [{ language: LANGUAGE_ID }],
    initializationOptions: {
      canAsk: true,
      opensStates: true,
      followsNodes: true,
      commands: Object.values(COMMAND),
      demo: {
        folder: vscode.Uri.joinPath(context.globalStorageUri, 'demo').fsPath,
        recordings: context.asAbsolutePath('dist/demo.br'),
      },
    } satisfies ClientOptions,
    outputChannel,
    middleware: {
      // What is wrong with what a file once was can no longer be mended.
      provideDiagnostics: (document, previous, token, next) =>
        isWorkingText(document instanceof vscode.Uri ? document : document.uri)
          ? next(document, previous, token)
          : undefined,
    },
  });
  // A client keeps one handler for a method; this one is everybody's.
  const changed = new vscode.EventEmitter<TopologyParams>();
  client.onNotification(CHANGED, (params: TopologyParams) => changed.fire(params));
  const topology = followTopology(context.subscriptions);
  const reader = makeReader(client);
  const secrets = keptSecrets(context.secrets, context.globalState);
  context.subscriptions.push(
    outputChannel,
    changed,
    answerQuestions(client, secrets),
    reader,
    showServerStatus(client, topology, reader),
    provideStateDocuments(client, changed.event),
    helpInStates(client),
    provideFindings(client, changed.event),
    ...showNodes(client, topology, reader, changed.event),
    ...provideTraces(context, client, topology, changed.event),
    ...provideMaps(context, client, topology, changed.event),
    ...registerCommands(client),
    ...registerFirstSteps(client, secrets),
  );
  // For commands that need nothing but us.
  void vscode.commands.executeCommand('setContext', 'dvrscope.active', true);
  startWithTopology(client, topology, context.subscriptions);
  noticeMistake(context);
}

/** What goes wrong with it is shown by the client itself and by the status item. */
function startWithTopology(
  server: LanguageClient,
  topology: CurrentTopology,
  subscriptions: vscode.Disposable[],
): void {
  const waiting = topology.onDidChange(() => start());
  const start = (): void => {
    if (!topology.uri()) return;
    waiting.dispose();
    // Somebody may have asked it something before.
    if (server.needsStart()) server.start().catch(() => undefined);
  };
  start();
  subscriptions.push(waiting);
}

/** Ends the server. */
export async function deactivate(): Promise<void> {
  await client?.stop();
}

/** Over node IPC, so that nothing on standard output can break the protocol. */
function serverOptions(context: vscode.ExtensionContext): ServerOptions {
  const server = { module: context.asAbsolutePath('dist/cli.cjs'), args: ['lsp'], transport: TransportKind.ipc };
  return { run: server, debug: { ...server, options: { execArgv: ['--enable-source-maps'] } } };
}
