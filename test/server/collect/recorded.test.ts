/** Snapshots from files and folders: each is read, or refused with its path and the reason. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readRecorded } from '../../../server/collect/recorded.ts';

const SNAPSHOT = 'dvrscope-snapshot 1\nnode: ä\n\n';
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dvrscope-recorded-'));
  await mkdir(join(folder, 'nodes/inner.snapshot'), { recursive: true });
  await mkdir(join(folder, 'none'));
  const files: Record<string, string> = {
    'nodes/b.snapshot': SNAPSHOT,
    'nodes/a.snapshot': `\uFEFF${SNAPSHOT}`,
    'nodes/bad.snapshot': 'node: c\n',
    'nodes/other.txt': 'not looked at',
    'none/other.txt': SNAPSHOT,
    'named-otherwise.txt': SNAPSHOT,
    empty: '',
    large: `${SNAPSHOT}${'x'.repeat(1000)}`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  execFileSync('mkfifo', [join(folder, 'fifo')]);
});
after(async () => rm(folder, { recursive: true }));

async function check(paths: string[], expected: [path: string, textOrError: string][]): Promise<void> {
  const results = await readRecorded(
    paths.map((path) => join(folder, path)),
    500,
  );
  const shown = results
    .map(({ path, text, error }) => [path, text ?? error])
    .map((row) => row.map((cell) => cell!.replaceAll(`${folder}/`, '')));
  assert.deepEqual(shown, expected);
}

test('a file is what its content says', async () =>
  check(['named-otherwise.txt'], [['named-otherwise.txt', SNAPSHOT]]));

test('a folder is all its *.snapshot files, and one bad file does not hide the others', async () =>
  check(
    ['nodes'],
    [
      ['nodes/a.snapshot', SNAPSHOT],
      ['nodes/b.snapshot', SNAPSHOT],
      ['nodes/bad.snapshot', 'nodes/bad.snapshot: not a snapshot: its first line is not "dvrscope-snapshot 1"'],
      ['nodes/inner.snapshot', 'nodes/inner.snapshot: not a regular file'],
    ],
  ));

test('what cannot be read is said, in the order of the paths', async () =>
  check(
    ['absent', 'none', 'empty', 'large', 'fifo', 'named-otherwise.txt/x'],
    [
      ['absent', 'absent: no such file or folder'],
      ['none', 'none: a folder without any *.snapshot file'],
      ['empty', 'empty: empty'],
      ['large', 'large: 1030 bytes, more than the 500 that are read'],
      ['fifo', 'fifo: not a regular file'],
      ['named-otherwise.txt/x', 'named-otherwise.txt/x: cannot be read: ENOTDIR'],
    ],
  ));
