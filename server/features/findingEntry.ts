/** Findings of a comparison as the client lists them, and how they are named from one request to the next. */
import { createHash } from 'node:crypto';
import type { FindingEntry } from '../../shared/protocolNodes.ts';
import type { Severities } from '../../shared/silence.ts';
import type { Document } from '../document.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { placeOf, toldFindings } from './diagnostics.ts';
import { locationOf } from './range.ts';

/** Made of what is found and where, so that another comparison that finds it again gives it the same. */
export function findingId({ code, node, namespace, aspect, expected, live, pointer, fault }: Finding): string {
  const parts = [code, node, namespace, aspect, expected, live, pointer, fault];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** The finding of that name, if the last comparison found it. */
export const findingNamed = (comparison: LiveComparison | undefined, id: string): Finding | undefined =>
  comparison?.findings.find((finding) => findingId(finding) === id);

export function findingEntry(document: Document, finding: Finding): FindingEntry {
  const { code, severity, message, fault, node, fix } = finding;
  const { uri, range } = locationOf(document, placeOf(finding), 'key');
  return {
    id: findingId(finding),
    code,
    severity,
    message,
    label: labelOf(finding),
    ...(fault !== null && { fault }),
    ...(node !== null && { node }),
    uri,
    line: range.start.line,
    fix,
  };
}

/** Those that are told, with what the client needs of them. */
export const toldOf = (
  document: Document,
  comparison: LiveComparison | undefined,
  severities: Severities = new Map(),
): Finding[] => (comparison ? toldFindings(document, comparison, severities) : []);

const KIND: Readonly<Record<Finding['kind'], string>> = {
  missing: 'missing',
  unexpected: 'not expected',
  different: 'different',
  misplaced: 'on the wrong node',
  'not-collected': 'not collected',
  invalid: '',
};

/** What it is, then the line of the tool. */
function labelOf({ code, kind, title, expected, live, message }: Finding): string {
  if (kind === 'invalid' || kind === 'not-collected') return message;
  const noun = code.replace(/-(?:missing|unexpected|different|misplaced)$/, '').replaceAll('-', ' ');
  const what = title ?? (noun === code.replaceAll('-', ' ') ? noun : `${noun} ${KIND[kind]}`);
  const line = (live ?? expected ?? '').split('\n')[0]!.replaceAll(/\s+/g, ' ');
  return `${what}: ${kind === 'missing' ? (expected ?? '').split('\n')[0]!.replaceAll(/\s+/g, ' ') : line}`;
}
