/**
 * What placement says of one namespace: the facts that every aspect reads, already resolved, so that an aspect is a
 * short function of its namespace. Texts that the topology leaves open are placeholders in angle brackets, `<mac of vm1>`:
 * shown as unknown, equal only to themselves, never an address.
 */
import { type Prefix, broadcastOf, isMac, linkLocalOf } from '../ip.ts';
import type { DeviceKind } from '../neutron.ts';
import type { Pointer } from '../problem.ts';
import { type Agents, hasChange } from '../releases.ts';
import type { Because, Family } from '../state.ts';
import type { Network, Node, Router } from '../topology/types.ts';
import type { Choice, Chosen } from './choice.ts';

/** A network device of a namespace, with the addresses that it is given. */
export interface Device {
  kind: DeviceKind;
  ifname: string;
  mac: string;
  mtu: number;
  /** Name of the network that it is plugged into; absent on a veth end. */
  network?: string;
  /** `10.0.0.1/24`, host bits kept; none on a device that has only IPv6. */
  addresses: string[];
  /** The same of IPv6, without the link-local one, which the kernel makes of the MAC. */
  addresses6?: readonly string[];
  /** The kernel gives it no link-local address (`addr_gen_mode` 1). */
  noLinkLocal?: true;
  /** IPv6 addresses that the kernel made from a router advertisement; read back, and no more than what its routes follow from. */
  learned?: readonly string[];
  /** Addresses that the topology leaves open: the key of each in `Allocations`, and the subnets that it must lie in. */
  open?: readonly { key: string; within: readonly string[] }[];
  /** Why it has some of its addresses, where that is not why it is there itself: floating IPs. */
  reasons?: Readonly<Record<string, Because>>;
  /** Those of its addresses that have no broadcast address: keepalived sets none. */
  plain?: readonly string[];
  /** Without addresses: on the standby of an HA router only keepalived would set them. */
  silent?: true;
  /** The link is down. */
  isDown?: true;
  /** Under which key `Allocations` holds what the topology leaves open: the pointer of the port, or the name of a veth end. */
  key: string;
  /** Subnets that an address which is not known must lie in. */
  within: string[];
  because: Because;
}

export interface NeighbourFact extends Chosen {
  family: Family;
  dst: string;
  mac: string;
  /** Under which key `Allocations` holds a MAC that the topology leaves out. */
  key: string;
  /** The address is no own one of the port that has the key. */
  isPair?: true;
  because: Because;
}

export interface RouteFact extends Chosen {
  /** As the topology has it: `10.0.0.0/24`. */
  dst: string;
  gateway: string;
  dev: string;
  /** With HA: who wrote it, each a route of its own. */
  protocols?: readonly string[];
  because: Because;
}

/** A gateway of an external network. */
export interface GatewayFact extends Chosen {
  address: string;
  /** A link-local one needs no route of its own. */
  isLink?: true;
  because: Because;
}

/** What is reached without a gateway, though no address of the device is in it. */
export interface OnlinkFact extends Chosen {
  dst: string;
  /** Name of the subnet that it is. */
  subnet?: string;
  because: Because;
}

/** Packets of one address of a port go to the centralised SNAT port. */
export interface RedirectFact {
  family: Family;
  /** Of the router: `10.0.0.1/24`; rule and table follow from it. */
  address: string;
  gateway: string;
  /** Under which key `Allocations` holds a gateway that the topology leaves out. */
  key: string;
  /** Where `Allocations` holds which of several gateways it is: a port with several IPv6 subnets has one for all. */
  choice?: { key: string; candidates: readonly string[] };
  because: Because;
}

/** One port of a router in its `qrouter` namespace: an IPv4 subnet, or the IPv6 subnets of one network. */
export interface InterfaceFact {
  device: Device;
  /** One for each address; none without gateway, and none where the address scope lets packets leave here. */
  redirects: RedirectFact[];
  /** The subnet leaves by the fip namespace of its own node: it is in the address scope of the external network. */
  fastExit?: SubnetFact;
  /** Permanent neighbours of the subnet. */
  neighbours: NeighbourFact[];
}

export interface SubnetFact {
  cidr: string;
  because: Because;
}

/** A device in an address scope, of one family. */
export interface ScopeFact {
  family: Family;
  ifname: string;
  /** With its mask: `0x4000000/0xffff0000`. */
  mark: string;
  /** `namespaces/scopes.ts: scopeKey`; absent: in none. */
  scope?: string;
  /** Whatever its scope a packet may leave by it: it is translated there. */
  isExempt?: true;
  pointer: Pointer;
}

/** The veth pair between a router and the `fip` namespace of its external network on this node. */
export interface FipLink {
  rfp: Device;
  fpr: Device;
  /** Without prefix length: the even and the odd address of the /31. */
  rfpAddress: string;
  fprAddress: string;
}

export interface FloatingIpFact {
  floating_ip_address: string;
  fixed_ip_address: string;
  /** Of its `ip rule`; only of a distributed one. */
  priority: number;
  because: Because;
}

interface Placed extends Agents {
  name: string;
  node: Node;
  because: Because;
}

/** Floating IPs in the router's list whose fixed address is in another scope than the external network. */
export interface CrossScopeFact {
  externalMark: string;
  floatingIps: (FloatingIpFact & Pick<ScopeFact, 'mark' | 'scope'>)[];
}

export interface QrouterNamespace extends Placed {
  kind: 'qrouter';
  router: Router;
  hasGateway: boolean;
  interfaces: InterfaceFact[];
  fipLink?: FipLink;
  /** Floating IPs that this node serves by itself. */
  floatingIps: FloatingIpFact[];
  /**
   * Centralised ones in its list: of the SNAT node, and of ports of this node. An agent that starts makes rules for them too (`dvr_local_router.py: _load_used_fip_information`),
   * one that runs does not: without a rule the priority is 0.
   */
  centralFloatingIps: FloatingIpFact[];
  /** Why the node's router has floating IPs in its list, its own or centralised ones; absent when there is none. */
  floatingIpListed?: Because;
  /** Where only the node's history says whether it has centralised ones in its list. */
  listedChoice?: Choice;
  extraRoutes: RouteFact[];
  /** The agent's class for HA made it: the router is `ha` and this node has an HA port of it. */
  ha?: true;
  scopes: ScopeFact[];
  /** Absent when there is none. */
  crossScope?: CrossScopeFact;
}

/** Which of an HA router's agents holds its addresses: keepalived's election, so an allocation. */
export type HaRole = 'active' | 'standby';

export interface HaFact {
  /** The `ha-` device: its own address, and on the active node the virtual one. */
  device: Device;
  role: HaRole;
  /** The agent was restarted since keepalived last changed the role. */
  isRestarted?: true;
  /** `proto` of the routes that keepalived writes. */
  protocol: string;
  /** By destination, where the live node tells: releases and backports differ, and before 2023.2 the agent writes extra routes as well. */
  protocols: Record<string, string>;
}

/** One port forwarding: its chain, and its one rule there. */
export interface PortForwardingFact {
  /** Without the agent's prefix: `pf-12345678`. */
  chain: string;
  spec: string;
  because: Because;
}

/** A chain, or with `spec` a rule, of an extension of the agent. Chain names are without the agent's prefix. */
export interface ExtensionLine {
  family: Family;
  table: string;
  chain: string;
  spec?: string;
  because: Because;
}

/**
 * Where packets leave centrally: the `snat` namespace of a distributed router, or the whole `qrouter` of a router that is not
 * distributed (`legacy`), which has `qr-` devices in the place of `sg-`.
 */
export interface SnatNamespace extends Placed {
  kind: 'snat';
  router: Router;
  legacy?: true;
  /** Absent without gateway. */
  qg?: Device;
  sg: Device[];
  ha?: HaFact;
  portForwardings: PortForwardingFact[];
  /** Conntrack helpers. */
  extensions: ExtensionLine[];
  /** The chain `fip-pf` stays, empty, until the agent restarts. */
  leftForwardingChain?: true;
  enableSnat: boolean;
  /** The address that outgoing traffic gets: the first IPv4 one of the gateway port. */
  snatAddress?: string;
  gateways: GatewayFact[];
  /** Prefixes of external subnets on which the router has no address, and gateways outside their subnets. */
  onlink: OnlinkFact[];
  scopes: ScopeFact[];
  /** Packets with this mark leave without translation: the IPv4 address scope of the external network, with `enable_snat`. */
  externalMark?: string;
  /** Only where the router's own namespace is this one; absent when there is none. */
  crossScope?: CrossScopeFact;
  floatingIps: FloatingIpFact[];
  extraRoutes: RouteFact[];
}

/** One router in a `fip` namespace. */
export interface FipRouterFact extends FipLink {
  router: Router;
  /** Number of its routing table and rule: the odd address as a number. */
  table: number;
  floatingIps: FloatingIpFact[];
  extraRoutes: RouteFact[];
  /** Subnets that leave here with their own addresses. */
  fastExits: SubnetFact[];
  /** IPv6 addresses that an NDP proxy on this node answers for. */
  published: SubnetFact[];
}

export interface FipNamespace extends Placed {
  kind: 'fip';
  network: Network;
  fg: Device;
  routers: FipRouterFact[];
  gateways: GatewayFact[];
  onlink: OnlinkFact[];
}

/** `qdhcp-<network>`, the DHCP agent's: what of it decides where packets go. */
export interface DhcpNamespace extends Placed {
  kind: 'qdhcp';
  network: Network;
  taps: Device[];
  /** Of the default routes, by the first device: one of each family. */
  gateways: { address: string; because: Because }[];
  /** The agent made a nat table, with nothing in it. */
  nat?: true;
}

export type Namespace = QrouterNamespace | SnatNamespace | FipNamespace | DhcpNamespace;

/** The devices that Neutron puts into a namespace, in a fixed order; `lo` is the kernel's. */
export function devicesOf(namespace: Namespace): Device[] {
  switch (namespace.kind) {
    case 'qrouter':
      return [...namespace.interfaces.map((i) => i.device), ...(namespace.fipLink ? [namespace.fipLink.rfp] : [])];
    case 'snat':
      return [...(namespace.ha ? [namespace.ha.device] : []), ...namespace.sg, ...(namespace.qg ? [namespace.qg] : [])];
    case 'qdhcp':
      return namespace.taps;
    case 'fip':
      return [...namespace.routers.map((r) => r.fpr), namespace.fg];
  }
}

/**
 * `ip_lib.py: add_ip_address` sets a broadcast address, of a /32 the address itself; the veth pair gets none
 * (`dvr_fip_ns.py: create_rtr_2_fip_link` passes `add_broadcast=False`).
 */
export function broadcastAddress({ kind, plain }: Device, prefix: Prefix): string | undefined {
  // Until Mitaka `rfp` also had floating IPs, which the agent added like any address.
  if ((kind === 'rfp' && prefix.length < 32) || kind === 'fpr') return undefined;
  if (plain?.includes(`${prefix.address}/${prefix.length}`)) return undefined;
  return prefix.length === 32 ? prefix.address : broadcastOf(prefix);
}

/** `fe80::…/64`, a placeholder of an unknown MAC, or undefined where the kernel makes none. */
export function linkLocalAddress({ ifname, mac, noLinkLocal }: Device): string | undefined {
  if (noLinkLocal) return undefined;
  return `${isMac(mac) ? linkLocalOf(mac) : unknown(`link-local address of ${ifname}`)}/64`;
}

/** Whether the agent turned IPv6 forwarding on (`namespaces.py: RouterNamespace`, `ha_router.py: HaRouterNamespace`). */
export function forwardsIpv6(namespace: Namespace): boolean {
  if (namespace.kind === 'qdhcp') return false;
  if (namespace.kind === 'qrouter') return namespace.ha === undefined || !hasChange(namespace, 'ha_no_forwarding');
  return namespace.kind === 'fip' || !namespace.legacy || namespace.ha?.role !== 'standby';
}

/** A text for what nobody said and nobody could read yet. */
export const unknown = (what: string): string => `<${what}>`;
export const isUnknown = (text: string): boolean => text.includes('<');
