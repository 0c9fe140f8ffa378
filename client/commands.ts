/** Commands of the palette that are about the server; those about nodes are in `nodes/commands.ts`, those about traces in `traceCommands.ts`. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { errorWithWay, messageOf, say } from './say.ts';

export const registerCommands = (client: LanguageClient): vscode.Disposable[] => [
  vscode.commands.registerCommand('dvrscope.restartServer', () => restart(client).catch(say)),
];

async function restart(client: LanguageClient): Promise<void> {
  // A client refuses to stop while it starts, after it could not be started, and when the server has just died: there is nothing to stop.
  await client.stop().catch(() => undefined);
  try {
    await client.start();
  } catch (error) {
    const reload = { title: vscode.l10n.t('Reload Window'), command: 'workbench.action.reloadWindow' };
    throw errorWithWay(vscode.l10n.t('The language server cannot be started: {0}', messageOf(error)), reload);
  }
}
