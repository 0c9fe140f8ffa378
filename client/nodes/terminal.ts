/** A terminal on a node: `ssh` with the words that the server says, each handed over as one. No shell of this machine reads any of them. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST } from '../../shared/protocol.ts';
import type { LoginCommand, NodeParams } from '../../shared/protocolNodes.ts';
import { errorWithWay, trustWay } from '../say.ts';

export async function openTerminal(client: LanguageClient, params: NodeParams): Promise<void> {
  if (!vscode.workspace.isTrusted)
    throw errorWithWay(vscode.l10n.t('A terminal on a node needs a trusted workspace.'), trustWay());
  const { args } = await client.sendRequest<LoginCommand>(REQUEST.login, params);
  const terminal = vscode.window.createTerminal({
    name: params.node,
    shellPath: process.platform === 'win32' ? 'ssh.exe' : 'ssh',
    shellArgs: args,
    iconPath: new vscode.ThemeIcon('remote'),
    // It would have no connection any more after a reload.
    isTransient: true,
  });
  // Who opens terminals on five nodes goes on in the tree.
  terminal.show(true);
}
