/** Who tells hosts their IPv6 address and gateway. */
import { parsePrefix } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Subnet } from '../topology/types.ts';
import type { Check } from './check.ts';

export const ipv6Modes: Check = {
  code: 'ipv6-modes',
  severity: 'error',
  doc: '`ipv6_ra_mode` and `ipv6_address_mode` that do not go together, or not with the subnet (`db/db_base_plugin_v2.py: _validate_ipv6_attributes`, `db/l3_db.py: _validate_subnet_address_mode`).',
  why: 'With `ipv6_ra_mode` the qrouter namespace of every node advertises the subnet; hosts take address and gateway from what it says.',
  check(topology, report) {
    for (const subnet of topology.networks.flatMap((each) => each.subnets)) {
      const { name, pointer, ipv6_ra_mode: ra, ipv6_address_mode: address } = subnet;
      if (ra === undefined && address === undefined) continue;
      const why = misfit(subnet);
      const message = `The IPv6 modes of subnet ${quote(name)} do not fit: ${why}. Neutron refuses it.`;
      if (why !== undefined)
        report({ message, pointer: `${pointer}/${address === undefined ? 'ipv6_ra_mode' : 'ipv6_address_mode'}` });
    }
    const { subnet: subnets } = relationsOf(topology);
    for (const { subnet: name, pointer } of topology.routers.flatMap((router) => router.interfaces)) {
      const subnet = subnets.get(name);
      if (!subnet || misfit(subnet) !== undefined || !hasOtherRouter(subnet)) continue;
      const message = `Subnet ${quote(name)} has \`ipv6_address_mode\` without \`ipv6_ra_mode\`: a router outside advertises it, and Neutron refuses to attach it to one of its own. Set \`ipv6_ra_mode\`, or detach it.`;
      const related = [{ pointer: `${subnet.pointer}/ipv6_address_mode`, message: `subnet ${name}` }];
      report({ message, pointer, at: 'key', related });
    }
  },
  wrong: `
networks:
  red:
    subnets:
      red-v4: {cidr: 10.0.0.0/24, ipv6_ra_mode: slaac}
      #                                         ^^^^^ ipv6-modes
      red-a: {cidr: '2001:db8:a::/64', ipv6_ra_mode: slaac, ipv6_address_mode: dhcpv6-stateful}
      #                                                                        ^^^^^^^^^^^^^^^ ipv6-modes
      red-b: {cidr: '2001:db8:b::/80', ipv6_address_mode: slaac}
      #                                                   ^^^^^ ipv6-modes
      red-c: {cidr: '2001:db8:c::/64', enable_dhcp: false, ipv6_ra_mode: slaac}
      #                                                                  ^^^^^ ipv6-modes
      red-d: {cidr: '2001:db8:d::/64', ipv6_address_mode: slaac}
routers:
  router1:
    interfaces:
      red-d:
    # ^^^^^ ipv6-modes
`,
  right: `
networks:
  red:
    subnets:
      red-a: {cidr: '2001:db8:a::/64', ipv6_ra_mode: slaac, ipv6_address_mode: slaac}
      red-b: {cidr: '2001:db8:b::/80', ipv6_ra_mode: dhcpv6-stateful, ipv6_address_mode: dhcpv6-stateful}
      red-c: {cidr: '2001:db8:c::/64', enable_dhcp: false}
      red-d: {cidr: '2001:db8:d::/64', ipv6_address_mode: dhcpv6-stateless}
`,
};

/** `db/l3_db.py: _validate_subnet_address_mode`. */
const hasOtherRouter = ({ ipv6_ra_mode, ipv6_address_mode }: Subnet): boolean =>
  ipv6_ra_mode === undefined && ipv6_address_mode !== undefined;

function misfit({ cidr, enable_dhcp, ipv6_ra_mode: ra, ipv6_address_mode: address }: Subnet): string | undefined {
  const prefix = parsePrefix(cidr)!;
  if (prefix.family === 'inet') return 'they are for IPv6 subnets alone; take them off';
  if (!enable_dhcp) return 'they are not used with `enable_dhcp: false`; take them off or turn DHCP on';
  if (ra !== undefined && address !== undefined && ra !== address)
    return `\`ipv6_ra_mode\` is ${ra} and \`ipv6_address_mode\` is ${address}; make them equal`;
  const isAutomatic = [ra, address].some((mode) => mode === 'slaac' || mode === 'dhcpv6-stateless');
  return isAutomatic && prefix.length !== 64
    ? `hosts make their addresses from a /64 (EUI-64), and ${cidr} is none; use dhcpv6-stateful`
    : undefined;
}
