/** The smallest MTU of IPv6. That of IPv4 is the least that the vocabulary takes. */
import { familyOf } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import type { Check } from './check.ts';

/** `lib: constants.py: IPV6_MIN_MTU` (RFC 8200, section 5). */
const IPV6_MIN_MTU = 1280;

export const mtuTooSmall: Check = {
  code: 'mtu-too-small',
  severity: 'error',
  doc: 'A network with an IPv6 subnet and an MTU below 1280 (`plugins/ml2/plugin.py: _get_network_mtu`).',
  why: 'The kernel takes IPv6 off a device with such an MTU: `qr-`, `sg-` and `fg-` would lose their IPv6 addresses and routes.',
  check(topology, report) {
    for (const { name, pointer, mtu, subnets } of topology.networks) {
      if (mtu === undefined || mtu >= IPV6_MIN_MTU) continue;
      const six = subnets.find(({ cidr }) => familyOf(cidr.split('/')[0]!) === 'inet6');
      if (!six) continue;
      const message = `Network ${quote(name)} has an IPv6 subnet, and IPv6 needs an MTU of ${IPV6_MIN_MTU} or more, not ${mtu}. Neutron refuses it; raise the MTU.`;
      const related = [{ pointer: `${six.pointer}/cidr`, message: `subnet ${six.name}` }];
      report({ message, pointer: `${pointer}/mtu`, related });
    }
  },
  wrong: `
networks:
  red: {mtu: 1200, subnets: {red-v6: {cidr: '2001:db8::/64'}}}
  #          ^^^^ mtu-too-small
`,
  right: `
networks:
  red: {mtu: 1280, subnets: {red-v6: {cidr: '2001:db8::/64'}}}
  blue: {mtu: 1200, subnets: {blue-v4: {cidr: 10.0.0.0/24}}}
`,
};
