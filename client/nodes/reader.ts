/** Reading nodes: which are being read, from where a cloud was read last, and how to stop. */
import * as vscode from 'vscode';
import { WorkDoneProgress, type LanguageClient } from 'vscode-languageclient/node';
import { COLLECTING, REQUEST, type CompareParams, type CompareResult, type LiveSource } from '../../shared/protocol.ts';
import type { CollectingParams } from '../../shared/protocolNodes.ts';
import { errorText } from '../outcome.ts';
import type { Reading } from './items.ts';

/** What is to be read. */
export interface ReadOrder extends CompareParams {
  nodes: string[];
  /** The nodes are all of the cloud. */
  isWhole: boolean;
  /** Progress is shown in the view alone, and nothing is asked. */
  isUnattended?: boolean;
}

export interface Reader extends vscode.Disposable {
  /** `undefined` when it was stopped. Rejects when the server cannot answer. */
  read(order: ReadOrder): Promise<CompareResult | undefined>;
  stop(): void;
  /** What is done with a node at the moment. */
  reading(uri: string, node: string): Reading | undefined;
  isReading(uri: string): boolean;
  /** From where the cloud was read last, and when that ended. */
  last(uri: string): { source: LiveSource; endedAt: number; needsAnswers: boolean } | undefined;
  /** The state of nodes has changed: these, by cloud and name. */
  onDidChange: vscode.Event<{ uri: string; nodes: string[] }>;
}

interface Run {
  order: ReadOrder;
  cancel: vscode.CancellationTokenSource;
}

export const VIEW = 'dvrscope.nodes';

export function makeReader(client: LanguageClient): Reader {
  const changed = new vscode.EventEmitter<{ uri: string; nodes: string[] }>();
  const states = new Map<string, Reading>();
  const runs = new Set<Run>();
  const lasts = new Map<string, { source: LiveSource; endedAt: number; needsAnswers: boolean }>();
  const keyOf = (uri: string, node: string): string => `${node} ${uri}`;
  const set = (uri: string, nodes: string[], state: Reading | undefined): void => {
    for (const node of nodes) {
      if (state) states.set(keyOf(uri, node), state);
      else states.delete(keyOf(uri, node));
    }
    changed.fire({ uri, nodes });
  };
  const showContext = (): void => {
    void vscode.commands.executeCommand('setContext', 'dvrscope.isReading', runs.size > 0);
  };
  const listener = client.onNotification(COLLECTING, ({ uri, node, state }: CollectingParams) => {
    if (states.has(keyOf(uri, node))) set(uri, [node], state === 'started' ? 'reading' : state);
  });
  async function read(order: ReadOrder): Promise<CompareResult | undefined> {
    const { uri, source, nodes, isWhole } = order;
    const run: Run = { order, cancel: new vscode.CancellationTokenSource() };
    // The newer one reads the same nodes, perhaps from elsewhere.
    if (isWhole) for (const other of runs) if (other.order.uri === uri) other.cancel.cancel();
    runs.add(run);
    showContext();
    set(uri, nodes, source.kind === 'ssh' ? 'waiting' : 'reading');
    try {
      const result = await withProgress(client, run);
      if (result) lasts.set(uri, { source, endedAt: Date.now(), needsAnswers: result.needsAnswers === true });
      return result;
    } finally {
      runs.delete(run);
      showContext();
      set(uri, nodes, undefined);
      run.cancel.dispose();
    }
  }
  return {
    read,
    stop: () => {
      for (const { cancel } of runs) cancel.cancel();
    },
    reading: (uri, node) => states.get(keyOf(uri, node)),
    isReading: (uri) => [...runs].some(({ order }) => order.uri === uri),
    last: (uri) => lasts.get(uri),
    onDidChange: changed.event,
    dispose: () => {
      changed.dispose();
      listener.dispose();
    },
  };
}

/** A whole cloud is what somebody asked for and waits for: it may be cancelled where it is shown. */
function withProgress(client: LanguageClient, run: Run): Thenable<CompareResult | undefined> {
  const { isWhole, isUnattended, source } = run.order;
  const title =
    source.kind === 'ssh' ? vscode.l10n.t('Comparing with live nodes') : vscode.l10n.t('Comparing with snapshots');
  const location = isWhole && !isUnattended ? vscode.ProgressLocation.Notification : { viewId: VIEW };
  return vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
    token.onCancellationRequested(() => run.cancel.cancel());
    return request(client, run, progress);
  });
}

let lastToken = 0;

async function request(
  client: LanguageClient,
  { order, cancel: { token } }: Run,
  progress: vscode.Progress<{ message?: string; increment?: number }>,
): Promise<CompareResult | undefined> {
  const { uri, source, nodes, isWhole, isUnattended } = order;
  const workDoneToken = `dvrscope-compare-${++lastToken}`;
  let done = 0;
  const reports = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    if (value.kind !== 'report') return;
    const percentage = value.percentage ?? done;
    progress.report({ ...(value.message && { message: value.message }), increment: percentage - done });
    done = percentage;
  });
  const params: CompareParams = {
    uri,
    source,
    workDoneToken,
    ...(!isWhole && { nodes }),
    ...(isUnattended && { isUnattended }),
  };
  try {
    const result = await client.sendRequest<CompareResult>(REQUEST.compare, params, token);
    for (const note of result.notes) client.warn(note);
    for (const { node, error } of result.nodes) if (error !== undefined) client.warn(errorText(node, error));
    return result;
  } catch (error) {
    if (token.isCancellationRequested) return undefined;
    throw error;
  } finally {
    reports.dispose();
  }
}
