/**
 * `dvrscope/finding`: a finding as a page of markdown: what is broken, whom it concerns, the evidence, why we think so, commands to look
 * and to mend for a person to run, and where to read on. All that comes from a topology or a node stands in blocks or is escaped.
 */
import type { Fault } from '../../shared/faults/fault.ts';
import { FAULTS } from '../../shared/faults/table.ts';
import { REQUEST, type TextResult } from '../../shared/protocol.ts';
import type { FindingParams } from '../../shared/protocolNodes.ts';
import { documentation } from '../documentation.ts';
import type { Document } from '../document.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { placeOf } from './diagnostics.ts';
import { findingNamed } from './findingEntry.ts';
import { codeBlock, escapeMarkdown } from './markdown.ts';
import { isText, maybe, type OwnRequest } from './ownRequest.ts';
import { decoded, pageLink } from './pageLink.ts';
import { locationOf } from './range.ts';

export const findingRequest: OwnRequest<FindingParams> = {
  method: REQUEST.finding,
  params: { uri: isText, finding: isText, linkRoot: maybe(isText) },
  answer: ({ uri, finding, linkRoot }, { document, comparison }): TextResult => ({
    text: findingPage(document(uri), finding, comparison(uri), linkRoot),
  }),
};

/**
 * Always a page: where the finding is not there any more, it says so.
 * @param linkRoot see `FindingParams`
 */
export function findingPage(
  document: Document,
  id: string,
  comparison: LiveComparison | undefined,
  linkRoot?: string,
): string {
  const finding = findingNamed(comparison, id);
  if (!finding) return comparison ? GONE : UNKNOWN;
  const fault = FAULTS.find((each) => each.id === finding.fault);
  return `${[
    `# ${escapeMarkdown(headOf(finding))}`,
    whereText(finding),
    ...section('What is broken', brokenText(finding, fault)),
    ...section('Whom it concerns', concernText(document, finding, linkRoot)),
    ...section('Evidence', evidenceText(finding)),
    ...section('Why we think so', reasonText(finding, fault)),
    ...section('To look at it', commandsText(finding.show, 'These only read.')),
    ...section('To mend it', mendText(finding, fault)),
    ...section('To read on', referencesText(finding, fault)),
  ].join('\n\n')}\n`;
}

const GONE = `# This finding is gone

The last comparison did not find it any more: it has been mended, or the topology has changed.
`;

const UNKNOWN = `# Not compared yet

Nothing has been compared since the editor was started. Run **DVR: Compare with Live Nodes** and open the finding again.
`;

const section = (title: string, text: string): string[] => (text === '' ? [] : [`## ${title}`, text]);

const KIND: Readonly<Record<Finding['kind'], string>> = {
  missing: 'is missing',
  unexpected: 'should not be there',
  different: 'is different',
  misplaced: 'is on the wrong node',
  'not-collected': 'was not collected',
  invalid: '',
};

function headOf({ title, code, kind }: Finding): string {
  if (title !== null) return capital(title);
  const noun = code.replace(/-(?:missing|unexpected|different|misplaced|collected)$/, '').replaceAll('-', ' ');
  return kind === 'not-collected' ? 'Not collected' : capital(`${noun} ${KIND[kind]}`.trim());
}

function whereText({ severity, fault, node, namespace, aspect }: Finding): string {
  const parts = [fault, severity, node && `node ${node}`, namespace !== '-' && namespace, aspect];
  return parts
    .filter((part): part is string => typeof part === 'string')
    .map((part) => `\`${part.replaceAll('`', "'")}\``)
    .join(' · ');
}

/** What people see, then the message without what the next sections say. */
function brokenText({ message, because, fault: id, title, breaks }: Finding, fault: Fault | undefined): string {
  const elsewhere = [
    because && `Expected because ${because.sentence}.`,
    id !== null && title !== null && `${id}: ${title}.`,
    breaks !== null && `${capital(breaks)}.`,
  ].filter((part): part is string => typeof part === 'string');
  const own = elsewhere.reduce((text, part) => text.replace(part, () => ''), message).replaceAll(/ {2,}/g, ' ');
  return [...(fault ? [`**${escapeMarkdown(fault.symptom)}**`] : []), escapeMarkdown(own.trim())].join('\n\n');
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function concernText(document: Document, finding: Finding, linkRoot: string | undefined): string {
  const { breaks, alsoOn } = finding;
  const { uri, range } = locationOf(document, placeOf(finding), 'key');
  const { line } = range.start;
  const place = `line ${line + 1} of ${escapeMarkdown(decoded(uri.slice(uri.lastIndexOf('/') + 1)))}`;
  const link = linkRoot === undefined ? undefined : pageLink(linkRoot, uri, line);
  return [
    breaks === null ? '' : `${escapeMarkdown(capital(breaks))}.`,
    alsoOn.length > 0 ? `The same is found on ${alsoOn.map(escapeMarkdown).join(', ')}.` : '',
    `In the topology it is about ${link === undefined ? place : `[${place}](${link})`}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

interface Evidence {
  namespace: string | null;
  aspect: string | null;
  expected: string | null;
  live: string | null;
}

/** By place and side. A patch would be shorter, but its colours are hard to read in some themes, and its signs to hear. */
function evidenceText({ differences, facts = [], ...finding }: Finding): string {
  const byPlace = new Map<string, { expected: string[]; live: string[] }>();
  for (const { namespace, aspect, expected, live } of [...(differences ?? [finding]), ...facts] as Evidence[]) {
    const place = `${namespace ?? '-'}: ${aspect ?? ''}`;
    const lines = byPlace.get(place) ?? { expected: [], live: [] };
    byPlace.set(place, lines);
    if (expected !== null) lines.expected.push(expected);
    if (live !== null) lines.live.push(live);
  }
  return [...byPlace].flatMap(([place, { expected, live }]) => sidesText(place, expected, live)).join('\n\n');
}

function sidesText(place: string, expected: readonly string[], live: readonly string[]): string[] {
  const side = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, codeBlock(lines.join('\n'))];
  if (expected.length + live.length === 0) return [];
  const isBoth = expected.length > 0 && live.length > 0;
  return [
    `\`${place.replaceAll('`', "'")}\``,
    ...side(isBoth ? 'Expected:' : 'Expected, and not there:', expected),
    ...side(isBoth ? 'There instead:' : 'There, and not expected:', live),
  ];
}

function reasonText({ because, differences }: Finding, fault: Fault | undefined): string {
  const reasons = [because, ...(differences ?? []).map((each) => each.because)].filter((each) => each !== null);
  const bySentence = new Map(reasons.map(({ sentence, neutron }) => [sentence, neutron]));
  return [
    ...[...bySentence].map(([sentence, neutron]) => `- ${escapeMarkdown(sentence)} (\`${neutron}\`)`),
    ...(fault
      ? [`- How it comes about: ${escapeMarkdown(fault.cause)}`, `- Evidence: ${escapeMarkdown(fault.evidence)}`]
      : []),
  ].join('\n');
}

const commandsText = (commands: readonly string[], note: string): string =>
  commands.length === 0 ? '' : `${note}\n\n${codeBlock(commands.join('\n'), 'sh')}`;

function mendText({ fix, node }: Finding, fault: Fault | undefined): string {
  const restart = fault?.restart === undefined ? [] : [`systemctl restart ${fault.restart}`];
  const commands = [...fix, ...restart.filter((command) => !fix.includes(command))];
  const where = node === null ? '' : ` on ${escapeMarkdown(node)}`;
  return commandsText(commands, `For you to check and to run${where}: dvrscope never changes a node.`);
}

function referencesText({ code, fault: id }: Finding, fault: Fault | undefined): string {
  const page = documentation(id ?? code);
  return [
    ...(page === undefined ? [] : [`- [${id ?? code} in the documentation](${page})`]),
    ...(fault ? [`- Releases that have it: ${escapeMarkdown(fault.releases)}`] : []),
    ...(fault?.references ?? []).map((reference) => `- ${linked(reference)}`),
  ].join('\n');
}

/** Bug numbers of Launchpad and commits of Neutron lead there. */
function linked(reference: string): string {
  const bug = /^LP#(\d+)$/.exec(reference)?.[1];
  if (bug !== undefined) return `[Launchpad bug ${bug}](https://bugs.launchpad.net/neutron/+bug/${bug})`;
  return /^[0-9a-f]{10}$/.test(reference)
    ? `[Neutron commit ${reference}](https://opendev.org/openstack/neutron/commit/${reference})`
    : escapeMarkdown(reference);
}
