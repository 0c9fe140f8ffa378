/** Prefixes that one network or one router could not keep apart. */
import { compareAddresses, contains, familyOf } from '../ip.ts';
import { describe } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Subnet } from '../topology/types.ts';
import type { Check } from './check.ts';

export const subnetOverlap: Check = {
  code: 'subnet-overlap',
  severity: 'error',
  doc: 'Prefixes that overlap in one network, or on one router with its external network (`db/l3_db.py: _raise_on_subnets_overlap`). Other tenants may overlap.',
  why: 'The qrouter namespace has a connected route for each subnet and cannot have two for the same addresses.',
  check(topology, report) {
    const find = relationsOf(topology);
    for (const { name, subnets } of topology.networks)
      for (const [subnet, other] of overlapping(subnets)) {
        const message = `${subnet.cidr} overlaps ${other.cidr} of subnet \`${other.name}\` in network \`${name}\`. Neutron refuses it; choose another prefix.`;
        const related = [{ pointer: `${other.pointer}/cidr`, message: describe(other.pointer) }];
        report({ message, pointer: `${subnet.pointer}/cidr`, related });
      }
    for (const { name, interfaces, external_gateway } of topology.routers) {
      const external = find.network.get(external_gateway?.network ?? '')?.subnets ?? [];
      const attached = interfaces.flatMap(({ subnet, pointer }) => {
        const found = find.subnet.get(subnet);
        return found ? [{ ...found, pointer }] : [];
      });
      for (const [one, two] of overlapping([...external, ...attached])) {
        const [subnet, other] = attached.includes(one) ? [one, two] : [two, one];
        // Two subnets of the external network are that network's own trouble.
        if (!attached.includes(subnet) || isReported(subnet, other)) continue;
        const message = `${subnet.cidr} overlaps ${other.cidr} of subnet \`${other.name}\`, which router \`${name}\` is on as well: it could not tell where to send packets, and Neutron refuses it. Detach one of the two.`;
        report({
          message,
          pointer: subnet.pointer,
          at: 'key',
          related: [{ pointer: other.pointer, message: other.name }],
        });
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-a: {cidr: 10.0.0.0/24}, red-b: {cidr: 10.0.0.128/25}}}
  #                                                         ^^^^^^^^^^^^^ subnet-overlap
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/16}}}
  green: {subnets: {green-v4: {cidr: 10.1.2.0/24}}}
  grey: {subnets: {grey-v4: {cidr: 192.0.2.0/25}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public, ip_address: 192.0.2.200}
    interfaces:
      blue-v4:
      green-v4:
    # ^^^^^^^^ subnet-overlap
      grey-v4:
    # ^^^^^^^ subnet-overlap
`,
  right: `
networks:
  red: {subnets: {red-a: {cidr: 10.0.0.0/25}, red-b: {cidr: 10.0.0.128/25}}}
  blue: {subnets: {blue-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1: {interfaces: {red-a: , red-b: }}
  router2: {interfaces: {blue-v4: }}
`,
};

/** Both are in one network and reported there. */
const isReported = (a: Subnet, b: Subnet): boolean => a.network === b.network && a.name !== b.name;

/** Each prefix that overlaps an earlier or wider one, with that one: the later of the list comes first in the pair. */
function overlapping(subnets: Subnet[]): [Subnet, Subnet][] {
  const order = new Map(subnets.map((subnet, i) => [subnet, i]));
  // Prefixes are either inside of each other or apart, so it is enough to compare with the last wide one.
  const sorted = subnets.filter(({ cidr }) => cidr !== PREFIX_DELEGATION).toSorted(byAddress);
  let wide: Subnet | undefined;
  const pairs: [Subnet, Subnet][] = [];
  for (const subnet of sorted) {
    if (!wide || !contains(wide.cidr, subnet.cidr)) wide = subnet;
    else pairs.push(order.get(wide)! < order.get(subnet)! ? [subnet, wide] : [wide, subnet]);
  }
  return pairs;
}

/** `lib: constants.py: PROVISIONAL_IPV6_PD_PREFIX`: every subnet that waits for prefix delegation has it. */
const PREFIX_DELEGATION = '::/64';

function byAddress(a: Subnet, b: Subnet): number {
  const [[first, firstLength], [second, secondLength]] = [a.cidr.split('/'), b.cidr.split('/')] as [string[], string[]];
  if (familyOf(first!) !== familyOf(second!)) return familyOf(first!) === 'inet' ? -1 : 1;
  return compareAddresses(first!, second!) || Number(firstLength) - Number(secondLength);
}
