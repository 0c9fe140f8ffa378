/** The playbook, run by the real Ansible over real OpenSSH servers in network namespaces, one of which is down. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { dvrscope } from '../../support/cli.ts';
import { startNodeNamespaces, type NodeNamespaces } from '../../support/nodeNamespaces.ts';
import { findProgram, withoutOpenSsh } from '../../support/openssh.ts';
import { withoutNamespaces } from '../../support/routerNamespaces.ts';

const reason =
  withoutNamespaces() ||
  withoutOpenSsh() ||
  (findProgram('ansible-playbook') || process.env['CI'] ? false : 'ansible-playbook is not installed');

interface Run {
  status: number;
  output: string;
}

describe('the real Ansible', { skip: reason, timeout: 240_000 }, () => {
  let folder: string;
  let nodes: NodeNamespaces;
  let inventory: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dvrscope-ansible-'));
    nodes = await startNodeNamespaces(2, 1);
    await mkdir(join(folder, 'state'));
    await writeFile(join(folder, 'state/fip-priorities'), '{{ 6 * 7 }},{% raw %}\n');
    inventory = join(folder, 'hosts.yml');
    const hosts = nodes.addresses.map(
      (address, index) => `    compute${index}: {ansible_host: ${address}, dvrscope_node: compute${index}}`,
    );
    const options = `-i ${nodes.identityFile} -o UserKnownHostsFile=${nodes.knownHostsFile} -o ConnectTimeout=3`;
    await writeFile(
      inventory,
      [
        'compute:',
        '  hosts:',
        ...hosts,
        '  vars:',
        '    ansible_user: root',
        `    dvrscope_state_path: ${folder}/state`,
        `    ansible_remote_tmp: ${folder}/remote`,
        `    ansible_ssh_common_args: ${options}`,
        '',
      ].join('\n'),
    );
    assert.equal((await dvrscope('collect', '--ansible', join(folder, 'dvr'))).status, 0);
  });
  after(async () => {
    await nodes.stop();
    await rm(folder, { recursive: true });
  });

  const ansible = async (program: string, ...args: string[]): Promise<Run> => {
    const env = {
      ...process.env,
      HOME: folder,
      ANSIBLE_LOCAL_TEMP: join(folder, 'local'),
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(folder, 'cp'),
    };
    return new Promise((resolve) => {
      execFile(program, args, { env, cwd: folder, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr }),
      );
    });
  };

  test('leaves a snapshot of each host that answers, and says which one did not', async () => {
    const snapshots = join(folder, 'dvr/snapshots');
    await mkdir(snapshots);
    await writeFile(join(snapshots, 'compute2.snapshot'), 'dvrscope-snapshot 1\nnode: compute2\n\n');
    await writeFile(join(snapshots, 'other.snapshot'), 'of a host that is not read today');
    const { status, output } = await ansible('ansible-playbook', '-i', inventory, join(folder, 'dvr/collect.yml'));
    assert.notEqual(status, 0, output);
    assert.match(output, /compute2.*UNREACHABLE/);
    assert.deepEqual(
      (await readdir(snapshots)).toSorted(),
      ['compute0.snapshot', 'compute1.snapshot', 'other.snapshot'],
      output,
    );
    for (const index of [0, 1]) {
      // oxlint-disable-next-line no-await-in-loop -- two
      const snapshot = parseSnapshot(await readFile(join(snapshots, `compute${index}.snapshot`), 'utf8'));
      assert.deepEqual(snapshot.problems, []);
      assert.equal(snapshot.node, `compute${index}`);
      const state = snapshot.sections.find(({ command }) => command === `cat ${folder}/state/fip-priorities`);
      assert.equal(state!.stdout, '{{ 6 * 7 }},{% raw %}', 'what a node says is no template');
      const addresses = snapshot.sections.find(
        ({ namespace, command }) => namespace === '-' && command === 'ip -j -d addr',
      );
      assert.ok(addresses!.stdout.includes(`"local":"${nodes.addresses[index]}"`), 'it ran on that node');
    }
    assert.ok(!existsSync(join(folder, 'remote')), 'nothing was written on the hosts');
  });

  test('check reads what it left', async () => {
    const file = join(folder, 'cloud.dvr.yaml');
    const names = [0, 1, 2].map((index) => `  compute${index}: {agent_mode: dvr}`);
    await writeFile(file, `dvr: 1\nrelease: zed\nnodes:\n${names.join('\n')}\n`);
    assert.deepEqual(readTopology(await readFile(file, 'utf8')).problems, []);
    const { out } = await dvrscope('check', file, '--snapshot', join(folder, 'dvr/snapshots'));
    assert.match(out, /compute0: (in-sync|differs)/);
    assert.match(out, /compute1: (in-sync|differs)/);
    assert.match(out, /compute2: not-collected/);
  });
});
