/** A topology in which one thing has another name: what the text must mean after a rename. */
import type { ReferenceKind } from './fields.ts';
import { renamedPromise } from './promiseNames.ts';
import { readPromise } from './promiseText.ts';
import type { FixedIp, FloatingIp, Network, Node, Port, Router, Topology } from './types.ts';

/** Kinds of names that a rename knows: things, and words that only have to be the same everywhere. */
export type RenameKind = ReferenceKind | 'physical_network' | 'address_scope';

type Rename = <T extends string | undefined>(kind: RenameKind, name: T) => T;

/** Pointers stay what they were. */
export function renamedTopology(topology: Topology, kind: RenameKind, from: string, to: string): Topology {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name stays a name
  const rename: Rename = (of, name) => (of === kind && name === from ? (to as typeof name) : name);
  return {
    ...topology,
    nodes: topology.nodes.map((each) => node(each, rename)),
    networks: topology.networks.map((each) => network(each, rename)),
    routers: topology.routers.map((each) => router(each, rename)),
    ports: topology.ports.map((each) => port(each, rename)),
    floating_ips: topology.floating_ips.map((each) => floatingIp(each, rename)),
    ...(topology.promises && {
      promises: topology.promises.map((each) => ({ ...each, text: renamedPromise(each.text, kind, from, to) })),
    }),
  };
}

const node = (each: Node, rename: Rename): Node => ({
  ...each,
  name: rename('node', each.name),
  bridge_mappings: Object.fromEntries(
    Object.entries(each.bridge_mappings).map(([name, bridge]) => [rename('physical_network', name), bridge]),
  ),
});

const network = (each: Network, rename: Rename): Network => ({
  ...each,
  name: rename('network', each.name),
  ...optional('physical_network', rename('physical_network', each.physical_network)),
  ...optional('ipv4_address_scope', rename('address_scope', each.ipv4_address_scope)),
  ...optional('ipv6_address_scope', rename('address_scope', each.ipv6_address_scope)),
  subnets: each.subnets.map((subnet) => ({
    ...subnet,
    name: rename('subnet', subnet.name),
    network: rename('network', subnet.network),
  })),
});

const router = (each: Router, rename: Rename): Router => ({
  ...each,
  name: rename('router', each.name),
  interfaces: each.interfaces.map((entry) => ({ ...entry, subnet: rename('subnet', entry.subnet) })),
  ...(each.external_gateway && {
    external_gateway: {
      ...each.external_gateway,
      network: rename('network', each.external_gateway.network),
      ...optional('node', rename('node', each.external_gateway.node)),
      external_fixed_ips: fixedIps(each.external_gateway.external_fixed_ips, rename),
    },
  }),
  ...(each.l3_agents && { l3_agents: each.l3_agents.map((agent) => ({ ...agent, node: rename('node', agent.node) })) }),
  ...(each.ndp_proxies && {
    ndp_proxies: each.ndp_proxies.map((proxy) => ({ ...proxy, ...optional('port', rename('port', proxy.port)) })),
  }),
});

const port = (each: Port, rename: Rename): Port => ({
  ...each,
  name: rename('port', each.name),
  network: rename('network', each.network),
  ...optional('node', rename('node', each.node)),
  ...optional('migrating_to', rename('node', each.migrating_to)),
  fixed_ips: fixedIps(each.fixed_ips, rename),
});

const floatingIp = (each: FloatingIp, rename: Rename): FloatingIp => ({
  ...each,
  ...optional('network', rename('network', each.network)),
  ...optional('port', rename('port', each.port)),
  ...optional('router', rename('router', each.router)),
});

const fixedIps = (list: FixedIp[], rename: Rename): FixedIp[] =>
  list.map((each) => ({ ...each, ...optional('subnet', rename('subnet', each.subnet)) }));

const optional = <Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object with that one key
  (value === undefined ? {} : { [key]: value }) as { [K in Key]?: string };

/** Whether two topologies say the same, wherever in their files it stands; keys of maps of words count in any order. */
export const sameMeaning = (a: Topology, b: Topology): boolean => meaning(a) === meaning(b);

const meaning = (topology: Topology): string =>
  JSON.stringify(topology, (key, value: unknown) => {
    if (key === 'pointer' || key === 'unread') return undefined;
    // Quotes around a name say nothing.
    if (key === 'promises' && Array.isArray(value)) return value.map(({ text }: { text: string }) => readPromise(text));
    if (key !== 'bridge_mappings' || typeof value !== 'object' || value === null) return value;
    return Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1));
  });
