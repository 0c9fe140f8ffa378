/** Pages that are made from the code say what the code says, and links lead to them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { documentation, REPOSITORY } from '../server/documentation.ts';
import { reportAsSarif } from '../server/cli/sarif.ts';
import { CHECKS } from '../shared/checks/table.ts';
import { READER_CODES } from '../shared/topology/codes.ts';
import { FAULTS } from '../shared/faults/table.ts';
import { checksPage } from '../tools/checksPage.ts';
import { editorPage, editorRows, ownRows } from '../tools/editorPage.ts';
import { faultsPage } from '../tools/faultsPage.ts';

const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('docs/checks.md is what `npm run docs` makes', () => assert.equal(textOf('docs/checks.md'), checksPage()));

test('docs/faults.md is what `npm run docs` makes', () => assert.equal(textOf('docs/faults.md'), faultsPage()));

test('docs/editor.md is what `npm run docs` makes, and every request has a test', () => {
  assert.deepEqual(
    [...editorRows(), ...ownRows()].filter(({ what, proofs }) => what === '' || proofs.length === 0),
    [],
  );
  assert.equal(textOf('docs/editor.md'), editorPage());
});

test('every fault has a heading that its link leads to', () => {
  for (const { id } of FAULTS) {
    assert.match(faultsPage(), new RegExp(`^### ${id}$`, 'm'));
    assert.equal(documentation(id), `${REPOSITORY}/blob/HEAD/docs/faults.md#${id.toLowerCase()}`);
  }
});

test('every code of validation has a heading that its link leads to, and other codes have no link', () => {
  const headings = new Set([...checksPage().matchAll(/^#{2,3} (.+)$/gm)].map(([, heading]) => heading));
  for (const code of [...CHECKS.map((check) => check.code), ...Object.keys(READER_CODES)]) {
    assert.ok(headings.has(code), code);
    assert.equal(documentation(code), `${REPOSITORY}/blob/HEAD/docs/checks.md#${code}`);
  }
  assert.equal(documentation('rule-missing'), undefined);
  assert.equal(documentation('constructor'), undefined);
});

test('the repository is that of package.json', () => {
  const { repository } = JSON.parse(textOf('package.json')) as { repository: { url: string } };
  assert.equal(repository.url, `${REPOSITORY}.git`);
});

test('SARIF rules lead to the documentation', () => {
  const nothing = { node: null, namespace: null, aspect: null, expected: null, live: null, fix: [], pointer: null };
  const finding = (code: string) => ({ ...nothing, code, severity: 'error', message: '', file: 'a', range: null });
  const report = { topology: 'a', findings: [finding('subnet-overlap'), finding('rule-missing')] };
  const sarif = JSON.parse(reportAsSarif(report as unknown as Parameters<typeof reportAsSarif>[0])) as {
    runs: { tool: { driver: { rules: { id: string; helpUri?: string }[] } } }[];
  };
  assert.deepEqual(
    sarif.runs[0]?.tool.driver.rules.map(({ id, helpUri }) => [id, helpUri]),
    [
      ['rule-missing', undefined],
      ['subnet-overlap', documentation('subnet-overlap')],
    ],
  );
});
