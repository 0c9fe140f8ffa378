/** Fixes of files that somebody is typing: never an exception, edits inside of the text and apart, and what was YAML stays YAML. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKS, runChecks } from '../../../shared/checks/table.ts';
import { applyEdits, areApart } from '../../../shared/fixes/edits.ts';
import { dropIgnore, ignoreHere } from '../../../shared/fixes/ignore.ts';
import { fixAll, fixesOf } from '../../../shared/fixes/table.ts';
import { ignoresOf } from '../../../shared/silence.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { locate } from '../../../shared/topology/sourceMap.ts';

/** Numbers from 0 to 1, always the same ones (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

const PIECES = [
  '',
  '',
  '',
  'x',
  ':',
  ' ',
  '\n',
  '{',
  '}',
  ',',
  '0',
  '*x',
  '&x ',
  '"',
  '# c',
  '- ',
  '<<: *x',
  '2001:db8::',
  'null',
  '~',
  '/',
];

/** A few pieces of a text replaced. */
function mutated(text: string, random: () => number): string {
  let result = text.replace(/^ *#.*\n/gm, '');
  for (let i = 0; i < 3; i++) {
    const at = Math.floor(random() * result.length);
    const length = Math.floor(random() * 6);
    result = result.slice(0, at) + PIECES[Math.floor(random() * PIECES.length)]! + result.slice(at + length);
  }
  return result;
}

const isYaml = (text: string): boolean => !readTopology(text).problems.some(({ code }) => code === 'yaml-error');

function check(text: string): number {
  const read = { text, ...readTopology(text) };
  const problems = [...read.problems, ...runChecks(read.topology)];
  const wasYaml = !read.problems.some(({ code }) => code === 'yaml-error');
  let count = 0;
  for (const problem of problems) {
    const range = problem.range ?? locate(read.sourceMap, problem.pointer, problem.at);
    const ignore = range && { title: 'ignore', edits: ignoreHere(text, range[0], problem.code) };
    for (const { title, edits } of [...fixesOf(problem, read), ...(ignore ? [ignore] : [])]) {
      if (!edits) continue;
      count++;
      const what = `${problem.code}: ${title}\n${text}`;
      assert.ok(areApart(edits), what);
      assert.ok(
        edits.every(({ range: [start, end] }) => 0 <= start && start <= end && end <= text.length),
        what,
      );
      const after = applyEdits(text, edits);
      if (wasYaml) assert.ok(isYaml(after), `${what}\n--- became\n${after}`);
    }
  }
  if (wasYaml) assert.ok(isYaml(fixAll(problems, read).text), text);
  for (const { range } of ignoresOf(text).codes) dropIgnore(text, range);
  return count;
}

for (const { code, wrong, right } of CHECKS)
  test(code, () => {
    const random = randomFrom(code.length * 7919 + wrong.length);
    let count = 0;
    for (let i = 0; i < 40; i++) count += check(mutated(i % 4 === 0 ? right : wrong, random));
    assert.ok(count > 0);
  });

test('an ignore that is written silences, and one that is taken out leaves the rest', () => {
  const text = 'networks:\n  red: {mtu: 1000} # why\n  blue: {mtu: 1}\n';
  const twice = applyEdits(text, ignoreHere(text, 30, 'a-code')!);
  assert.equal(twice, 'networks:\n  # dvrscope: ignore a-code\n  red: {mtu: 1000} # why\n  blue: {mtu: 1}\n');
  const behind = applyEdits(text, ignoreHere(text, 45, 'a-code')!);
  assert.equal(behind, text.replace('{mtu: 1}', '{mtu: 1} # dvrscope: ignore a-code'));
  const more = applyEdits(behind, ignoreHere(behind, 45, 'b-code')!);
  assert.equal(more, behind.replace('a-code', 'a-code, b-code'));
  const [first, second] = ignoresOf(more).codes;
  assert.equal(applyEdits(more, dropIgnore(more, second!.range)!), behind);
  assert.equal(applyEdits(more, dropIgnore(more, first!.range)!), behind.replace('a-code', 'b-code'));
  const [only] = ignoresOf(twice).codes;
  assert.equal(applyEdits(twice, dropIgnore(twice, only!.range)!), text);
});
