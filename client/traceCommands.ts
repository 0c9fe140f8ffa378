/** The commands about traces, and the views that they open. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { LANGUAGE_ID, type TopologyParams } from '../shared/protocol.ts';
import type { CurrentTopology } from './currentTopology.ts';
import { type RecentTraces, pickRecent, recentTraces } from './recentTraces.ts';
import { say } from './say.ts';
import { topologyCommands } from './topologyCommand.ts';
import { provideTraceViews, type TraceViews } from './traceView.ts';
import { askTrace, type Given } from './traceWizard.ts';

/** `dvrscope.trace`, `dvrscope.traceHere`, `dvrscope.recentTraces`. */
export function provideTraces(
  context: vscode.ExtensionContext,
  client: LanguageClient,
  topology: CurrentTopology,
  onDidChange: vscode.Event<TopologyParams>,
): vscode.Disposable[] {
  const recent = recentTraces(context.workspaceState);
  const views = provideTraceViews(context, client, recent, onDidChange);
  const command = topologyCommands(topology);
  return [
    views,
    command<unknown>('dvrscope.trace', (uri, argument) =>
      show({ client, recent, views }, uriIn(argument) ?? uri, givenIn(argument)),
    ),
    command('dvrscope.traceHere', (uri) => show({ client, recent, views }, uri, underCursor())),
    vscode.commands.registerCommand('dvrscope.recentTraces', () =>
      pickRecent(recent).then((params) => params && views.show(params), say),
    ),
  ];
}

interface Tools {
  client: LanguageClient;
  recent: RecentTraces;
  views: TraceViews;
}

async function show({ client, recent, views }: Tools, uri: string, given: Given): Promise<void> {
  const { position: _position, recent: _recent, from, to, ...packet } = given;
  const answers =
    from !== undefined && to !== undefined
      ? { ...packet, from, to }
      : await askTrace(client, uri, { ...given, recent: recent.all().filter((trace) => trace.uri === uri) });
  if (answers) views.show({ ...answers, uri });
}

/** A view may be of another topology than that of the editor. */
const uriIn = (argument: unknown): string | undefined => {
  const uri: unknown = typeof argument === 'object' && argument !== null ? Reflect.get(argument, 'uri') : undefined;
  return typeof uri === 'string' ? uri : undefined;
};

/** A keybinding or a task may hand over anything. */
function givenIn(argument: unknown): Given {
  if (typeof argument !== 'object' || argument === null) return {};
  const entries = (keys: string[], type: string): [string, unknown][] =>
    keys
      .map((key): [string, unknown] => [key, Reflect.get(argument, key)])
      // oxlint-disable-next-line valid-typeof -- one of two words
      .filter(([, value]) => typeof value === type);
  return Object.fromEntries([
    ...entries(['from', 'to', 'protocol'], 'string'),
    ...entries(['sport', 'dport'], 'number'),
  ]);
}

function underCursor(): Given {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== LANGUAGE_ID) return {};
  const { line, character } = editor.selection.active;
  return { position: { line, character } };
}
