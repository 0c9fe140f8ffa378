/** Which topology a command or the tree is about: the document in the active editor, or the last one that was. */
import * as vscode from 'vscode';
import { LANGUAGE_ID } from '../shared/protocol.ts';
import { topologyOf } from './stateDocuments.ts';

export interface CurrentTopology {
  /** `undefined` when no topology is open. */
  uri(): vscode.Uri | undefined;
  onDidChange: vscode.Event<void>;
}

/** Follows the active editor; a document made from a topology counts as that topology; closing it forgets it. */
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
  look(vscode.window.activeTextEditor);
  subscriptions.push(
    changed,
    vscode.window.onDidChangeActiveTextEditor(look),
    vscode.workspace.onDidOpenTextDocument(() => look(vscode.window.activeTextEditor)),
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (document.uri.toString() === current?.toString()) set(anyOpen(document));
    }),
  );
  return { uri: () => current, onDidChange: changed.event };
}

function topologyIn(document: vscode.TextDocument | undefined): vscode.Uri | undefined {
  if (document?.languageId === LANGUAGE_ID) return document.uri;
  return document && topologyOf(document.uri);
}

const anyOpen = (except?: vscode.TextDocument): vscode.Uri | undefined =>
  vscode.workspace.textDocuments.find((document) => document.languageId === LANGUAGE_ID && document !== except)?.uri;
