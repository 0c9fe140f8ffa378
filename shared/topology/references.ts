/** Every place of a topology where one thing names another. The keys of type `reference` in `fields.ts`, as they are in a topology. */
import { pointer as join, type Pointer } from '../problem.ts';
import type { ReferenceKind } from './fields.ts';
import type { FixedIp, Topology } from './types.ts';

export interface Reference {
  /** The entry that holds the name. */
  pointer: Pointer;
  /** A router interface names its subnet in the key. */
  at: 'key' | 'value';
  to: ReferenceKind;
  name: string;
}

/** In the order of the file. A name that the reader filled in is there as well; its entry has no place in the text. */
export function references(topology: Topology): Reference[] {
  const { routers, ports, floating_ips } = topology;
  return [
    ...routers.flatMap(({ pointer, external_gateway: gateway, interfaces, l3_agents = [], ndp_proxies = [] }) => [
      ...given(gateway?.pointer, { network: gateway?.network, node: gateway?.node }),
      ...subnets(gateway?.pointer, 'external_fixed_ips', gateway?.external_fixed_ips ?? []),
      ...interfaces.map((each): Reference => ({ pointer: each.pointer, at: 'key', to: 'subnet', name: each.subnet })),
      ...l3_agents.flatMap(({ node }, i) => given(`${pointer}/l3_agents/${i}`, { node })),
      ...ndp_proxies.flatMap(({ port }, i) => given(`${pointer}/ndp_proxies/${i}`, { port })),
    ]),
    ...ports.flatMap(({ pointer, network, node, fixed_ips }) => [
      ...given(pointer, { network, node }),
      ...subnets(pointer, 'fixed_ips', fixed_ips),
    ]),
    ...floating_ips.flatMap(({ pointer, network, port, router }) => given(pointer, { network, port, router })),
  ];
}

/** The references of one thing: in all of them the key is the kind of what is named. */
const given = (parent: Pointer | undefined, names: Partial<Record<ReferenceKind, string | undefined>>): Reference[] =>
  KINDS.flatMap((to) => {
    const name = names[to];
    return parent === undefined || name === undefined
      ? []
      : [{ pointer: parent + join(to), at: 'value' as const, to, name }];
  });

const KINDS: readonly ReferenceKind[] = ['network', 'node', 'subnet', 'port', 'router'];

const subnets = (parent: Pointer | undefined, key: string, addresses: FixedIp[]): Reference[] =>
  addresses.flatMap(({ subnet }, i) => given(parent && `${parent}/${key}/${i}`, { subnet }));
