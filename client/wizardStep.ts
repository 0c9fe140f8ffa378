/** One question of several: a quick pick with its number, a way back, groups, and free text. */
import * as vscode from 'vscode';

export interface StepItem<T> extends vscode.QuickPickItem {
  /** Absent on separators. */
  value?: T;
}

export interface StepOptions<T> {
  title: string;
  step: number;
  totalSteps: number;
  placeholder: string;
  items: StepItem<T>[];
  canGoBack: boolean;
  /** Makes an item of what was typed; `undefined` for text that makes no sense. */
  free?: (typed: string) => StepItem<T> | undefined;
}

/** The user wants the question before. */
export const BACK = Symbol('back');

/** `undefined` when the user turned away. */
export function pickStep<T>(options: StepOptions<T>): Promise<T | typeof BACK | undefined> {
  const quickPick = vscode.window.createQuickPick<StepItem<T>>();
  quickPick.title = options.title;
  quickPick.step = options.step;
  quickPick.totalSteps = options.totalSteps;
  quickPick.placeholder = options.placeholder;
  quickPick.matchOnDescription = true;
  quickPick.items = options.items;
  if (options.canGoBack) quickPick.buttons = [vscode.QuickInputButtons.Back];
  let hasFree = false;
  quickPick.onDidChangeValue((typed) => {
    const item = options.items.find(({ label }) => label === typed.trim());
    const free = item ? undefined : options.free?.(typed.trim());
    // Behind the others, which the editor tells by their numbers: it may still speak of the list as it was.
    // Thousands of ports are handed over only where something changes.
    if (free || hasFree) quickPick.items = free ? [...options.items, { ...free, alwaysShow: true }] : options.items;
    hasFree = free !== undefined;
    // What was typed in full is meant, whatever else it may be found in.
    const meant = item ?? (free && quickPick.items.at(-1));
    if (meant) quickPick.activeItems = [meant];
  });
  return new Promise((resolve) => {
    const end = (value: T | typeof BACK | undefined): void => {
      resolve(value);
      quickPick.hide();
    };
    quickPick.onDidTriggerButton(() => end(BACK));
    quickPick.onDidAccept(() => {
      // For a moment after its items changed, the editor's list has none that is active: Enter then means what was typed.
      const typed = quickPick.value.trim();
      const isTyped = ({ label }: StepItem<T>): boolean => label === typed;
      const chosen =
        quickPick.selectedItems[0] ?? quickPick.activeItems[0] ?? options.items.find(isTyped) ?? options.free?.(typed);
      if (chosen?.value !== undefined) end(chosen.value);
    });
    quickPick.onDidHide(() => {
      resolve(undefined);
      quickPick.dispose();
    });
    quickPick.show();
  });
}

/** A heading, if anything is under it. */
export const group = <T>(label: string, items: StepItem<T>[]): StepItem<T>[] =>
  items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
