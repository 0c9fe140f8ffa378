/** Faults of Open vSwitch: flows of distributed routing, tunnels, ports. */
import { isTunnelled, BR_INT, BR_TUN } from '../ovs/names.ts';
import type { Flow, OvsPort } from '../state.ts';
import type { Case, Fact, Fault, NodeView } from './fault.ts';
import { cutOff, rewired } from './cutOff.ts';
import { byKey, linesOf, together } from './lines.ts';

const flowsOf = (
  view: NodeView,
  bridge: string,
  tables: readonly number[],
  ...kinds: Parameters<typeof linesOf>[2][]
) => linesOf(view, 'flows', ...kinds).filter(({ item }) => item.bridge === bridge && tables.includes(item.table));

/** `lib: plugins/ml2/ovs_constants.py`: br-tun tables UCAST_TO_TUN, ARP_RESPONDER, FLOOD_TO_TUN. */
const UCAST = 20;
const RESPONDER = 21;
const FLOOD = 22;

const isTunnel = ({ bridge, type }: OvsPort): boolean => bridge === BR_TUN && isTunnelled(type);

/** Ports of the tunnels that lead to no node of the topology. */
const strangers = (view: NodeView) =>
  linesOf(view, 'ports', 'unexpected').filter(
    ({ item }) =>
      isTunnel(item) &&
      !view.topology.nodes.some(({ tunnel_ip: ip }) => ip !== undefined && ip === item.options['remote_ip']),
  );

/** Numbers of a port in flows: where packets come in, and where they go. */
const usesPort = ({ match, actions }: Flow, ports: readonly (number | undefined)[]): boolean =>
  [...`${match} ${actions}`.matchAll(/(?:in_port=|output:)(\d+)/g)].some(([, port]) => ports.includes(Number(port)));

/** Flows of br-tun that lead to, or come from, ports that are other than those that are there. */
function staleHandles(view: NodeView): Case[] {
  const moved = linesOf(view, 'ports', 'different').filter(
    ({ wanted, found }) => wanted && found && isTunnel(found) && wanted.ofport !== found.ofport && found.ofport !== -1,
  );
  const outputs = ({ actions }: Flow) => actions.replaceAll(/output:\d+/g, 'output');
  const led = flowsOf(view, BR_TUN, [UCAST, FLOOD], 'different').filter(
    ({ wanted, found }) =>
      wanted &&
      found &&
      wanted.match === found.match &&
      outputs(wanted) === outputs(found) &&
      wanted.actions !== found.actions,
  );
  const ports = moved.flatMap(({ wanted, found }) => [wanted?.ofport, found?.ofport]);
  const entered = flowsOf(view, BR_TUN, [0]).filter(({ item }) => usesPort(item, ports));
  return together([...moved, ...led, ...(moved.length > 0 ? entered : [])]);
}

/** Table 21 is empty while the unicast rows are there: ARP is not answered at all. */
function silentResponder(view: NodeView): Case[] {
  const isAnswer = ({ bridge, table, priority }: Flow) => bridge === BR_TUN && table === RESPONDER && priority > 0;
  const wanted = (view.expected.flows ?? []).filter(isAnswer);
  const there = view.live.flows?.some(isAnswer) ?? true;
  const isUnicastLost = flowsOf(view, BR_TUN, [UCAST], 'missing').length > 0;
  if (wanted.length === 0 || there || isUnicastLost) return [];
  const asked = flowsOf(view, BR_TUN, [2], 'missing').filter(({ item }) => item.match.startsWith('arp'));
  return together([...flowsOf(view, BR_TUN, [RESPONDER], 'missing'), ...asked]);
}

/** Numbers of the ports that a flow takes from and sends to. */
const numbersOf = ({ match, actions }: Flow): number[] =>
  [...`${match},${actions}`.matchAll(/(?:^|,)(?:in_port=|output:)(\d+)/g)].map(([, number]) => Number(number));

/** A number that no port has, or a port without one. */
function deadPorts(view: NodeView): Case[] {
  const altered = linesOf(view, 'ports', 'different').filter(
    ({ wanted, found }) =>
      found && wanted && wanted.ofport !== found.ofport && (!isTunnel(found) || found.ofport === -1),
  );
  const lines = altered.map(({ difference }) => difference);
  const broken = (view.live.ports ?? []).filter(
    ({ bridge, name, ofport }) =>
      ofport === -1 &&
      view.expected.ports?.some((port) => port.bridge === bridge && port.name === name) === true &&
      !altered.some(({ item }) => item.name === name),
  );
  const numbers = new Set(
    (view.live.ports ?? []).flatMap(({ bridge, ofport }) => (bridge === BR_INT ? (ofport ?? []) : [])),
  );
  const astray = linesOf(view, 'flows', 'different').filter(
    ({ wanted, found }) =>
      found?.bridge === BR_INT &&
      numbersOf(found).some((number) => !numbers.has(number) && !numbersOf(wanted!).includes(number)),
  );
  const facts = broken.map(({ bridge, name }): Fact => ({
    namespace: '-',
    aspect: 'ports',
    expected: `${bridge} ${name} with a port number`,
    live: `${bridge} ${name} ofport=-1`,
    show: ['ovs-vsctl', 'list', 'Interface', name],
  }));
  return [
    ...lines.map((line) => ({ lines: [line] })),
    ...byKey(astray, ({ found }) => numbersOf(found!).join()),
    ...facts.map((fact) => ({ lines: [], facts: [fact] })),
  ];
}

/** MACs of the centralised SNAT ports: `ovs_dvr_neutron_agent.py` once took one for the gateway's. */
const snatMacs = ({ topology }: NodeView): string[] =>
  topology.routers.flatMap(({ interfaces }) => interfaces.flatMap(({ snat }) => snat?.mac_address ?? []));

/** A bridge of `bridge_mappings` that nothing but the agent's own ports is on. */
function withoutUplink(view: NodeView): Case[] {
  const { ports } = view.live;
  const node = view.topology.nodes.find(({ name }) => name === view.node);
  if (!ports || !node) return [];
  return [...new Set(Object.values(node.bridge_mappings))].flatMap((bridge): Case[] => {
    const own = ports.filter((port) => port.bridge === bridge);
    const isOurs = ({ name, type, options }: OvsPort) =>
      name === bridge || type === 'internal' || (type === 'patch' && options['peer']?.startsWith('int-') === true);
    if (own.length === 0 || !own.every(isOurs)) return [];
    const fact: Fact = {
      namespace: '-',
      aspect: 'ports',
      expected: `${bridge} with a device of the host, or a patch to a bridge that has one`,
      live: `${bridge} with ${own.map(({ name }) => name).join(', ')} only`,
      show: ['ovs-vsctl', 'list-ports', bridge],
    };
    return [{ lines: [], facts: [fact] }];
  });
}

export const OVS_FAULTS: readonly Fault[] = [
  {
    id: 'O27',
    family: 'Open vSwitch',
    title: 'a physical bridge has no uplink',
    symptom: 'Nothing of an external or provider network gets out of a node or in.',
    cause: 'The network device was moved to another bridge, or a script of the network set-up took it away.',
    evidence:
      'A bridge of bridge_mappings has only the patch to br-int and internal ports. Compare itself leaves devices of the host alone.',
    breaks: ({ node }) => `nothing of the networks on that bridge leaves ${node} or reaches it`,
    fix: () => [],
    releases: 'any',
    references: ['vexxhost/atmosphere#123'],
    find: withoutUplink,
  },
  {
    id: 'O09',
    family: 'Open vSwitch',
    title: 'a tunnel to a node that is not there',
    symptom: 'Broadcasts go to an address that is nobody’s, or another cloud’s.',
    cause: 'The local_ip of a node changed, or the node is gone, and its tunnel was not removed.',
    evidence: 'br-tun has a tunnel port whose remote_ip is no tunnel_ip of the topology, and flows that lead to it.',
    breaks: ({ node }) => `${node} sends broadcasts, and what it learned, to a node that is not there`,
    severity: 'warning',
    restart: 'neutron-openvswitch-agent',
    fix: ({ lines }) =>
      linesOf({ differences: lines }, 'ports').flatMap(({ difference }) =>
        difference.repair.map((words) => ({ namespace: '-', words })),
      ),
    releases: 'any',
    references: ['LP#1381071', 'LP#1318261'],
    find: (view) =>
      strangers(view).flatMap((line) =>
        together([
          line,
          ...linesOf(view, 'flows').filter(
            ({ item, found }) => item.bridge === BR_TUN && usesPort(found ?? item, [line.item.ofport]),
          ),
        ]),
      ),
  },
  {
    id: 'O10',
    family: 'Open vSwitch',
    title: 'flows lead to tunnels by numbers that these have no more',
    symptom: 'Tunnels are there, and no traffic passes after a restart of Open vSwitch.',
    cause: 'Open vSwitch gave the tunnel ports new numbers, and the agent kept the old ones.',
    evidence: 'Flows of br-tun tables 20 and 22 lead to other numbers than the tunnel ports have.',
    breaks: ({ node }) => `traffic from ${node} to other nodes goes astray`,
    restart: 'neutron-openvswitch-agent',
    fix: () => [],
    releases: 'up to Liberty; fixed in Mitaka',
    references: ['LP#1460164'],
    find: staleHandles,
  },
  {
    id: 'O19',
    family: 'Open vSwitch',
    title: 'ARP for remote ports is not answered',
    symptom: 'VMs on different nodes do not find each other, though the tunnels carry what is sent to known MACs.',
    cause: 'arp_responder is off, or its flows were lost.',
    evidence: 'br-tun table 21 has no answer at all, while the unicast rows of table 20 are there.',
    breaks: ({ node }) => `VMs on ${node} find no VM and no router port of other nodes`,
    restart: 'neutron-openvswitch-agent',
    fix: () => [],
    releases: 'a setting up to Train; forced on with DVR since Ussuri',
    references: ['LP#1774459', '52b537ca22', 'ea85e39660'],
    find: silentResponder,
  },
  {
    id: 'O06',
    family: 'Open vSwitch',
    title: 'a port is there and has no number, or another one than the flows',
    symptom: 'A port is ACTIVE and dead.',
    cause: 'Its device was made anew or is gone, and the agent did not wire it again.',
    evidence: 'The ofport of an interface is -1, or another one than that which its flows use.',
    breaks: ({ who }) => `cut off: ${who}`,
    restart: 'neutron-openvswitch-agent',
    fix: () => [],
    releases: 'any',
    references: ['LP#1938685', 'LP#2155883', 'LP#1562467'],
    find: deadPorts,
  },
  {
    id: 'O11',
    family: 'Open vSwitch',
    title: 'a port is cut off from br-int',
    symptom: 'A port stays dead for ever.',
    cause: 'The agent put it on the dead VLAN, or dropped what comes from it, and did not undo that.',
    evidence: 'The port has tag 4095, or a flow in table 0 drops what comes from it.',
    breaks: ({ who }) => `cut off: ${who}`,
    restart: 'neutron-openvswitch-agent',
    fix: rewired,
    releases: 'up to Xena; fixed in Yoga and Zed',
    references: ['LP#1968896', 'LP#1493414', 'LP#1959564', 'LP#1930414'],
    find: (view) => cutOff(view, (name) => !name.startsWith('fg-')),
  },
  {
    id: 'O03',
    family: 'Open vSwitch',
    title: 'frames to local VMs get the MAC of the SNAT port',
    symptom: 'VMs of a node in mode dvr_snat do not reach those of other subnets on the same node.',
    cause: 'The agent took the SNAT port for the gateway of the subnet.',
    evidence:
      'br-int table 1 rewrites the source to the MAC of the centralised SNAT port, not of the router’s interface.',
    breaks: ({ who }) => `VMs of other subnets are not heard by ${who}`,
    restart: 'neutron-openvswitch-agent',
    fix: () => [],
    releases: 'up to Rocky; fixed in Stein',
    references: ['LP#1783470', 'c6de172e58'],
    find: (view) => {
      const macs = snatMacs(view);
      const isWrong = (flow: Flow | undefined) =>
        macs.some((mac) => flow?.actions.includes(`set_field:${mac}->eth_src`) === true);
      return together(
        flowsOf(view, BR_INT, [1, 2], 'different').filter(({ wanted, found }) => isWrong(found) && !isWrong(wanted)),
      );
    },
  },
  {
    id: 'O01',
    family: 'Open vSwitch',
    title: 'flows that hand routed packets to local VMs are missing',
    symptom:
      'VMs of a subnet on one node cannot be reached from other subnets, after an interface of a router was removed.',
    cause: 'With an interface that is not the gateway the agent deleted the flows of all ports of the subnet.',
    evidence: 'br-int tables 1, 2 and 60 lack the rows for MACs of local ports.',
    breaks: ({ who }) => `not reached from other subnets: ${who}`,
    restart: 'neutron-openvswitch-agent',
    fix: () => [],
    releases: 'up to Victoria; fixed in Wallaby',
    references: ['LP#1892405', '329ea19f8b'],
    find: (view) =>
      together(
        flowsOf(view, BR_INT, [1, 2, 60], 'missing').filter(({ wanted }) =>
          wanted?.because?.neutron.includes('install_dvr_to_src_mac'),
        ),
      ),
  },
  {
    id: 'O08',
    family: 'Open vSwitch',
    title: 'the tunnel bridge does not know remote ports',
    symptom: 'VMs on different nodes cannot talk after Open vSwitch or its agent was restarted.',
    cause: 'l2population did not send its entries again.',
    evidence: 'br-tun lacks rows of tables 20, 21 or 22 for remote ports, or a whole tunnel.',
    breaks: ({ node, machines, vms }) =>
      `${node} does not reach ${machines.length > 0 ? vms : 'ports of other nodes'} by its tunnels`,
    restart: 'neutron-openvswitch-agent',
    fix: () => [],
    releases: 'up to Rocky, seldom since; restart one node at a time',
    references: ['LP#1794991', 'LP#1804842', 'LP#1813703', 'LP#1773286', 'LP#1789846'],
    find: (view) =>
      together([
        ...linesOf(view, 'ports', 'missing').filter(({ item }) => isTunnel(item)),
        // The row of a tunnel that is missing may still be there, under a number that nothing has.
        ...flowsOf(view, BR_TUN, [0], 'missing', 'different').filter(({ item }) => item.match.startsWith('in_port=')),
        ...flowsOf(view, BR_TUN, [UCAST, RESPONDER, FLOOD], 'missing', 'different').filter(({ wanted }) =>
          /^\/(?:ports|networks|routers)\//.test(wanted?.because?.pointer ?? ''),
        ),
      ]),
  },
];
