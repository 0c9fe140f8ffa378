/** Entry point of the extension: starts the language server and connects commands, tree and documents to it. */
import * as vscode from 'vscode';
import { LanguageClient, TransportKind, type ServerOptions } from 'vscode-languageclient/node';
import { CHANGED, COMMAND, LANGUAGE_ID, type ClientOptions, type TopologyParams } from '../shared/protocol.ts';
import { answerQuestions } from './ask.ts';
import { registerCommands } from './commands.ts';
import { followTopology } from './currentTopology.ts';
import { showServerStatus } from './serverStatus.ts';
import { provideStateDocuments } from './stateDocuments.ts';
import { showTopologyTree } from './topologyTree.ts';

let client: LanguageClient | undefined;

/** Called by VS Code on the first topology; resolves when the server answers. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  client = new LanguageClient('dvrscope', 'dvrscope', serverOptions(context), {
    documentSelector: [{ language: LANGUAGE_ID }],
    initializationOptions: { canAsk: true, commands: Object.values(COMMAND) } satisfies ClientOptions,
    outputChannel: vscode.window.createOutputChannel('dvrscope', { log: true }),
  });
  // A client keeps one handler for a method; this one is everybody's.
  const changed = new vscode.EventEmitter<TopologyParams>();
  client.onNotification(CHANGED, (params: TopologyParams) => changed.fire(params));
  const topology = followTopology(context.subscriptions);
  context.subscriptions.push(
    changed,
    answerQuestions(client, context.secrets),
    showServerStatus(client),
    provideStateDocuments(client, changed.event),
    showTopologyTree(client, topology, changed.event),
    ...registerCommands(client, topology),
  );
  // Shows the tree view only in windows that have to do with topologies.
  await vscode.commands.executeCommand('setContext', 'dvrscope.active', true);
  await client.start();
}

/** Called by VS Code when the extension is turned off or the window closes. */
export async function deactivate(): Promise<void> {
  await client?.stop();
}

/** Over node IPC, so that nothing on standard output can break the protocol. */
function serverOptions(context: vscode.ExtensionContext): ServerOptions {
  const server = { module: context.asAbsolutePath('dist/cli.cjs'), args: ['lsp'], transport: TransportKind.ipc };
  return { run: server, debug: { ...server, options: { execArgv: ['--enable-source-maps'] } } };
}
