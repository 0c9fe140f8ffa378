/** Where the snat namespaces of distributed routers are. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const noSnatNode: Check = {
  code: 'no-snat-node',
  severity: 'warning',
  doc: 'A distributed router with a gateway, but no `dvr_snat` node for its snat namespace (`db/l3_agentschedulers_db.py: get_l3_agent_candidates`).',
  why: 'VMs without floating IP get out by the snat namespace alone, which exists on `dvr_snat` nodes alone.',
  check(topology, report) {
    // A file without nodes is not wrong about them.
    if (topology.nodes.length === 0) return;
    const find = relationsOf(topology);
    const hasSnatNode = topology.nodes.some((node) => node.agent_mode === 'dvr_snat');
    const isUnsure = unreadOf(topology).touches('/nodes');
    for (const { name, distributed, external_gateway: gateway } of topology.routers) {
      if (!distributed || !gateway) continue;
      const node = find.node.get(gateway.node ?? '');
      if (node && node.agent_mode !== 'dvr_snat') {
        const message = `Node ${quote(node.name)} is in mode ${node.agent_mode}, so it cannot hold the snat namespace of router ${quote(name)}; only a \`dvr_snat\` node can. Name one, or change the mode.`;
        const related = [{ pointer: `${node.pointer}/agent_mode`, message: `node ${node.name}` }];
        report({ message, pointer: `${gateway.pointer}/node`, related });
        // A node that is named but not in the file is `unknown-reference`.
      } else if (!hasSnatNode && !isUnsure && (node || gateway.node === undefined)) {
        const message = `Router ${quote(name)} has a gateway, but no node is in mode \`dvr_snat\`: nobody holds its snat namespace, so VMs without floating IP do not get out. Set \`agent_mode: dvr_snat\` on a network node.`;
        report({ message, pointer: gateway.pointer, at: 'key' });
      }
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr}
networks:
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}}
  #         ^^^^^^^^^^^^^^^^ no-snat-node
  router2: {external_gateway: {network: public, node: compute1}}
  #                                                   ^^^^^^^^ no-snat-node
`,
  right: `
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
networks:
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}}
  router2: {external_gateway: {network: public, node: net1}}
  internal: {}
  central: {distributed: false, external_gateway: {network: public, node: compute1}}
`,
};
