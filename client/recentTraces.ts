/** The traces that were looked at in this workspace, the newest first. */
import * as vscode from 'vscode';
import type { TraceParams } from '../shared/protocol.ts';

const KEY = 'dvrscope.traces';
const MOST = 20;

export interface RecentTraces {
  all: () => readonly TraceParams[];
  add: (params: TraceParams) => void;
}

export const recentTraces = (memento: vscode.Memento): RecentTraces => {
  const all = (): readonly TraceParams[] => memento.get<unknown[]>(KEY, []).filter(isTrace);
  return {
    all,
    add: (params) => {
      const key = traceKey(params);
      void memento.update(KEY, [params, ...all().filter((other) => traceKey(other) !== key)].slice(0, MOST));
    },
  };
};

/** The same for the same packet over the same topology. */
export const traceKey = ({ uri, from, to, protocol = 'icmp', sport, dport }: TraceParams): string =>
  JSON.stringify([uri, from, to, protocol, sport ?? 0, dport ?? 0]);

/** `a3 → 8.8.8.8`. */
export const traceTitle = ({ from, to }: Pick<TraceParams, 'from' | 'to'>): string =>
  `${isolated(from)} → ${isolated(to)}`;

/** Names that are read from the right would change places in a line that is read from the left (UAX #9, isolates). */
const isolated = (name: string): string => (FROM_THE_RIGHT.test(name) ? `\u2068${name}\u2069` : name);
const FROM_THE_RIGHT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** `tcp 80`. */
const protocolText = ({ protocol = 'icmp', dport }: Pick<TraceParams, 'protocol' | 'dport'>): string =>
  [protocol, dport].filter((part) => part !== undefined).join(' ');

/** What was stored may be of another version. */
export const isTrace = (value: unknown): value is TraceParams =>
  typeof value === 'object' &&
  value !== null &&
  ['uri', 'from', 'to'].every((key) => typeof Reflect.get(value, key) === 'string') &&
  ['string', 'undefined'].includes(typeof Reflect.get(value, 'protocol')) &&
  ['sport', 'dport'].every((key) => ['number', 'undefined'].includes(typeof Reflect.get(value, key)));

export async function pickRecent(recent: RecentTraces): Promise<TraceParams | undefined> {
  const items = recent.all().map((params) => ({
    label: traceTitle(params),
    description: `${protocolText(params)} · ${vscode.workspace.asRelativePath(vscode.Uri.parse(params.uri))}`,
    params,
  }));
  if (items.length === 0)
    throw new Error(vscode.l10n.t('No packet has been traced yet. Run “DVR: Trace a Packet” first.'));
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Recent Traces'),
    placeHolder: vscode.l10n.t('A packet to trace again, as things are now'),
    matchOnDescription: true,
  });
  return chosen?.params;
}
