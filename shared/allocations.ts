/**
 * What agents and the cloud choose, as an input of the engine: numbers that an agent picks at run time, and ids, MACs and
 * addresses that the topology leaves out. While editing they are defaults that never change by themselves;
 * for comparing they are read back from the live state (`readAllocations.ts`), so that compare stays plain equality.
 */
import { DVR_FIP_LL_CIDR, FIP_LL_SUBNET, FIP_PR_START } from './neutron.ts';
import type { KeepalivedChoice } from './keepalived/choice.ts';
import type { ExtensionLine } from './namespaces/types.ts';
import type { OvsAllocations } from './ovs/allocations.ts';
import { ipv4Text, ipv4Value } from './ip.ts';
import { hasExternal, placementOf } from './placement.ts';
import type { IptablesItem } from './state.ts';
import { relationsOf } from './topology/relations.ts';
import type { Pointer } from './problem.ts';
import { type Backports, releaseHas, releaseMayHave } from './releases.ts';
import type { Topology } from './topology/types.ts';

/** Of one node. All keys may be absent: then the default stands. */
export interface Allocations {
  /** Floating IP → priority of its rule (`fip_rule_priority_allocator.py`). */
  fipPriorities: Record<string, number>;
  /** Router name → the even address of its link-local pair (`link_local_allocator.py`). */
  linkLocals: Record<string, string>;
  /** Key of a device or port → MAC: of the veth pairs, and of ports whose MAC the topology leaves out. */
  macs: Record<string, string>;
  /** Router name → address scope (`namespaces/scopes.ts: scopeKey`) → id of its mark. */
  scopeMarks: Record<string, Record<string, number>>;
  /** Device name → addresses that the kernel made from router advertisements. */
  learned: Record<string, string[]>;
  /** `conf/agent/l3/config.py: ipv6_gateway`, a link-local address: the default route where no external subnet has an IPv6 gateway. */
  ipv6Gateway?: string;
  /** Namespaces in which the NDP proxy extension has been at work; no API answer that is imported tells what it does. */
  ndpProxies: string[];
  /** Namespaces whose chains are those of neutron-vpn-agent, an L3 agent under another name. */
  vpnAgents: string[];
  /** Whether the agent programs IPv6; absent: it does (`router_info.py: use_ipv6`). */
  ipv6?: false;
  /** Pointer of a router, network or port → its whole id, where the topology has none or only its beginning. */
  ids: Record<Pointer, string>;
  /** Release that the node's agents look like, where the topology does not say it. */
  release?: string;
  /** What of its release's late changes the node has. */
  backports: Backports;
  /** Routers that only some versions of the release would put on the node, and that are not there. */
  absentRouters: Record<string, true>;
  /** Namespace → chains of tables that Neutron leaves alone: the kernel makes them as soon as anybody looks (`readBareTables.ts`). */
  bareChains: Record<string, BareChain[]>;
  /** Namespace → routes (`readOldRoutes.ts: routeKey`) that are left from agents of an earlier release. */
  oldRoutes: Record<string, string[]>;
  /** MTU of all devices, of agents that do not know that of networks (`agent/linux/interface.py: network_device_mtu`). */
  deviceMtu?: number;
  /** Key of a device → `ip/prefixlen`, where the topology leaves it out. */
  addresses: Record<string, string>;
  /** Of Open vSwitch; absent: nothing was read. */
  ovs?: OvsAllocations;
  /** Key of a fact → which of its permitted forms a node's history left (`namespaces/choice.ts`). */
  choices: Record<string, string>;
  /** Router name → what keepalived decided about an HA router, and what its history left. */
  ha: Record<string, HaChoice>;
  /** MTU of HA devices whose ports the topology leaves out. */
  haMtu?: number;
  /** Router name → what of its `keepalived.conf` the node decides; absent: nothing was read. */
  keepalived?: Record<string, KeepalivedChoice>;
  /** Routers whose namespace still has the chain `fip-pf` of port forwardings that are gone. */
  leftForwardingChains: Record<string, true>;
  /** Router name → conntrack helpers of its namespace, where the topology does not say which there are: taken as they are. */
  helperLines: Record<string, ExtensionLine[]>;
  /** The same of NDP proxies. */
  ndpLines: Record<string, ExtensionLine[]>;
}

/** A chain of the kernel, which lets everything pass. */
export type BareChain = Required<Pick<IptablesItem, 'family' | 'table' | 'chain' | 'policy'>>;

/** Of an HA router on one node. */
export interface HaChoice {
  role?: 'active' | 'standby';
  /** The agent was restarted since keepalived last changed the role (`ha_router.py: _disable_ipv6_addressing_on_interface`). */
  isRestarted?: true;
  /** `virtual_router_id`, `db/l3_hamode_db.py: _allocate_vr_id`. */
  vrid?: number;
  /** Who wrote a route last, the agent or keepalived: destination → `proto`. */
  protocols: Record<string, string>;
  /** Addresses with a broadcast address: the agent added them, and keepalived, which sets none, found them there. */
  broadcasts: string[];
}

const noAllocations = (): Allocations => ({
  fipPriorities: Object.create(null),
  linkLocals: Object.create(null),
  macs: Object.create(null),
  scopeMarks: Object.create(null),
  learned: Object.create(null),
  ndpProxies: [],
  vpnAgents: [],
  backports: {},
  bareChains: Object.create(null),
  oldRoutes: Object.create(null),
  absentRouters: Object.create(null),
  ids: Object.create(null),
  addresses: Object.create(null),
  choices: Object.create(null),
  ha: Object.create(null),
  leftForwardingChains: Object.create(null),
  helperLines: Object.create(null),
  ndpLines: Object.create(null),
});

/** Defaults for a node: numbers count up from the start of their ranges in the order of the file. */
export function defaultAllocations(topology: Topology, nodeName: string): Allocations {
  const allocations = noAllocations();
  const { routersByNode, floatingIpsByRouter } = placementOf(topology);
  const node = relationsOf(topology).node.get(nodeName);
  if (!node || !hasExternal(node)) return allocations;
  const { release } = topology;
  const isWide = releaseHas(release, 'link_local_18') || releaseMayHave(release, 'link_local_18');
  const range = isWide ? DVR_FIP_LL_CIDR : FIP_LL_SUBNET;
  const first = ipv4Value(range.split('/')[0]!)!;
  let pairs = 0;
  let priorities = 0;
  for (const { router } of routersByNode.get(nodeName) ?? []) {
    if (!router.external_gateway) continue;
    allocations.linkLocals[router.name] = ipv4Text(first + 2 * pairs++);
    for (const served of floatingIpsByRouter.get(router.name) ?? [])
      if (served.node === nodeName)
        allocations.fipPriorities[served.floating.floating_ip_address] = FIP_PR_START + priorities++;
  }
  return allocations;
}
