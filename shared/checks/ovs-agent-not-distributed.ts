/** The two agents of a node must agree whether it takes part in DVR. */
import { quote } from '../topology/describe.ts';
import type { AgentMode, Topology } from '../topology/types.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

const DVR_MODES: readonly AgentMode[] = ['dvr', 'dvr_snat', 'dvr_no_external'];

export const ovsAgentNotDistributed: Check = {
  code: 'ovs-agent-not-distributed',
  severity: 'warning',
  doc: 'A node whose L3 agent is in a DVR mode and whose Open vSwitch agent is not, or the reverse on a node with VMs (`openvswitch_agent.ini: enable_distributed_routing`).',
  why: 'Without DVR flows the same `qr-` MAC answers from every node and frames go astray. With the flows but without the qrouter namespace, VMs have no gateway at all.',
  check(topology, report) {
    const unread = unreadOf(topology);
    let withVms: ReadonlySet<string | undefined> | undefined;
    for (const { name, pointer, agent_mode, enable_distributed_routing: isDistributed } of topology.nodes) {
      if (isDistributed === undefined || unread.touches(pointer)) continue;
      const isDvr = DVR_MODES.includes(agent_mode);
      if (isDvr === isDistributed) continue;
      withVms ??= nodesWithVms(topology);
      if (!isDvr && !withVms.has(name)) continue;
      const message = isDvr
        ? `The L3 agent of node ${quote(name)} is in mode ${agent_mode}, but its Open vSwitch agent has \`enable_distributed_routing\` off: the router's MACs collide with those of other nodes. Turn it on.`
        : `The Open vSwitch agent of node ${quote(name)} has \`enable_distributed_routing\` on, but there is no L3 agent in a DVR mode: VMs there have no gateway on distributed routers. Set \`agent_mode: dvr\`, or turn it off.`;
      const related = [{ pointer: `${pointer}/agent_mode`, message: `mode of node ${name}` }];
      report({ message, pointer: `${pointer}/enable_distributed_routing`, related });
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr, enable_distributed_routing: false}
  #                                                       ^^^^^ ovs-agent-not-distributed
  compute2: {agent_mode: none, enable_distributed_routing: true}
  #                                                        ^^^^ ovs-agent-not-distributed
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
ports:
  vm1: {network: red, node: compute2, fixed_ips: [{ip_address: 10.0.0.5}]}
`,
  right: `
nodes:
  compute1: {agent_mode: dvr, enable_distributed_routing: true}
  compute2: {agent_mode: dvr}
  dhcp1: {agent_mode: none, enable_distributed_routing: true}
  old1: {agent_mode: legacy, enable_distributed_routing: false}
`,
};

const nodesWithVms = ({ ports }: Topology): Set<string | undefined> =>
  new Set(ports.filter(({ device_owner }) => device_owner.startsWith('compute:')).map(({ node }) => node));
