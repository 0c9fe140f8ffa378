/** Who answers for the gateway of a subnet. Only tunnelled networks are looked at: on others a router outside may be the gateway. */
import { quote } from '../topology/describe.ts';
import { remembered } from '../topology/kept.ts';
import { relationsOf } from '../topology/relations.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';
import { holdersByNetwork, type Holder } from './holders.ts';

const EVERYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

const TUNNELLED: readonly (string | undefined)[] = ['vxlan', 'gre', 'geneve'];

export const gatewayNotRouter: Check = {
  code: 'gateway-not-router',
  severity: 'information',
  doc: 'A subnet whose `gateway_ip` nobody has, although routers are on it with other addresses (`db/dvr_mac_db.py: get_subnet_for_dvr`).',
  why: 'VMs learn `gateway_ip` from DHCP, and nobody answers ARP for it. Besides, the flow for the SNAT port is missing when that port is bound before the router port ("Could not retrieve gateway port").',
  check(topology, report) {
    const { interfacesOfSubnet, network: networks, subnet: subnets } = relationsOf(topology);
    const unread = unreadOf(topology);
    if (unread.touches('/routers') || unread.touches('/ports') || topology.ports.length === 0) return;
    const holdersOf = holdersByNetwork(topology);
    for (const { name, network, gateway_ip, host_routes } of subnets.values()) {
      const interfaces = interfacesOfSubnet.get(name) ?? [];
      if (gateway_ip === null || interfaces.length === 0) continue;
      if (!TUNNELLED.includes(networks.get(network)?.network_type)) continue;
      if (heldBy(holdersOf.get(network) ?? NOBODY).has(gateway_ip)) continue;
      for (const { router, interface: entry } of interfaces) {
        if (entry.ip_address === undefined) continue;
        // Told by DHCP, VMs use this route instead (RFC 3442).
        if (host_routes.some((route) => EVERYWHERE.includes(route.destination))) continue;
        const message = `Router ${quote(router.name)} has ${entry.ip_address} on subnet ${quote(name)}, whose gateway ${gateway_ip} nobody has: VMs that use it reach no router. Give the interface ${gateway_ip}, or change the subnet's \`gateway_ip\`.`;
        const related = [{ pointer: `${subnets.get(name)!.pointer}/gateway_ip`, message: `subnet ${name}` }];
        report({ message, pointer: `${entry.pointer}/ip_address`, related });
      }
    }
  },
  wrong: `
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}}}
routers:
  router1: {interfaces: {red-v4: {ip_address: 10.0.0.254}}}
  #                                           ^^^^^^^^^^ gateway-not-router
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
`,
  right: `
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}}}
  blue: {network_type: vlan, subnets: {blue-v4: {cidr: 10.1.0.0/24, gateway_ip: 10.1.0.1}}}
  told: {network_type: vxlan, subnets: {told-v4: {cidr: 10.2.0.0/24, host_routes: [{destination: 0.0.0.0/0, nexthop: 10.2.0.254}]}}}
routers:
  router1: {interfaces: {red-v4: }}
  router2: {interfaces: {red-v4: {ip_address: 10.0.0.254}, blue-v4: {ip_address: 10.1.0.254}, told-v4: {ip_address: 10.2.0.254}}}
ports:
  vm1: {network: blue, fixed_ips: [{ip_address: 10.1.0.5}]}
`,
};

const NOBODY: Holder[] = [];

/** The addresses of those on one network. */
const heldBy = remembered((list: Holder[]): ReadonlySet<string> => {
  const held = new Set<string>();
  for (const { addresses } of list) for (const { ip_address } of addresses) held.add(ip_address);
  return held;
});
