/**
 * `textDocument/publishDiagnostics`: what is wrong with the text (source `dvrscope`), and what the last comparison found on the nodes,
 * on the lines that caused it (source `dvrscope live`).
 */
import type { Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity } from 'vscode-languageserver';
import { pointer, type Pointer, type Problem, type Range, type Severity } from '../../shared/problem.ts';
import { type Severities, type SilencedProblems, ignoresOf, silence, silenceProblems } from '../../shared/silence.ts';
import { CODES } from '../codes.ts';
import { documentation } from '../documentation.ts';
import type { Document } from '../document.ts';
import type { Finding } from '../report.ts';
import type { LiveComparison } from './compare.ts';
import { lspRange, rangeOf } from './range.ts';

/**
 * What comments in the text and settings leave of it.
 * @param typing where somebody is typing: what is only not finished there is not told yet
 */
export function diagnostics(
  document: Document,
  comparison: LiveComparison | undefined,
  severities: Severities = NONE,
  typing?: Range,
): Diagnostic[] {
  const { problems } = toldProblems(document, severities);
  const told = typing ? problems.filter((problem) => !isWithheld(problem, typing)) : problems;
  return [
    ...told.map((problem) => problemDiagnostic(document, problem)),
    ...(comparison ? liveDiagnostics(document, comparison, severities) : []),
  ];
}

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
  const related = (problem.related ?? []).map(({ pointer: other, message }): DiagnosticRelatedInformation => ({
    location: { uri: document.text.uri, range: rangeOf(document, other, 'key') },
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

/** What nothing in the topology asks for is shown at its node. */
export const placeOf = (finding: Finding): Pointer => finding.pointer ?? pointer('nodes', finding.node ?? '');

/** What the last comparison found and is to be told. */
export function toldFindings(document: Document, { findings }: LiveComparison, severities: Severities): Finding[] {
  const ignores = ignoresOf(document.text.getText());
  const lineOf = (finding: Finding): number => rangeOf(document, placeOf(finding), 'key').start.line;
  return silence(findings, ignores, severities, lineOf).kept;
}

/** Nothing is silenced without a word. */
export function silencedNote(document: Document, comparison: LiveComparison, severities: Severities = NONE): string[] {
  const count = comparison.findings.length - toldFindings(document, comparison, severities).length;
  const findings = count === 1 ? '1 finding is' : `${count} findings are`;
  return count > 0 ? [`${findings} silenced, by comments in the file or by settings`] : [];
}

/** Findings are placed by pointer in the text as it is now, so that they move along with what is typed above them. */
function liveDiagnostics(document: Document, comparison: LiveComparison, severities: Severities): Diagnostic[] {
  const note = document.text.getText() === comparison.text ? '' : STALE;
  return toldFindings(document, comparison, severities).map((finding) => {
    const href = documentation(finding.fault ?? finding.code);
    return {
      range: rangeOf(document, placeOf(finding), 'key'),
      severity: SEVERITY[finding.severity],
      source: 'dvrscope live',
      code: finding.code,
      ...(href !== undefined && { codeDescription: { href } }),
      message: finding.message + seeHow(finding) + note,
    };
  });
}

/** The first command that shows it; the others are in the report. */
const seeHow = ({ show }: LiveComparison['findings'][number]): string =>
  show[0] === undefined ? '' : ` To see it: ${show[0]}`;

const STALE = ' (The topology has changed since this comparison; compare again.)';
