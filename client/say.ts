/** An error as one message with a way out; a message of the server is meant for people. */
import * as vscode from 'vscode';
import { ErrorCodes, ResponseError } from 'vscode-languageclient/node';

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
  void vscode.window.showErrorMessage(messageOf(error), way.title).then((chosen) => {
    if (chosen !== undefined) void vscode.commands.executeCommand(way.command);
  });
}

/** What the library says when no server answers is not meant for people. */
export function messageOf(error: unknown): string {
  if (error instanceof ResponseError && error.code === ErrorCodes.PendingResponseRejected)
    return vscode.l10n.t(
      'The language server stopped before it could answer. It is being started again: try once more.',
    );
  if (error instanceof ResponseError && error.code === ErrorCodes.ConnectionInactive)
    return vscode.l10n.t('The language server does not run. “DVR: Restart Language Server” starts it.');
  return error instanceof Error ? error.message : String(error);
}

const wayOf = (error: unknown): WayOut | undefined =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `errorWithWay` gives errors one
  error instanceof Error && 'way' in error ? (error.way as WayOut) : undefined;
