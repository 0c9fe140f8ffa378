/** A report as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of the topology. */
import { createHash } from 'node:crypto';
import { isAbsolute, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { slashed } from '../diskLibrary.ts';
import { documentation, REPOSITORY } from '../documentation.ts';
import type { Finding, Report } from '../report.ts';
import { VERSION } from '../version.ts';
import { LEVEL, ruleOf } from './sarifRules.ts';

export function reportAsSarif({ findings, topology }: Report): string {
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted();
  const identities = identitiesOf(findings);
  const run = {
    tool: {
      driver: {
        name: 'dvrscope',
        informationUri: REPOSITORY,
        ...(/^\d+\.\d+\.\d+/.test(VERSION) && { version: VERSION, semanticVersion: VERSION }),
        rules: codes.map(ruleOf),
      },
    },
    originalUriBaseIds: { [ROOT]: { description: { text: 'The folder in which dvrscope was run.' } } },
    artifacts: [...new Set([topology, ...findings.map(({ file }) => file)])].map((file) => ({
      location: locationOf(file),
    })),
    columnKind: 'utf16CodeUnits',
    results: findings.map((finding, i) => resultOf(finding, codes.indexOf(finding.code), identities[i]!)),
  };
  return `${JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

/** The name that GitHub and others take for the root of the repository. */
const ROOT = '%SRCROOT%';

/** From the folder where it was run, if the file is in it: a code host knows files by their path in the repository. */
function locationOf(file: string): { uri: string; uriBaseId?: string } {
  const own = slashed(isAbsolute(file) ? relative('.', file) : file);
  if (isAbsolute(own) || (own.startsWith('../') && isAbsolute(file))) return { uri: pathToFileURL(file).href };
  const uri = own
    .replace(/^(?:\.\/)+/, '')
    .split('/')
    // Half a character is none in a URI.
    .map((part) => encodeURIComponent(part.replaceAll(/\p{Cs}/gu, '\uFFFD')))
    .join('/');
  return { uri, uriBaseId: ROOT };
}

/** A finding without a place is about the whole file; GitHub passes over results without a line. */
const WHOLE = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

function placeOf(file: string, range: Finding['range']) {
  const { start, end } = range ?? WHOLE;
  return {
    physicalLocation: {
      artifactLocation: locationOf(file),
      region: {
        startLine: start.line + 1,
        startColumn: start.character + 1,
        endLine: end.line + 1,
        endColumn: end.character + 1,
      },
    },
  };
}

function resultOf(finding: Finding, ruleIndex: number, identity: string) {
  const { code, severity, message, file, range, fault, related = [] } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: LEVEL[severity],
    message: { text: message },
    locations: [placeOf(file, range)],
    // GitHub looks at the first of them alone ("SARIF support for code scanning", `partialFingerprints`), and would make a hash of the
    // line, which several nodes' findings share.
    partialFingerprints: { primaryLocationLineHash: identity, 'dvrscope/v1': identity },
    ...(related.length > 0 && {
      relatedLocations: related.map((other, id) => ({
        id: id + 1,
        ...placeOf(other.file, other.range),
        message: { text: other.message },
      })),
    }),
    properties: { ...propertiesOf(finding), ...(fault ? { help: documentation(fault) } : {}) },
  };
}

/**
 * What each is about, wherever it stands: the same one keeps its identity when lines move. Of several that are alike, which of them it is.
 */
function identitiesOf(findings: readonly Finding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ code, file, pointer, node, namespace, aspect, expected, live, message }) => {
    // Of a difference the item tells which one it is; a message has numbers and places in it.
    const item = expected ?? live ?? (pointer === null ? message : null);
    const what = JSON.stringify([code, locationOf(file).uri, pointer, node, namespace, aspect, item]);
    const hash = createHash('sha256').update(what).digest('hex').slice(0, 16);
    const number = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, number);
    return `${hash}:${number}`;
  });
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
