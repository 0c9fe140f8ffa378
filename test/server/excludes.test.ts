// What the settings of an editor exclude: each pattern against paths, as VS Code has it hide them in its explorer.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { excludedIn, excludesFrom } from '../../server/excludes.ts';

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** Whether a path is excluded, or a folder above it. */
function isExcluded(answers: readonly unknown[], name: string, open = '/w'): boolean {
  const { dir, base } = path.posix.parse(path.posix.join(open, name));
  return excludedIn({ path: open, excludes: excludesFrom(answers) }, dir)?.(base) ?? true;
}

/** Which of these paths a pattern excludes. */
const PATTERNS: [pattern: string, excluded: string[], others: string[]][] = [
  ['build', ['build', 'build/a.dvr.yaml', 'build/x/y'], ['x/build', 'builds', 'a.build', 'Build.d']],
  ['build/', ['build', 'build/x'], ['x/build']],
  ['build/**', ['build', 'build/x', 'build/x/y'], ['x/build', 'builds']],
  ['build/*', ['build/x', 'build/.x', 'build/x/y'], ['build', 'x/build/y']],
  ['*', ['x', '.x', 'x/y'], []],
  ['**', ['x', 'x/y', '.x/y'], []],
  ['**/', ['x', 'x/y'], []],
  ['**/**', ['x', 'x/y'], []],
  ['*.yaml', ['a.yaml', '.yaml'], ['x/a.yaml', 'a.yaml.x', 'ayaml']],
  ['**/*.yaml', ['a.yaml', 'x/a.yaml', 'x/.yaml', 'a.yaml/x'], ['a.yml', 'yaml']],
  ['**/build', ['build', 'x/build', 'x/y/build/z', 'build/x'], ['x/builds', 'buil']],
  ['**/build/', ['build', 'x/build/y'], ['builds']],
  ['**/build/**', ['build', 'x/build', 'x/build/y/z'], ['x/builds/y']],
  ['**/build/*', ['build/x', 'x/build/y'], ['build', 'x/build']],
  ['**/a/b', ['a/b', 'x/a/b', 'x/a/b/c'], ['a', 'b', 'a/x/b', 'xa/b']],
  ['a/b', ['a/b', 'a/b/c'], ['a', 'x/a/b', 'a/bc']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b', 'a/x/b/c'], ['a', 'a/x', 'b', 'x/a/b']],
  ['a/**/**/b', ['a/b', 'a/x/y/b'], ['a/x']],
  ['a/*/b', ['a/x/b'], ['a/b', 'a/x/y/b']],
  ['**/a/**/b/*.yaml', ['a/b/c.yaml', 'x/a/y/z/b/c.yaml'], ['a/b/c.yml', 'a/c.yaml', 'b/a/c.yaml']],
  ['a?c', ['abc', 'a.c', 'a?c'], ['ac', 'abbc', 'a/c', 'x/abc']],
  ['a*c', ['ac', 'abc', 'abbc', 'a*c'], ['abcd', 'a/c']],
  // Within a name, two stars are one.
  ['a**c', ['ac', 'abbc'], ['a/c', 'a/b/c']],
  ['**c', ['c', 'abc'], ['a/c', 'cb']],
  ['{a,b}', ['a', 'b', 'a/x'], ['ab', 'c', '{a,b}']],
  ['**/*.{yaml,yml}', ['a.yaml', 'x/a.yml'], ['a.yamlyml', 'a.']],
  ['{**/*.html,**/*.txt}', ['a.html', 'x/y/a.txt'], ['a.htm']],
  ['{a/b,c}/d', ['a/b/d', 'c/d'], ['a/d', 'b/d', 'a/b', 'c']],
  ['{a,b}{1,2}', ['a1', 'a2', 'b1', 'b2'], ['a', 'ab', '12']],
  ['x{,a}', ['x', 'xa'], ['xb', 'xaa']],
  ['x{a,}', ['xa'], ['x']],
  ['**/{,x}', ['x', 'y/x'], ['y', 'y/z']],
  ['{a/,b/}', ['a', 'b'], ['ab']],
  ['{}a', ['a'], ['{}a']],
  ['example.[0-9]', ['example.0', 'example.9'], ['example.a', 'example.10', 'example.']],
  ['example.[!0-9]', ['example.a', 'example.b', 'example.!'], ['example.0', 'example.']],
  ['[^ab]', ['c', '^'], ['a', 'b', 'cc']],
  ['[a-c-]', ['a', 'b', 'c', '-'], ['d']],
  ['[abx-z]*', ['a', 'bcd', 'y.yaml'], ['c', 'w']],
  ['a[!x]b', ['ayb', 'a.b'], ['axb', 'a/b', 'ab']],
  ['post/[[]id[]]/**', ['post/[id]', 'post/[id]/x'], ['post/id', 'post/i']],
  ['[]a]', [']', 'a'], ['[', ']a']],
  ['[{]a,b[}]', ['{a,b}'], ['a', 'b']],
  ['[z-a]', [], ['z', 'a', 'm', '-']],
  ['[*]', ['*'], ['a']],
  ['[.]git', ['.git'], ['xgit']],
  ['a+(b)|c^$', ['a+(b)|c^$'], ['aab']],
  [' build ', ['build'], ['x']],
  ['ü/*.ß', ['ü/x.ß'], ['ü/x.s']],
  // What VS Code hides nothing with: all its patterns begin in the folder that is open, and none has an empty name in it.
  ['/build', [], ['build', 'x/build']],
  ['./build', [], ['build']],
  ['../w/build', [], ['build']],
  ['a//b', [], ['a/b', 'a']],
  ['/w/build', [], ['build']],
  ['a\\b', ['a\\b'], ['a/b']],
  ['!build', ['!build'], ['build', 'x']],
  ['', [], ['a', 'a/b']],
  ['/', [], ['a']],
  // Half a pattern ends where what does not end begins.
  ['a{b', ['a'], ['b', 'ab', 'a{b']],
  ['a[b', ['a'], ['b', 'ab', 'a[b']],
  ['{a,{b,c}}', ['a'], ['b', 'c']],
  ['[', [], ['[', 'a']],
  ['{', [], ['{', 'a']],
  ['a]', [], ['a', 'a]']],
];

describe('a pattern', () => {
  for (const [pattern, excluded, others] of PATTERNS)
    it(JSON.stringify(pattern), () => {
      const all = [...excluded, ...others];
      assert.deepEqual(
        all.filter((name) => isExcluded([{ [pattern]: true }], name)),
        excluded,
      );
    });
});

const NAME = 'x/a.dvr.yaml';
/** What an editor answers for `files.exclude` and `search.exclude`, and whether a name is excluded then. */
const ANSWERS: [answers: unknown[], isExcluded: boolean][] = [
  [[{ x: true }, {}], true],
  [[{}, { x: true }], true],
  [[{ x: false }, {}], false],
  [[{ x: true }, { y: true }], true],
  // One that says of the other one's pattern that it does not count.
  [[{ x: true }, { x: false }], false],
  [[{ x: false }, { x: true }], true],
  [[{ x: true }, { '**/x': false }], true],
  // Nobody said so.
  [[], false],
  [[null, undefined], false],
  [[7, 'x'], false],
  [[['x'], [true]], false],
  [[{ x: null }, { x: 1 }], false],
  [[{ x: 'true' }, { x: {} }], false],
  [[{ x: { when: 7 } }, { x: { when: null } }], false],
  [[{ x: [true] }, { toString: true }], false],
  [[JSON.parse('{"__proto__": true, "constructor": true}'), {}], false],
];

describe('an answer', () => {
  for (const [answers, expected] of ANSWERS)
    it(JSON.stringify(answers), () => assert.equal(isExcluded(answers, NAME), expected));
});

/** Patterns that count beside another name only. */
const BESIDE: [pattern: string, when: string, excluded: string[]][] = [
  ['**/*.yaml', '$(basename).j2', ['a.dvr.yaml']],
  ['*.yaml', '$(basename).yaml.in', ['b.dvr.yaml']],
  ['*.yaml', 'a.dvr.j2', ['a.dvr.yaml', 'b.dvr.yaml', 'c.dvr.yaml']],
  ['c*', '$(basename).link', ['c.dvr.yaml']],
  ['d', '$(basename).j2', ['d']],
  ['.hidden', '$(basename).j2', ['.hidden']],
  ['*', '$&', []],
  ['*', '../$(basename)', []],
  ['*', '', []],
  ['*', '.', []],
  ['*', '..', []],
  ['*', '$(basename)\0', []],
  ['*', 'x'.repeat(5000), []],
];

describe('a pattern with `when`', () => {
  const open = mkdtempSync(path.join(tmpdir(), 'dvrscope-when-'));
  folders.push(open);
  for (const name of ['a.dvr.j2', 'b.dvr.yaml.in', 'd.j2', '.hidden.j2']) writeFileSync(path.join(open, name), '');
  symlinkSync('nowhere', path.join(open, 'c.dvr.link'));
  const names = ['a.dvr.yaml', 'b.dvr.yaml', 'c.dvr.yaml', 'd', '.hidden'];
  for (const [pattern, when, excluded] of BESIDE)
    it(JSON.stringify([pattern, when.slice(0, 20)]), () =>
      assert.deepEqual(
        names.filter((name) => isExcluded([{ [pattern]: { when } }], name, open)),
        excluded,
      ),
    );
});

describe('more than anybody writes', () => {
  const LONG = 'a'.repeat(200);
  /** Ways to let a matcher try again and again. */
  const hostile = [
    `${'*a'.repeat(400)}b`,
    `${'**/a/'.repeat(150)}b`,
    `${'**/*a'.repeat(150)}/b`,
    '{a,b}'.repeat(100),
    '{a,b}'.repeat(9),
    `${'{*,a*,**}'.repeat(6)}c`,
    '['.repeat(999),
    '{'.repeat(999),
    '}'.repeat(999),
    `[${'a-'.repeat(490)}]`,
    '?'.repeat(999),
    '*'.repeat(100_000),
    '**/'.repeat(100_000),
  ];

  for (const pattern of hostile)
    it(`${pattern.slice(0, 12)}… ends`, () => {
      const names = `${`${LONG}/`.repeat(20)}c`;
      const excludes = excludesFrom([{ [pattern]: true, x: true }]);
      assert.ok(excludes.unused.every((each) => each === pattern));
      isExcluded([{ [pattern]: true }], names);
      assert.equal(isExcluded([{ [pattern]: true, '**/c': true }], names), true);
    });

  it('is not obeyed, and not passed over in silence', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`**/*.${i}`, true]));
    const { unused } = excludesFrom([many, { '{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}': true }]);
    assert.ok(unused.length > 5000 && unused.length < 10_000, `${unused.length}`);
    assert.equal(isExcluded([many], 'x/y.1'), true);
    assert.equal(unused.at(-1), '{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}');
  });

  it('is not even read, where it is too much', () => {
    const many = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, i) => [`{a,b}{c,d}${'*'.repeat(900)}${i}`, true]),
    );
    const { unused, begins } = excludesFrom([{ build: true }, many]);
    assert.ok(unused.length > 49_900 && begins.length > 1, `${unused.length}`);
    assert.equal(isExcluded([{ build: true }, many], 'build/x'), true);
  });

  it('is obeyed where it is names', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`**/name${i}`, true]));
    assert.deepEqual(excludesFrom([many]).unused, []);
    assert.equal(isExcluded([many], 'x/name9999/y'), true);
    assert.equal(isExcluded([many], 'x/name10000/y'), false);
  });
});
