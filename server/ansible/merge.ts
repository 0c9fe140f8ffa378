/** An inventory into a topology: how SSH reaches each node. What a topology has no place for becomes a note. Pure. */
import type { Jump } from '../collect/config/jumps.ts';
import { visible } from '../collect/visible.ts';
import { pointer } from '../../shared/problem.ts';
import type { AgentMode, Node, Topology } from '../../shared/topology/types.ts';
import type { Inventory, InventoryHost } from './inventory.ts';

export interface Merged {
  topology: Topology;
  notes: string[];
}

/**
 * Nodes of the topology get what the inventory says of the host of that name; a topology without nodes gets those of the inventory.
 * The notes end with the lines that belong into `~/.ssh/config`, since jump hosts have no place in a topology.
 */
export function mergeInventory(topology: Topology, { hosts, notes: own }: Inventory): Merged {
  const notes = [...own];
  const found = topology.nodes.length > 0 ? { nodes: topology.nodes, hosts } : nodesOf(hosts, notes);
  const pairs = found.nodes.map((node): [Node, InventoryHost | undefined] => [node, hostOf(node, found.hosts)]);
  const nodes = pairs.map(([node, host]) => (host ? withHost(node, host, notes) : node));
  const jumps = pairs.flatMap(([, host], index) => (host ? [[nodes[index]!, host.jumps] as const] : []));
  const without = pairs.filter(([, host]) => !host).map(([node]) => node.name);
  if (without.length > 0) notes.push(`not in the inventory: ${listed(without)}`);
  const used = new Set(pairs.map(([, host]) => host));
  const others = found.hosts.filter((host) => !used.has(host)).map(({ name }) => name);
  if (others.length > 0) notes.push(`no node of the topology: ${listed(others)}`);
  notes.push(...sshConfig(jumps, notes));
  return { topology: { ...topology, nodes }, notes };
}

/** Groups of kolla-ansible's inventory (`ansible/inventory/multinode`), and what agents of DVR are there. */
const MODES: readonly [group: string, mode: AgentMode][] = [
  ['network', 'dvr_snat'],
  ['compute', 'dvr'],
];

function nodesOf(hosts: readonly InventoryHost[], notes: string[]): { nodes: Node[]; hosts: InventoryHost[] } {
  const nodes = new Map<string, Node>();
  const used = hosts.filter(({ name, node = name, groups }) => {
    const mode = MODES.find(([group]) => groups.includes(group))?.[1];
    if (mode !== undefined)
      nodes.set(node, { name: node, pointer: pointer('nodes', node), agent_mode: mode, bridge_mappings: {} });
    return mode !== undefined;
  });
  notes.push(
    nodes.size > 0
      ? 'agent_mode follows from the groups of the inventory, "network" or "compute"; compare it with l3_agent.ini'
      : 'no host is in a group "network" or "compute": merge the inventory into a topology that has nodes',
  );
  return { nodes: [...nodes.values()], hosts: used };
}

/** By the whole name; or by its first part, where that leads to one host only (`compute1`, `compute1.example.org`). */
function hostOf({ name }: Node, hosts: readonly InventoryHost[]): InventoryHost | undefined {
  const whole =
    hosts.find((host) => host.node === name) ?? hosts.find((host) => host.node === undefined && host.name === name);
  if (whole) return whole;
  const alike = hosts.filter((host) => host.node === undefined && firstPart(host.name) === firstPart(name));
  const isShort = (text: string): boolean => !text.includes('.');
  return alike.length === 1 && (isShort(name) || isShort(alike[0]!.name)) ? alike[0] : undefined;
}

const firstPart = (name: string): string => name.split('.')[0]!;

function withHost(node: Node, host: InventoryHost, notes: string[]): Node {
  const { address = host.name === node.name ? undefined : host.name, user, port } = host;
  const changed = (key: string, before: string | number | undefined, after: string | number | undefined): void => {
    if (before !== undefined && after !== undefined && before !== after)
      notes.push(`${visible(node.name)}: ${key} is ${visible(String(after))} now, it was ${visible(String(before))}`);
  };
  changed('address', node.address, address);
  changed('ssh_user', node.ssh_user, user);
  changed('ssh_port', node.ssh_port, port);
  notes.push(...host.notes.map((note) => `${visible(node.name)}: ${note}`));
  return {
    ...node,
    ...(address !== undefined && { address }),
    ...(port !== undefined && { ssh_port: port }),
    ...(user !== undefined && { ssh_user: user }),
  };
}

/** What `Host` and `ProxyJump` of ssh_config(5) take as it is: nothing that is a pattern, a comment, a quote or a token there. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/;

/** A `Host` block for each way, with the nodes that it leads to. */
function sshConfig(pairs: readonly (readonly [Node, readonly Jump[]])[], notes: string[]): string[] {
  const blocks = new Map<string, string[]>();
  for (const [node, jumps] of pairs) {
    if (jumps.length === 0) continue;
    const names = [...new Set([node.name, node.address ?? node.name])];
    const way = jumps.map(jumpText);
    if (!names.every((name) => PLAIN.test(name)) || way.some((jump) => jump === undefined)) {
      notes.push(`${visible(node.name)}: its jump hosts have unusual names and are left out`);
      continue;
    }
    const list = blocks.get(way.join(','));
    if (list) list.push(...names);
    else blocks.set(way.join(','), names);
  }
  if (blocks.size === 0) return [];
  const lines = [...blocks].flatMap(([way, names]) => [`Host ${names.join(' ')}`, `  ProxyJump ${way}`]);
  return ['A topology has no jump hosts. These lines belong into ~/.ssh/config:', ...lines];
}

function jumpText({ host, user, port }: Jump): string | undefined {
  if (!PLAIN.test(host) || (user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(user))) return undefined;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 10).map(visible).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
