/** Nodes of the topology: every host that an L3, Open vSwitch or DHCP agent or a port binding names. */
import { DEVICE_OWNER } from '../../shared/neutron.ts';
import { pointer } from '../../shared/problem.ts';
import type { AgentMode, Node } from '../../shared/topology/types.ts';
import {
  address,
  answerOf,
  byText,
  flag,
  grouped,
  objects,
  part,
  text,
  uuid,
  type Answers,
  type Item,
} from './answers.ts';
import { given } from './networks.ts';

/** `lib: constants.py: AGENT_TYPE_L3, AGENT_TYPE_OVS, AGENT_TYPE_DHCP`. */
const AGENT_TYPE = { l3: 'L3 agent', ovs: 'Open vSwitch agent', dhcp: 'DHCP agent' } as const;

/** `lib: constants.py: L3_AGENT_MODE_*`. */
const L3_AGENT_MODES: readonly AgentMode[] = ['legacy', 'dvr', 'dvr_snat', 'dvr_no_external'];

/**
 * `routerAgents`: the agents of `router-l3-agents.json`, which tell as much as `agents.json`. `portsByHost`: the ports bound to each host.
 * A host without L3 agent is of mode `none`. Where no agents are known at all, since only administrators may list them, the mode is
 * deduced from the ports that only such an agent has, and noted.
 */
export function importNodes(
  answers: Answers,
  routerAgents: Item[],
  portsByHost: Map<string, Item[]>,
  notes: string[],
): Node[] {
  const agents = [...objects(answers, 'agents', 'agents', notes), ...routerAgents];
  for (const agent of agents)
    if (hostOf(agent) === undefined) notes.push(`${agent.where}: agent without host, left out`);
  const agentsByHost = grouped(agents.filter(isOurs), hostOf);
  const routerHosts = grouped(routerAgents, hostOf);
  const hosts = [...new Set([...agentsByHost.keys(), ...routerHosts.keys(), ...portsByHost.keys()])].toSorted(byText);
  const areKnown = answerOf(answers, 'agents') !== undefined;
  return hosts.map((host) => {
    const own = agentsByHost.get(host) ?? [];
    return own.length > 0 || areKnown ? nodeOf(host, own) : deducedNode(host, portsByHost.get(host) ?? [], notes);
  });
}

const hostOf = (agent: Item): string | undefined => text(agent, 'host');

const isOurs = (agent: Item): boolean => Object.values<unknown>(AGENT_TYPE).includes(text(agent, 'agent_type'));

function nodeOf(host: string, agents: Item[]): Node {
  const agentOf = (type: string) => agents.find((agent) => text(agent, 'agent_type') === type);
  const l3 = agentOf(AGENT_TYPE.l3);
  const ovs = agentOf(AGENT_TYPE.ovs);
  const ovsConfiguration = ovs && part(ovs, 'configurations');
  return {
    name: host,
    pointer: pointer('nodes', host),
    agent_mode: l3 ? agentModeOf(l3) : 'none',
    ...given('tunnel_ip', ovsConfiguration && address(ovsConfiguration, 'tunneling_ip')),
    bridge_mappings: bridgeMappingsOf(ovsConfiguration),
    ...given('l3_agent_id', l3 && uuid(l3, 'id')),
    ...given('enable_distributed_routing', ovsConfiguration && flag(ovsConfiguration, 'enable_distributed_routing')),
    ...given('l2_population', ovsConfiguration && flag(ovsConfiguration, 'l2_population')),
  };
}

/** `conf/agent/l3/config.py: agent_mode` is `legacy` by default. */
function agentModeOf(l3: Item): AgentMode {
  const configuration = part(l3, 'configurations');
  const mode = configuration && text(configuration, 'agent_mode');
  const known = L3_AGENT_MODES.find((candidate) => candidate === mode);
  if (known) return known;
  l3.notes.push(`${l3.where}: agent_mode ${mode ?? 'missing'}, taken as legacy`);
  return 'legacy';
}

/** Without prototype, as the reader of topologies makes it: the names come from outside. */
function bridgeMappingsOf(configuration: Item | undefined): Record<string, string> {
  const bridges: Record<string, string> = Object.create(null);
  const mappings = configuration && part(configuration, 'bridge_mappings');
  for (const physnet of Object.keys(mappings?.value ?? {}).toSorted(byText)) {
    const bridge = text(mappings!, physnet);
    if (physnet !== '' && bridge !== undefined) bridges[physnet] = bridge;
  }
  return bridges;
}

/**
 * Centralised SNAT ports are bound to `dvr_snat` agents only, floating IP agent gateway ports have the id of their agent as
 * `device_id` (`db/l3_dvr_db.py: _get_agent_gw_ports_exist_for_network`).
 */
function deducedNode(host: string, ports: Item[], notes: string[]): Node {
  const ofOwner = (owner: string) => ports.find((port) => text(port, 'device_owner') === owner);
  const agentGateway = ofOwner(DEVICE_OWNER.agentGateway);
  const agent_mode = ofOwner(DEVICE_OWNER.snat) ? 'dvr_snat' : agentGateway ? 'dvr' : 'none';
  notes.push(
    `agents.json: not there; ${host} is taken for agent_mode ${agent_mode} by the ports bound to it: correct it by hand`,
  );
  return {
    name: host,
    pointer: pointer('nodes', host),
    agent_mode,
    bridge_mappings: bridgeMappingsOf(undefined),
    ...given('l3_agent_id', agentGateway && uuid(agentGateway, 'device_id')),
  };
}
