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
  /** All files of the topology: whichever of them is looked at, it is the same cloud. */
  files: readonly string[];
  /** Progress is shown in the view alone, and nothing is asked. */
  isUnattended?: boolean;
}

/** From where a cloud was read last, and when that ended. */
export interface LastReading {
  source: LiveSource;
  endedAt: number;
  needsAnswers: boolean;
}

export interface Reader extends vscode.Disposable {
  /** `undefined` when it was stopped. Rejects when the server cannot answer. */
  read(order: ReadOrder): Promise<CompareResult | undefined>;
  stop(): void;
  /** What is done with a node at the moment. */
  reading(uri: string, node: string): Reading | undefined;
  isReading(uri: string): boolean;
  last(uri: string): LastReading | undefined;
  /** The state of nodes has changed: these, of the cloud that these files are. */
  onDidChange: vscode.Event<Change>;
}

interface Change {
  files: readonly string[];
  nodes: string[];
}

interface Run {
  order: ReadOrder;
  cancel: vscode.CancellationTokenSource;
  /** Of the nodes that are read. */
  states: Map<string, Reading>;
}

export const VIEW = 'dvrscope.nodes';

export function makeReader(client: LanguageClient): Reader {
  const changed = new vscode.EventEmitter<Change>();
  const runs = new Set<Run>();
  const lasts = new Map<string, LastReading>();
  const runsOf = (uri: string): Run[] => [...runs].filter(({ order }) => order.files.includes(uri));
  const showContext = (): void => {
    void vscode.commands.executeCommand('setContext', 'dvrscope.isReading', runs.size > 0);
  };
  const listener = client.onNotification(COLLECTING, ({ uri, node, state }: CollectingParams) => {
    for (const { order, states } of runsOf(uri)) {
      if (order.uri !== uri || !states.has(node)) continue;
      states.set(node, state === 'started' ? 'reading' : state);
      changed.fire({ files: order.files, nodes: [node] });
    }
  });
  async function read(order: ReadOrder): Promise<CompareResult | undefined> {
    const { uri, source, nodes, isWhole, files } = order;
    const first: Reading = source.kind === 'ssh' ? 'waiting' : 'reading';
    const states = new Map(nodes.map((node) => [node, first]));
    const run: Run = { order, cancel: new vscode.CancellationTokenSource(), states };
    // The newer one reads the same nodes, perhaps from elsewhere.
    if (isWhole) for (const { cancel } of runsOf(uri)) cancel.cancel();
    runs.add(run);
    showContext();
    changed.fire({ files, nodes });
    try {
      const result = await withProgress(client, run);
      const needsAnswers = result?.needsAnswers === true;
      if (result) for (const file of files) lasts.set(file, { source, endedAt: Date.now(), needsAnswers });
      return result;
    } finally {
      runs.delete(run);
      showContext();
      changed.fire({ files, nodes });
      run.cancel.dispose();
    }
  }
  return {
    read,
    stop: () => {
      for (const { cancel } of runs) cancel.cancel();
    },
    // Of two that read it the newer one counts.
    reading: (uri, node) =>
      runsOf(uri)
        .findLast(({ states }) => states.has(node))
        ?.states.get(node),
    isReading: (uri) => runsOf(uri).length > 0,
    last: (uri) => lasts.get(uri),
    onDidChange: changed.event,
    dispose: () => {
      for (const { cancel } of runs) cancel.cancel();
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
