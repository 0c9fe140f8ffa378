/** `docs/not-modelled.md`: what the engine does not know, with the reasons as reports give them. A test holds that none is missing. */

interface Row {
  /** As it stands in a report; `…` for what is named there. */
  reason: string;
  /** What is not checked, and what to do about it. */
  meaning: string;
}

/** What `check` lists behind "not checked:". */
export const REASONS: readonly Row[] = [
  {
    reason: 'the topology holds no DHCP ports',
    meaning: 'DHCP namespaces. Import the ports of device owner `network:dhcp`.',
  },
  {
    reason: '… is …: the namespace may be there or not',
    meaning: 'The DHCP namespace of a port that is not ACTIVE.',
  },
  {
    reason: 'the floating IP namespaces of … write the same state files, and the last to write wins',
    meaning:
      "The L3 agent's files `fip-priorities` and `fip-linklocal-networks`, on nodes with several external networks.",
  },
  {
    reason: 'the L3 agent of … programs no IPv6: it is off on this node (net.ipv6.conf.default.disable_ipv6)',
    meaning: "IPv6 of that node, which is the kernel's alone.",
  },
  {
    reason: 'routes of NDP proxies are not modelled',
    meaning: 'IPv6 routes of a `fip` namespace in which the extension `ndp_proxy` was at work.',
  },
  {
    reason: 'chains of neutron-vpn-agent are not modelled',
    meaning: 'iptables of L3 namespaces that the agent of neutron-vpnaas made.',
  },
  {
    reason: 'the topology does not say which L3 agent holds … (l3_agents)',
    meaning: 'Namespaces of a router that is not distributed, and Open vSwitch. Give `l3_agents`.',
  },
  {
    reason: 'the topology does not say which router serves a port forwarding',
    meaning: 'The central namespaces of the routers that might. Give `router` of the floating IP.',
  },
  {
    reason: 'the HA port of … on … is not in the topology, nor is its MTU',
    meaning: 'The devices of that namespace, until a node tells the MTU.',
  },
  {
    reason: 'chains of … that an earlier gateway left are not modelled',
    meaning: 'iptables of the `snat` namespace of DVR with HA after its gateway was taken away.',
  },
  {
    reason: 'keepalived.conf of agents before Mitaka is not modelled',
    meaning: 'The configuration of keepalived in Juno, Kilo and Liberty.',
  },
  {
    reason: 'the topology does not say the network_type of …',
    meaning: 'Open vSwitch of the nodes that have the network.',
  },
  {
    reason: 'the topology does not say the segmentation_id of …',
    meaning: 'Open vSwitch of the nodes that have the network.',
  },
  {
    reason: 'the topology does not say the physical_network of …',
    meaning: 'Open vSwitch of the nodes that have the network.',
  },
  {
    reason: 'the topology does not say the tunnel_ip of …',
    meaning: 'Open vSwitch of the nodes that have a tunnel to it.',
  },
];

/** What is set apart item by item, so that the rest of its aspect is checked. */
const SET_APART: readonly string[] = [
  'Conntrack helpers and NDP proxies of a router of which the topology does not say them (`conntrack_helpers`, `enable_ndp_proxy`, `ndp_proxies`), and NDP proxies of HA routers: they are taken as they are.',
  'Neighbour proxies of NDP proxies (`ip -6 neigh show proxy`): not collected.',
  'Firewall as a service, and whatever security groups and QoS add to br-int: recognised, not checked.',
  'Security groups of the drivers `iptables` and `iptables_hybrid`: a packet is traced as if they let it pass.',
  'The inside of iptables chains that are not of Neutron; what leads there from a chain of Neutron or of the kernel is reported.',
  'Kernel settings that Neutron does not set.',
  'The password of keepalived; its interval (`advert_int`) where a single file tells it.',
  'Entries that the kernel or the switch learned: neighbours, connections, MAC addresses.',
  'Processes: whether keepalived, haproxy, dnsmasq and the agents themselves run.',
];

export const notModelledPage = (): string =>
  [
    '# What is not modelled',
    '',
    '<!-- Made by `npm run docs`: edit tools/notModelledPage.ts instead. -->',
    '',
    'Nothing here is ever a difference.',
    'Reports list it as *not checked*, with the reason; a trace that needs it ends in `insufficient-info`.',
    '',
    '| reason in the report | what is not checked |',
    '|---|---|',
    ...REASONS.map(({ reason, meaning }) => `| ${reason} | ${meaning} |`),
    '',
    'Set apart, while all else beside it is checked:',
    '',
    ...SET_APART.map((sentence) => `- ${sentence}`),
    '',
  ].join('\n');
