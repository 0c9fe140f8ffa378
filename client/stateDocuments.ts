/**
 * Documents that the server computes: the state of a node (`dvr-state:`) and a trace (`dvr-trace:`).
 * What is asked for stands in the URI's query, so that a document survives a reload of the window.
 */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  REQUEST,
  STATE_SCHEME,
  stateUriParts,
  type StateParams,
  type TextResult,
  type TopologyParams,
  type TraceParams,
} from '../shared/protocol.ts';
import { messageOf } from './say.ts';

const TRACE_SCHEME = 'dvr-trace';

/** The path is what the tab shows; the query is the request. */
export const stateUri = (params: StateParams): vscode.Uri => vscode.Uri.from(stateUriParts(params));

/** What a document of a state was asked for with; the server checks the rest. */
export function stateParamsOf(uri: vscode.Uri): StateParams | undefined {
  const params = uri.scheme === STATE_SCHEME ? queryOf(uri) : undefined;
  const isState = (value: TopologyParams): value is StateParams => 'node' in value && 'side' in value;
  return params && isState(params) ? params : undefined;
}

export const traceUri = (params: TraceParams): vscode.Uri =>
  uriOf(TRACE_SCHEME, `${params.from} → ${params.to}`, params);

/** The topology that a document of ours was made from; `undefined` for any other document. */
export function topologyOf(uri: vscode.Uri): vscode.Uri | undefined {
  if (uri.scheme !== STATE_SCHEME && uri.scheme !== TRACE_SCHEME) return undefined;
  const topology = queryOf(uri)?.uri;
  return topology ? vscode.Uri.parse(topology) : undefined;
}

/** Gives the documents their text, and again when `onDidChange` says that the server would answer differently. */
export function provideStateDocuments(
  client: LanguageClient,
  onDidChange: vscode.Event<TopologyParams>,
): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri, token) => textOf(client, uri, token),
  };
  const listener = onDidChange(({ uri }) => {
    for (const document of vscode.workspace.textDocuments) {
      if (topologyOf(document.uri)?.toString() === uri) changed.fire(document.uri);
    }
  });
  return vscode.Disposable.from(
    changed,
    listener,
    vscode.workspace.registerTextDocumentContentProvider(STATE_SCHEME, provider),
    vscode.workspace.registerTextDocumentContentProvider(TRACE_SCHEME, provider),
  );
}

async function textOf(client: LanguageClient, uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
  const params = queryOf(uri);
  if (!params) return `${vscode.l10n.t('This document has no topology. Close it and run the command again.')}\n`;
  const method = uri.scheme === TRACE_SCHEME ? REQUEST.trace : REQUEST.state;
  try {
    // The server only knows open documents; the topology may have been closed since.
    await vscode.workspace.openTextDocument(vscode.Uri.parse(params.uri));
    return (await client.sendRequest<TextResult>(method, params, token)).text;
  } catch (error) {
    return `${messageOf(error)}\n`;
  }
}

const uriOf = (scheme: string, title: string, params: TopologyParams): vscode.Uri =>
  // A slash would make folders of a title: `10.0.0.5@net/1`.
  vscode.Uri.from({ scheme, path: `/${title.replaceAll('/', '⁄')}`, query: JSON.stringify(params) });

function queryOf(uri: vscode.Uri): TopologyParams | undefined {
  try {
    const params: unknown = JSON.parse(uri.query);
    return isParams(params) ? params : undefined;
  } catch {
    return undefined;
  }
}

const isParams = (value: unknown): value is TopologyParams =>
  typeof value === 'object' && value !== null && 'uri' in value && typeof value.uri === 'string';
