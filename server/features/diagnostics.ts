/**
 * `textDocument/publishDiagnostics`: what is wrong with the text (source `dvrscope`), and what the last comparison found on the nodes,
 * on the lines that caused it (source `dvrscope live`).
 */
import type { Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location } from 'vscode-languageserver';
import { pointer, type Pointer, type Problem, type Range, type Severity } from '../../shared/problem.ts';
import { type Severities, type SilencedProblems, ignoresOf, silence, silenceProblems } from '../../shared/silence.ts';
import { fileOf, ownRange } from '../../shared/topology/fileSpan.ts';
import { CODES } from '../codes.ts';
import { documentation } from '../documentation.ts';
import type { Document } from '../document.ts';
import type { Finding } from '../report.ts';
import { nameOfUri } from '../uri.ts';
import type { LiveComparison } from './compare.ts';
import { liveTextOf } from './liveText.ts';
import { locationOf, lspRange, rangeOf } from './range.ts';

/**
 * What comments in the text and settings leave of it.
 * @param typing where somebody is typing: what is only not finished there is not told yet
 * @param opensStates the client has documents of live states to lead to
 */
export function diagnostics(
  document: Document,
  comparison: LiveComparison | undefined,
  severities: Severities = NONE,
  typing?: Range,
  opensStates = false,
): Diagnostic[] {
  const { problems } = toldProblems(document, severities);
  const told = typing ? problems.filter((problem) => !isWithheld(problem, typing)) : problems;
  return [
    ...told.map((problem) => problemDiagnostic(document, problem)),
    ...(comparison ? liveDiagnostics(document, comparison, severities, opensStates) : []),
  ];
}

/**
 * The same for a file that several topologies include: what is not so in all of them is told with the name of the one in which it is.
 * @param documents the file in each of them
 */
export function diagnosticsInAll(
  documents: readonly Document[],
  diagnosticsIn: (document: Document) => Diagnostic[],
): Diagnostic[] {
  const [first, ...others] = documents;
  if (!first || others.length === 0) return first ? diagnosticsIn(first) : [];
  const all = documents.map((document) => ({ document, diagnostics: diagnosticsIn(document) }));
  const counts = new Map<string, number>();
  for (const key of all.flatMap(({ diagnostics: list }) => [...new Set(list.map(keyOf))]))
    counts.set(key, (counts.get(key) ?? 0) + 1);
  const told = new Set<string>();
  return all.flatMap(({ document, diagnostics: list }) =>
    list.flatMap((diagnostic) => {
      const key = keyOf(diagnostic);
      if (counts.get(key) !== documents.length) return [inRoot(diagnostic, document)];
      return told.has(key) ? [] : (told.add(key), [diagnostic]);
    }),
  );
}

const keyOf = ({ code, range, message }: Diagnostic): string => JSON.stringify([code, range, message]);

const inRoot = (diagnostic: Diagnostic, document: Document): Diagnostic => {
  const name = nameOfUri(document.parts()[0]!.text.uri);
  const { message } = diagnostic;
  return typeof message !== 'string'
    ? diagnostic
    : { ...diagnostic, message: `${message} (As a part of \`${name}\`; other topologies include this file, too.)` };
};

/** Whether a problem is not told while somebody types there. */
export const isWithheld = ({ unfinished, range }: Problem, [start, end]: Range): boolean =>
  unfinished === true && range !== undefined && range[0] <= end && start <= range[1];

const NONE: Severities = new Map();

/** Problems of the text that are to be told. */
export const toldProblems = (document: Document, severities: Severities): SilencedProblems => {
  const { sourceMap } = document.reading();
  const told = { text: document.text.getText(), sourceMap, problems: document.problems() };
  return silenceProblems(told, severities, CODES);
};

/** LSP `DiagnosticSeverity`. */
const SEVERITY: Record<Severity, DiagnosticSeverity> = { error: 1, warning: 2, information: 3, hint: 4 };

function problemDiagnostic(document: Document, problem: Problem): Diagnostic {
  const related = (problem.related ?? []).map(({ pointer: other, message, range }): DiagnosticRelatedInformation => ({
    location: range ? partLocation(document, range) : locationOf(document, other, 'key'),
    message,
  }));
  const href = documentation(problem.code);
  return {
    range: problem.range ? lspRange(document, problem.range) : rangeOf(document, problem.pointer, problem.at),
    severity: SEVERITY[problem.severity],
    source: 'dvrscope',
    code: problem.code,
    ...(href !== undefined && { codeDescription: { href } }),
    message: problem.message,
    ...(related.length > 0 && { relatedInformation: related }),
  };
}

/** Of a range over all files. */
function partLocation(document: Document, range: Range): Location {
  const part = document.parts()[fileOf(range[0])] ?? document;
  return { uri: part.text.uri, range: lspRange(part, ownRange(range)) };
}

/** What nothing in the topology asks for is shown at its node. */
export const placeOf = (finding: Finding): Pointer => finding.pointer ?? pointer('nodes', finding.node ?? '');

/** What the last comparison found and is to be told. */
export const toldFindings = (document: Document, comparison: LiveComparison, severities: Severities): Finding[] =>
  document.parts().flatMap((part) => toldFindingsIn(part, comparison, severities));

/** Those on lines of this file. */
function toldFindingsIn(document: Document, comparison: LiveComparison, severities: Severities): Finding[] {
  const own = findingsIn(document, comparison);
  const ignores = ignoresOf(document.text.getText());
  const lineOf = (finding: Finding): number => rangeOf(document, placeOf(finding), 'key').start.line;
  return silence(own, ignores, severities, lineOf).kept;
}

const homes = new WeakMap<readonly Document[], { of: LiveComparison; byFile: Map<Document, Finding[]> }>();

/** Those whose line is in this file. Told apart once for all files of a topology. */
function findingsIn(document: Document, comparison: LiveComparison): readonly Finding[] {
  const parts = document.parts();
  if (parts.length === 1) return comparison.findings;
  let known = homes.get(parts);
  if (known?.of !== comparison) {
    known = { of: comparison, byFile: new Map(parts.map((part) => [part, []])) };
    for (const finding of comparison.findings) known.byFile.get(document.home(placeOf(finding)))?.push(finding);
    homes.set(parts, known);
  }
  return known.byFile.get(document) ?? [];
}

/** All texts of a topology, by which it is seen whether one has changed. */
export const wholeText = (document: Document): string =>
  document
    .parts()
    .map(({ text }) => text.getText())
    .join('\0');

/** Nothing is silenced without a word. */
export function silencedNote(document: Document, comparison: LiveComparison, severities: Severities = NONE): string[] {
  const count = comparison.findings.length - toldFindings(document, comparison, severities).length;
  const findings = count === 1 ? '1 finding is' : `${count} findings are`;
  return count > 0 ? [`${findings} silenced, by comments in the file or by settings`] : [];
}

/** Findings are placed by pointer in the text as it is now, so that they move along with what is typed above them. */
function liveDiagnostics(
  document: Document,
  comparison: LiveComparison,
  severities: Severities,
  opensStates: boolean,
): Diagnostic[] {
  const note = wholeText(document) === comparison.text ? '' : STALE;
  return toldFindingsIn(document, comparison, severities).map((finding) => {
    const href = documentation(finding.fault ?? finding.code);
    const related = opensStates ? liveTextOf(document.text.uri, finding, comparison) : [];
    return {
      range: rangeOf(document, placeOf(finding), 'key'),
      severity: SEVERITY[finding.severity],
      source: 'dvrscope live',
      code: finding.code,
      ...(href !== undefined && { codeDescription: { href } }),
      message: finding.message + seeHow(finding) + note,
      ...(related.length > 0 && { relatedInformation: related }),
    };
  });
}

/** The first command that shows it; the others are in the report. */
const seeHow = ({ show }: LiveComparison['findings'][number]): string =>
  show[0] === undefined ? '' : ` To see it: ${show[0]}`;

const STALE = ' (The topology has changed since this comparison; compare again.)';
