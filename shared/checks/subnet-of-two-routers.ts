/** Subnets with VMs that two distributed routers are on. A network between routers, without VMs, is no trouble. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Check } from './check.ts';

export const subnetOfTwoRouters: Check = {
  code: 'subnet-of-two-routers',
  severity: 'information',
  doc: 'Two distributed routers on one subnet that has VMs (`plugins/ml2/drivers/openvswitch/agent/ovs_dvr_neutron_agent.py: _bind_distributed_router_interface_port`).',
  why: "Packets that a router sends to a VM get the MAC of the subnet's gateway, and the flows know only one: the last one that was bound. The way by the second router is asymmetric, and firewalls that follow connections may drop it.",
  check(topology, report) {
    const find = relationsOf(topology);
    for (const [subnet, interfaces] of find.interfacesOfSubnet) {
      const distributed = interfaces.filter(({ router }) => router.distributed);
      if (distributed.length < 2) continue;
      const vm = (find.addressesOfSubnet.get(subnet) ?? []).find(({ port }) =>
        port.device_owner.startsWith('compute:'),
      )?.port;
      if (!vm) continue;
      const [first, ...others] = distributed;
      for (const { router, interface: entry } of others) {
        const message = `Distributed routers ${quote(router.name)} and ${quote(first!.router.name)} are both on subnet ${quote(subnet)}, which has VMs such as ${quote(vm.name)}: packets by the second router come back another way. Put a network of its own between the routers.`;
        const related = [{ pointer: first!.interface.pointer, message: `router ${first!.router.name}` }];
        report({ message, pointer: entry.pointer, at: 'key', related });
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: }}
  router2: {interfaces: {red-v4: {ip_address: 10.0.0.254}}}
  #                      ^^^^^^ subnet-of-two-routers
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  between: {subnets: {between-v4: {cidr: 10.9.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: , between-v4: }}
  router2: {interfaces: {between-v4: {ip_address: 10.9.0.2}}}
  central: {distributed: false, interfaces: {red-v4: {ip_address: 10.0.0.254}}}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
`,
};
