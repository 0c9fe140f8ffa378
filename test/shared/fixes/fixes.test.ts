/**
 * Every fix that is offered for the wrong example of every check: the text stays YAML, the problem is gone, no error has come,
 * and the comments are all there. At least six in ten checks have one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCollection, parseDocument, visit } from 'yaml';
import { CHECKS, runChecks } from '../../../shared/checks/table.ts';
import { applyEdits, areApart } from '../../../shared/fixes/edits.ts';
import { FIXES, fixAll, fixesOf } from '../../../shared/fixes/table.ts';
import type { Problem } from '../../../shared/problem.ts';
import { readTopology } from '../../../shared/topology/read.ts';

const problemsOf = (text: string): Problem[] => {
  const { topology, problems } = readTopology(text);
  return [...problems, ...runChecks(topology)];
};

const commentsOf = (text: string): string[] => text.match(/#.*$/gm) ?? [];

/** An example as other people would have written it. */
const STYLES: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  'in blocks': (text) => {
    const document = parseDocument(text, { schema: 'failsafe' });
    visit(document, (_, node) => {
      if (isCollection(node)) node.flow = node.items.length === 0;
    });
    return document.toString({ lineWidth: 0 });
  },
  'with CRLF': (text) => text.replaceAll('\n', '\r\n'),
  'with comments behind all lines': (text) => text.replace(/^([^#\n]*[^\s#\n])$/gm, '$1 # kept'),
  'over many lines': (text) => text.replace(/([{[])(?=\S)/g, '$1\n                    ').replace(/^( *#).*$/gm, '$1'),
};

const errorsOf = (problems: readonly Problem[]): string[] =>
  problems.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code} ${message}`);

const told = (problem: Problem): string => `${problem.code} ${problem.pointer} ${problem.message}`;

function checkFixes(code: string, text: string): number {
  const read = { text, ...readTopology(text) };
  const before = problemsOf(text);
  let offered = 0;
  for (const problem of before.filter((each) => each.code === code))
    for (const { title, edits } of fixesOf(problem, read)) {
      assert.match(title, /^[A-Z]/);
      if (!edits) continue;
      offered++;
      assert.ok(edits.length > 0 && areApart(edits), title);
      const after = applyEdits(text, edits);
      const left = problemsOf(after);
      const what = `${title}\n${problem.message}\n${after}`;
      assert.ok(!left.some((each) => told(each) === told(problem)), `the problem is still there: ${what}`);
      const came = errorsOf(left).filter((error) => !errorsOf(before).includes(error));
      assert.deepEqual(came, [], what);
      assert.deepEqual(commentsOf(after), commentsOf(text), what);
    }
  return offered;
}

for (const { code, wrong } of CHECKS)
  if (Object.hasOwn(FIXES, code))
    for (const [style, write] of Object.entries(STYLES))
      test(`${code}, ${style}`, () => {
        const text = write(wrong);
        assert.equal(problemsOf(text).length, problemsOf(wrong).length, text);
        assert.ok(checkFixes(code, text) > 0, 'no fix is offered');
      });

test('at least six in ten checks have a fix, and each row is of a code', () => {
  const fixable = CHECKS.filter(({ code }) => Object.hasOwn(FIXES, code));
  assert.ok(fixable.length >= CHECKS.length * 0.6, `${fixable.length} of ${CHECKS.length}`);
});

test('fix all leaves no problem with a preferred fix, and nothing else changes', () => {
  for (const { code, wrong } of CHECKS) {
    let text = wrong;
    for (let round = 0; round < 5; round++) {
      const fixed = fixAll(problemsOf(text), { text, ...readTopology(text) });
      if (fixed.done.length === 0) break;
      text = fixed.text;
    }
    const rest = fixAll(problemsOf(text), { text, ...readTopology(text) });
    assert.deepEqual(rest.done, [], code);
    assert.deepEqual(commentsOf(text), commentsOf(wrong), code);
    assert.ok(problemsOf(text).length <= problemsOf(wrong).length, code);
  }
});
