/** Prefixes that are no place in particular. */
import { parsePrefix } from '../ip.ts';
import type { Check } from './check.ts';

export const unspecifiedPrefix: Check = {
  code: 'unspecified-prefix',
  severity: 'error',
  doc: 'A subnet with prefix length 0, or with the IPv6 prefix `::` that only waits for delegation (`db/ipam_backend_mixin.py: _validate_subnet_cidr`).',
  why: 'Its connected route would be a default route of the namespace and take the packets of all others.',
  check(topology, report) {
    for (const { name, cidr, pointer } of topology.networks.flatMap((each) => each.subnets)) {
      const { address, length } = parsePrefix(cidr)!;
      if (length !== 0 && (address !== '::' || cidr === PROVISIONAL_IPV6_PD_PREFIX)) continue;
      const isEverything = length === 0;
      const message = isEverything
        ? `The prefix length of ${cidr} (subnet \`${name}\`) is 0, which is everything: Neutron refuses it. Write the prefix that the subnet has.`
        : `${cidr} of subnet \`${name}\` is no prefix that a site can have (RFC 4291, section 2.4). Write the one that the subnet has, or ${PROVISIONAL_IPV6_PD_PREFIX} while it waits for prefix delegation.`;
      report({ message, pointer: `${pointer}/cidr`, severity: isEverything ? 'error' : 'warning' });
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 0.0.0.0/0}, red-v6: {cidr: '::/48'}}}
  #                              ^^^^^^^^^ unspecified-prefix
  #                                                         ^^^^^^^ unspecified-prefix
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}, delegated: {cidr: '::/64'}}}
`,
};

/** `lib: constants.py: PROVISIONAL_IPV6_PD_PREFIX`: every subnet that waits for prefix delegation has it. */
const PROVISIONAL_IPV6_PD_PREFIX = '::/64';
