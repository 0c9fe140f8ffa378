/** Going from a view to a line of a document, beside the view where nothing else shows that document. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { ItemPlace, Location } from '../shared/picture/types.ts';
import { REQUEST, type Side, type StatePlace, type StatePlaceParams } from '../shared/protocol.ts';
import { stateUri } from './stateDocuments.ts';

/** The line of a topology. @param from the view that leads there, which stays */
export const goToTopology = ({ uri, line, character }: Location, from: vscode.WebviewPanel): Promise<void> =>
  reveal(vscode.Uri.parse(uri), from, new vscode.Position(line, character));

/** The line of a node's state on which an item stands; where it does not, the heading that it would be under. */
export async function goToState(
  client: LanguageClient,
  topology: string,
  { side, item, text }: { side: Side; item: ItemPlace; text: string },
  from: vscode.WebviewPanel,
): Promise<void> {
  const { node, namespace, aspect } = item;
  const state = { uri: topology, node, namespace, side, ...(namespace === '-' ? { aspect } : {}) };
  const params: StatePlaceParams = { ...state, item, text };
  const { line, isFound } = await client.sendRequest<StatePlace>(REQUEST.statePlace, params);
  await reveal(stateUri(state), from, new vscode.Position(line, 0), isFound);
}

async function reveal(
  uri: vscode.Uri,
  from: vscode.WebviewPanel,
  position: vscode.Position,
  isWhole = false,
): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const line = document.lineAt(Math.min(position.line, document.lineCount - 1)).range;
  await vscode.window.showTextDocument(document, {
    viewColumn: columnFor(uri, from.viewColumn),
    preview: true,
    selection: isWhole ? line : new vscode.Range(position, position),
  });
}

/** Where a document is open already, or else where texts are, or else a new one; never in front of the view. */
function columnFor(uri: vscode.Uri, taken: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const others = vscode.window.tabGroups.all.filter(({ viewColumn }) => viewColumn !== taken);
  const holds = ({ input }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputText && input.uri.toString() === uri.toString();
  const found = others.find(({ tabs }) => tabs.some(holds)) ?? others[0];
  return found?.viewColumn ?? (taken === undefined ? vscode.ViewColumn.Beside : taken + 1);
}
