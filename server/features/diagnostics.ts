/**
 * `textDocument/publishDiagnostics`: what is wrong with the text (source `dvrscope`), and what the last comparison found on the nodes,
 * on the lines that caused it (source `dvrscope live`).
 */
import type { Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity } from 'vscode-languageserver';
import { pointer, type Problem, type Severity } from '../../shared/problem.ts';
import { documentation } from '../documentation.ts';
import type { Document } from '../document.ts';
import type { LiveComparison } from './compare.ts';
import { lspRange, rangeOf } from './range.ts';

export const diagnostics = (document: Document, comparison: LiveComparison | undefined): Diagnostic[] => [
  ...document.problems().map((problem) => problemDiagnostic(document, problem)),
  ...(comparison ? liveDiagnostics(document, comparison) : []),
];

/** LSP `DiagnosticSeverity`. */
const SEVERITY: Record<Severity, DiagnosticSeverity> = { error: 1, warning: 2, information: 3 };

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

/** Findings are placed by pointer in the text as it is now, so that they move along with what is typed above them. */
function liveDiagnostics(document: Document, comparison: LiveComparison): Diagnostic[] {
  const note = document.text.getText() === comparison.text ? '' : STALE;
  return comparison.findings.map((finding) => {
    const href = documentation(finding.fault ?? finding.code);
    return {
      // What nothing in the topology asks for is shown at its node.
      range: rangeOf(document, finding.pointer ?? pointer('nodes', finding.node ?? ''), 'key'),
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
