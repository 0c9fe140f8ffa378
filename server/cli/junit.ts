/** A report as JUnit XML: the topology and each node are test cases, their findings failures. */
import type { Finding, Report } from '../report.ts';

export function reportAsJunit(report: Report): string {
  const cases = [
    { name: 'topology', error: null, findings: report.findings.filter(({ node }) => node === null) },
    ...report.nodes.map(({ node, error }) => ({
      name: node,
      error,
      findings: report.findings.filter((finding) => finding.node === node && finding.kind !== 'not-collected'),
    })),
  ];
  const failed = cases.filter(({ findings }) => findings.length > 0).length;
  const errors = cases.filter(({ error }) => error !== null).length;
  const body = cases.map(
    ({ name, error, findings }) =>
      `    <testcase classname=${attribute(report.topology)} name=${attribute(name)}>\n${findings.map(failure).join('')}${
        error === null ? '' : `      <error message=${attribute(error)}/>\n`
      }    </testcase>\n`,
  );
  const counts = `tests="${cases.length}" failures="${failed}" errors="${errors}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n  <testsuite name="dvrscope check" ${counts}>\n${body.join('')}  </testsuite>\n</testsuites>\n`;
}

const failure = ({ code, message, expected, live, fix, show, file, range }: Finding): string =>
  `      <failure type=${attribute(code)} message=${attribute(message)}>${escape(
    [
      ...(range ? [`at: ${file}:${range.start.line + 1}:${range.start.character + 1}`] : []),
      `expected: ${expected ?? 'nothing'}`,
      `live: ${live ?? 'nothing'}`,
      ...show.map((command) => `to see: ${command}`),
      ...fix.map((command) => `to mend: ${command}`),
    ].join('\n'),
  )}</failure>\n`;

const attribute = (text: string): string => `"${escape(text).replaceAll('\n', '&#10;')}"`;

/** XML 1.0 has no place at all for most control characters. */
const escape = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- these are the characters that XML forbids
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
