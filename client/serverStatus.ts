/** The language status item: whether the language server runs, and what the topology holds. It is in the `{}` menu of the status bar. */
import * as vscode from 'vscode';
import { State, type LanguageClient } from 'vscode-languageclient/node';
import { LANGUAGE_ID } from '../shared/protocol.ts';
import type { CurrentTopology } from './currentTopology.ts';

const textOf = (state: State): [text: string, severity: vscode.LanguageStatusSeverity] => {
  const { Error, Information } = vscode.LanguageStatusSeverity;
  if (state === State.Running) return [vscode.l10n.t('Language server running'), Information];
  if (state === State.Starting) return [vscode.l10n.t('Language server starting'), Information];
  return state === State.Stopped
    ? [vscode.l10n.t('Language server stopped'), Error]
    : [vscode.l10n.t('Language server did not start'), Error];
};

/** A crashed server is started again by the client (four times in three minutes); the item then offers to do it by hand. */
export function showServerStatus(client: LanguageClient, topology: CurrentTopology): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('dvrscope.server', { language: LANGUAGE_ID });
  item.name = 'dvrscope';
  item.command = { command: 'dvrscope.restartServer', title: vscode.l10n.t('Restart') };
  const show = (state: State): void => {
    [item.text, item.severity] = textOf(state);
    item.busy = state === State.Starting;
  };
  const count = (): void => {
    const uri = topology.uri();
    item.detail = uri ? countText(vscode.languages.getDiagnostics(uri)) : '';
  };
  show(client.state);
  count();
  return vscode.Disposable.from(
    item,
    client.onDidChangeState((change) => show(change.newState)),
    topology.onDidChange(count),
    vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      if (uris.some((uri) => uri.toString() === topology.uri()?.toString())) count();
    }),
  );
}

function countText(problems: readonly vscode.Diagnostic[]): string {
  const count = (severity: vscode.DiagnosticSeverity): number =>
    problems.filter((problem) => problem.severity === severity).length;
  const errors = count(vscode.DiagnosticSeverity.Error);
  const warnings = count(vscode.DiagnosticSeverity.Warning);
  return errors + warnings === 0
    ? vscode.l10n.t('no problems')
    : vscode.l10n.t('errors: {0}, warnings: {1}', errors, warnings);
}
