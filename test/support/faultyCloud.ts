/**
 * Recording S3 with one fault: compute1 has lost the `ip rule` that sends the traffic of 10.1.0.0/24 to the SNAT node.
 * Its VM a3 (10.1.0.13) has no floating IP and needs it; a1 has one and does not.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readTopology } from '../../shared/topology/read.ts';
import { writeTopology } from '../../shared/topology/write.ts';
import { importFromFolder } from '../../server/neutron/apiFolder.ts';

const recording = path.join(import.meta.dirname, '../recordings/S3');

/** As `ip rule` prints it. */
export const LOST_RULE = '167837697:\tfrom 10.1.0.1/24 lookup 167837697';

export const NODES = ['compute1', 'compute2', 'net1'] as const;

export interface FaultyCloud {
  /** `*.dvr.yaml`, as imported. */
  topology: string;
  /** Snapshot texts by node. */
  snapshots: Record<(typeof NODES)[number], string>;
}

export async function faultyCloud(): Promise<FaultyCloud> {
  const imported = await importFromFolder(path.join(recording, 'api'), { release: 'zed' });
  if ('error' in imported) throw new Error(imported.error);
  const [compute1, compute2, net1] = await Promise.all(
    NODES.map((node) => readFile(path.join(recording, `${node}.snapshot`), 'utf8')),
  );
  return { topology: imported.text, snapshots: { compute1: withoutRule(compute1!), compute2: compute2!, net1: net1! } };
}

/** The same topology with the address and port where SSH reaches each node. */
export function withSshPorts(text: string, ports: Record<string, number>): string {
  const { topology } = readTopology(text);
  const nodes = topology.nodes.map((node) =>
    Object.hasOwn(ports, node.name) ? { ...node, address: '127.0.0.1', ssh_port: ports[node.name]! } : node,
  );
  return writeTopology({ ...topology, nodes });
}

/** Takes one entry out of the JSON that `ip -j -4 rule` printed. */
function withoutRule(snapshot: string): string {
  const entry = /,\{"priority":167837697,[^}]*\}/g;
  if (snapshot.match(entry)?.length !== 1) throw new Error('the recording has no such rule, or several');
  return snapshot.replace(entry, '');
}
