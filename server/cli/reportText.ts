/**
 * A report for a person at a terminal, at three in the morning: the worst first, what it breaks before what is missing, the reason with
 * its line, what shows it and what mends it. Nothing is told twice.
 */
import { withoutControls } from '../collect/shellQuote.ts';
import { countsOf } from '../finding.ts';
import type { Finding, Report } from '../report.ts';

export function reportAsText(report: Report): string {
  const invalid = report.findings.filter(({ kind }) => kind === 'invalid');
  const findings = (name: string) => report.findings.filter(({ node, kind }) => node === name && kind !== 'invalid');
  // Nodes in the order of their worst finding; those without any as in the topology.
  const worst = new Set(
    report.findings.flatMap(({ node, breaks }) => (node === null || breaks === null ? [] : [node])),
  );
  const nodes = [
    ...[...worst].flatMap((name) => report.nodes.filter(({ node }) => node === name)),
    ...report.nodes.filter(({ node }) => !worst.has(node)),
  ];
  const parts = [
    ...invalid.map(problemLines),
    ...nodes.flatMap(({ node, status, error }) => [
      `${node}: ${status}${elsewhere(report, node)}${error === null ? '' : ` (${withoutControls(error)})`}\n`,
      ...findings(node).map(differenceLines),
    ]),
    ...report.knownFaults.map(knownFaultLine),
    notCheckedLines(report),
    notCollectedLines(report),
    summaryLine(report),
  ];
  return parts.filter((part) => part !== '').join('');
}

/** A node that differs because of another one: the finding is there. */
function elsewhere({ findings }: Report, name: string): string {
  if (findings.some(({ node, breaks }) => node === name && breaks !== null)) return '';
  const cause = findings.find(({ differences = [] }) => differences.some(({ node }) => node === name));
  return cause?.node ? `, see ${cause.node}` : '';
}

const knownFaultLine = (fault: Report['knownFaults'][number]): string =>
  `known fault: ${placeOf(fault)} [${fault.code}] ${withoutControls(fault.message)}\n`;

const placeOf = ({ file, range }: Pick<Finding, 'file' | 'range'>): string =>
  range ? `${file}:${range.start.line + 1}:${range.start.character + 1}` : file;

const problemLines = (finding: Finding): string =>
  `${placeOf(finding)}: ${finding.severity} [${finding.code}] ${withoutControls(finding.message)}\n`;

/** As many as a person reads; the rest is in the JSON. */
const MOST_LINES = 4;

function differenceLines(finding: Finding): string {
  const { severity, code, fault, title, kind, because, fix, show, breaks, facts = [], alsoOn, live } = finding;
  if (kind === 'not-collected') return `  ${severity} [${code}] ${withoutControls(finding.message)}\n`;
  const name = fault === null ? whereOf(finding) : `${fault} ${title ?? ''}`;
  const others = alsoOn.length > 0 ? [labelled('also on', alsoOn.join(', '))] : [];
  const lines = [
    `  ${severity} [${code}] ${name}`,
    ...(breaks === null ? [] : [labelled('breaks', breaks), ...others]),
    ...(fault === null ? [] : [labelled('in', whereOf(finding))]),
    ...evidenceOf(finding),
    ...facts
      .slice(kind !== null && finding.differences === undefined && facts[0]?.live === live ? 1 : 0)
      .map((fact) => labelled('seen', fact.live ?? 'nothing')),
    ...(because
      ? [
          labelled('because', because.sentence),
          `             ${placeOf(finding)}  ${finding.pointer}  (Neutron: ${because.neutron})`,
        ]
      : facts.length > 0
        ? []
        : [labelled('because', 'nothing in the topology asks for it')]),
    ...capped(show, 'to see'),
    ...capped(fix, 'to mend'),
  ];
  return lines.map((line) => `${withoutControls(line)}\n`).join('');
}

const whereOf = ({ namespace, aspect }: Finding): string =>
  namespace === null || namespace === '-'
    ? `${aspect}`
    : aspect === 'namespaces'
      ? namespace
      : `${namespace}, ${aspect}`;

/** The difference nearest to the cause in full; of what belongs to it how much there is. */
function evidenceOf({ node: home, expected, live, differences = [], breaks }: Finding): string[] {
  const all = breaks === null ? [] : differences.slice(1);
  const [more, others] = [all.filter(({ node }) => node === home), all.filter(({ node }) => node !== home)];
  const nodes = [...new Set(others.map(({ node }) => node))];
  const [wanted, there] = expected !== null && live !== null ? shortened(expected, live) : [expected, live];
  return [
    ...sideLines('expected', wanted),
    ...sideLines('live', there),
    ...(more.length > 0 ? [labelled('with it', countsOf(more))] : []),
    ...(others.length > 0 ? [labelled('and', `${countsOf(others)} on ${nodes.join(', ')}`)] : []),
  ];
}

/** Longer than this, of two texts only the words that differ are shown, behind the first two, which name the thing. */
const LONG = 120;

function shortened(expected: string, live: string): [string, string] {
  if (Math.max(expected.length, live.length) <= LONG || `${expected}${live}`.includes('\n')) return [expected, live];
  const [left, right] = [expected.split(' '), live.split(' ')];
  const differing = (words: string[], others: string[]): string => {
    const own = words.slice(2).filter((word) => !others.includes(word));
    if (own.length > 0) return [...words.slice(0, 2), '…', ...own, '…'].join(' ');
    return [...words.slice(0, 2), '… without', ...others.slice(2).filter((word) => !words.includes(word))].join(' ');
  };
  return [differing(left, right), differing(right, left)];
}

const labelled = (label: string, text: string): string =>
  `    ${label.padEnd(8)} ${withoutControls(text.replaceAll('\t', ' '))}`;

const sideLines = (label: string, text: string | null): string[] =>
  text === null ? [labelled(label, 'nothing')] : text.split('\n').map((line) => labelled(label, line));

function capped(commands: readonly string[], label: string): string[] {
  const left = commands.length - MOST_LINES;
  const shown = left > 0 ? commands.slice(0, MOST_LINES) : commands;
  return [
    ...shown.map((command) => labelled(label, command)),
    ...(left > 0 ? [labelled(label, `… and ${left} more commands, in --format json`)] : []),
  ];
}

/** One line for each reason, however many namespaces it concerns. */
function notCheckedLines({ notChecked }: Report): string {
  const reasons = new Map<string, Set<string>>();
  for (const { side, reason, namespace, aspect } of notChecked) {
    if (side !== 'expected') continue;
    const places = reasons.get(reason) ?? new Set();
    reasons.set(reason, places.add(aspect === 'namespaces' ? `${namespace.split('-')[0]} namespaces` : aspect));
  }
  return [...reasons].map(([reason, places]) => `not checked: ${reason} (${[...places].join(', ')})\n`).join('');
}

/** What did not come and is no finding, because it decides nothing about IPv4 packets: one line for each aspect, with an example. */
function notCollectedLines({ notChecked, findings }: Report): string {
  const told = new Set(
    findings.flatMap(({ kind, node, namespace, aspect }) =>
      kind === 'not-collected' ? [`${node} ${namespace ?? '-'} ${aspect}`] : [],
    ),
  );
  const aspects = new Map<string, string[]>();
  for (const { node, side, namespace, aspect, family, reason } of notChecked) {
    if (side !== 'live' || told.has(`${node} ${namespace} ${aspect}`)) continue;
    const what = `${family === 'inet6' ? 'IPv6 ' : ''}${aspect} of ${namespace.split('-')[0]} namespaces`;
    aspects.set(what, [...(aspects.get(what) ?? []), reason]);
  }
  return [...aspects]
    .map(([what, reasons]) => `not collected: ${what} (${reasons.length}): ${withoutControls(reasons[0]!)}\n`)
    .join('');
}

function summaryLine({ summary, nodes, topology }: Report): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const compared = nodes.filter(({ status }) => status === 'in-sync' || status === 'differs').length;
  const tail =
    nodes.length === 0
      ? ''
      : `, ${count(summary.differences, 'difference')} on ${compared} of ${count(nodes.length, 'node')} compared`;
  return `${topology}: ${count(summary.error, 'error')}, ${count(summary.warning, 'warning')}${tail}${summary.silenced > 0 ? `, ${summary.silenced} silenced` : ''}\n`;
}
