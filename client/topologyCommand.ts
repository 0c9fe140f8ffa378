/** Commands that need a topology. */
import * as vscode from 'vscode';
import type { CurrentTopology } from './currentTopology.ts';
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
      const uri = topology.uri();
      if (!uri)
        return void vscode.window.showInformationMessage(vscode.l10n.t('Open a topology file (*.dvr.yaml) first.'));
      try {
        // A button in an editor's title hands over the editor's URI, which answers none of our questions.
        return await run(uri.toString(), argument instanceof vscode.Uri ? undefined : argument);
      } catch (error) {
        return say(error);
      }
    });
