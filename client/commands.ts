/** Commands of the palette that are about the server; those about nodes are in `nodes/commands.ts`, those about traces in `traceCommands.ts`. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

export const registerCommands = (client: LanguageClient): vscode.Disposable[] => [
  vscode.commands.registerCommand('dvrscope.restartServer', () => client.restart()),
];
