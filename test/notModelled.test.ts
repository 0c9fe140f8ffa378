/** `docs/not-modelled.md` holds every reason that a gap of the expected state can have, and no other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { REASONS, notModelledPage } from '../tools/notModelledPage.ts';

const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Sentences of the code: texts with several words outside of comments and imports, `…` for what is put into them. */
const sentencesOf = (path: string): string[] =>
  textOf(path)
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^import [\s\S]*?;$/gm, '')
    .match(/`[^`]*`|'[^'\n]*'/g)!
    .map((text) => text.slice(1, -1).replaceAll(/\$\{[^}]*\}/g, '…'))
    .filter((text) => text.split(' ').length > 3);

test('docs/not-modelled.md is what `npm run docs` makes', () =>
  assert.equal(textOf('docs/not-modelled.md'), notModelledPage()));

test('each reason of the code is on the page, and each one of the page in the code', () => {
  const inCode = new Set(['shared/modelled.ts', 'shared/ovs/gaps.ts'].flatMap(sentencesOf));
  assert.deepEqual(REASONS.map(({ reason }) => reason).toSorted(), [...inCode].toSorted());
});

test('the README leads to it', () => assert.match(textOf('README.md'), /\(docs\/not-modelled\.md\)/));
