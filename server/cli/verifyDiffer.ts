/** `dvrscope verify --against`: what can reach what, before and after. */
import type { Cloud } from '../../shared/trace/cloud.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { type ReachChange, type ReachComparison, compareReach } from '../../shared/verify/differ.ts';
import { traceCommand } from '../verified.ts';

/** One of the two clouds, and how its traces are asked for. */
export interface DifferSide {
  topology: Topology;
  cloud: Cloud;
  /** What it is, for people: `cloud.dvr.yaml`, `cloud.dvr.yaml --snapshot old`. */
  name: string;
  file: string;
  source: readonly string[];
}

/** `--format json`. */
export interface DifferReport {
  before: string;
  after: string;
  asked: number;
  /** `commands`: the example before and after. */
  changes: (ReachChange & { commands: { before: string; after: string } })[];
  /** What one side reaches, and of the other nobody knows. */
  unknown: ReachComparison['unknown'];
  onlyBefore: string[];
  onlyAfter: string[];
}

export function differReport(before: DifferSide, after: DifferSide): DifferReport {
  const { changes, ...rest }: ReachComparison = compareReach(before, after);
  const command = (side: DifferSide, { request }: ReachChange) => traceCommand(side.file, request, side.source);
  return {
    before: before.name,
    after: after.name,
    ...rest,
    changes: changes.map((change) => ({
      ...change,
      commands: { before: command(before, change), after: command(after, change) },
    })),
  };
}

const TITLE: Record<ReachChange['kind'], string> = {
  lost: 'cannot be reached any more',
  gained: 'can be reached now, and could not',
  source: 'is seen from another address',
};

export function differAsText(report: DifferReport): string {
  const { before, after, asked, changes, unknown, onlyBefore, onlyAfter } = report;
  return [
    `before: ${before}`,
    `after:  ${after}`,
    ...changes.flatMap(({ kind, from, to, count, example, before: old, after: now, commands }, i) => [
      '',
      `${i + 1}. ${count.toLocaleString('en')} of ${from} -> ${to}: ${TITLE[kind]}`,
      `   for example  ${example}`,
      `   before       ${old}`,
      `   after        ${now}`,
      `   to see       ${commands.before}`,
      `                ${commands.after}`,
    ]),
    '',
    ...unknown.map(
      ({ reason, count, example }) => `Not known of ${count.toLocaleString('en')}, such as ${example}: ${reason}`,
    ),
    ...only('before', onlyBefore),
    ...only('after', onlyAfter),
    changes.length === 0
      ? `No difference in ${asked.toLocaleString('en')} answers.`
      : `${sum(changes).toLocaleString('en')} of ${asked.toLocaleString('en')} answers differ.`,
    '',
  ].join('\n');
}

const sum = (changes: readonly { count: number }[]): number => changes.reduce((total, { count }) => total + count, 0);

const only = (when: string, names: readonly string[]): string[] =>
  names.length === 0
    ? []
    : [`${names.length} only ${when}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`];
