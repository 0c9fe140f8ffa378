/** A report as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of the topology. */
import type { Severity } from '../../shared/problem.ts';
import { documentation, REPOSITORY } from '../documentation.ts';
import type { Finding, Report } from '../report.ts';

const LEVEL: Record<Severity, string> = { error: 'error', warning: 'warning', information: 'note' };

export function reportAsSarif({ findings, topology }: Report): string {
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted();
  const run = {
    tool: {
      driver: {
        name: 'dvrscope',
        informationUri: REPOSITORY,
        rules: codes.map(ruleOf),
      },
    },
    artifacts: [{ location: { uri: encodeURI(topology) } }],
    columnKind: 'utf16CodeUnits',
    results: findings.map(resultOf),
  };
  return `${JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

function ruleOf(id: string) {
  const helpUri = documentation(id);
  return { id, ...(helpUri !== undefined && { helpUri }) };
}

function resultOf(finding: Finding) {
  const { code, severity, message, file, range, fault } = finding;
  const region = range && {
    startLine: range.start.line + 1,
    startColumn: range.start.character + 1,
    endLine: range.end.line + 1,
    endColumn: range.end.character + 1,
  };
  return {
    ruleId: code,
    level: LEVEL[severity],
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(file) }, ...(region ? { region } : {}) } }],
    properties: { ...propertiesOf(finding), ...(fault ? { help: documentation(fault) } : {}) },
  };
}

const propertiesOf = ({ node, namespace, aspect, expected, live, fix, fault, title, breaks, show }: Finding) => ({
  node,
  namespace,
  aspect,
  expected,
  live,
  fix,
  fault,
  title,
  breaks,
  show,
});
