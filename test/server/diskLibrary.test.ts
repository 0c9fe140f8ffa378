import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOtherCase } from '../../server/diskLibrary.ts';
import { keyOf, pathOf } from '../../server/uri.ts';

/** A path, the folder that it is named from, and where the system found it. */
const FOUND: [path: string, within: string, real: string, isOther: boolean][] = [
  ['/Users/me/w/red.yaml', '/Users/me/w', '/Users/me/w/red.yaml', false],
  ['/Users/me/w/Red.yaml', '/Users/me/w', '/Users/me/w/red.yaml', true],
  ['/Users/me/w/T/red.yaml', '/Users/me/w', '/Users/me/w/t/red.yaml', true],
  // How the folder was opened is not what the file says.
  ['/users/ME/w/red.yaml', '/users/ME/w', '/Users/me/w/red.yaml', false],
  // A link.
  ['/Users/me/w/red.yaml', '/Users/me/w', '/Users/me/w/versions/3.yaml', false],
  ['red.yaml', '', '/Users/me/w/Red.yaml', true],
];

for (const [path, within, real, isOther] of FOUND)
  test(`${path} found as ${real}`, () => assert.equal(isOtherCase(path, within, real), isOther));

test('what is no path is known by its URI', () => {
  assert.equal(keyOf('untitled:Untitled-1'), 'untitled:Untitled-1');
  assert.equal(pathOf('file:///w/a%2Fb.yaml'), undefined);
  assert.equal(keyOf('file:///w/a%2Bb.yaml'), keyOf('file:///w/a+b.yaml'));
});
