/** Each subnet of a router with gateway has a centralised SNAT port. Only a router whose other ports are known is looked at. */
import { quote } from '../topology/describe.ts';
import type { Lookup } from '../topology/lookup.ts';
import { isIpv4, relationsOf } from '../topology/relations.ts';
import type { Router, RouterInterface } from '../topology/types.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const snatPortMissing: Check = {
  code: 'snat-port-missing',
  severity: 'warning',
  doc: 'An interface without centralised SNAT port on a router with gateway whose other interfaces have theirs (`dvr_router_base.py: get_snat_port_for_internal_port`).',
  why: 'Without that port the agents log "SNAT port not found", and no redirect rule sends packets of the subnet to the SNAT node: its VMs without floating IP do not get out.',
  check(topology, report) {
    const find = relationsOf(topology);
    const unread = unreadOf(topology);
    for (const router of topology.routers) {
      if (!router.distributed || !router.external_gateway) continue;
      const having = router.interfaces.find(({ snat }) => snat?.port_id !== undefined);
      if (!having) continue;
      const shared = networksWithIpv6Port(router, find);
      for (const { subnet: name, pointer, port_id, snat } of router.interfaces) {
        const subnet = find.subnet.get(name);
        if (snat || port_id === undefined || !subnet || unread.touches(pointer)) continue;
        if (!isIpv4(subnet) && shared.has(subnet.network)) continue;
        const message = `Router ${quote(router.name)} has no centralised SNAT port on subnet ${quote(name)}, as it has on ${quote(having.subnet)}: no rule sends its packets to the SNAT node. Add \`snat\`; if the cloud has no such port, detach the subnet and attach it again.`;
        report({ message, pointer, at: 'key', related: [{ pointer: having.pointer, message: having.subnet }] });
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public}
    interfaces:
      red-v4: {port_id: 11111111-aa, snat: {ip_address: 10.0.0.3, port_id: 33333333-cc}}
      blue-v4: {port_id: 22222222-bb}
    # ^^^^^^^ snat-port-missing
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}, red-a: {cidr: '2001:db8:a::/64'}, red-b: {cidr: '2001:db8:b::/64'}}}
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public}
    interfaces:
      red-v4: {port_id: 11111111-aa, snat: {ip_address: 10.0.0.3, port_id: 33333333-cc}}
      red-a: {port_id: 22222222-bb, snat: {port_id: 44444444-dd}}
      red-b: {port_id: 22222222-bb}
  unknown: {external_gateway: {network: public}, interfaces: {blue-v4: }}
`,
};

/** Networks on which an IPv6 interface has a SNAT port: the IPv6 subnets of one network share it. */
const networksWithIpv6Port = ({ interfaces }: Router, find: Lookup): Set<string> =>
  new Set(
    interfaces.flatMap(({ subnet: name, snat }: RouterInterface) => {
      const subnet = find.subnet.get(name);
      return snat && subnet && !isIpv4(subnet) ? [subnet.network] : [];
    }),
  );
