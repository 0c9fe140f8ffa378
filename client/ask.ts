/** Questions of the server while it collects (`dvrscope/ask`), in VS Code's own dialogs and with its secret storage. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { ASK, type Answer, type Question } from '../shared/protocol.ts';
import { answer, type Asker } from './answer.ts';

export function answerQuestions(client: LanguageClient, storage: vscode.SecretStorage): vscode.Disposable {
  return client.onRequest(ASK, async (question: Question, token: vscode.CancellationToken): Promise<Answer> => ({
    answers: await answer(question, askerOf(storage, token)),
  }));
}

/** @param token ends an open input when the comparison was cancelled; VS Code cannot close a modal message */
const askerOf = (storage: vscode.SecretStorage, token: vscode.CancellationToken): Asker => ({
  choose: async (message, detail, buttons) =>
    vscode.window.showWarningMessage(message, { modal: true, detail }, ...buttons),
  input: async (title, prompt, password) =>
    vscode.window.showInputBox({ title, prompt, password, ignoreFocusOut: true }, token),
  secrets: {
    get: async (key) => storage.get(key),
    store: async (key, value) => storage.store(key, value),
    delete: async (key) => storage.delete(key),
  },
});
