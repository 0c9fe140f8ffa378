// Which topologies around a file include it, on a disk that has other things as well.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { rootsNear } from '../../server/roots.ts';
import { readFile } from '../../shared/topology/read.ts';
import { readIncluded } from '../../shared/topology/includeOnly.ts';
import { cpuMs } from '../support/cpuTime.ts';

const made: string[] = [];
after(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

function placeWith(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-roots-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const near = (folder: string, file: string): string[] =>
  rootsNear(path.join(folder, file)).map((root) => path.relative(folder, root));

const THINGS = 'ports:\n  p: {network: red}\n'.padEnd(200_000, '# nothing\n');

/** What stands in a root, and the file that is asked about is `t/red.dvr.yaml`. */
const ROOTS: Record<string, string> = {
  'at the top': 'include: [t/red.dvr.yaml]\n',
  'behind all else': `${THINGS}\ninclude:\n  - t/red.dvr.yaml\n`,
  'across two pieces that are read': `${'#'.repeat(65_532)}\ninclude: [t/red.dvr.yaml]\n`,
  'without a last line break': `${THINGS}\ninclude: [t/*.yaml]`,
  'in quotes': '"include": ["t/red.dvr.yaml"]\n',
  'as one flow map': '{include: [t/red.dvr.yaml], nodes: {}}\n',
  'with an alias of what stands elsewhere': 'x-files: &files [t/red.dvr.yaml]\nports: {}\ninclude: *files\n',
  'an item with an alias': 'x-file: &file t/red.dvr.yaml\ninclude:\n- *file\n',
  'by way of another file': 'include: [via.yaml]\n',
  'with mistakes elsewhere': 'include: [t/red.dvr.yaml]\nports: {p: [}\n',
  'lines of Windows, and a byte order mark': '\uFEFFrelease: zed\r\ninclude:\r\n  - t/red.dvr.yaml\r\n',
};

for (const [how, text] of Object.entries(ROOTS))
  test(`a root that includes the file ${how}`, () => {
    const files = {
      'cloud.dvr.yaml': text,
      'via.yaml': 'include: [t/red.dvr.yaml]\n',
      't/red.dvr.yaml': 'ports: {}\n',
    };
    assert.deepEqual(near(placeWith(files), 't/red.dvr.yaml'), ['cloud.dvr.yaml']);
    assert.deepEqual(readIncluded(text).values?.include, readFile(text).values?.include);
  });

test('roots that include one another', () => {
  const folder = placeWith({
    'a.dvr.yaml': 'include: [b.dvr.yaml]\n',
    'b.dvr.yaml': 'include: [a.dvr.yaml, t/red.dvr.yaml]\n',
    't/red.dvr.yaml': 'include: [red.dvr.yaml]\n',
    't/c.dvr.yaml': '# include nothing\n',
  });
  assert.deepEqual(near(folder, 't/red.dvr.yaml').toSorted(), ['a.dvr.yaml', 'b.dvr.yaml']);
  writeFileSync(path.join(folder, 'top.dvr.yaml'), 'include: [a.dvr.yaml]\n');
  assert.deepEqual(near(folder, 't/red.dvr.yaml'), ['top.dvr.yaml']);
});

test('what is no file, and what is too long, is passed over', () => {
  const folder = placeWith({ 'a.dvr.yaml': 'include: [red.dvr.yaml]\n', 'red.dvr.yaml': '', 'huge.dvr.yaml': '' });
  execFileSync('mkfifo', [path.join(folder, 'pipe.dvr.yaml')]);
  symlinkSync('circle.dvr.yaml', path.join(folder, 'circle.dvr.yaml'));
  symlinkSync('gone.dvr.yaml', path.join(folder, 'dangling.dvr.yaml'));
  mkdirSync(path.join(folder, 'folder.dvr.yaml'));
  truncateSync(path.join(folder, 'huge.dvr.yaml'), 2_000_000_000);
  assert.deepEqual(near(folder, 'red.dvr.yaml'), ['a.dvr.yaml']);
});

test('hundreds of topologies that share a file, and long ones that include nothing, take little time', () => {
  const shared = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`${i}.dvr.yaml`, `include: [common/*.yaml]\n${THINGS}`]),
  );
  const folder = placeWith({ ...shared, 'common/red.dvr.yaml': 'ports: {}\n', 'long.dvr.yaml': THINGS.repeat(200) });
  const start = cpuMs();
  assert.equal(near(folder, 'common/red.dvr.yaml').length, 200);
  const took = cpuMs(start);
  assert.ok(took < 3000, `${took} ms`);
});
