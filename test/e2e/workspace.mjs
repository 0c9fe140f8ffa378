// A folder to open in the editor: an imported cloud, its nodes as snapshots and over SSH with one fault among them, and an example.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { faultyCloud, NODES, withSshPorts } from '../support/faultyCloud.ts';
import { newKey, startSshNode, writeLogin } from '../support/sshNode.ts';

const example = path.resolve(import.meta.dirname, '../../examples/snat-two-subnets.dvr.yaml');

/**
 * `cloud.dvr.yaml`, `snat-two-subnets.dvr.yaml`, `snapshots/`, settings; `remove` stops the nodes and deletes it all.
 * @param strangers names of nodes whose host keys nobody knows yet
 * @param modes how nodes behave that are not healthy, by their names (`SshNodeMode`)
 * @param addresses where the topology has nodes, if not where they are
 * @param settings more of them
 */
export async function makeWorkspace({ strangers = [], modes = {}, addresses = {}, settings = {} } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-workspace-'));
  const { topology, snapshots } = await faultyCloud();
  const clientKey = newKey();
  const nodes = await Promise.all(
    NODES.map((node) => startSshNode({ recording: snapshots[node], clientKey, mode: modes[node] })),
  );
  const login = await writeLogin(nodes);
  const known = nodes.filter((_, i) => !strangers.includes(NODES[i]));
  await writeFile(login.knownHostsFile, known.map(({ knownHostsLine }) => knownHostsLine).join(''));
  const ports = Object.fromEntries(NODES.map((node, i) => [node, nodes[i].port]));

  await mkdir(path.join(folder, 'snapshots'));
  await mkdir(path.join(folder, '.vscode'));
  await Promise.all([
    copyFile(example, path.join(folder, 'snat-two-subnets.dvr.yaml')),
    writeFile(path.join(folder, 'cloud.dvr.yaml'), withAddresses(withSshPorts(topology, ports), addresses)),
    writeFile(
      path.join(folder, '.vscode/settings.json'),
      JSON.stringify({ ...settingsFor(login), ...settings }, null, 2),
    ),
    ...NODES.map((node) => writeFile(path.join(folder, `snapshots/${node}.snapshot`), snapshots[node])),
  ]);
  const remove = async () => {
    await Promise.all([...nodes.map((node) => node.stop()), login.remove()]);
    await rm(folder, { recursive: true, force: true });
  };
  const byName = Object.fromEntries(NODES.map((node, i) => [node, nodes[i]]));
  return { folder, remove, nodes: byName, login, knownHostsFile: login.knownHostsFile };
}

const withAddresses = (text, addresses) =>
  Object.entries(addresses).reduce(
    (all, [node, address]) =>
      all.replace(new RegExp(`^(  ${node}:[^]*?address: )127\\.0\\.0\\.1`, 'm'), `$1${address}`),
    text,
  );

const settingsFor = (login) => ({
  'dvrscope.snapshots.folder': 'snapshots',
  'dvrscope.ssh.user': 'root',
  'dvrscope.ssh.identityFiles': login.identityFiles,
  'dvrscope.ssh.knownHostsFiles': [login.knownHostsFile],
});
