/** DVR over tunnels needs to be told where each MAC is. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Topology } from '../topology/types.ts';
import type { Check } from './check.ts';

const TUNNELLED: readonly (string | undefined)[] = ['vxlan', 'gre', 'geneve'];

export const l2PopulationOff: Check = {
  code: 'l2-population-off',
  severity: 'warning',
  doc: 'A node without `l2_population` in a cloud with distributed routers on tunnelled networks (`ovs_neutron_agent.py: _check_agent_configurations`).',
  why: 'The MAC of a distributed router is on every node, so that bridges cannot learn where to send; the agents must be told, on all nodes alike. Otherwise frames between nodes are flooded or lost.',
  check(topology, report) {
    if (!topology.nodes.some(({ l2_population }) => l2_population === false)) return;
    const network = tunnelledNetwork(topology);
    if (network === undefined) return;
    const others = topology.nodes.find(({ l2_population }) => l2_population === true);
    for (const { name, pointer, l2_population, agent_mode } of topology.nodes) {
      if (l2_population !== false || agent_mode === 'legacy') continue;
      const mixed = others ? `, unlike node ${quote(others.name)}` : '';
      const message = `The Open vSwitch agent of node ${quote(name)} has \`l2_population\` off${mixed}, but distributed routers are on tunnelled networks such as ${quote(network)}: frames between nodes are flooded or lost, and an agent that is also distributed does not start. Turn it on on all nodes.`;
      const related = others ? [{ pointer: `${others.pointer}/l2_population`, message: `node ${others.name}` }] : [];
      report({ message, pointer: `${pointer}/l2_population`, related });
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr, l2_population: false}
  #                                          ^^^^^ l2-population-off
  compute2: {agent_mode: dvr, l2_population: true}
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: }}
`,
  right: `
nodes:
  compute1: {agent_mode: dvr, l2_population: false}
  compute2: {agent_mode: dvr, l2_population: false}
networks:
  red: {network_type: vlan, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: }}
`,
};

/** A tunnelled network that a distributed router is on. */
function tunnelledNetwork(topology: Topology): string | undefined {
  const find = relationsOf(topology);
  for (const { distributed, interfaces } of topology.routers)
    for (const { subnet } of distributed ? interfaces : []) {
      const network = find.network.get(find.subnet.get(subnet)?.network ?? '');
      if (network && TUNNELLED.includes(network.network_type)) return network.name;
    }
  return undefined;
}
