/** A terminal on a node: `ssh` with the words that the server says, each handed over as one. No shell of this machine reads any of them. */
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST } from '../../shared/protocol.ts';
import type { LoginCommand, NodeParams } from '../../shared/protocolNodes.ts';
import { errorWithWay, trustWay } from '../say.ts';
import { sshProgram } from './sshProgram.ts';

export async function openTerminal(client: LanguageClient, params: NodeParams): Promise<void> {
  if (!vscode.workspace.isTrusted)
    throw errorWithWay(vscode.l10n.t('A terminal on a node needs a trusted workspace.'), trustWay());
  const program = sshProgram({
    platform: process.platform,
    env: process.env,
    isFile,
    folders: (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
  });
  if (program === undefined)
    throw new Error(vscode.l10n.t('There is no ssh on this machine, or it is not in PATH. Install OpenSSH’s client.'));
  const { args } = await client.sendRequest<LoginCommand>(REQUEST.login, params);
  const terminal = vscode.window.createTerminal({
    name: params.node,
    shellPath: program,
    shellArgs: args,
    // It needs nothing of the workspace.
    cwd: homedir(),
    iconPath: new vscode.ThemeIcon('remote'),
    // It would have no connection any more after a reload.
    isTransient: true,
  });
  // Who opens terminals on five nodes goes on in the tree.
  terminal.show(true);
}

/** A folder of PATH that may not be read has no program for us. */
function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
