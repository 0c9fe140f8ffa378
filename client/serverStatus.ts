/** The language status item: whether the language server runs. It shows in the `{}` menu of the status bar on a topology. */
import * as vscode from 'vscode';
import { State, type LanguageClient } from 'vscode-languageclient/node';
import { LANGUAGE_ID } from '../shared/protocol.ts';

const TEXT: Record<State, [text: string, severity: vscode.LanguageStatusSeverity]> = {
  [State.Stopped]: ['Language server stopped', vscode.LanguageStatusSeverity.Error],
  [State.StartFailed]: ['Language server did not start', vscode.LanguageStatusSeverity.Error],
  [State.Starting]: ['Language server starting', vscode.LanguageStatusSeverity.Information],
  [State.Running]: ['Language server running', vscode.LanguageStatusSeverity.Information],
};

/** A crashed server is started again by the client (four times in three minutes); the item then offers to do it by hand. */
export function showServerStatus(client: LanguageClient): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('dvrscope.server', { language: LANGUAGE_ID });
  item.name = 'dvrscope';
  item.command = { command: 'dvrscope.restartServer', title: 'Restart' };
  const show = (state: State): void => {
    [item.text, item.severity] = TEXT[state];
    item.busy = state === State.Starting;
  };
  show(client.state);
  return vscode.Disposable.from(
    item,
    client.onDidChangeState((change) => show(change.newState)),
  );
}
