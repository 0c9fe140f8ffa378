/** An error as one message with a way out; a message of the server is meant for people. */
import * as vscode from 'vscode';

/** A button that leads out. */
export interface WayOut {
  title: string;
  command: string;
}

/** An error that says what can be done. */
export const errorWithWay = (message: string, way: WayOut): Error => Object.assign(new Error(message), { way });

/** What can be done where nothing is connected to. */
export const trustWay = (): WayOut => ({
  title: vscode.l10n.t('Manage Workspace Trust'),
  command: 'workbench.trust.manage',
});

export function say(error: unknown): void {
  const way = wayOf(error) ?? { title: vscode.l10n.t('Show Log'), command: 'dvrscope.showLog' };
  const message = error instanceof Error ? error.message : String(error);
  void vscode.window.showErrorMessage(message, way.title).then((chosen) => {
    if (chosen !== undefined) void vscode.commands.executeCommand(way.command);
  });
}

const wayOf = (error: unknown): WayOut | undefined =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `errorWithWay` gives errors one
  error instanceof Error && 'way' in error ? (error.way as WayOut) : undefined;
