/** What `dvrscope collect --ansible DIR` writes; needs no Ansible. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { COLLECTOR_SCRIPT } from '../../../server/collect/script.ts';
import { dvrscope } from '../../support/cli.ts';

interface Play {
  tasks: Record<string, unknown>[];
}

test('a playbook, the script and how to use them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-ansible-'));
  const directory = join(folder, 'new/folder');
  const { status, out } = await dvrscope('collect', '--ansible', directory);
  assert.equal(status, 0);
  const names = ['collect.yml', 'dvrscope-collect.sh', 'README.txt'];
  assert.deepEqual(
    out.trim().split('\n'),
    names.map((name) => join(directory, name)),
  );
  assert.deepEqual((await readdir(directory)).toSorted(), names.toSorted());
  assert.equal(await readFile(join(directory, 'dvrscope-collect.sh'), 'utf8'), COLLECTOR_SCRIPT);
  const plays: Play[] = parse(await readFile(join(directory, 'collect.yml'), 'utf8'));
  await rm(folder, { recursive: true });
  const tasks = plays.flatMap((play) => play.tasks);
  // `script`, `async` and a template of our own would leave a file on a host.
  const onHosts = tasks.filter((task) => task['delegate_to'] !== 'localhost');
  assert.deepEqual(
    onHosts.map((task) => Object.keys(task).filter((key) => key.startsWith('ansible.') || key === 'async')),
    [['ansible.builtin.command']],
  );
});

test('a folder that cannot be written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-ansible-'));
  await writeFile(join(folder, 'file'), '');
  const { status, err } = await dvrscope('collect', '--ansible', join(folder, 'file'));
  await rm(folder, { recursive: true });
  assert.equal(status, 2);
  assert.match(err, /file cannot be made: a file has that name already/);
});
