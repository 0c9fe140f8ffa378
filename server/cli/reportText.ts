/** A report for a person at a terminal: the worst first, each with its line, both texts, the reason and what to run. */
import { withoutControls } from '../collect/shellQuote.ts';
import type { Finding, Report } from '../report.ts';

export function reportAsText(report: Report): string {
  const invalid = report.findings.filter(({ kind }) => kind === 'invalid');
  const parts = [
    ...invalid.map(problemLines),
    ...report.nodes.flatMap(({ node, status, error }) => {
      const findings = report.findings.filter((finding) => finding.node === node);
      return [
        `${node}: ${status}${error === null ? '' : ` (${withoutControls(error)})`}\n`,
        ...findings.map(differenceLines),
      ];
    }),
    notCheckedLines(report),
    summaryLine(report),
  ];
  return parts.filter((part) => part !== '').join('');
}

const placeOf = ({ file, range }: Finding): string =>
  range ? `${file}:${range.start.line + 1}:${range.start.character + 1}` : file;

const problemLines = (finding: Finding): string =>
  `${placeOf(finding)}: ${finding.severity} [${finding.code}] ${withoutControls(finding.message)}\n`;

function differenceLines(finding: Finding): string {
  const { severity, code, namespace, aspect, expected, live, because, fix, kind } = finding;
  if (kind === 'not-collected') return `  ${severity} [${code}] ${withoutControls(finding.message)}\n`;
  const where =
    namespace === null || namespace === '-' ? aspect : aspect === 'namespaces' ? namespace : `${namespace}, ${aspect}`;
  const lines = [
    `  ${severity} [${code}] ${where}`,
    ...sideLines('expected', expected),
    ...sideLines('live    ', live),
    ...(because
      ? [
          `    because  ${because.sentence}`,
          `             ${placeOf(finding)}  ${finding.pointer}  (Neutron: ${because.neutron})`,
        ]
      : ['    because  nothing in the topology asks for it']),
    ...fix.map((command) => `    to mend  ${command}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const sideLines = (label: string, text: string | null): string[] =>
  text === null
    ? [`    ${label} nothing`]
    : text.split('\n').map((line) => `    ${label} ${withoutControls(line.replaceAll('\t', ' '))}`);

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

function summaryLine({ summary, nodes, topology }: Report): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const compared = nodes.filter(({ status }) => status === 'in-sync' || status === 'differs').length;
  const tail =
    nodes.length === 0
      ? ''
      : `, ${count(summary.differences, 'difference')} on ${compared} of ${count(nodes.length, 'node')} compared`;
  return `${topology}: ${count(summary.error, 'error')}, ${count(summary.warning, 'warning')}${tail}\n`;
}
