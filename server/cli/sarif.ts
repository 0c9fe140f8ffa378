/** A report as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of the topology. */
import { CHECKS } from '../../shared/checks/table.ts';
import type { Severity } from '../../shared/problem.ts';
import { READER_CODES } from '../../shared/topology/codes.ts';
import { documentation, REPOSITORY } from '../documentation.ts';
import type { Finding, Report } from '../report.ts';

const LEVEL: Record<Severity, string> = { error: 'error', warning: 'warning', information: 'note', hint: 'note' };

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
    artifacts: [...new Set([topology, ...findings.map(({ file }) => file)])].map((file) => ({
      location: { uri: encodeURI(file) },
    })),
    columnKind: 'utf16CodeUnits',
    results: findings.map(resultOf),
  };
  return `${JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

/** What a rule is about, for lists of rules; codes of differences explain themselves. */
const CHECK_OF = new Map(CHECKS.map((check) => [check.code, check]));

const DOC_OF = new Map<string, string>(Object.entries(READER_CODES));

function ruleOf(id: string) {
  const helpUri = documentation(id);
  const check = CHECK_OF.get(id);
  const about = check?.doc ?? DOC_OF.get(id);
  return {
    id,
    ...(about !== undefined && { shortDescription: { text: about } }),
    ...(check && {
      fullDescription: { text: check.why },
      defaultConfiguration: { level: LEVEL[check.severity] },
    }),
    ...(helpUri !== undefined && { helpUri }),
  };
}

const placeOf = (file: string, range: Finding['range']) => ({
  physicalLocation: {
    artifactLocation: { uri: encodeURI(file) },
    ...(range && {
      region: {
        startLine: range.start.line + 1,
        startColumn: range.start.character + 1,
        endLine: range.end.line + 1,
        endColumn: range.end.character + 1,
      },
    }),
  },
});

function resultOf(finding: Finding) {
  const { code, severity, message, file, range, fault, related = [] } = finding;
  return {
    ruleId: code,
    level: LEVEL[severity],
    message: { text: message },
    locations: [placeOf(file, range)],
    ...(related.length > 0 && {
      relatedLocations: related.map((other) => ({
        ...placeOf(other.file, other.range),
        message: { text: other.message },
      })),
    }),
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
