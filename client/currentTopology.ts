/** Which topology a command or the tree is about: the document in the active editor, or the last one that was. */
import * as vscode from 'vscode';
import { LANGUAGE_ID } from '../shared/protocol.ts';
import { topologyOf } from './stateDocuments.ts';
import { isWorkingText } from './workingText.ts';

export interface CurrentTopology {
  /** `undefined` when no topology is open. */
  uri(): vscode.Uri | undefined;
  onDidChange: vscode.Event<void>;
}

/** Follows the active editor; a document made from a topology counts as that topology; where its editor is closed and no other topology is open, it stays. */
export function followTopology(subscriptions: vscode.Disposable[]): CurrentTopology {
  let current: vscode.Uri | undefined;
  const changed = new vscode.EventEmitter<void>();
  const set = (uri: vscode.Uri | undefined): void => {
    if (uri?.toString() === current?.toString()) return;
    current = uri;
    void vscode.commands.executeCommand('setContext', 'dvrscope.hasTopology', uri !== undefined);
    changed.fire();
  };
  const look = (editor: vscode.TextEditor | undefined): void =>
    set(topologyIn(editor?.document) ?? current ?? anyOpen());
  /** Its tab may have been given to a diff or a trace of its own: nodes and findings stay as long as there is the file. */
  const reopen = async (uri: vscode.Uri): Promise<void> => {
    try {
      if (isTopology(await vscode.workspace.openTextDocument(uri))) return;
    } catch {
      // It is gone.
    }
    if (uri.toString() === current?.toString()) set(anyOpen());
  };
  look(vscode.window.activeTextEditor);
  subscriptions.push(
    changed,
    vscode.window.onDidChangeActiveTextEditor(look),
    vscode.workspace.onDidOpenTextDocument(() => look(vscode.window.activeTextEditor)),
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.toString() !== current?.toString()) return;
      const other = anyOpen(document);
      if (other || document.isUntitled) set(other);
      else void reopen(document.uri);
    }),
  );
  return { uri: () => current, onDidChange: changed.event };
}

function topologyIn(document: vscode.TextDocument | undefined): vscode.Uri | undefined {
  if (document && isTopology(document)) return document.uri;
  return document && topologyOf(document.uri);
}

/** One that somebody works on. */
export const isTopology = ({ languageId, uri }: vscode.TextDocument): boolean =>
  languageId === LANGUAGE_ID && isWorkingText(uri);

const anyOpen = (except?: vscode.TextDocument): vscode.Uri | undefined =>
  vscode.workspace.textDocuments.find((document) => isTopology(document) && document !== except)?.uri;
