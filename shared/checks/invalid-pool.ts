/** Allocation pools in themselves and next to each other. */
import { compareAddresses, contains, nthAddress, parsePrefix } from '../ip.ts';
import type { Check } from './check.ts';
import { reservedAs } from './reserved.ts';

type Pool = { start: string; end: string };

export const invalidPool: Check = {
  code: 'invalid-pool',
  severity: 'error',
  doc: 'An allocation pool that ends before it starts, overlaps another, or holds an address that no host can have (`validate_allocation_pools`).',
  why: 'Neutron takes the addresses of interfaces, SNAT ports and floating IP agent gateways from the pools.',
  check(topology, report) {
    for (const { cidr, pointer, allocation_pools } of topology.networks.flatMap((each) => each.subnets)) {
      // What lies outside is `address-outside-subnet`; only pools of the subnet's own IP version can be compared.
      const inside = [...allocation_pools.entries()].filter(
        ([, { start, end }]) => contains(cidr, start) && contains(cidr, end),
      );
      const sorted = inside.toSorted(([, a], [, b]) => compareAddresses(a.start, b.start));
      let before: (Pool & { index: number }) | undefined;
      for (const [i, pool] of sorted) {
        const wrong = wrongAlone(cidr, pool) ?? (before && overlap(pool, before));
        const isOverlap = wrong !== undefined && wrongAlone(cidr, pool) === undefined;
        const other = isOverlap && before ? `${pointer}/allocation_pools/${before.index}` : `${pointer}/cidr`;
        const related = [{ pointer: other, message: isOverlap ? 'the other pool' : cidr }];
        if (wrong) report({ message: wrong, pointer: `${pointer}/allocation_pools/${i}/start`, related });
        if (!before || compareAddresses(before.end, pool.end) < 0) before = { ...pool, index: i };
      }
    }
  },
  wrong: `
networks:
  red:
    subnets:
      red-v4:
        cidr: 10.0.0.0/24
        allocation_pools:
          - {start: 10.0.0.90, end: 10.0.0.80}
          #         ^^^^^^^^^ invalid-pool
          - {start: 10.0.0.100, end: 10.0.0.150}
          - {start: 10.0.0.140, end: 10.0.0.160}
          #         ^^^^^^^^^^ invalid-pool
          - {start: 10.0.0.200, end: 10.0.0.255}
          #         ^^^^^^^^^^ invalid-pool
`,
  right: `
networks:
  red:
    subnets:
      red-v4: {cidr: 10.0.0.0/24, allocation_pools: [{start: 10.0.0.2, end: 10.0.0.9}, {start: 10.0.0.10, end: 10.0.0.254}]}
`,
};

function wrongAlone(cidr: string, { start, end }: Pool): string | undefined {
  if (compareAddresses(start, end) > 0) return `The pool ends at ${end}, before it starts at ${start}. Swap the two.`;
  const prefix = parsePrefix(cidr)!;
  const reserved = [start, end].find((edge) => reservedAs(prefix, edge) !== undefined);
  if (reserved !== undefined)
    return `The pool holds ${reserved}, the ${reservedAs(prefix, reserved)} address of ${cidr}, which no host can have. Neutron refuses it; leave that address out.`;
  const isSubnetRouterAnycast = prefix.family === 'inet6' && prefix.length < 127 && start === nthAddress(prefix, 0);
  return isSubnetRouterAnycast
    ? `The pool holds ${start}, the anycast address of routers in ${cidr}. Neutron refuses it; start one higher.`
    : undefined;
}

const overlap = (pool: Pool, before: Pool): string | undefined =>
  compareAddresses(pool.start, before.end) <= 0
    ? `The pool ${pool.start} to ${pool.end} overlaps the pool ${before.start} to ${before.end}. Neutron refuses it; cut one of the two.`
    : undefined;
