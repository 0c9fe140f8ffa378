/** Distributed routers that no node holds although VMs need them. A router that still has no VMs is no trouble. */
import { placementOf } from '../placement.ts';
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { AgentMode, Port, Topology } from '../topology/types.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

const DVR_MODES: readonly AgentMode[] = ['dvr', 'dvr_snat', 'dvr_no_external'];

export const routerOnNoNode: Check = {
  code: 'router-on-no-node',
  severity: 'warning',
  doc: 'A distributed router with VMs on its subnets that no node holds (`db/l3_dvrscheduler_db.py: _get_router_ids_for_agent`).',
  why: 'Each node routes for its own VMs alone. On a node without an L3 agent in a DVR mode there is no qrouter namespace, and no other node helps out.',
  check(topology, report) {
    const unread = unreadOf(topology);
    if (topology.nodes.length === 0 || unread.touches('/nodes') || unread.touches('/ports')) return;
    // Where each node may hold it, one does.
    if (topology.nodes.every(({ agent_mode: mode }) => DVR_MODES.includes(mode))) return;
    const vms = vmsBySubnet(topology);
    // Asked only when it matters, since placement takes time: another port or a binding may have brought the router to a node.
    let held: Set<string> | undefined;
    for (const router of topology.routers) {
      // With a gateway it is on the SNAT node, and `no-snat-node` looks after that.
      if (!router.distributed || !router.admin_state_up || router.external_gateway) continue;
      const own = router.interfaces.flatMap(({ subnet }) => vms.get(subnet) ?? []);
      const vm = own.find(({ isServed }) => !isServed)?.port;
      if (!vm || own.some(({ isServed }) => isServed) || unread.touches(router.pointer)) continue;
      held ??= heldRouters(topology);
      if (held.has(router.name)) continue;
      const message = `No node holds router ${quote(router.name)}: ${quote(vm.name)} and the other ports on its subnets are on nodes without an L3 agent in a DVR mode, such as ${quote(vm.node!)}, and reach no gateway. Set \`agent_mode: dvr\` there.`;
      const related = [{ pointer: vm.pointer, message: `port ${vm.name}` }];
      report({ message, pointer: router.pointer, at: 'key', related });
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: legacy}
  compute2: {agent_mode: dvr}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: }}
# ^^^^^^^ router-on-no-node
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
`,
  right: `
nodes:
  compute1: {agent_mode: legacy}
  compute2: {agent_mode: dvr}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: }}
  idle: {interfaces: {blue-v4: }}
ports:
  vm1: {network: red, node: compute2, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {network: blue, fixed_ips: [{ip_address: 10.1.0.5}]}
`,
};

const heldRouters = (topology: Topology): Set<string> =>
  new Set([...placementOf(topology).routersByNode.values()].flatMap((all) => all.map(({ router }) => router.name)));

/** For each subnet a VM whose node is known: one on a node that serves it, if there is one. */
function vmsBySubnet(topology: Topology): Map<string, { port: Port; isServed: boolean }> {
  const { addressesOfSubnet, node: nodes } = relationsOf(topology);
  const isServed = ({ node: name }: Port) => DVR_MODES.includes(nodes.get(name ?? '')?.agent_mode ?? 'none');
  return new Map(
    [...addressesOfSubnet].flatMap(([subnet, addresses]) => {
      const bound = addresses
        .map(({ port }) => port)
        .filter(({ device_owner, node }) => device_owner.startsWith('compute:') && nodes.has(node ?? ''));
      const port = bound.find(isServed) ?? bound[0];
      return port ? [[subnet, { port, isServed: isServed(port) }] as const] : [];
    }),
  );
}
