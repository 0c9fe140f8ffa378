/** Two bridges joined by a patch, with random flows of every form that is known: what recorded clouds do not have. */
import { flowOfLine } from '../../shared/ovs/flowText.ts';
import { groupsOf, switchOf } from '../../shared/openflow/switch.ts';
import type { Bridge, Flow, NodeState, OvsPort } from '../../shared/state.ts';
import type { JudgedNode } from './flowsNode.ts';

const BRIDGES = ['br-int', 'br-ex'] as const;
const PATCH = 7;
const TABLES = 5;
const MACS = ['fa:16:3e:00:00:01', 'fa:16:3e:00:00:02', 'fa:16:3f:00:00:03', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '192.168.1.7'];
const ADDRESSES6 = ['2001:db8::1', '2001:db8::2', 'fe80::1'];

/** All groups of a bridge, as `ovs-ofctl add-group` takes them. */
export const GROUPS: readonly string[] = [
  'group_id=1,type=all,bucket=actions=output:1,bucket=actions=set_field:fa:16:3e:00:00:09->eth_dst,output:2',
  'group_id=2,type=indirect,bucket=actions=push_vlan:0x8100,set_field:4099->vlan_vid,output:3',
  // A bucket is a set of actions: its order is not that of the text.
  'group_id=3,type=all,bucket=actions=output:3,load:0x5->NXM_NX_REG0[],resubmit(,3),bucket=actions=load:0x1->NXM_NX_REG0[],resubmit(,4),bucket=actions=output:1,output:2',
];

export function randomNode(random: () => number): JudgedNode {
  const lines = new Map<string, string[]>();
  const flows: Flow[] = [];
  for (const bridge of BRIDGES) {
    const given = Array.from({ length: 70 }, (_, i) => `cookie=0x${(flows.length + i + 1).toString(16)},${flowText(random, i)}`); // prettier-ignore
    lines.set(bridge, given);
    flows.push(...given.map((line) => flowOfLine(line, bridge)!));
  }
  const ports = BRIDGES.flatMap(portsOf);
  const state: NodeState = { node: 'random', namespaces: {}, bridges: BRIDGES.map(bridgeOf), ports, flows, gaps: [] };
  const groups = BRIDGES.flatMap((bridge) => groupsOf(GROUPS.join('\n'), bridge));
  const macs = [{ bridge: 'br-int', port: 2, vlan: 0, mac: MACS[0]! }, { bridge: 'br-int', port: 3, vlan: 3, mac: MACS[1]! }]; // prettier-ignore
  return { name: 'random', state, of: switchOf(state, { macs, groups }), macs, lines };
}

const bridgeOf = (name: string): Bridge => ({
  name,
  ofports: { [`${name}-1`]: 1, [`${name}-2`]: 2, [`${name}-3`]: 3, [`${name}-patch`]: PATCH, [name]: 65_534 },
});

function portsOf(bridge: string): OvsPort[] {
  const other = BRIDGES.find((each) => each !== bridge)!;
  return Object.entries(bridgeOf(bridge).ofports).map(([name, ofport]) => ({
    bridge,
    name,
    ofport,
    type: ofport === PATCH ? 'patch' : '',
    ...(ofport === 3 && { tag: 3 }),
    external_ids: {},
    other_config: {},
    options: ofport === PATCH ? { peer: `${other}-patch` } : {},
  }));
}

/** @param i makes its priority unlike that of any other: which of two equal ones wins is not defined */
function flowText(random: () => number, i: number): string {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const table = Math.floor(random() * (TABLES + 1));
  const kind = one(Object.keys(KINDS));
  const fields = [...COMMON, ...KINDS[kind]!.fields].filter(() => random() < 0.18).map((make) => make(one));
  const tagged = fields.some((field) => field.startsWith('dl_vlan='));
  const priority = fields.length === 0 ? i + 1 : 100 + i;
  const choices = [...ACTIONS, ...ACTIONS, ...KINDS[kind]!.actions, ...(tagged ? TAGGED : [])];
  // A switch takes no flow that pushes a third tag (`OFPBAC_BAD_TAG`).
  const actions = Array.from({ length: 1 + Math.floor(random() * 4) }, () => one(choices)(one)).filter(
    (action, at, all) =>
      all.findIndex((each) => tagging(each) === tagging(action)) === at || tagging(action) === undefined,
  );
  // A flow that says twice how to go on is seldom; one that says it once is usual.
  const next = table + 1 + Math.floor(random() * 2);
  actions.push(next < TABLES && random() < 0.8 ? `resubmit(,${next})` : one(LAST)(one));
  if (random() < 0.06) return `table=${table},priority=${500 + Math.floor(random() * 3)},${[kind, ...fields, `reg7=${i}/0x3`].filter(Boolean).join(',')} actions=conjunction(${1 + Math.floor(random() * 2)},${1 + Math.floor(random() * 2)}/2)`; // prettier-ignore
  return `table=${table},priority=${priority},${[kind, ...fields].filter(Boolean).join(',')} actions=${actions.join(',')}`;
}

/** Of each sort one, so that no flow takes off a tag that is not there. */
const tagging = (action: string): string | undefined =>
  action.startsWith('push')
    ? 'push'
    : /^(pop_vlan|set_field:4\d{3}|load:\w+->NXM_OF_VLAN)/.exec(action)
      ? 'tag'
      : undefined;

type One = <T>(list: readonly T[]) => T;
type Make = (one: One) => string;

const COMMON: readonly Make[] = [
  (one) => `in_port=${one([1, 2, 3, PATCH, 'LOCAL'])}`,
  (one) => `dl_src=${one(MACS)}`,
  (one) => `dl_dst=${one([...MACS, '01:00:00:00:00:00/01:00:00:00:00:00', '00:00:00:00:00:00/01:00:00:00:00:00', 'fa:16:3f:00:00:00/ff:ff:ff:00:00:00'])}`, // prettier-ignore
  (one) => one(['dl_vlan=3', 'dl_vlan=4', 'vlan_tci=0x0003/0x0fff', 'vlan_tci=0x0000/0x1fff', 'vlan_tci=0x1000/0x1000', 'dl_vlan=3,dl_vlan_pcp=3']), // prettier-ignore
  (one) => `reg${one([0, 3])}=${one(['0x5', '0x1/0x1', '0x10/0xf0', '0'])}`,
  (one) => `metadata=${one(['0x5', '0x1/0x3', '0xffffffff00000001'])}`,
  (one) => `tun_id=${one(['0x7', '0/0xff00000000000000', '0x5/0xff'])}`,
];

const L4: readonly Make[] = [
  (one) => `tp_dst=${one(['53', '80', '0x40/0xffc0', '67'])}`,
  (one) => `tp_src=${one(['0x8000/0x8000', '68'])}`,
];
const IPV4: readonly Make[] = [
  (one) => `nw_src=${one([...ADDRESSES, '10.0.0.0/24', '10.0.0.0/8', '10.0.0.1/255.0.0.255'])}`,
  (one) => `nw_dst=${one([...ADDRESSES, '10.0.0.0/24', '0.0.0.0/1'])}`,
  (one) => `ct_state=${one(['+trk', '-trk', '+new+trk', '+est', '-new-est', '-inv+trk'])}`,
  (one) => `ct_zone=${one([0, 3, 5])}`,
  (one) => `ct_mark=${one(['0x1', '0x0/0x1'])}`,
];
const IPV6: readonly Make[] = [
  (one) => `ipv6_src=${one([...ADDRESSES6, '2001:db8::/64', 'fe80::/10'])}`,
  (one) => `ipv6_dst=${one([...ADDRESSES6, '2001:db8::/127'])}`,
];
const CONNECTION: readonly Make[] = [
  (one) => `ct(table=${one([1, 2, 3, 4])},zone=${one(['3', 'NXM_NX_REG0[0..15]'])})`,
  (one) => `ct(commit,zone=${one([3, 5])},exec(set_field:0x1->ct_mark))`,
  () => 'ct_clear',
];
const ON_IPV4: readonly Make[] = [
  ...CONNECTION,
  (one) => `set_field:${one(ADDRESSES)}->ip_dst`,
  () => 'move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]',
  () => 'move:NXM_OF_IP_DST[0..15]->NXM_NX_REG3[16..31]',
  () => 'dec_ttl',
];

const KINDS: Readonly<Record<string, { fields: readonly Make[]; actions: readonly Make[] }>> = {
  '': { fields: [], actions: [] },
  ip: { fields: IPV4, actions: ON_IPV4 },
  tcp: { fields: [...IPV4, ...L4, (one) => `tcp_flags=${one(['+syn', '+syn-ack', '-fin'])}`], actions: [...ON_IPV4, () => 'set_field:99->tcp_dst'] }, // prettier-ignore
  udp: { fields: [...IPV4, ...L4], actions: [...ON_IPV4, () => 'set_field:99->udp_src'] },
  icmp: { fields: [...IPV4, (one) => `icmp_type=${one([8, 0])}`], actions: ON_IPV4 },
  sctp: { fields: [...IPV4, ...L4], actions: [...ON_IPV4, () => 'set_field:99->sctp_dst'] },
  ipv6: { fields: IPV6, actions: [...CONNECTION, (one) => `set_field:${one(ADDRESSES6)}->ipv6_dst`, () => 'dec_ttl'] },
  tcp6: { fields: [...IPV6, ...L4], actions: CONNECTION },
  udp6: { fields: [...IPV6, ...L4], actions: [() => 'move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]'] },
  icmp6: { fields: [...IPV6, (one) => `icmp_type=${one([128, 134, 135, 136])}`], actions: [] },
  arp: {
    fields: [
      (one) => `arp_op=${one([1, 2])}`,
      (one) => `arp_spa=${one([...ADDRESSES, '10.0.0.0/24'])}`,
      (one) => `arp_tpa=${one(ADDRESSES)}`,
      (one) => `arp_sha=${one(MACS)}`,
    ],
    actions: [
      () => 'set_field:2->arp_op',
      () => 'move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]',
      () => 'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]',
      (one) => `set_field:${one(MACS)}->arp_sha`,
      (one) => `set_field:${one(ADDRESSES)}->arp_spa`,
    ],
  },
};

const ACTIONS: readonly Make[] = [
  (one) => `load:${one(['0', '1', '5', '0xf'])}->NXM_NX_REG${one([0, 3, 7])}[${one(['4..9', '0..15', '', '28..31'])}]`, // prettier-ignore
  (one) => `move:NXM_NX_REG${one([0, 3])}[0..15]->NXM_NX_REG${one([0, 3])}[16..31]`,
  (one) => `set_field:${one(['0x5', '0x1/0x3', '0xffffffff00000001'])}->metadata`,
  (one) => `set_field:${one(['0x7', '0x500'])}->tun_id`,
  () => 'move:NXM_NX_TUN_ID[0..31]->NXM_NX_REG0[]',
  (one) => `set_field:${one(MACS)}->${one(['eth_src', 'eth_dst'])}`,
  () => 'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]',
  (one) => `push_vlan:0x8100,set_field:${one([4099, 4100, 4096])}->vlan_vid`,
  (one) => `load:${one(['0', '0x1003', '0x3003'])}->NXM_OF_VLAN_TCI[]`,
  (one) => `output:${one([1, 2, 3, PATCH, 99])}`,
  (one) => `output:${one([1, 2])}`,
  () => 'output:NXM_NX_REG0[0..15]',
  (one) => `resubmit(${one([1, PATCH])},${TABLES})`,
  (one) => `clone(set_field:${one(MACS)}->eth_dst,output:${one([1, 2])})`,
  () => 'learn(table=4,priority=3,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])',
  (one) => one(['note:01.02', 'set_queue:1', 'pop_queue', 'controller(reason=no_match)']),
  (one) => `group:${one([1, 2, 3])}`,
];
const TAGGED: readonly Make[] = [() => 'pop_vlan', (one) => `set_field:${one([4099, 4100])}->vlan_vid`];
const LAST: readonly Make[] = [
  () => 'NORMAL',
  () => 'IN_PORT',
  () => 'FLOOD',
  () => 'ALL',
  () => 'exit',
  () => 'output:2',
];
