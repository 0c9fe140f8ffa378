/** Quick picks and input boxes with a title, a step count and free text. */
import * as vscode from 'vscode';

export interface PickOptions {
  title: string;
  placeholder: string;
  items: vscode.QuickPickItem[];
  step?: number;
  totalSteps?: number;
  /** Makes an item of what was typed when no label equals it; `undefined` for text that makes no sense. */
  freeItem?: (typed: string) => vscode.QuickPickItem | undefined;
}

/** Resolves to the label of the accepted item; `undefined` when the user turned away. */
export function pick(options: PickOptions): Promise<string | undefined> {
  const quickPick = vscode.window.createQuickPick();
  quickPick.title = options.title;
  quickPick.placeholder = options.placeholder;
  quickPick.step = options.step;
  quickPick.totalSteps = options.totalSteps;
  quickPick.matchOnDescription = true;
  quickPick.items = options.items;
  quickPick.onDidChangeValue((typed) => {
    const free = options.items.some((item) => item.label === typed) ? undefined : options.freeItem?.(typed.trim());
    quickPick.items = free ? [...options.items, { ...free, alwaysShow: true }] : options.items;
  });
  return new Promise((resolve) => {
    quickPick.onDidAccept(() => {
      const chosen = quickPick.activeItems[0] ?? quickPick.selectedItems[0];
      if (!chosen) return;
      resolve(chosen.label);
      quickPick.hide();
    });
    quickPick.onDidHide(() => {
      resolve(undefined);
      quickPick.dispose();
    });
    quickPick.show();
  });
}
