/** One question with a list of answers. Free text and a way back: `wizardStep.ts`. */
import * as vscode from 'vscode';

export interface PickOptions {
  title: string;
  placeholder: string;
  items: vscode.QuickPickItem[];
}

/** Resolves to the label of the accepted item; `undefined` when the user turned away. */
export async function pick({ title, placeholder, items }: PickOptions): Promise<string | undefined> {
  const options = { title, placeHolder: placeholder, matchOnDescription: true };
  return (await vscode.window.showQuickPick(items, options))?.label;
}
