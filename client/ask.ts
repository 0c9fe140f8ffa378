/** Questions of the server while it collects (`dvrscope/ask`), in VS Code's own dialogs and with its secret storage. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { ACCEPTED, ASK, type AcceptedParams, type Answer, type Question } from '../shared/protocol.ts';
import { answer, offerToKeep, type Asker } from './answer.ts';
import type { KeptSecrets } from './keptSecrets.ts';
import { say } from './say.ts';

export function answerQuestions(client: LanguageClient, secrets: KeptSecrets): vscode.Disposable {
  const typed = new Map<string, string>();
  return vscode.Disposable.from(
    client.onRequest(ASK, async (question: Question, token: vscode.CancellationToken): Promise<Answer> => ({
      answers: await answer(question, askerOf(secrets, typed, token)),
    })),
    client.onNotification(ACCEPTED, ({ file }: AcceptedParams) => {
      offerToKeep(file, askerOf(secrets, typed)).catch(say);
    }),
  );
}

/** @param token ends an open input when the comparison was cancelled; VS Code cannot close a modal message */
const askerOf = (secrets: KeptSecrets, typed: Map<string, string>, token?: vscode.CancellationToken): Asker => ({
  t: (message, ...args) => vscode.l10n.t(message, ...args),
  choose: async (message, detail, buttons, close) => {
    const items = buttons.map((title): vscode.MessageItem => ({ title }));
    if (close !== undefined) items.push({ title: close, isCloseAffordance: true });
    return (await vscode.window.showWarningMessage(message, { modal: true, detail }, ...items))?.title;
  },
  input: async (title, prompt, password) =>
    vscode.window.showInputBox({ title, prompt, password, ignoreFocusOut: true }, token),
  secrets,
  typed,
});
