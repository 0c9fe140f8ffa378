/** The page of a finding (`dvr-finding:`), made by the server and shown in the editor's own preview of Markdown. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, type TextResult, type TopologyParams } from '../shared/protocol.ts';
import type { FindingParams } from '../shared/protocolNodes.ts';
import { messageOf } from './say.ts';

const FINDING_SCHEME = 'dvr-finding';

/** @param title what the tab says */
const findingUri = (params: FindingParams, title: string): vscode.Uri =>
  vscode.Uri.from({
    scheme: FINDING_SCHEME,
    // By this ending it is Markdown.
    path: `/${title.replaceAll('/', '⁄')}.md`,
    query: JSON.stringify({ uri: params.uri, finding: params.finding }),
  });

/** Opens the page beside nothing: in the place of the preview before. */
export async function showFinding(params: FindingParams, title: string): Promise<void> {
  const uri = findingUri(params, title);
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    // The editor's own extension for Markdown may be turned off.
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}

export function provideFindings(client: LanguageClient, onDidChange: vscode.Event<TopologyParams>): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const listener = onDidChange(({ uri }) => {
    for (const document of vscode.workspace.textDocuments)
      if (document.uri.scheme === FINDING_SCHEME && paramsOf(document.uri)?.uri === uri) changed.fire(document.uri);
  });
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri, token) => pageOf(client, uri, token),
  };
  return vscode.Disposable.from(
    changed,
    listener,
    vscode.workspace.registerTextDocumentContentProvider(FINDING_SCHEME, provider),
  );
}

async function pageOf(client: LanguageClient, uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
  const params = paramsOf(uri);
  if (!params) return vscode.l10n.t('This page has no finding. Close it and open the finding again.');
  try {
    // The server only knows open documents; the topology may have been closed since.
    await vscode.workspace.openTextDocument(vscode.Uri.parse(params.uri));
    const root = vscode.workspace.workspaceFolders?.[0]?.uri.toString();
    const asked: FindingParams = root === undefined ? params : { ...params, linkRoot: root };
    return (await client.sendRequest<TextResult>(REQUEST.finding, asked, token)).text;
  } catch (error) {
    return messageOf(error);
  }
}

function paramsOf({ query }: vscode.Uri): FindingParams | undefined {
  try {
    const params: unknown = JSON.parse(query);
    const isParams = (value: unknown): value is FindingParams =>
      typeof value === 'object' &&
      value !== null &&
      'uri' in value &&
      'finding' in value &&
      typeof value.uri === 'string' &&
      typeof value.finding === 'string';
    return isParams(params) ? params : undefined;
  } catch {
    return undefined;
  }
}
