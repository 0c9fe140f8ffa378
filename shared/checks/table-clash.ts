/** Two subnets of a router whose SNAT redirects have one number. */
import { parsePrefix } from '../ip.ts';
import { snatIndex } from '../snatIndex.ts';
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { RouterInterface } from '../topology/types.ts';
import type { Check } from './check.ts';

export const tableClash: Check = {
  code: 'table-clash',
  severity: 'warning',
  doc: 'Two interfaces of a router with gateway whose addresses give one table number and rule priority (`dvr_local_router.py: _get_snat_idx`).',
  why: 'The number is a 30-bit checksum for IPv6, so that two subnets can have the same. Their redirects share a table then: the default route of the one is replaced by that of the other, and taking one off takes both.',
  check(topology, report) {
    const find = relationsOf(topology);
    for (const { name, distributed, external_gateway, interfaces } of topology.routers) {
      if (!distributed || !external_gateway) continue;
      const first = new Map<number, RouterInterface>();
      for (const each of interfaces) {
        const subnet = find.subnet.get(each.subnet);
        const length = subnet && parsePrefix(subnet.cidr)?.length;
        const index =
          length === undefined || each.ip_address === undefined ? undefined : snatIndex(`${each.ip_address}/${length}`);
        const other = index === undefined ? undefined : first.get(index);
        // One address twice is `duplicate-address`.
        if (index !== undefined && !other) first.set(index, each);
        if (!other || other.ip_address === each.ip_address) continue;
        const message = `On router ${quote(name)} the subnets ${quote(each.subnet)} and ${quote(other.subnet)} both get table and rule priority ${index}: the SNAT redirect of one replaces that of the other. Give one of the interfaces another address.`;
        const related = [{ pointer: other.pointer, message: `the interface on ${other.subnet}` }];
        report({ message, pointer: each.pointer, at: 'key', related });
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v6: {cidr: '2001:db8:24fc:d5d::/64', gateway_ip: '2001:db8:24fc:d5d::1'}}}
  blue: {subnets: {blue-v6: {cidr: '2001:db8:2918:108::/64', gateway_ip: '2001:db8:2918:108::1'}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public}
    interfaces:
      red-v6:
      blue-v6:
    # ^^^^^^^ table-clash
`,
  right: `
networks:
  red: {subnets: {red-v6: {cidr: '2001:db8:24fc:d5d::/64', gateway_ip: '2001:db8:24fc:d5d::1'}}}
  blue: {subnets: {blue-v6: {cidr: '2001:db8:2918:108::/64', gateway_ip: '2001:db8:2918:108::2'}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}, interfaces: {red-v6: , blue-v6: }}
`,
};
