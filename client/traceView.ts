/** The view of a trace: a panel for each, which follows its topology and comparison, and comes back after a reload of the window. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { TraceView, TraceViewAnswer } from '../shared/picture/types.ts';
import {
  REQUEST,
  type TextResult,
  type TopologyParams,
  type TraceExportParams,
  type TraceParams,
} from '../shared/protocol.ts';
import { goToState, goToTopology } from './goTo.ts';
import { isTrace, traceKey, traceTitle, type RecentTraces } from './recentTraces.ts';
import { inOrder, type Begin } from './inOrder.ts';
import { saveSvg } from './saveSvg.ts';
import { messageOf, say } from './say.ts';
import { traceUri } from './stateDocuments.ts';
import { isFromTracePage, type FromTracePage, type ToTracePage } from './traceMessages.ts';
import { runFor } from './topologyCommand.ts';
import { traceStrings } from './traceStrings.ts';
import { askTrace } from './traceWizard.ts';
import { pageHtml, webviewOptions } from './webviewPanel.ts';

const VIEW = 'dvrscope.trace';
const MAP = 'dvrscope.showOnMap';
/** Who types changes the topology with every key: it must be still for so long, and for longer where an answer takes long. */
const STILL_MS = 300;
const MOST_STILL_MS = 10_000;

export interface TraceViews {
  show: (params: TraceParams) => void;
}

interface Context {
  extension: vscode.Uri;
  client: LanguageClient;
  recent: RecentTraces;
  shown: Set<Shown>;
}

/** A panel and what it shows. */
interface Shown {
  panel: vscode.WebviewPanel;
  params: TraceParams;
  /** As the page was told, to see whether anything has changed. */
  told?: string;
  view?: TraceView;
  timer?: ReturnType<typeof setTimeout>;
  /** How long the last answer took. */
  took: number;
  /** The page listens: it has loaded, as it does again whenever it was hidden. */
  isReady: boolean;
  /** It knows something: there was an answer since. */
  isTold: boolean;
  ask: Begin;
}

/** The panel of a packet that is shown already comes to the front. */
export function provideTraceViews(
  extension: vscode.ExtensionContext,
  client: LanguageClient,
  recent: RecentTraces,
  onDidChange: vscode.Event<TopologyParams>,
): TraceViews & vscode.Disposable {
  const context: Context = { extension: extension.extensionUri, client, recent, shown: new Set() };
  const show = (params: TraceParams): void => {
    const known = [...context.shown].find((each) => traceKey(each.params) === traceKey(params));
    recent.add(params);
    if (known) known.panel.reveal();
    else take(context, vscode.window.createWebviewPanel(VIEW, traceTitle(params), column(), options()), params);
  };
  const options = (): ReturnType<typeof webviewOptions> & { enableFindWidget: boolean } => ({
    ...webviewOptions(context.extension),
    enableFindWidget: true,
  });
  const serializer = vscode.window.registerWebviewPanelSerializer(VIEW, {
    deserializeWebviewPanel: async (panel, state) => {
      const params: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'params') : undefined;
      panel.webview.options = options();
      if (isTrace(params)) take(context, panel, params);
      else panel.dispose();
    },
  });
  const listener = onDidChange(({ uri }) => {
    for (const each of context.shown) if (each.params.uri === uri) tellSoon(context, each);
  });
  return { show, dispose: () => vscode.Disposable.from(serializer, listener).dispose() };
}

const column = (): vscode.ViewColumn => vscode.window.tabGroups.activeTabGroup.viewColumn;

function take(context: Context, panel: vscode.WebviewPanel, params: TraceParams): void {
  const shown: Shown = { panel, params, took: 0, isReady: false, isTold: false, ask: inOrder() };
  context.shown.add(shown);
  panel.webview.onDidReceiveMessage((message: unknown) => {
    if (isFromTracePage(message)) Promise.resolve(receive(context, shown, message)).catch(say);
  });
  panel.onDidChangeViewState(() => {
    if (!panel.visible) shown.isReady = false;
  });
  panel.onDidDispose(() => {
    clearTimeout(shown.timer);
    context.shown.delete(shown);
  });
  panel.title = traceTitle(params);
  panel.webview.html = pageHtml(panel.webview, context.extension, { page: 'tracePage', title: traceTitle(params) });
}

function tellSoon(context: Context, shown: Shown): void {
  clearTimeout(shown.timer);
  if (!shown.isReady) return;
  const still = Math.min(Math.max(STILL_MS, shown.took * 2), MOST_STILL_MS);
  shown.timer = setTimeout(() => void tell(context, shown).catch(say), still);
}

async function tell(context: Context, shown: Shown): Promise<void> {
  const { params } = shown;
  const counts = shown.ask();
  const start = performance.now();
  const answer = await answerOf(context, params);
  shown.took = performance.now() - start;
  const hasMap = (await vscode.commands.getCommands(true)).includes(MAP);
  const told = JSON.stringify(answer);
  // It may have been closed or hidden, or gone on to another packet meanwhile.
  if (!context.shown.has(shown) || !shown.isReady || shown.params !== params || !counts()) return;
  if (shown.isTold && told === shown.told) return;
  const isUpdate = shown.told !== undefined && shown.told !== told;
  [shown.told, shown.isTold] = [told, true];
  const common = { params, strings: traceStrings() };
  delete shown.view;
  if ('view' in answer) shown.view = answer.view;
  const message: ToTracePage =
    'view' in answer
      ? { type: 'view', ...common, view: answer.view, hasMap, isUpdate }
      : { type: 'problem', ...common, problem: answer.problem };
  await post(context, shown, message);
}

/** A panel that was closed meanwhile is told nothing. */
async function post({ shown: all }: Context, shown: Shown, message: ToTracePage): Promise<void> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is VS Code's, not a window's
  if (all.has(shown)) await shown.panel.webview.postMessage(message);
}

async function answerOf({ client }: Context, params: TraceParams): Promise<TraceViewAnswer> {
  try {
    // The server only knows open documents; the topology may have been closed since.
    await vscode.workspace.openTextDocument(vscode.Uri.parse(params.uri));
    return await client.sendRequest<TraceViewAnswer>(REQUEST.traceView, params);
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

// oxlint-disable-next-line typescript/promise-function-async -- most answers are those of another function
function receive(context: Context, shown: Shown, message: FromTracePage): Promise<unknown> | void {
  const { client } = context;
  const { params, view } = shown;
  switch (message.type) {
    case 'ready':
      [shown.isReady, shown.isTold] = [true, false];
      return tell(context, shown);
    case 'topology':
      return goToTopology(message.location, shown.panel);
    case 'state':
      return goToState(client, params.uri, message, shown.panel);
    case 'export':
      return copyAs(context, shown, message.format);
    case 'copy':
      return copy(context, shown, message.text);
    case 'save':
      return save(context, shown, message.svg);
    case 'again':
      return again(context, shown);
    case 'otherWay':
      return view?.otherWay && turnTo(context, shown, { uri: params.uri, ...view.otherWay });
    case 'asText':
      return showDocument(traceUri(params));
    case 'openTopology':
      return showDocument(vscode.Uri.parse(params.uri));
    case 'map':
      return Promise.resolve(vscode.commands.executeCommand(MAP, params));
    case 'compare':
      return runFor(params.uri, 'dvrscope.compare');
  }
}

const showDocument = async (uri: vscode.Uri): Promise<void> => {
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
};

async function copyAs(context: Context, shown: Shown, format: TraceExportParams['format']): Promise<void> {
  const params: TraceExportParams = { ...shown.params, format };
  await copy(context, shown, (await context.client.sendRequest<TextResult>(REQUEST.traceExport, params)).text);
}

async function copy(context: Context, shown: Shown, text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  await post(context, shown, { type: 'copied' });
}

async function save(context: Context, shown: Shown, svg: string): Promise<void> {
  const { uri, from, to } = shown.params;
  if (await saveSvg(uri, `${from} to ${to}`, svg)) await post(context, shown, { type: 'saved' });
}

/** The questions again, with the answers of this packet in front. */
async function again(context: Context, shown: Shown): Promise<void> {
  const { uri } = shown.params;
  const ofThis = context.recent.all().filter((each) => each.uri === uri);
  const answers = await askTrace(context.client, uri, { recent: [shown.params, ...ofThis] });
  // Questions may stay open for long.
  if (answers && context.shown.has(shown)) await turnTo(context, shown, { ...answers, uri });
}

/** The same panel shows another packet. */
async function turnTo(context: Context, shown: Shown, params: TraceParams): Promise<void> {
  context.recent.add(params);
  shown.params = params;
  delete shown.told;
  shown.panel.title = traceTitle(params);
  await tell(context, shown);
}
