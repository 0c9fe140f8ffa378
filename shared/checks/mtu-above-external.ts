/** Packets that fit inside and not outside. */
import { quote } from '../topology/describe.ts';
import { mtuOf, relationsOf } from '../topology/relations.ts';
import type { Check } from './check.ts';

export const mtuAboveExternal: Check = {
  code: 'mtu-above-external',
  severity: 'information',
  doc: "A router between a network and an external network with a smaller MTU (`router_info.py: internal_network_added`; each device has its network's MTU).",
  why: 'The qrouter and snat namespaces must fragment such packets or answer that they are too big. Where ICMP is filtered, connections hang as soon as they carry much.',
  check(topology, report) {
    const find = relationsOf(topology);
    for (const { name, interfaces, external_gateway: gateway } of topology.routers) {
      const external = find.network.get(gateway?.network ?? '');
      if (external?.mtu === undefined) continue;
      for (const { subnet, pointer } of interfaces) {
        const network = find.network.get(find.subnet.get(subnet)?.network ?? '');
        // Only what somebody has set; defaults always fit.
        if (network?.mtu === undefined || network.mtu <= mtuOf(external)) continue;
        const message = `Network ${quote(network.name)} has MTU ${network.mtu}, and router ${quote(name)} leads from it to external network ${quote(external.name)} with MTU ${external.mtu}: larger packets are fragmented or refused in the namespaces. Let ICMP through, or lower the inner MTU.`;
        const related = [
          { pointer: `${network.pointer}/mtu`, message: `network ${network.name}` },
          { pointer: `${external.pointer}/mtu`, message: `network ${external.name}` },
        ];
        report({ message, pointer, at: 'key', related });
      }
    }
  },
  wrong: `
networks:
  red: {mtu: 8950, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, mtu: 1500, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public}
    interfaces:
      red-v4:
    # ^^^^^^ mtu-above-external
`,
  right: `
networks:
  red: {mtu: 1450, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, mtu: 1500, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}, interfaces: {red-v4: }}
`,
};
