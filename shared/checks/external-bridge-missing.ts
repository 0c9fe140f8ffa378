/** The way from a node to the external network. A node that tells no bridge mappings is left alone. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Node, Router, Topology } from '../topology/types.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const externalBridgeMissing: Check = {
  code: 'external-bridge-missing',
  severity: 'warning',
  doc: "A node that plugs `fg-` or `qg-` without bridge mapping to the external network's physical network: the port binding fails (`plugins/ml2/drivers/mech_agent.py`).",
  why: 'On each `dvr` and `dvr_snat` node the fip namespace has its own port on the external network. Where that port is not bound, floating IPs of the VMs on that node are dead although all else looks right.',
  check(topology, report) {
    const find = relationsOf(topology);
    const unread = unreadOf(topology);
    let nodesByNetwork: ReadonlyMap<string, Set<string>> | undefined;
    for (const router of topology.routers) {
      const external = find.network.get(router.external_gateway?.network ?? '');
      const physical = external?.physical_network;
      if (!external || physical === undefined) continue;
      const networks = router.interfaces.flatMap(({ subnet }) => find.subnet.get(subnet)?.network ?? []);
      nodesByNetwork ??= hostsByNetwork(topology);
      const hosts = networks.map((network) => nodesByNetwork!.get(network) ?? []);
      const names = new Set(hosts.flatMap((each) => [...each]));
      if (router.external_gateway?.node !== undefined) names.add(router.external_gateway.node);
      for (const name of names) {
        const node = find.node.get(name);
        if (!node || !isUnmapped(node, physical) || !plugsExternal(node, router) || unread.touches(node.pointer))
          continue;
        const message = `Node ${quote(name)} has router ${quote(router.name)}, whose external network ${quote(external.name)} is on physical network ${quote(physical)}, but maps no bridge to it: the external port cannot be bound there, and floating IPs of its VMs are dead. Add ${quote(physical)}, or use \`dvr_no_external\`.`;
        const related = [{ pointer: `${external.pointer}/physical_network`, message: `network ${external.name}` }];
        report({ message, pointer: `${node.pointer}/bridge_mappings`, at: 'key', related });
      }
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr, bridge_mappings: {physnet2: br-vlan}}
  #                           ^^^^^^^^^^^^^^^ external-bridge-missing
  net1: {agent_mode: dvr_snat, bridge_mappings: {physnet1: br-ex}}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, physical_network: physnet1, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public, node: net1}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
`,
  right: `
nodes:
  compute1: {agent_mode: dvr, bridge_mappings: {physnet1: br-ex}}
  compute2: {agent_mode: dvr}
  compute3: {agent_mode: dvr_no_external, bridge_mappings: {physnet2: br-vlan}}
  compute4: {agent_mode: dvr, bridge_mappings: {physnet2: br-vlan}}
  net1: {agent_mode: dvr_snat, bridge_mappings: {physnet1: br-ex}}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, physical_network: physnet1, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public, node: net1}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {network: red, node: compute2, fixed_ips: [{ip_address: 10.0.0.6}]}
  vm3: {network: red, node: compute3, fixed_ips: [{ip_address: 10.0.0.7}]}
`,
};

/** Nodes with VMs, by network: they hold the routers of that network (`db/l3_dvrscheduler_db.py: _check_dvr_serviceable_ports_on_host`). */
function hostsByNetwork({ ports }: Topology): Map<string, Set<string>> {
  const hosts = new Map<string, Set<string>>();
  for (const { network, node, device_owner } of ports) {
    if (node === undefined || !device_owner.startsWith('compute:')) continue;
    const known = hosts.get(network);
    if (known) known.add(node);
    else hosts.set(network, new Set([node]));
  }
  return hosts;
}

/** A node whose mappings were left out says nothing about them. */
const isUnmapped = ({ bridge_mappings }: Node, physical: string): boolean =>
  Object.keys(bridge_mappings).length > 0 && !Object.hasOwn(bridge_mappings, physical);

/** `fg-` is on every dvr and dvr_snat node of a distributed router, `qg-` where the gateway port is. */
const plugsExternal = ({ name, agent_mode }: Node, { distributed, external_gateway }: Router): boolean =>
  external_gateway?.node === name || (distributed && (agent_mode === 'dvr' || agent_mode === 'dvr_snat'));
