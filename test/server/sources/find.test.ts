/** What is behind a path: snapshots, sosreports, archives and folders of any; each is found, or refused with its path and the reason. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { findSources } from '../../../server/sources/find.ts';
import { tarOf } from '../../support/tar.ts';

const SNAPSHOT = 'dvrscope-snapshot 1\nnode: ä\n\n';
const NETNS = 'sos_commands/networking/ip_netns';
const REAL = 'sosreport-vm-2026-11-22-hohjejl.tar.xz';
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dvrscope-sources-'));
  const files: Record<string, string | Buffer> = {
    'nodes/b.snapshot': SNAPSHOT,
    'nodes/a.snapshot': `\uFEFF${SNAPSHOT}`,
    'nodes/bad.snapshot': 'node: c\n',
    'nodes/other.txt': 'not looked at',
    'nodes/inner.snapshot/x.snapshot': SNAPSHOT,
    'none/other.txt': SNAPSHOT,
    'named-otherwise.txt': SNAPSHOT,
    empty: '',
    large: `${SNAPSHOT}${'x'.repeat(1000)}`,
    'history/net1/2026-11-20T08:00:00Z.snapshot': 'dvrscope-snapshot 1\n\n',
    'history/net1/2026-11-21T08:00:00Z.snapshot':
      'dvrscope-snapshot 1\ncollected_at: 2026-11-21T08:00:07Z\nnode: net1\n\n',
    [`site/sosreport-n2/${NETNS}`]: 'qrouter-a\n',
    'site/sosreport-n2/sos_commands/host/hostname': 'n2.example.org\n',
    'site/n3.tar.gz': gzipSync(
      tarOf([{ path: `sosreport-n3-2026-11-21-abcdefg/${NETNS}`, text: '', modified: 1_700_000_000 }]),
    ),
    'site/not-a.tar': 'x'.repeat(2000),
    'deep/1/2/3/4/5/a.snapshot': SNAPSHOT,
    'without.tar': tarOf([{ path: 'x', text: 'x' }]),
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await symlink('/etc/hostname', join(folder, `site/sosreport-n2/sos_commands/host/hostname_-f`));
  await symlink('..', join(folder, 'site/loop'));
  await mkdir(join(folder, 'real'));
  await cp(join(import.meta.dirname, 'real', REAL), join(folder, 'real', REAL));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
});
after(async () => rm(folder, { recursive: true }));

async function check(paths: string[], expected: [path: string, namesOrError: string, time?: string][]): Promise<void> {
  const rows: string[][] = [];
  const full = paths.map((path) => join(folder, path));
  for await (const found of findSources(full, 900)) {
    const text = 'error' in found ? found.error : found.names.join(' ');
    const time = 'error' in found ? undefined : found.collectedAt;
    rows.push(
      [found.path, text, ...(time === undefined ? [] : [time])].map((cell) => cell.replaceAll(`${folder}/`, '')),
    );
  }
  assert.deepEqual(rows, expected);
}

const NEITHER = 'neither a snapshot (its first line is not "dvrscope-snapshot 1") nor an archive of a sosreport';

test('a file is what its content says', async () =>
  check(['named-otherwise.txt'], [['named-otherwise.txt', 'ä named-otherwise.txt']]));

test('a folder is all its *.snapshot files, and one bad file does not hide the others', async () =>
  check(
    ['nodes'],
    [
      ['nodes/a.snapshot', 'ä a'],
      ['nodes/b.snapshot', 'ä b'],
      ['nodes/bad.snapshot', `nodes/bad.snapshot: ${NEITHER}`],
      ['nodes/inner.snapshot', 'nodes/inner.snapshot: not a regular file'],
    ],
  ));

test('snapshots kept by time: the name is the time where the file does not say', async () =>
  check(
    ['history'],
    [
      ['history/net1/2026-11-20T08:00:00Z.snapshot', 'net1', '2026-11-20T08:00:00Z'],
      ['history/net1/2026-11-21T08:00:00Z.snapshot', 'net1 2026-11-21T08:00:00Z', '2026-11-21T08:00:07Z'],
    ],
  ));

test('sosreports in a folder, unpacked and as archives; links are not followed', async () => {
  const rows: string[] = [];
  for await (const found of findSources([join(folder, 'site')]))
    rows.push(
      'error' in found
        ? found.error.replaceAll(`${folder}/`, '')
        : `${found.names.join(' ')} ${found.collectedAt?.slice(0, 4)}`,
    );
  assert.deepEqual(rows, ['n3 2023', `site/not-a.tar: ${NEITHER}`, 'n2.example.org n2 2026']);
});

test('an archive of the real sos', async () => {
  for await (const found of findSources([join(folder, 'real')])) {
    assert.ok('names' in found);
    assert.deepEqual([found.names, found.collectedAt], [['vm'], '2026-11-22T03:29:44.000Z']);
  }
});

test('what cannot be read is said, in the order of the paths', async () =>
  check(
    ['absent', 'none', 'empty', 'large', 'fifo', 'named-otherwise.txt/x', 'deep', 'without.tar'],
    [
      ['absent', 'absent: no such file or folder'],
      ['none', 'none: a folder without snapshots and sosreports'],
      ['empty', 'empty: empty'],
      ['large', 'large: 1030 bytes, more than the 900 that are read'],
      ['fifo', 'fifo: not a regular file'],
      ['named-otherwise.txt/x', 'named-otherwise.txt/x: cannot be read: a part of the path is no folder'],
      ['deep', 'deep: a folder without snapshots and sosreports'],
      ['without.tar', 'without.tar: an archive without a sosreport'],
    ],
  ));
