/**
 * The verbs of fixtures about quick fixes. What is left after one is asked of the server again: what was mended must be gone,
 * and nothing new wrong.
 */
import assert from 'node:assert/strict';
import type { CodeAction, DocumentDiagnosticReport, Range } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { editsOf, placeText, unescape, type Asked } from './markers.ts';

export const fixVerbs: Record<string, (asked: Asked) => Promise<void>> = {
  /** `fixes TITLE | TITLE`: these are offered, the likeliest first, besides the comment that ignores it; `-`: none. */
  async fixes(asked) {
    const titles = (await quickFixes(asked)).map(({ title }) => title).filter((title) => !title.startsWith('Ignore '));
    assert.deepEqual(titles, asked.marker.text === '-' ? [] : asked.marker.text.split(' | '));
  },

  /**
   * `fix TITLE => TEXT`: the line is this then, and nothing else is changed; `-`: it is gone. Without `=>` the golden file has what
   * changes. `\n` and so on as in JSON.
   */
  async fix(asked) {
    const [title, line] = asked.marker.text.split(' => ');
    await applied(asked, title!, line);
  },

  /** `ignore CODE` or `ignore CODE => TEXT`: the same of the comment that silences it. */
  async ignore(asked) {
    const [code, line] = asked.marker.text.split(' => ');
    await applied(asked, `Ignore ${code} here, by a comment`, line);
  },

  /** `fixall`: what changes is in the golden file; `fixall -`: nothing. */
  async fixall(asked) {
    const { session, file, marker } = asked;
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    const [action] = await actions(asked, range, ['source.fixAll']);
    const resolved = action && ((await session.ask('codeAction/resolve', action)) as CodeAction);
    const edits = resolved?.edit ? editsOf(resolved.edit, file.uri) : [];
    const after = TextDocument.applyEdits(TextDocument.create(file.uri, '', 0, file.text), edits);
    if (marker.text === '-') assert.equal(after, file.text);
    else expectHunk(asked, 'fix all', after);
  },
};

async function applied(asked: Asked, title: string, line: string | undefined): Promise<void> {
  const { session, file, marker } = asked;
  const offered = await quickFixes(asked);
  const action = offered.find((each) => each.title === title);
  assert.ok(action, `${title} is not offered: ${offered.map((each) => each.title).join(' | ')}`);
  assert.ok(action.edit, `${title} is greyed out: ${action.disabled?.reason}`);
  const after = TextDocument.applyEdits(
    TextDocument.create(file.uri, '', 0, file.text),
    editsOf(action.edit, file.uri),
  );
  if (line === undefined) expectHunk(asked, title, after);
  else {
    const lines = file.text.split('\n');
    lines.splice(marker.line, 1, ...(line === '-' ? [] : unescape(line).split('\n')));
    assert.equal(after, lines.join('\n'));
  }
  const before = await codes(asked);
  await session.change(file.uri, after);
  try {
    const left = await codes(asked);
    const [code] = (action.diagnostics ?? []).map((each) => String(each.code));
    assert.ok(code !== undefined, 'the fix says which diagnostic it mends');
    assert.ok(countOf(left, code) < countOf(before, code), `${code} is still there: ${left.join(', ')}`);
    for (const each of new Set(left)) assert.ok(countOf(left, each) <= countOf(before, each), `${each} is new`);
  } finally {
    await session.change(file.uri, file.text);
  }
}

const countOf = (codesFound: readonly string[], code: string): number =>
  codesFound.filter((each) => each === code).length;

async function codes({ session, file }: Asked): Promise<string[]> {
  const params = { textDocument: { uri: file.uri } };
  const report = (await session.ask('textDocument/diagnostic', params)) as DocumentDiagnosticReport;
  assert.ok(report.kind === 'full');
  return report.items.map(({ code }) => String(code));
}

async function quickFixes(asked: Asked): Promise<CodeAction[]> {
  const { line, start, end } = asked.marker;
  const at = Math.max(line, 0);
  const found = await actions(asked, { start: { line: at, character: start }, end: { line: at, character: end } }, [
    'quickfix',
  ]);
  return found.filter(({ kind }) => kind === 'quickfix');
}

/** As an editor asks: with the diagnostics that it shows there. */
async function actions({ session, file }: Asked, range: Range, only: string[]): Promise<CodeAction[]> {
  const textDocument = { uri: file.uri };
  const report = (await session.ask('textDocument/diagnostic', { textDocument })) as DocumentDiagnosticReport;
  assert.ok(report.kind === 'full');
  const place = placeText(range);
  const diagnostics = report.items.filter((each) => placeText(each.range) === place);
  const asking = { textDocument, range, context: { diagnostics, only } };
  return ((await session.ask('textDocument/codeAction', asking)) as CodeAction[] | null) ?? [];
}

/** The lines that change, with the number of the first one. */
function expectHunk({ file, marker, golden }: Asked, title: string, text: string): void {
  const [before, after] = [file.text.split('\n'), text.split('\n')];
  let first = 0;
  while (first < before.length && before[first] === after[first]) first++;
  let same = 0;
  while (same < Math.min(before.length, after.length) - first && before.at(-1 - same) === after.at(-1 - same)) same++;
  const found = [
    `@ ${first + 1}`,
    ...before.slice(first, before.length - same).map((line) => `-${line}`),
    ...after.slice(first, after.length - same).map((line) => `+${line}`),
  ].join('\n');
  const place = marker.line === -1 ? '' : `${marker.line + 1}:${marker.start + 1} `;
  assert.equal(found, golden.expected(`${place}${title}`, found));
}
