/**
 * A report as annotations of GitHub Actions: workflow commands that show each finding on its line of a pull request
 * (docs.github.com, "Workflow commands for GitHub Actions": `error`, `warning`, `notice`).
 */
import type { Severity } from '../../shared/problem.ts';
import { withoutControls } from '../collect/shellQuote.ts';
import type { Finding, Report } from '../report.ts';

const COMMAND: Record<Severity, string> = { error: 'error', warning: 'warning', information: 'notice', hint: 'notice' };

/** GitHub shows ten annotations of a kind for each step; all are in the log. */
export const reportAsGithub = ({ findings }: Report): string => findings.map(annotation).join('');

function annotation({ code, severity, message, file, range, node, fault }: Finding): string {
  const title = [fault ?? code, ...(node === null ? [] : [`on ${node}`])].join(' ');
  const place = range && {
    line: range.start.line + 1,
    endLine: range.end.line + 1,
    // Columns are for annotations of one line.
    ...(range.start.line === range.end.line && {
      col: range.start.character + 1,
      endColumn: Math.max(range.start.character, range.end.character - 1) + 1,
    }),
  };
  const properties = Object.entries({ file, ...place, title: `dvrscope ${title}` });
  const list = properties.map(([key, value]) => `${key}=${escapeProperty(withoutControls(String(value)))}`).join(',');
  return `::${COMMAND[severity]} ${list}::${escapeData(withoutControls(message))}\n`;
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
