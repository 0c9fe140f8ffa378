/** What `dvrscope verify` prints for people: what was asked, what was not, and each way in which promises break. */
import { renderTrace } from '../../shared/trace/render.ts';
import { PROMISES, type PromiseKind } from '../../shared/verify/promise.ts';
import type { Reason } from '../../shared/verify/verify.ts';
import type { VerifyReport, WitnessReport } from '../verified.ts';

/** How many ways of breaking are shown: a page. All are in the JSON. */
const MAX_SHOWN = 8;
/** How many lines of a trace. */
const MAX_LINES = 14;
/** How many places of one way, and how many reasons. */
const MAX_PLACES = 3;
const MAX_REASONS = 12;

export function verifyAsText(report: VerifyReport): string {
  const { topology, from, counts, broken, written, summary } = report;
  const over =
    from === 'live'
      ? `the live state of ${report.nodes.filter(({ error }) => error === null).length} nodes`
      : 'the expected state';
  const lines = written.filter(({ verdict }) => verdict !== 'held');
  return [
    `${topology}: ${summary.asked.toLocaleString('en')} promises over ${over}`,
    ...table(counts),
    ...reasons('Not promised', report.leftOut),
    ...reasons('Not known whether they hold', report.unknown),
    ...broken
      .slice(0, MAX_SHOWN)
      .flatMap((one, i) => [
        '',
        `${i + 1}. ${promises(one.count)} broken: ${one.kinds.map(({ kind, count }) => `${count} ${SHORT[kind]}`).join(', ')}`,
        `   at       ${some(one.places)}`,
        `   because  ${one.what}`,
        ...witnessLines(one.witness),
      ]),
    ...more(broken.slice(MAX_SHOWN)),
    ...lines.flatMap(({ promise, verdict, what, witness, range }) => [
      '',
      `${verdict === 'broken' ? 'broken' : 'not known'}: "${promise}"${range ? ` (${topology}:${range.start.line + 1})` : ''}`,
      `   because  ${what}`,
      ...(witness ? witnessLines(witness) : []),
    ]),
    '',
    `${summary.held.toLocaleString('en')} held, ${summary.broken.toLocaleString('en')} broken, ${summary.unknown.toLocaleString('en')} not known`,
    '',
  ].join('\n');
}

const promises = (count: number): string => (count === 1 ? '1 promise' : `${count.toLocaleString('en')} promises`);

const table = (counts: VerifyReport['counts']): string[] => [
  `${'asked'.padStart(14)}${'held'.padStart(14)}${'broken'.padStart(10)}${'not known'.padStart(12)}`,
  ...counts.map(
    ({ kind, asked, held, broken, unknown }) =>
      `${number(asked, 14)}${number(held, 14)}${number(broken, 10)}${number(unknown, 12)}  ${PROMISES[kind]}`,
  ),
];

const number = (value: number, width: number): string => value.toLocaleString('en').padStart(width);

const SHORT: Record<PromiseKind, string> = {
  inside: 'between ports',
  outside: 'to the outside',
  'no-way-out': 'not to get out',
  'floating-ip': 'to floating IPs from outside',
  'floating-inside': 'to floating IPs from inside',
  neutron: 'to gateways and DHCP ports',
  metadata: 'of metadata',
  apart: 'to be kept apart',
  written: 'written down',
};

function reasons(title: string, all: readonly Reason[]): string[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, MAX_REASONS);
  const rest = all.slice(MAX_REASONS);
  return [
    '',
    `${title}:`,
    ...shown.map(
      ({ reason, count, example }) => `${number(count, 14)}  ${reason}${example === '' ? '' : ` (${example})`}`,
    ),
    ...(rest.length > 0
      ? [`${number(total(rest), 14)}  for ${rest.length} other reasons, listed by --format json`]
      : []),
  ];
}

const total = (entries: readonly { count: number }[]): number => entries.reduce((sum, { count }) => sum + count, 0);

const some = (places: readonly string[]): string =>
  places.length <= MAX_PLACES
    ? places.join(', ')
    : `${places.slice(0, MAX_PLACES).join(', ')} and ${(places.length - MAX_PLACES).toLocaleString('en')} more`;

function witnessLines({ promise, command, trace, isConfirmed }: WitnessReport): string[] {
  // Flows and what is inside of tables stand deeper; the command shows them.
  const lines = renderTrace(trace)
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '' && !/^ {8}/.test(line));
  const cut = lines.length - MAX_LINES;
  return [
    `   promise  ${promise}${isConfirmed ? '' : ' (the trace does not break it: a fault of dvrscope, please report it)'}`,
    `   to see   ${command}`,
    ...lines.slice(0, MAX_LINES).map((line) => `     | ${line}`),
    ...(cut > 0 ? [`     | … ${cut} more lines`] : []),
  ];
}

function more(rest: VerifyReport['broken']): string[] {
  if (rest.length === 0) return [];
  return ['', `and ${promises(total(rest))} broken in ${rest.length} more ways, listed by --format json`];
}
