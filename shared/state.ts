/**
 * What a node is: the one type that the engine computes (expected) and the collectors read (live).
 * Field names are those that `ip -j` prints; parsing narrows and normalises, it does not rename.
 * Everything here is JSON. Absent is not empty: an aspect that nobody collected is `undefined`, an empty one is `[]`.
 */
import type { Pointer } from './problem.ts';

/** Address family as iproute2 names it. */
export type Family = 'inet' | 'inet6';

/** Provenance of an expected item: from which line of the topology, why, and the Neutron identifier it follows from. Compare ignores it. */
export interface Because {
  pointer: Pointer;
  /** One sentence for a person. */
  sentence: string;
  /** Neutron's file and identifier: `dvr_local_router.py: _snat_redirect_modify`. */
  neutron: string;
}

export interface Item {
  because?: Because;
}

/** `ip -j -d link`. */
export interface Link extends Item {
  ifname: string;
  mtu: number;
  /** MAC, lower case; absent when unknown. */
  address?: string;
  /** Narrowed to `UP`: the others depend on driver and carrier. */
  flags: string[];
}

/** One entry of `addr_info` of `ip -j addr`, with the device it is on. */
export interface Address extends Item {
  family: Family;
  ifname: string;
  local: string;
  prefixlen: number;
  broadcast?: string;
  scope: string;
  /** Narrowed to `dynamic` (learned) and `dadfailed` (somebody else has it). */
  flags?: string[];
}

/** `ip -j rule`. `src` keeps its host bits, as the kernel shows it. */
export interface Rule extends Item {
  family: Family;
  priority: number;
  not?: true;
  /** `all` or an address. */
  src: string;
  /** Absent for `all` and for a whole address. */
  srclen?: number;
  dst?: string;
  dstlen?: number;
  iif?: string;
  oif?: string;
  /** Lower-case hex as printed: `0x1`. */
  fwmark?: string;
  fwmask?: string;
  /** Table name or number as text; absent for an action without table. */
  table?: string;
  /** `unreachable`, `blackhole`, `prohibit`, …; absent for a lookup. */
  action?: string;
  /** Selectors that Neutron never uses, as printed: `tos 0x10`, `suppress_prefixlength 0`. */
  extra?: string;
}

export interface Nexthop {
  gateway?: string;
  dev?: string;
  weight?: number;
}

/** `ip -j route show table all`. Defaults that iproute2 leaves out are left out here too: type unicast, table main, scope global. */
export interface Route extends Item {
  family: Family;
  type?: string;
  /** `default`, an address or a prefix. */
  dst: string;
  gateway?: string;
  dev?: string;
  table?: string;
  protocol?: string;
  scope?: string;
  prefsrc?: string;
  metric?: number;
  /** It goes away by itself: learned from a router advertisement. */
  expires?: true;
  nexthops?: Nexthop[];
  /** Narrowed to what stops forwarding: `dead`, `linkdown`. */
  flags?: string[];
}

/** `ip -j neigh`. */
export interface Neighbour extends Item {
  family: Family;
  dst: string;
  dev: string;
  lladdr?: string;
  /** As printed: `PERMANENT`, `REACHABLE`, `STALE`, `FAILED`, … */
  state: string[];
}

export interface Sysctl extends Item {
  /** `net.ipv4.ip_forward`; slashes of a device name with dots are not used by Neutron. */
  key: string;
  value: string;
}

/** One line of `iptables-save` or `ip6tables-save`: a chain with its policy, or a rule. The order of the array is the kernel's. */
export interface IptablesItem extends Item {
  family: Family;
  /** `raw`, `mangle`, `nat`, `filter`. */
  table: string;
  chain: string;
  /** Of a chain line: `ACCEPT`, `DROP`, or `-` for a user chain. Counters are dropped. */
  policy?: string;
  /** Of a rule line: the text behind `-A CHAIN `. */
  spec?: string;
}

/** One line of a state file of the L3 agent, `$state_path/fip-priorities` or `fip-linklocal-networks`; `ha-state`: a router's `ha_confs/<id>/state`. */
export interface AllocationLine extends Item {
  file: 'fip-priorities' | 'fip-linklocal-networks' | 'ha-state';
  key: string;
  value: string;
}

/** A bridge of Open vSwitch. No aspect of its own: its numbers are read back as what the switch chose. */
export interface Bridge {
  name: string;
  /** Port name → its number, as `ovs-ofctl show` prints it. */
  ofports: Record<string, number>;
}

/** A port of a bridge with its interface: `ovs-vsctl list Port`, `list Interface`; columns and keys that Neutron sets. */
export interface OvsPort extends Item {
  bridge: string;
  name: string;
  /** Local VLAN. */
  tag?: number;
  /** `internal`, `patch`, `vxlan`, …; empty for a device of the system, such as a tap. */
  type: string;
  ofport?: number;
  /** Of a bridge's own port: what the bridge does without its controller, `secure` or `standalone`. Absent: not told. */
  fail_mode?: string;
  /** `iface-id`, `attached-mac`, `iface-status`. */
  external_ids: Record<string, string>;
  /** `net_uuid`, `network_type`, `physical_network`, `segmentation_id`, `tag`. */
  other_config: Record<string, string>;
  /** `peer`, `local_ip`, `remote_ip`, `in_key`, `out_key`. */
  options: Record<string, string>;
}

/** One line of an HA router's `ha_confs/<id>/keepalived.conf`. The line that opens a block ends in `{`; closing ones are not kept. */
export interface KeepalivedLine extends Item {
  /** Id of the router. */
  router: string;
  /** The blocks it is in, by their first words: `vrrp_instance / virtual_routes`; empty outside of all. */
  blocks: string;
  line: string;
}

/** One flow as `ovs-ofctl -O OpenFlow13 dump-flows` prints it, without counters; fields and actions in one spelling. */
export interface Flow extends Item {
  bridge: string;
  table: number;
  priority: number;
  /** Fields of the match, comma separated; empty matches all. */
  match: string;
  actions: string;
  /** Lower-case hex: `0x1f`. */
  cookie: string;
  idle_timeout?: number;
  hard_timeout?: number;
}

/** The aspects of a namespace. A new aspect is one field here, its file in `aspects/`, and one line of the table there. */
export interface NamespaceState {
  links?: Link[];
  addresses?: Address[];
  rules?: Rule[];
  routes?: Route[];
  neighbours?: Neighbour[];
  sysctls?: Sysctl[];
  iptables?: IptablesItem[];
}

export type NamespaceAspect = keyof NamespaceState;
/** What the node itself has, in no namespace. */
export type NodeAspectName = 'ports' | 'flows' | 'keepalived';
export type AspectName = NamespaceAspect | NodeAspectName | 'namespaces' | 'allocations';

/**
 * Where a state says nothing, and why. In a live state: not collected. In an expected state: not modelled.
 * Compare reports nothing inside a gap of either side and lists the gap instead.
 */
export interface Gap {
  /** A namespace name; `kind-*` for all namespaces of a kind; `-` for the node itself. */
  namespace: string;
  aspect: AspectName;
  /** Only this family is unknown; both when absent. */
  family?: Family;
  reason: string;
  /** The line of the topology that leads out of what is modelled, where there is one. */
  pointer?: Pointer;
}

export interface NodeState {
  node: string;
  /** Version of Neutron that is installed: `21.0.0`; absent in an expected state, and where nothing told. */
  neutron?: string;
  /** By name. Whether the list is complete is told by the absence of a gap `{namespace: '-', aspect: 'namespaces'}`. */
  namespaces: Record<string, NamespaceState & Item>;
  /** Absent: the agent's state files were not collected. */
  allocations?: AllocationLine[];
  /** Open vSwitch; absent: not collected. */
  bridges?: Bridge[];
  ports?: OvsPort[];
  flows?: Flow[];
  /** Configuration files of HA routers; absent: not collected. */
  keepalived?: KeepalivedLine[];
  /** What goes on in namespaces, by name; not compared, since nothing of it is programmed. Absent: not collected. */
  traffic?: Record<string, Traffic>;
  gaps: Gap[];
}

/** Addresses and ports of one direction of a connection. */
export interface ConnectionTuple {
  src: string;
  dst: string;
  sport: number;
  dport: number;
}

/** One line of `conntrack -L`. */
export interface TrackedConnection {
  protocol: 'tcp' | 'udp';
  /** As its first packet came. */
  original: ConnectionTuple;
  /** As its answers come; not the original turned round: it is translated. */
  reply: ConnectionTuple;
  mark: number;
  /** `[UNREPLIED]`. */
  isUnreplied?: true;
}

/** What the kernel of a namespace does at the moment. An aspect that was not collected is absent. */
export interface Traffic {
  /** `conntrack -L`: connections whose destination was translated, each pair of addresses once. */
  translations?: { dst: string; to: string; count: number }[];
  /** `conntrack -L`: connections of TCP and UDP one by one, the first ones where there are very many. */
  connections?: TrackedConnection[];
  /** How many more there are. */
  connectionsLeftOut?: number;
  /** `ss -Hlntu`: TCP ports that something listens on. */
  listening?: number[];
}
