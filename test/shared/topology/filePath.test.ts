import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldersAbove, isAmong, joinPath, relativePath } from '../../../shared/topology/filePath.ts';

/** A folder, what one of its files calls another one, the path of that, and how it is called back. */
const PATHS: [folder: string, written: string, path: string, back: string][] = [
  ['/w', 'a.yaml', '/w/a.yaml', 'a.yaml'],
  ['/w/t', '../a.yaml', '/w/a.yaml', '../a.yaml'],
  ['/w', './t//u/./a.yaml', '/w/t/u/a.yaml', 't/u/a.yaml'],
  ['/', 'a.yaml', '/a.yaml', 'a.yaml'],
  ['/w', '../../../a.yaml', '/a.yaml', '../a.yaml'],
  ['', 't/a.yaml', 't/a.yaml', 't/a.yaml'],
  ['t', '../../a.yaml', '../a.yaml', '../../a.yaml'],
  ['c:/w/t', '../a.yaml', 'c:/w/a.yaml', '../a.yaml'],
  ['//server/share/w', 't/a.yaml', '//server/share/w/t/a.yaml', 't/a.yaml'],
  ['//wsl$/Debian/w', '../a.yaml', '//wsl$/Debian/a.yaml', '../a.yaml'],
];

for (const [folder, written, path, back] of PATHS)
  test(`${written} in ${folder || 'no folder'}`, () => {
    assert.equal(joinPath(folder, written), path);
    if (!path.startsWith('..')) assert.equal(relativePath(folder, path), back);
  });

test('folders above a path', () => {
  assert.deepEqual(foldersAbove('/w/t/a.yaml'), ['/w/t', '/w', '/']);
  assert.deepEqual(foldersAbove('t/a.yaml'), ['t', '']);
  assert.deepEqual(foldersAbove('c:/w/a.yaml'), ['c:/w', 'c:', '']);
  assert.ok(isAmong('/w/t/a.yaml', new Set(['/w'])));
  assert.ok(!isAmong('/w/tt/a.yaml', new Set(['/w/t'])));
});
