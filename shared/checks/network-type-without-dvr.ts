/** Networks that the Open vSwitch agent makes no DVR flows for. */
import { RELEASES } from '../releases.ts';
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Check } from './check.ts';

export const networkTypeWithoutDvr: Check = {
  code: 'network-type-without-dvr',
  severity: 'warning',
  doc: 'A distributed router on a `local` network, or on a flat one before Ussuri (`ovs_dvr_neutron_agent.py: bind_port_to_dvr`).',
  why: 'The agent passes over ports of such networks: the qrouter namespace is there on each node, but nothing leads the MACs of its ports, so that VMs do not reach each other through the router.',
  check(topology, report) {
    const find = relationsOf(topology);
    const isUnfit = (type: string | undefined): boolean =>
      type === 'local' || (type === 'flat' && isBeforeFlat(topology.release));
    for (const { name, distributed, interfaces } of topology.routers) {
      if (!distributed) continue;
      for (const { subnet, pointer } of interfaces) {
        const network = find.network.get(find.subnet.get(subnet)?.network ?? '');
        if (!network || !isUnfit(network.network_type)) continue;
        const message = `Distributed router ${quote(name)} is on network ${quote(network.name)} of type ${network.network_type}, for which the Open vSwitch agents program no DVR flows: it does not route there. Use another network type, or a router that is not distributed.`;
        const related = [{ pointer: `${network.pointer}/network_type`, message: `network ${network.name}` }];
        report({ message, pointer, at: 'key', related });
      }
    }
  },
  wrong: `
release: train
networks:
  red: {network_type: local, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {network_type: flat, subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: , blue-v4: }}
  #                      ^^^^^^ network-type-without-dvr
  #                                ^^^^^^^ network-type-without-dvr
`,
  right: `
release: zed
networks:
  red: {network_type: local, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {network_type: flat, subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
  green: {network_type: vxlan, subnets: {green-v4: {cidr: 10.2.0.0/24}}}
routers:
  router1: {interfaces: {blue-v4: , green-v4: }}
  central: {distributed: false, interfaces: {red-v4: }}
`,
};

/** Flat networks came with Victoria and went back as far as Ussuri (a1f4ee3ade). A release that nobody said counts as new. */
const isBeforeFlat = (release: string | undefined): boolean => {
  const order = (RELEASES as readonly (string | undefined)[]).indexOf(release);
  return order >= 0 && order < RELEASES.indexOf('ussuri');
};
