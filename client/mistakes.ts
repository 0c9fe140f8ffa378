/** Tells the walkthrough when the first mistake in a topology was shown. */
import * as vscode from 'vscode';

const SEEN = 'hasSeenMistake';

export function noticeMistake({ globalState, subscriptions }: vscode.ExtensionContext): void {
  const tell = (): void => void vscode.commands.executeCommand('setContext', 'dvrscope.hasSeenMistake', true);
  if (globalState.get(SEEN) === true) return tell();
  const listener = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
    const isMistake = uris.some((uri) =>
      vscode.languages
        .getDiagnostics(uri)
        .some((problem) => problem.source === 'dvrscope' && problem.severity === vscode.DiagnosticSeverity.Error),
    );
    if (!isMistake) return;
    listener.dispose();
    tell();
    void globalState.update(SEEN, true);
  });
  subscriptions.push(listener);
}
