/**
 * Differences of all nodes into diagnoses: first the faults of the catalogue, each with what it explains, then what is left by its
 * cause. Every difference is in one diagnosis, the worst diagnosis first.
 */
import type { Difference } from '../compare.ts';
import type { Severity } from '../problem.ts';
import { breaksOf } from './breaks.ts';
import { type Group, groupByCause } from './causes.ts';
import { foldElsewhere } from './elsewhere.ts';
import type { Case, Command, Fact, Fault, NodeView } from './fault.ts';
import { kindOf } from './lines.ts';
import { type Scope, scopeOf } from './scope.ts';
import { showOf } from './show.ts';
import { FAULTS } from './table.ts';

export interface Diagnosis {
  node: string;
  fault?: Fault;
  /** The difference nearest to the cause; absent when only facts tell of the fault. */
  root?: Difference;
  /** All that it explains, the root first. */
  differences: Difference[];
  facts: Fact[];
  severity: Severity;
  /** What it breaks, one sentence without a full stop. */
  breaks: string;
  /** Read-only commands that show it. */
  show: Command[];
  /** What a person may run to mend it. */
  fix: Command[];
  /** The other nodes with the same fault of the same thing. */
  alsoOn: string[];
}

/** Diagnoses of all nodes in one order, each with the other nodes that have the same. */
export function worstFirst(ranked: readonly Ranked[]): Diagnosis[] {
  return withOthers(foldElsewhere(ranked))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ diagnosis }) => diagnosis);
}

export interface Ranked {
  diagnosis: Diagnosis;
  rank: number;
  /** What makes two diagnoses of different nodes one story. */
  topic: string;
}

/** @returns what has a well-known reason (`Difference.known`) apart, unless a fault explains it */
export function diagnoseNode(view: NodeView): { ranked: Ranked[]; known: Difference[] } {
  const left = new Set(view.differences);
  const known = view.differences.filter((difference) => difference.known !== undefined);
  const unknown = view.differences.filter((difference) => difference.known === undefined);
  const groups = groupByCause(unknown, view.expected, view.live);
  const groupOf = new Map(groups.flatMap((group) => group.lines.map((line) => [line, group] as const)));
  const ranked: Ranked[] = [];
  for (const fault of FAULTS) {
    for (const found of fault.find({ ...view, differences: [...left] })) {
      const own = causesOf(found, left, groupOf);
      if (own.length === 0 && (found.lines.length > 0 || (found.facts ?? []).length === 0)) continue;
      const all = new Set(own.flatMap((line) => [line, ...(groupOf.get(line)?.lines ?? [])]));
      const lines = [...new Set([...own, ...all])].filter((line) => left.has(line));
      for (const line of lines) left.delete(line);
      ranked.push(rankedOf(view, { ...found, lines }, fault));
    }
  }
  const rest = groups.flatMap((group) => restOf(group, left));
  return {
    ranked: [...ranked, ...rest.map((lines) => rankedOf(view, { lines }))],
    known: known.filter((difference) => left.has(difference)),
  };
}

/** The lines of a case that are there for their own sake: what follows from something else that went is no evidence of the fault. */
function causesOf(
  { lines }: Case,
  left: ReadonlySet<Difference>,
  groupOf: ReadonlyMap<Difference, Group>,
): Difference[] {
  const own = lines.filter((line) => left.has(line));
  const explained = new Set(
    own.flatMap((line) => (groupOf.get(line)?.causes.has(line) === true ? groupOf.get(line)! : [])),
  );
  return own.filter((line) => {
    const group = groupOf.get(line);
    return group === undefined || explained.has(group);
  });
}

const restOf = (group: Group, left: ReadonlySet<Difference>): Difference[][] => {
  const lines = group.lines.filter((difference) => left.has(difference));
  return lines.length > 0 ? [lines] : [];
};

function rankedOf(view: NodeView, found: Case, fault?: Fault): Ranked {
  const { lines, facts = [] } = found;
  const [root] = lines;
  const scope = scopeOf(view, found);
  const severity = fault ? (fault.severity ?? 'error') : severityOf(root);
  const diagnosis: Diagnosis = {
    node: view.node,
    ...(fault ? { fault } : {}),
    ...(root ? { root } : {}),
    differences: lines,
    facts,
    severity,
    breaks: fault ? fault.breaks(scope) : breaksOf(root!, scope),
    show: showsOf(found),
    fix: fixesOf(view, found, fault),
    alsoOn: [],
  };
  const what = root?.because?.pointer ?? root?.namespace ?? facts[0]?.namespace ?? '';
  return { diagnosis, rank: rankOf(diagnosis, scope), topic: `${fault?.id ?? `${root?.noun} ${root?.kind}`} ${what}` };
}

/** A namespace or state file that is left over harms less than one that is wrong. */
export const severityOf = (difference: Pick<Difference, 'kind' | 'aspect'> | undefined): Severity =>
  difference?.aspect === 'allocations' || (difference?.kind === 'unexpected' && difference.aspect === 'namespaces')
    ? 'warning'
    : 'error';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information'];

/** Errors first; among them the one that concerns most machines and floating IPs, then a fault with a name, then one of the data path. */
function rankOf({ severity, fault, root, facts }: Diagnosis, { machines, floatingIps, namespace }: Scope): number {
  const concerned = Math.min(machines.length + floatingIps.length, 9_999);
  const isOfRouting = ['qrouter', 'snat', 'fip'].includes(kindOf(root?.namespace ?? facts[0]?.namespace ?? namespace));
  return SEVERITIES.indexOf(severity) * 1e6 - concerned * 10 - (fault ? 2 : 0) - (isOfRouting ? 1 : 0);
}

const MOST_COMMANDS = 3;

function showsOf({ lines, facts = [] }: Case): Command[] {
  const own = facts.map(({ namespace, show }) => ({ namespace, words: show }));
  return distinct([...own, ...lines.map(showOf)]).slice(0, MOST_COMMANDS);
}

function fixesOf(view: NodeView, found: Case, fault: Fault | undefined): Command[] {
  const repairs = found.lines.flatMap(({ namespace, repair }) => repair.map((words) => ({ namespace, words })));
  const restart = fault?.restart ? [{ namespace: '-', words: ['systemctl', 'restart', fault.restart] }] : [];
  const again = fault ? undefined : plugAgain(found.lines);
  return distinct([...(again ?? (fault?.fix ? fault.fix(found, view) : repairs)), ...restart]);
}

/** What is missing with all that is in it cannot be put back by hand: the agent makes it when it starts. */
function plugAgain([root, ...rest]: Difference[]): Command[] | undefined {
  if (root?.kind !== 'missing') return undefined;
  const name = root.aspect === 'namespaces' ? root.namespace : (root.expected ?? '');
  const isWhole = root.aspect === 'namespaces' || (rest.length > 0 && ['links', 'ports'].includes(root.aspect));
  if (!isWhole) return undefined;
  const service = name.startsWith('qdhcp-') ? 'neutron-dhcp-agent' : 'neutron-l3-agent';
  const isOfAgent = root.aspect !== 'ports' || /^br-int (?:qr|sg|qg|fg|ha)-/.test(name);
  return isOfAgent ? [{ namespace: '-', words: ['systemctl', 'restart', service] }] : [];
}

function distinct(commands: readonly Command[]): Command[] {
  return [...new Map(commands.map((command) => [JSON.stringify(command), command])).values()];
}

function withOthers(ranked: readonly Ranked[]): Ranked[] {
  const nodes = new Map<string, Set<string>>();
  for (const { topic, diagnosis } of ranked) nodes.set(topic, (nodes.get(topic) ?? new Set()).add(diagnosis.node));
  return ranked.map((entry) => ({
    ...entry,
    diagnosis: {
      ...entry.diagnosis,
      alsoOn: [...nodes.get(entry.topic)!].filter((node) => node !== entry.diagnosis.node),
    },
  }));
}
