import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ASPECTS, NODE_ASPECTS } from '../../shared/aspects/table.ts';
import { KINDS, type Field } from '../../shared/topology/fields.ts';

const grammar = JSON.parse(
  readFileSync(new URL('../../syntaxes/dvr-topology.tmLanguage.json', import.meta.url), 'utf8'),
) as { repository: Record<string, { match: string }> };

const fields = Object.values(KINDS).flatMap((kind) => Object.entries<Field>(kind));
const keysOfType = (type: string): string[] =>
  [...new Set(fields.filter(([, field]) => field.type === type).map(([key]) => key))].toSorted();
/** The words of the first group of alternatives in a rule that is no lookaround. */
const wordsOf = (rule: string): string[] => /\((?:\?:)?([a-z_0-9:|]+)\)/.exec(grammar.repository[rule]!.match)![1]!.split('|').toSorted();

test('the grammar knows the keys of the vocabulary, and no others', () => {
  assert.deepEqual(wordsOf('key'), [...new Set(fields.map(([key]) => key))].toSorted());
  assert.deepEqual(wordsOf('reference'), keysOfType('reference'));
  assert.deepEqual(
    keysOfType('enum').filter((key) => !wordsOf('word').includes(key)),
    [],
  );
});

const states = JSON.parse(
  readFileSync(new URL('../../syntaxes/dvr-state.tmLanguage.json', import.meta.url), 'utf8'),
) as { patterns: { begin?: string }[] };

test('the grammar of states has a section for each aspect, under its heading', () => {
  const begins = states.patterns.flatMap(({ begin }) => (begin === undefined ? [] : [new RegExp(begin)]));
  const headings = [...ASPECTS, ...NODE_ASPECTS].map(({ title }) => `# qrouter-1: ${title}`);
  assert.deepEqual(
    headings.filter((heading) => begins.filter((begin) => begin.test(heading)).length !== 1),
    [],
  );
  assert.equal(begins.length, headings.length);
});
