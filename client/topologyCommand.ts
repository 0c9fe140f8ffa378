/** Commands that need a topology. */
import * as vscode from 'vscode';
import { isTopology, type CurrentTopology } from './currentTopology.ts';
import { say } from './say.ts';

/** Registers such a command: it is given the current topology, and its errors become one message. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- says at each command what it may be given
export type RegisterCommand = <A>(
  id: string,
  run: (uri: string, argument?: A) => Promise<unknown>,
) => vscode.Disposable;

export const topologyCommands =
  (topology: CurrentTopology): RegisterCommand =>
  (id, run) =>
    vscode.commands.registerCommand(id, async (argument?: Parameters<typeof run>[1] | vscode.Uri) => {
      const uri = pressedIn(argument) ?? topology.uri();
      if (!uri)
        return void vscode.window.showInformationMessage(vscode.l10n.t('Open a topology file (*.dvr.yaml) first.'));
      try {
        await openAgain(uri);
        return await run(uri.toString(), argument instanceof vscode.Uri ? undefined : argument);
      } catch (error) {
        return say(error);
      }
    });

/** Runs such a command for a topology that need not be the current one: that of a view, beside which something else may be open. */
export async function runFor(uri: string, command: string): Promise<unknown> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  return vscode.commands.executeCommand(command, document.uri);
}

/** A button in an editor's title hands over the editor's URI, which answers none of our questions but the first. */
const pressedIn = (argument: unknown): vscode.Uri | undefined =>
  argument instanceof vscode.Uri
    ? vscode.workspace.textDocuments.find((each) => isTopology(each) && each.uri.toString() === argument.toString())
        ?.uri
    : undefined;

/** The server knows what is open, and the tab of the topology may have been closed. */
async function openAgain(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.workspace.openTextDocument(uri);
  } catch {
    const name = vscode.workspace.asRelativePath(uri);
    throw new Error(vscode.l10n.t('{0} cannot be opened any more: it was moved, deleted or may not be read.', name));
  }
}
