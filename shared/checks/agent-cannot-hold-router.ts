/** Agents that a router is said to be bound to, and their modes. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { AgentMode, Router, Topology } from '../topology/types.ts';
import type { Check } from './check.ts';

/** Up to Liberty the nodes that serve a DVR router's ports were in the binding table as well. */
const BINDS_COMPUTE_NODES = new Set(['juno', 'kilo', 'liberty']);

export const agentCannotHoldRouter: Check = {
  code: 'agent-cannot-hold-router',
  severity: 'error',
  doc: 'A router bound to an agent whose mode does not allow it (`db/l3_agentschedulers_db.py: validate_agent_router_combination`).',
  why: 'A binding says where the SNAT part is. An agent in another mode than `dvr_snat` never makes the snat namespace of a distributed router, so that VMs without floating IP do not get out.',
  check(topology, report) {
    if (BINDS_COMPUTE_NODES.has(topology.release ?? '')) return;
    const { node: nodes } = relationsOf(topology);
    for (const { name, pointer, distributed, l3_agents } of routersOf(topology))
      for (const [i, agent] of (l3_agents ?? []).entries()) {
        const node = nodes.get(agent.node);
        if (!node || !isRefused(node.agent_mode, distributed)) continue;
        const kind = distributed ? 'distributed router' : 'router';
        const message = `Node ${quote(node.name)} is in mode ${node.agent_mode}, and ${kind} ${quote(name)} cannot be bound to such an agent; Neutron refuses it. Name a ${distributed ? '`dvr_snat`' : '`legacy` or `dvr_snat`'} node, or leave \`l3_agents\` out.`;
        const related = [{ pointer: `${node.pointer}/agent_mode`, message: `node ${node.name}` }];
        report({ message, pointer: `${pointer}/l3_agents/${i}/node`, related });
      }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
  old1: {agent_mode: legacy}
routers:
  router1: {l3_agents: [{node: compute1}]}
  #                            ^^^^^^^^ agent-cannot-hold-router
  router2: {l3_agents: [{node: old1}]}
  #                            ^^^^ agent-cannot-hold-router
`,
  right: `
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
  old1: {agent_mode: legacy}
routers:
  router1: {l3_agents: [{node: net1}]}
  central: {distributed: false, l3_agents: [{node: old1}]}
`,
};

const routersOf = ({ routers }: Topology): Router[] => routers.filter(({ l3_agents }) => l3_agents !== undefined);

/** A node without L3 agent has none that could be bound. */
const isRefused = (mode: AgentMode, distributed: boolean): boolean =>
  mode === 'dvr' || mode === 'dvr_no_external' || mode === 'none' || (mode === 'legacy' && distributed);
