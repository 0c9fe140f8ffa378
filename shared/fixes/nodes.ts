/** Fixes of nodes: modes and options of their agents. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Node } from '../topology/types.ts';
import { setEntry } from './edits.ts';
import { type Fix, type Fixes, type Given, thingsAt } from './fix.ts';
import { pointer as join } from '../problem.ts';

const mode = (given: Given, node: Node, word: string): Fix => ({
  title: `Set \`agent_mode: ${word}\` on node ${quote(node.name)}`,
  edits: setEntry(given, `${node.pointer}/agent_mode`, word),
});

export const dvrOn = (given: Given, node: Node): Fix => mode(given, node, 'dvr');

export const dvrSnatOn = (given: Given, node: Node): Fix => mode(given, node, 'dvr_snat');

const MOST_CHOICES = 3;

/** The bridge that other nodes have for a physical network: the most frequent; where no node says, the usual one. */
function bridgeOf({ topology }: Given, physical: string): { bridge: string; isSaid: boolean } {
  const counts = new Map<string, number>();
  for (const { bridge_mappings: mappings } of topology.nodes)
    if (Object.hasOwn(mappings, physical)) counts.set(mappings[physical]!, (counts.get(mappings[physical]!) ?? 0) + 1);
  const [first] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return { bridge: first?.[0] ?? 'br-ex', isSaid: counts.size === 1 };
}

function mapBridge(given: Given): Fix[] {
  const { node } = thingsAt(given.topology, given.problem.pointer);
  const { network } = thingsAt(given.topology, given.problem.related?.[0]?.pointer ?? '');
  const physical = network?.physical_network;
  if (!node || physical === undefined) return [];
  const { bridge, isSaid } = bridgeOf(given, physical);
  return [
    {
      title: `Map ${quote(physical)} to bridge ${quote(bridge)}${isSaid ? ', as the other nodes do' : ''}`,
      edits: setEntry(given, `${node.pointer}/bridge_mappings${join(physical)}`, bridge),
    },
    ...(node.agent_mode === 'dvr' ? [mode(given, node, 'dvr_no_external')] : []),
  ];
}

export const NODE_FIXES: Fixes = {
  'external-bridge-missing': mapBridge,
  'ha-without-standby': (given) => [
    ...given.topology.nodes
      .filter(({ agent_mode }) => agent_mode === 'dvr' || agent_mode === 'legacy')
      .slice(-MOST_CHOICES)
      .map((node) => dvrSnatOn(given, node)),
    { title: 'Set `ha: false`', edits: setEntry(given, given.problem.pointer, false) },
  ],
  'l2-population-off': (given) => [
    { title: 'Set `l2_population: true`', edits: setEntry(given, given.problem.pointer, true) },
  ],
  'ovs-agent-not-distributed': (given) => {
    const { node } = thingsAt(given.topology, given.problem.pointer);
    if (!node) return [];
    const isOn = node.enable_distributed_routing === true;
    return [
      { title: `Set \`enable_distributed_routing: ${!isOn}\``, edits: setEntry(given, given.problem.pointer, !isOn) },
      ...(isOn ? [dvrOn(given, node)] : []),
    ];
  },
  'router-on-no-node': (given) => {
    const { port } = thingsAt(given.topology, given.problem.related?.[0]?.pointer ?? '');
    const node = relationsOf(given.topology).node.get(port?.node ?? '');
    return node ? [dvrOn(given, node)] : [];
  },
};
