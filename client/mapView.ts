/** The topology map: a panel for each topology, which follows its file and comparison, and comes back after a reload of the window. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { CloudMap, MapPlace } from '../shared/map/types.ts';
import { REQUEST, type MapParams, type TopologyParams, type TraceParams } from '../shared/protocol.ts';
import type { CurrentTopology } from './currentTopology.ts';
import { inOrder, type Begin } from './inOrder.ts';
import { isMapRequest, readKeptMap, type MapMessage, type MapRequest } from './mapMessages.ts';
import { mapStrings } from './mapStrings.ts';
import { isTrace } from './recentTraces.ts';
import { saveSvg } from './saveSvg.ts';
import { messageOf, say } from './say.ts';
import { runFor, topologyCommands } from './topologyCommand.ts';
import { escapeHtml, pageHtml, webviewOptions } from './webviewPanel.ts';

const VIEW = 'dvrscope.map';
/** Who types changes the topology with every key; a large map is made less often. */
const STILL_MS = 250;
const REMEMBERED = 'dvrscope.map';
/** The topology of the map that was opened last. */
const LAST = 'dvrscope.map.last';

type Trace = Omit<TraceParams, 'uri'>;

interface Context {
  extension: vscode.ExtensionContext;
  client: LanguageClient;
  maps: Map<string, Shown>;
}

/** A panel and what it shows. */
interface Shown {
  panel: vscode.WebviewPanel;
  uri: string;
  trace?: Trace;
  /** All files of the topology, as far as the last map told. */
  files: ReadonlySet<string>;
  /** The page listens: it has loaded, as it does again whenever it was hidden. */
  isReady: boolean;
  /** The page knows no map yet, and not how the last one was looked at. */
  isNew: boolean;
  /** How long the last map took. */
  took: number;
  ask: Begin;
  timer?: ReturnType<typeof setTimeout>;
}

/** `dvrscope.map`, and `dvrscope.showOnMap` with a trace. */
export function provideMaps(
  extension: vscode.ExtensionContext,
  client: LanguageClient,
  topology: CurrentTopology,
  onDidChange: vscode.Event<TopologyParams>,
): vscode.Disposable[] {
  const context: Context = { extension, client, maps: new Map() };
  return [
    topologyCommands(topology)('dvrscope.map', async (uri) => Promise.resolve(show(context, uri))),
    vscode.commands.registerCommand('dvrscope.showOnMap', (argument: unknown) => {
      if (!isTrace(argument)) return;
      const { uri, ...trace } = argument;
      show(context, uri, trace);
    }),
    vscode.window.registerWebviewPanelSerializer(VIEW, {
      deserializeWebviewPanel: async (panel, state) => {
        // A window that ends suddenly forgets what pages kept, and not that they were there.
        const { uri = extension.workspaceState.get<string>(LAST), trace } = keptIn(state);
        panel.webview.options = webviewOptions(extension.extensionUri);
        if (uri === undefined || context.maps.has(uri)) panel.dispose();
        else take(context, panel, uri, trace);
        return Promise.resolve();
      },
    }),
    onDidChange(({ uri }) => {
      for (const shown of context.maps.values()) if (shown.files.has(uri)) tellSoon(context, shown);
    }),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => follow(context, textEditor)),
  ];
}

/** What a page kept, which may be of an older version. */
function keptIn(state: unknown): { uri?: string; trace?: Trace } {
  if (typeof state !== 'object' || state === null) return {};
  const [uri, trace]: unknown[] = [Reflect.get(state, 'uri'), Reflect.get(state, 'trace')];
  if (typeof uri !== 'string' || uri === '') return {};
  const whole: unknown = typeof trace === 'object' && trace !== null ? { ...trace, uri } : undefined;
  if (!isTrace(whole)) return { uri };
  const { uri: _uri, ...packet } = whole;
  return { uri, trace: packet };
}

/** A map that is shown already comes to the front. */
function show(context: Context, uri: string, trace?: Trace): void {
  const known = context.maps.get(uri);
  if (known) {
    known.panel.reveal(undefined, false);
    if (!trace) return;
    known.trace = trace;
    // One that was hidden asks by itself.
    if (known.isReady) void tell(context, known).catch(say);
    return;
  }
  const options = webviewOptions(context.extension.extensionUri);
  // Maps stand together, beside the files.
  const [other] = [...context.maps.values()];
  const column = other?.panel.viewColumn ?? vscode.ViewColumn.Beside;
  const panel = vscode.window.createWebviewPanel(VIEW, titleOf(uri), column, options);
  take(context, panel, uri, trace);
}

const nameOf = (uri: string): string => vscode.Uri.parse(uri).path.split('/').at(-1) ?? '';
const titleOf = (uri: string): string => vscode.l10n.t('Map of {0}', nameOf(uri));

function take(context: Context, panel: vscode.WebviewPanel, uri: string, trace?: Trace): void {
  const shown: Shown = {
    panel,
    uri,
    files: new Set([uri]),
    isReady: false,
    isNew: true,
    took: 0,
    ask: inOrder(),
    ...(trace && { trace }),
  };
  context.maps.set(uri, shown);
  void context.extension.workspaceState.update(LAST, uri);
  panel.webview.onDidReceiveMessage((request: unknown) => {
    if (isMapRequest(request)) Promise.resolve(receive(context, shown, request)).catch(say);
  });
  panel.onDidChangeViewState(() => {
    if (!panel.visible) shown.isReady = false;
  });
  panel.onDidDispose(() => {
    clearTimeout(shown.timer);
    if (context.maps.get(uri) === shown) context.maps.delete(uri);
  });
  panel.title = titleOf(uri);
  panel.webview.html = pageHtml(panel.webview, context.extension.extensionUri, {
    page: 'mapPage',
    title: titleOf(uri),
    body: `<div id="texts" hidden data-texts="${escapeHtml(JSON.stringify(mapStrings()))}"></div>`,
  });
}

function tellSoon(context: Context, shown: Shown): void {
  clearTimeout(shown.timer);
  if (shown.isReady)
    shown.timer = setTimeout(() => void tell(context, shown).catch(say), Math.max(STILL_MS, 2 * shown.took));
}

async function tell(context: Context, shown: Shown): Promise<void> {
  const { uri, trace, isNew } = shown;
  const counts = shown.ask();
  clearTimeout(shown.timer);
  const start = performance.now();
  const message = await messageFor(context, { uri, ...(trace && { trace }) }, isNew);
  shown.took = performance.now() - start;
  // It may have been closed or hidden, or have got another packet meanwhile.
  if (context.maps.get(uri) !== shown || !shown.isReady || shown.trace !== trace || !counts()) return;
  if (message.type === 'map') [shown.files, shown.isNew] = [filesOf(uri, message.map), false];
  await post(shown, message);
}

const filesOf = (uri: string, { things }: CloudMap): Set<string> =>
  new Set([uri, ...things.flatMap(({ place }) => place?.uri ?? [])]);

const post = ({ panel }: Shown, message: MapMessage): Thenable<boolean> =>
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is VS Code's, not a window's
  panel.webview.postMessage(message);

async function messageFor({ extension, client }: Context, params: MapParams, isNew: boolean): Promise<MapMessage> {
  const { uri, trace } = params;
  const file = nameOf(uri);
  try {
    // The server only knows open documents; the topology may have been closed since.
    await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    const map = await client.sendRequest<CloudMap>(REQUEST.map, params);
    const kept = isNew ? readKeptMap(extension.globalState.get(REMEMBERED)) : undefined;
    return { type: 'map', uri, file, map, ...(trace && { trace }), ...(kept && { kept }) };
  } catch (error) {
    return { type: 'failed', uri, file, message: messageOf(error) };
  }
}

// oxlint-disable-next-line typescript/promise-function-async -- most answers are those of another function
function receive(context: Context, shown: Shown, request: MapRequest): Promise<unknown> | void {
  switch (request.type) {
    case 'ready':
      [shown.isReady, shown.isNew] = [true, true];
      return tell(context, shown);
    case 'retry':
      return tell(context, shown);
    case 'open':
      return open(shown.uri, request.place, request.isFocused);
    case 'openFile':
      return open(shown.uri, { first: 0, last: 0 }, true);
    case 'compare':
      return runFor(shown.uri, 'dvrscope.compare');
    case 'clearTrace':
      delete shown.trace;
      return tell(context, shown);
    case 'save':
      return save(context, shown, request.svg);
    case 'remember': {
      const { view, isTable } = request;
      return Promise.resolve(context.extension.globalState.update(REMEMBERED, { view, isTable }));
    }
  }
}

async function save({ maps }: Context, shown: Shown, svg: string): Promise<void> {
  const name = nameOf(shown.uri).replace(/\.dvr\.ya?ml$/, '');
  if ((await saveSvg(shown.uri, name, svg)) && maps.get(shown.uri) === shown) await post(shown, { type: 'saved' });
}

/** The line beside the map; the keyboard stays on the map unless it is asked for. */
async function open(topology: string, { uri = topology, first }: MapPlace, isFocused: boolean): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const line = document.lineAt(Math.min(first, document.lineCount - 1));
  const start = new vscode.Position(line.lineNumber, line.firstNonWhitespaceCharacterIndex);
  const editor = await vscode.window.showTextDocument(document, {
    viewColumn: columnOf(document.uri),
    preserveFocus: !isFocused,
    selection: new vscode.Range(start, start),
  });
  editor.revealRange(line.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Where the document is open already, or else where texts are: never over the map, also where it stands behind that. */
function columnOf(uri: vscode.Uri): vscode.ViewColumn {
  const holds = ({ input }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputText && input.uri.toString() === uri.toString();
  const isMap = ({ input }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputWebview && input.viewType.endsWith(VIEW);
  const groups = vscode.window.tabGroups.all.filter(({ activeTab }) => activeTab === undefined || !isMap(activeTab));
  const group = groups.find(({ tabs }) => tabs.some(holds)) ?? groups[0];
  return group?.viewColumn ?? vscode.ViewColumn.Beside;
}

/** Shows on the map what the cursor is in. Which file is of which topology the map knows. */
function follow({ maps }: Context, { document, selection }: vscode.TextEditor): void {
  const uri = document.uri.toString();
  for (const shown of maps.values()) {
    if (!shown.isReady) continue;
    const place = { line: selection.active.line, ...(uri === shown.uri ? {} : { uri }) };
    void post(shown, { type: 'cursor', place });
  }
}
