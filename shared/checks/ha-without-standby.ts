/** HA routers need somebody to take over. */
import { quote } from '../topology/describe.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const haWithoutStandby: Check = {
  code: 'ha-without-standby',
  severity: 'warning',
  doc: 'A distributed HA router in a cloud with fewer than two `dvr_snat` nodes (`db/l3_hamode_db.py: get_number_of_agents_for_scheduling`).',
  why: 'keepalived runs in the snat namespaces. With one of them the router works, but nobody takes over SNAT and centralised floating IPs when its node fails.',
  check(topology, report) {
    // Without any such node it is `no-snat-node` that says so.
    const snatNodes = topology.nodes.filter((node) => node.agent_mode === 'dvr_snat');
    if (snatNodes.length !== 1 || unreadOf(topology).touches('/nodes')) return;
    for (const { name, pointer, distributed, ha } of topology.routers) {
      if (!distributed || !ha) continue;
      const only = snatNodes[0]!;
      const message = `Router ${quote(name)} is an HA router, but node ${quote(only.name)} is the only one in mode \`dvr_snat\`: there is no standby. Set a second node to \`dvr_snat\`.`;
      report({ message, pointer: `${pointer}/ha`, related: [{ pointer: only.pointer, message: `node ${only.name}` }] });
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
routers:
  router1: {ha: true}
  #             ^^^^ ha-without-standby
`,
  right: `
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
  net2: {agent_mode: dvr_snat}
routers:
  router1: {ha: true}
`,
};
