/**
 * The timed refresh (`dvrscope.live.refreshMinutes`): reads the nodes of the current topology again, from where they were read last. It
 * waits while the window has no focus, asks nobody anything, and stops where something would have had to be asked.
 */
import * as vscode from 'vscode';
import type { CurrentTopology } from '../currentTopology.ts';
import { dueOf } from './due.ts';
import type { Reader } from './reader.ts';
import type { NodesView } from './tree.ts';

/** So often it is looked whether it is time. */
const LOOK_MS = 10_000;

/** @param refresh reads all nodes again, unattended */
export function refreshInTime(
  topology: CurrentTopology,
  reader: Reader,
  view: Pick<NodesView, 'say'>,
  refresh: (uri: string) => Promise<unknown>,
): vscode.Disposable {
  let said = '';
  const say = (message: string): void => {
    if (message !== said) view.say(message);
    said = message;
  };
  const look = (): void => {
    const uri = topology.uri();
    if (!uri) return say('');
    const due = dueOf({
      minutes: vscode.workspace.getConfiguration('dvrscope', uri).get<number>('live.refreshMinutes', 0),
      last: reader.last(uri.toString()),
      isFocused: vscode.window.state.focused,
      isReading: reader.isReading(uri.toString()),
      now: Date.now(),
    });
    const asks = vscode.l10n.t('A node asks for something, so the timed refresh has stopped. Refresh to answer.');
    say(due === 'asks' ? asks : '');
    // What a node does is in the tree; that the server is gone is in its status item.
    if (due === 'now') refresh(uri.toString()).catch(() => undefined);
  };
  const timer = setInterval(look, LOOK_MS);
  return vscode.Disposable.from(
    new vscode.Disposable(() => clearInterval(timer)),
    topology.onDidChange(look),
    reader.onDidChange(look),
  );
}
