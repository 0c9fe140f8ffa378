/** Every place of a topology where one thing names another. The keys of type `reference` in `fields.ts`, as they are in a topology. */
import { pointer as join, type Pointer } from '../problem.ts';
import type { ReferenceKind } from './fields.ts';
import { joined, keptList } from './kept.ts';
import { lookUp } from './lookup.ts';
import type { FixedIp, FloatingIp, Port, Router, Topology } from './types.ts';

export interface Reference {
  /** The entry that holds the name. */
  pointer: Pointer;
  /** A router interface names its subnet in the key. */
  at: 'key' | 'value';
  to: ReferenceKind;
  name: string;
}

/** In the order of the file. A name that the reader filled in is there as well; its entry has no place in the text. */
export const references = ({ routers, ports, floating_ips }: Topology): Reference[] => [
  ...routers.flatMap(ofRouter),
  ...ports.flatMap(ofPort),
  ...floating_ips.flatMap(ofFloatingIp),
];

/** Those of which the name is of no thing in the topology. */
export function danglingReferences(topology: Topology): Reference[] {
  const { nodes, networks, routers, ports, floating_ips } = topology;
  const find = lookUp(topology);
  const dangling = (all: Reference[]): Reference[] => all.filter(({ to, name }) => !find[to].has(name));
  const places = [nodes, networks];
  const anything = [...places, routers, ports];
  const found = [
    ofRouters(routers, anything, {
      make: (router) => dangling(ofRouter(router)),
      // No other reference of a router is to a port, and none is to a router.
      on: ({ ndp_proxies }) => (ndp_proxies ? anything : places),
    }),
    // Most of all references: ports name neither ports nor routers, so that those may change.
    ofPorts(ports, places, { make: (port) => dangling(ofPort(port)), on: () => places }),
    ofFloatingIps(floating_ips, anything, {
      make: (floatingIp) => dangling(ofFloatingIp(floatingIp)),
      on: ({ port, router }) => [...places, find.port.has(port ?? ''), find.router.has(router ?? '')],
    }),
  ];
  return joined(found.map(joined));
}

const ofRouters = keptList<Router, Reference[]>();
const ofPorts = keptList<Port, Reference[]>();
const ofFloatingIps = keptList<FloatingIp, Reference[]>();

const ofRouter = (router: Router): Reference[] => {
  const { pointer, external_gateway: gateway, interfaces, l3_agents = [], ndp_proxies = [] } = router;
  return [
    ...given(gateway?.pointer, { network: gateway?.network, node: gateway?.node }),
    ...subnets(gateway?.pointer, 'external_fixed_ips', gateway?.external_fixed_ips ?? []),
    ...interfaces.map((each): Reference => ({ pointer: each.pointer, at: 'key', to: 'subnet', name: each.subnet })),
    ...l3_agents.flatMap(({ node }, i) => given(`${pointer}/l3_agents/${i}`, { node })),
    ...ndp_proxies.flatMap(({ port }, i) => given(`${pointer}/ndp_proxies/${i}`, { port })),
  ];
};

const ofPort = ({ pointer, network, node, migrating_to: next, fixed_ips }: Port): Reference[] => [
  ...given(pointer, { network, node }),
  ...(next === undefined
    ? []
    : [{ pointer: `${pointer}/migrating_to`, at: 'value' as const, to: 'node' as const, name: next }]),
  ...subnets(pointer, 'fixed_ips', fixed_ips),
];

const ofFloatingIp = ({ pointer, network, port, router }: FloatingIp): Reference[] =>
  given(pointer, { network, port, router });

/** The references of one thing: in all of them the key is the kind of what is named. */
function given(parent: Pointer | undefined, names: Partial<Record<ReferenceKind, string | undefined>>): Reference[] {
  const found: Reference[] = [];
  if (parent === undefined) return found;
  for (const to of KINDS) {
    const name = names[to];
    if (name !== undefined) found.push({ pointer: parent + join(to), at: 'value', to, name });
  }
  return found;
}

const KINDS: readonly ReferenceKind[] = ['network', 'node', 'subnet', 'port', 'router'];

const subnets = (parent: Pointer | undefined, key: string, addresses: FixedIp[]): Reference[] =>
  addresses.flatMap(({ subnet }, i) => given(parent && `${parent}/${key}/${i}`, { subnet }));
