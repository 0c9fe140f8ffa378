import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { yamlLines, yamlScalar, type YamlMap, type YamlValue } from '../../../shared/topology/yamlText.ts';

/** Each line: what is written unquoted, or with a tab the value and its text. */
const PLAIN = `red
red-v4
10.0.0.5
10.0.0.0/24
2001:db8::1
fa:16:3e:00:00:01
router:external
HA network tenant one
8be609d9-e3
12345678-90
compute:nova
dhcp0477/x_y.z+1
größe
名前`.split('\n');

const QUOTED: [value: string, text: string][] = [
  ['', '""'],
  ['yes', '"yes"'],
  ['No', '"No"'],
  ['null', '"null"'],
  ['~', '"~"'],
  ['12', '"12"'],
  ['0x1f', '"0x1f"'],
  ['1e5', '"1e5"'],
  ['1.5', '"1.5"'],
  ['1_000', '"1_000"'],
  ['11:22:33', '"11:22:33"'],
  ['2026-11-21', '"2026-11-21"'],
  ['::1', '"::1"'],
  ['fe80::', '"fe80::"'],
  ['a: b', '"a: b"'],
  ['a:', '"a:"'],
  ['a #b', '"a #b"'],
  ['*a', '"*a"'],
  ['&a', '"&a"'],
  ['- a', '"- a"'],
  ['---', '"---"'],
  ['<<', '"<<"'],
  [' a', '" a"'],
  ['a ', '"a "'],
  ['a  b', '"a  b"'],
  ['a,b', '"a,b"'],
  ['{a}', '"{a}"'],
  ['say "hi" \\', '"say \\"hi\\" \\\\"'],
  ['two\nlines\r\tand', '"two\\nlines\\r\\tand"'],
  ['\u0000\u0085\u00a0', '"\\x00\\x85\\xa0"'],
  ['right\u202eto left', '"right\\u202eto left"'],
  ['\ufeff', '"\\ufeff"'],
  ['\ud800', '"\\ud800"'],
  ['\u{e0001}', '"\\U000e0001"'],
  ['smile \u{1f600}', '"smile \u{1f600}"'],
];

test('what YAML reads as that very string stays as it is', () => {
  for (const value of PLAIN) assert.equal(yamlScalar(value), value);
});

test('everything else is quoted, and what no editor shows is escaped', () => {
  for (const [value, text] of QUOTED) assert.equal(yamlScalar(value), text);
});

test('numbers, booleans and null are no strings', () => {
  assert.deepEqual([1, true, null].map(yamlScalar), ['1', 'true', 'null']);
});

const names = fc.oneof(
  fc.constantFrom(...PLAIN, ...QUOTED.map(([value]) => value), '__proto__', 'constructor', '='),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'0123456789eE.:-_+xob tTZ'.split('')), maxLength: 12 }),
);

for (const version of ['1.1', '1.2'] as const)
  test(`YAML ${version} reads any string back, as a value and as a key`, () => {
    fc.assert(
      fc.property(names, (value) => {
        assert.equal(parse(`${yamlScalar(value)}\n`, { version }), value);
        const text = `{${yamlScalar(value)}: [${yamlScalar(value)}]}\n`;
        assert.deepEqual(parse(text, { version, mapAsMap: true }), new Map([[value, [value]]]));
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

const map = (style: YamlMap['style'], entries: [string, YamlValue][]): YamlMap => ({ style, entries });

const lines = (length: number) => yamlLines(map('block', [['key', map('flow', [['a', 'x'.repeat(length)]])]]), 2);

test('flow collections stay on one line as long as it has 160 columns', () => {
  assert.deepEqual(lines(148), [`  key: {a: ${'x'.repeat(148)}}`]);
  assert.equal(lines(148)[0]!.length, 160);
  assert.deepEqual(lines(149), ['  key:', `    a: ${'x'.repeat(149)}`]);
});

test('blocks, sequences, empty collections', () => {
  const list = Array.from({ length: 3 }, (_, n) => map('flow', [['name', `${n}`.repeat(60)]]));
  const value = map('block', [
    ['nothing', map('block', [])],
    ['none', []],
    ['short', [1, 2]],
    ['long', list],
    ['deep', map('block', [['x', map('flow', [['z', null]])]])],
  ]);
  assert.deepEqual(yamlLines(value), [
    'nothing: {}',
    'none: []',
    'short: [1, 2]',
    'long:',
    `  - {name: "${'0'.repeat(60)}"}`,
    `  - {name: "${'1'.repeat(60)}"}`,
    `  - {name: "${'2'.repeat(60)}"}`,
    'deep:',
    '  x: {z: null}',
  ]);
});

test('a key that is too long for an implicit one', () => {
  const key = 'k'.repeat(1025);
  const text = yamlLines(
    map('block', [
      ['a', map('flow', [[key, map('flow', [['x', 'y'.repeat(200)]])]])],
      ['b', map('flow', [[key, 1]])],
    ]),
  );
  assert.deepEqual(parse(text.join('\n')), { a: { [key]: { x: 'y'.repeat(200) } }, b: { [key]: 1 } });
});

const trees = fc.letrec<{ tree: YamlValue; map: YamlMap }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    names,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 4 }),
    tie('map'),
  ),
  map: fc.record({
    style: fc.constantFrom('block' as const, 'flow' as const),
    entries: fc.uniqueArray(fc.tuple(names, tie('tree')), { selector: ([key]) => key, maxLength: 5 }),
  }),
})).map;

/** What the YAML parser should make of a value. */
function plainOf(value: YamlValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainOf);
  return new Map(value.entries.map(([key, item]) => [key, plainOf(item)]));
}

test('any tree is read back', () => {
  fc.assert(
    fc.property(trees, (tree) => {
      const text = `${yamlLines(tree).join('\n')}\n`;
      assert.deepEqual(parse(text, { mapAsMap: true }) ?? new Map(), plainOf(tree));
    }),
    { seed: 11, numRuns: 500 },
  );
});
