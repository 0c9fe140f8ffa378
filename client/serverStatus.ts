/** The language status item: whether the language server runs, what the topology holds, and whether its nodes are being read. It is in the `{}` menu of the status bar. */
import * as vscode from 'vscode';
import { State, type LanguageClient } from 'vscode-languageclient/node';
import { LANGUAGE_ID } from '../shared/protocol.ts';
import type { CurrentTopology } from './currentTopology.ts';
import type { Reader } from './nodes/reader.ts';

const textOf = (state: State): [text: string, severity: vscode.LanguageStatusSeverity] => {
  const { Error, Information } = vscode.LanguageStatusSeverity;
  if (state === State.Running) return [vscode.l10n.t('Language server running'), Information];
  if (state === State.Starting) return [vscode.l10n.t('Language server starting'), Information];
  return state === State.Stopped
    ? [vscode.l10n.t('Language server stopped'), Error]
    : [vscode.l10n.t('Language server did not start'), Error];
};

/** A crashed server is started again by the client (four times in three minutes); the item then offers to do it by hand. */
export function showServerStatus(
  client: LanguageClient,
  topology: CurrentTopology,
  reader: Pick<Reader, 'isReading' | 'onDidChange'>,
): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('dvrscope.server', { language: LANGUAGE_ID });
  item.name = 'dvrscope';
  item.command = { command: 'dvrscope.restartServer', title: vscode.l10n.t('Restart') };
  const show = (): void => {
    const uri = topology.uri();
    const isReading = uri !== undefined && reader.isReading(uri.toString());
    [item.text, item.severity] = textOf(client.state);
    item.busy = client.state === State.Starting || isReading;
    const counted = uri ? countText(vscode.languages.getDiagnostics(uri)) : '';
    item.detail = isReading ? `${vscode.l10n.t('comparing with the nodes')} · ${counted}` : counted;
  };
  show();
  return vscode.Disposable.from(
    item,
    client.onDidChangeState(show),
    topology.onDidChange(show),
    reader.onDidChange(show),
    vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      if (uris.some((uri) => uri.toString() === topology.uri()?.toString())) show();
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
