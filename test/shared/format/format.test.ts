/**
 * Formatting: rows of what becomes what, and the laws, over examples, recordings, and texts as others would have written them:
 * twice changes nothing, only white space changes, all comments are there in order, and the file means the same.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCollection, isScalar, parseDocument, visit, type Document } from 'yaml';
import { CHECKS } from '../../../shared/checks/table.ts';
import { formatEdits, formatted } from '../../../shared/format/format.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { SCENARIOS, topologyOf } from '../../support/recordings.ts';
import { cpuMs } from '../../support/cpuTime.ts';

/** The other test writes one line as it should be; `·` is a space at the end. */
const rows: [what: string, given: string, wanted: string][] = [
  ['indentation of two', 'a:\n    b:\n      c: 1\n', 'a:\n  b:\n    c: 1\n'],
  ['indentation of one', 'a:\n b:\n  c: 1\n', 'a:\n  b:\n    c: 1\n'],
  ['a list at the column of its key stays there', 'a:\n- b\n- c\n', 'a:\n- b\n- c\n'],
  ['a list further in', 'a:\n    -   b: 1\n        c: 2\n', 'a:\n  - b: 1\n    c: 2\n'],
  ['lists in lists', '-   -   a\n    -   b\n', '- - a\n  - b\n'],
  ['a dash alone', 'a:\n   -\n      b: 1\n', 'a:\n  -\n    b: 1\n'],
  ['spaces at the end', 'a: 1  \nb:\t\n', 'a: 1\nb:\n'],
  ['padding of braces', 'a: { b: 1 }\nc: [ 1, 2 ]\nd: { }\n', 'a: {b: 1}\nc: [1, 2]\nd: {}\n'],
  ['commas', 'a: [1,2 ,3]\n', 'a: [1, 2, 3]\n'],
  ['columns in braces stay', 'a: {b: 1,   c: 22}\nd: {b: 11,  c: 2}\n', 'a: {b: 1,   c: 22}\nd: {b: 11,  c: 2}\n'],
  ['empty values stay readable', 'a: {b: , c: }\n', 'a: {b: , c: }\n'],
  ['a space too many behind the colon', 'a:   1\nbcd: 2\nb:   3\n', 'a:   1\nbcd: 2\nb:   3\n'],
  ['of a value that lines up with nothing', 'a:   1\nbc: 2\n', 'a: 1\nbc: 2\n'],
  ['a space before the colon', 'a : 1\n"b" : 2\n', 'a: 1\n"b": 2\n'],
  ['blank lines', '\n\na: 1\n\n\n\nb: 2\n\n', 'a: 1\n\nb: 2\n'],
  ['no line break at the end', 'a: 1', 'a: 1\n'],
  ['CRLF stays', 'a:\r\n    b: 1\r\n\r\n\r\nc: 2', 'a:\r\n  b: 1\r\n\r\nc: 2\r\n'],
  ['comments go with the next line', 'a:\n    # b\n    b: 1\n# c\nc: 2\n', 'a:\n  # b\n  b: 1\n# c\nc: 2\n'],
  ['comments at the end of a block stay in it', 'a:\n    b: 1\n    # end\nc: 2\n', 'a:\n  b: 1\n  # end\nc: 2\n'],
  ['comments behind a line stay where they are', 'a: 1   # x\nbc: 2  # y\n', 'a: 1   # x\nbc: 2  # y\n'],
  ['a flow map over lines moves as one', 'a:\n      b: {c: 1,\n          d: 2}\n', 'a:\n  b: {c: 1,\n      d: 2}\n'],
  [
    'block text moves as one',
    'a:\n      b: |\n         x\n           y\n\n\n         z \n',
    'a:\n  b: |\n     x\n       y\n\n\n     z \n',
  ],
  ['a quoted text over lines is not touched', 'a: "x  \n\n\n   y"\n', 'a: "x  \n\n\n   y"\n'],
  ['brackets in plain text are text', 'a: b { c }\n', 'a: b { c }\n'],
  ['quotes in plain text are text', "a: it's { c }\n", "a: it's { c }\n"],
  ['a hash in text is text', 'a: b#{ c }\n', 'a: b#{ c }\n'],
  ['anchors, merge keys, aliases', 'a: &x { b: 1 }\nc:\n    <<: *x\n', 'a: &x {b: 1}\nc:\n  <<: *x\n'],
  ['nothing', '', ''],
  ['nothing but blank lines', '\n  \n', ''],
  ['a byte order mark', '\uFEFFa:\n    b: 1\n', '\uFEFFa:\n  b: 1\n'],
];

describe('format', () => {
  for (const [what, given, wanted] of rows)
    it(what, () => {
      assert.equal(formatted(given), wanted);
      assert.equal(formatted(wanted), wanted);
    });

  it('is one edit for each line that changes, and no more than what differs', () => {
    const text = 'a: {b: 1}\nc: { d: 1 }\ne: 2\n';
    assert.deepEqual(formatEdits(text), [{ range: [14, 20], text: 'd: 1' }]);
  });

  it('of some lines: leaves the others, and does not part a block', () => {
    const text = 'a:\n    b: { c: 1 }\n    d: 2  \ne:\n    f: { g: 1 }\n';
    const of = (first: number, last: number): string => {
      let result = text;
      for (const { range, text: inserted } of formatEdits(text, { first, last }).toReversed())
        result = result.slice(0, range[0]) + inserted + result.slice(range[1]);
      return result;
    };
    assert.equal(of(1, 1), text.replace('{ c: 1 }', '{c: 1}'));
    assert.equal(of(0, 2), 'a:\n  b: {c: 1}\n  d: 2\ne:\n    f: { g: 1 }\n');
    assert.equal(of(3, 4), text.replace('    f: { g: 1 }', '  f: {g: 1}'));
  });
});

const meaning = (text: string): unknown =>
  parseDocument(text, { schema: 'failsafe', uniqueKeys: false, merge: false }).toJS() as unknown;

function checkLaws(text: string): void {
  const once = formatted(text);
  assert.equal(formatted(once), once, `twice is not once:\n${text}\n--- once\n${once}\n--- twice\n${formatted(once)}`);
  assert.equal(once.replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
  assert.deepEqual(
    once.match(/#.*/g)?.map((each) => each.trim()),
    text.match(/#.*/g)?.map((each) => each.trim()),
  );
  assert.deepEqual(
    parseDocument(once).errors.map(({ message }) => message),
    [],
    once,
  );
  assert.deepEqual(meaning(once), meaning(text), `${text}\n--- became\n${once}`);
  const [before, after] = [readTopology(text), readTopology(once)];
  assert.deepEqual(after.topology, before.topology);
}

const EXAMPLES = path.resolve(import.meta.dirname, '../../../examples');
const KNOWN: [name: string, text: string][] = [
  ...readdirSync(EXAMPLES).map((name): [string, string] => [name, readFileSync(path.join(EXAMPLES, name), 'utf8')]),
  ...CHECKS.flatMap(({ code, wrong, right }): [string, string][] => [
    [`${code}, wrong`, wrong],
    [`${code}, right`, right],
  ]),
  ...SCENARIOS.map((name): [string, string] => [name, writeTopology(topologyOf(name))]),
];

describe('laws', () => {
  for (const [name, text] of KNOWN) {
    if (parseDocument(text, { uniqueKeys: false }).errors.length > 0) continue;
    it(name, () => checkLaws(text));
  }

  it('what the writer writes is formatted already', () => {
    for (const name of SCENARIOS) {
      const text = writeTopology(topologyOf(name));
      assert.equal(formatted(text), text);
    }
  });
});

/** The same document in a hand of chance: indentation, lists, flow, comments, blank lines, long lines folded. */
function rewritten(text: string, random: () => number): string {
  const document: Document = parseDocument(text, { uniqueKeys: false });
  const chance = (share: number): boolean => random() < share;
  visit(document, (_, node) => {
    if (isCollection(node)) node.flow = node.items.length === 0 || (node.flow === true ? chance(0.6) : chance(0.05));
    if (isScalar(node) && typeof node.value === 'string' && chance(0.1))
      node.type = chance(0.5) ? 'QUOTE_DOUBLE' : 'QUOTE_SINGLE';
    if (isScalar(node) && chance(0.05)) node.comment = ' a comment: { x';
    if (isCollection(node) && !node.flow && chance(0.1)) node.commentBefore = ' before - x';
    if (isScalar(node) && chance(0.03)) node.spaceBefore = true;
  });
  const options = {
    indent: 1 + Math.floor(random() * 8),
    indentSeq: chance(0.5),
    lineWidth: chance(0.5) ? 40 : 0,
    flowCollectionPadding: chance(0.5),
  };
  const written = document.toString(options);
  const lines = written.split('\n').map((line) => (chance(0.1) && !/["']/.test(line) ? `${line}  ` : line));
  return lines.join(chance(0.2) ? '\r\n' : '\n');
}

/** Numbers from 0 to 1, always the same ones (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

describe('laws, of texts in other hands', () => {
  for (const [name, text] of KNOWN)
    it(name, () => {
      if (parseDocument(text, { uniqueKeys: false }).errors.length > 0) return;
      for (let seed = 1; seed <= (text.length > 5000 ? 2 : 10); seed++) checkLaws(rewritten(text, randomFrom(seed)));
    });
});

describe('laws, of random YAML', () => {
  const scalar = fc.constantFrom(
    'a',
    '10.0.0.1',
    '2001:db8::1',
    "it's",
    'x y',
    'a # b',
    '{x',
    '- y',
    'a: b',
    '',
    'long text that goes on and on over lines',
    ' lead',
    'multi\nline\n',
    'trail \n\nx',
    '|',
    '#',
    '&a',
    '*b',
    '!t',
    '?',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b c', 'router:external', 'x-y', '"q"', '10.0.0.0/24'), tie('tree'), {
        maxKeys: 4,
      }),
    ),
  }));
  it('hold', () => {
    fc.assert(
      fc.property(
        tree,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        fc.integer({ min: 20, max: 90 }),
        fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'),
        (value, indent, indentSeq, lineWidth, type) => {
          const document = parseDocument(JSON.stringify({ top: value }), { schema: 'failsafe' });
          visit(document, (role, node) => {
            if (isCollection(node)) node.flow = node.items.length % 3 === 2 && lineWidth % 2 === 0;
            if (isScalar(node) && role !== 'key') node.type = type as 'PLAIN';
          });
          const text = document.toString({ indent, indentSeq, lineWidth });
          const once = formatted(text);
          assert.deepEqual(meaning(once), meaning(text), `${text}\n--- became\n${once}`);
          assert.equal(formatted(once), once, `${text}\n--- once\n${once}`);
        },
      ),
      { seed: 9, numRuns: 2000 },
    );
  });

  it('of hostile text nothing but white space changes, and no time is lost', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '  ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '#',
      ' #',
      '|',
      '>',
      '\t',
      '\r\n',
      '---',
      '&a ',
      '?',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        assert.equal(formatted(text).replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
      }),
      { seed: 5, numRuns: 3000 },
    );
    const started = cpuMs();
    for (const long of [
      '[ '.repeat(100_000),
      '- '.repeat(20_000),
      '\n'.repeat(200_000),
      `a: ${'x '.repeat(200_000)}`,
      ' #'.repeat(100_000),
      'a:\n'.repeat(100_000),
      '"a" : '.repeat(50_000),
    ])
      formatEdits(long);
    const took = cpuMs(started);
    assert.ok(took < 5000, `${took} ms`);
  });
});
