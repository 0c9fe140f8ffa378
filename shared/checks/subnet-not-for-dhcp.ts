/** Prefixes that DHCP agents cannot serve. */
import { contains, parsePrefix } from '../ip.ts';
import type { Check } from './check.ts';

/** `db/db_base_plugin_v2.py: _validate_subnet`: the longest prefix with room for a gateway, a DHCP port and a VM. */
const LONGEST = { inet: 30, inet6: 126 } as const;

const UNFIT = [
  { cidr: '224.0.0.0/4', what: 'is multicast' },
  { cidr: 'ff00::/8', what: 'is multicast' },
  { cidr: '127.0.0.0/8', what: 'is loopback' },
  { cidr: '::1/128', what: 'is loopback' },
];

export const subnetNotForDhcp: Check = {
  code: 'subnet-not-for-dhcp',
  severity: 'error',
  doc: 'A subnet with DHCP whose prefix is too long, multicast, loopback or begins with 0.0.0.0 (`db/db_base_plugin_v2.py: _validate_subnet`).',
  why: 'Such a subnet has no room for the ports that DVR adds to it, or addresses that the kernel does not route.',
  check(topology, report) {
    for (const { name, cidr, pointer, enable_dhcp } of topology.networks.flatMap((each) => each.subnets)) {
      const what = enable_dhcp ? unfitness(cidr) : undefined;
      if (what === undefined) continue;
      const message = `${cidr} of subnet \`${name}\` ${what}: Neutron refuses it with DHCP. Set \`enable_dhcp: false\`, or choose another prefix.`;
      report({ message, pointer: `${pointer}/cidr` });
    }
  },
  wrong: `
networks:
  red:
    subnets:
      point: {cidr: 10.0.0.0/31, gateway_ip: null}
      #             ^^^^^^^^^^^ subnet-not-for-dhcp
      group: {cidr: 224.0.5.0/24}
      #             ^^^^^^^^^^^^ subnet-not-for-dhcp
      own: {cidr: 127.0.0.0/24}
      #           ^^^^^^^^^^^^ subnet-not-for-dhcp
      zero: {cidr: 0.0.0.0/8}
      #            ^^^^^^^^^ subnet-not-for-dhcp
      six: {cidr: '2001:db8::/127', gateway_ip: null}
      #           ^^^^^^^^^^^^^^^^ subnet-not-for-dhcp
`,
  right: `
networks:
  red:
    subnets:
      point: {cidr: 10.0.0.0/31, gateway_ip: null, enable_dhcp: false}
      small: {cidr: 10.0.0.4/30}
      six: {cidr: '2001:db8::/126'}
`,
};

function unfitness(cidr: string): string | undefined {
  const prefix = parsePrefix(cidr)!;
  const longest = LONGEST[prefix.family];
  // Of a prefix without length, `unspecified-prefix` says more.
  if (prefix.length === 0) return undefined;
  if (prefix.length > longest) return `is longer than /${longest}`;
  if (prefix.address === '0.0.0.0') return 'begins with 0.0.0.0';
  return UNFIT.find((range) => contains(range.cidr, cidr))?.what;
}
