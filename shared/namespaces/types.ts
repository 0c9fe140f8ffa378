/**
 * What placement says of one namespace: the facts that every aspect reads, already resolved, so that an aspect is a
 * short function of its namespace. Texts that the topology leaves open are placeholders in angle brackets, `<mac of vm1>`:
 * shown as unknown, equal only to themselves, never an address.
 */
import { type Prefix, broadcastOf } from '../ip.ts';
import type { DeviceKind } from '../neutron.ts';
import type { Because } from '../state.ts';
import type { Network, Node, Router } from '../topology/types.ts';

/** A network device of a namespace, with the IPv4 addresses that it is given. */
export interface Device {
  kind: DeviceKind;
  ifname: string;
  mac: string;
  mtu: number;
  /** Name of the network that it is plugged into; absent on a veth end. */
  network?: string;
  /** `10.0.0.1/24`, host bits kept; none on a device that has only IPv6. */
  addresses: string[];
  /** Under which key `Allocations` holds what the topology leaves open: the pointer of the port, or the name of a veth end. */
  key: string;
  /** Subnets that an address which is not known must lie in. */
  within: string[];
  because: Because;
}

export interface NeighbourFact {
  dst: string;
  mac: string;
  /** Under which key `Allocations` holds a MAC that the topology leaves out. */
  key: string;
  because: Because;
}

export interface RouteFact {
  dst: string;
  gateway: string;
  dev: string;
  because: Because;
}

/** One port of a router in its `qrouter` namespace: an IPv4 subnet, or the IPv6 subnets of one network. */
export interface InterfaceFact {
  device: Device;
  /** Where redirected packets go, and why; absent without gateway. */
  redirect?: { gateway: string; key: string; because: Because };
  /** Permanent neighbours of the subnet. */
  neighbours: NeighbourFact[];
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

interface Placed {
  name: string;
  node: Node;
  /** Which release's agents made it; absent: nobody knows, the newest is expected. */
  release: string | undefined;
  because: Because;
}

export interface QrouterNamespace extends Placed {
  kind: 'qrouter';
  router: Router;
  hasGateway: boolean;
  interfaces: InterfaceFact[];
  fipLink?: FipLink;
  /** Floating IPs that this node serves by itself. */
  floatingIps: FloatingIpFact[];
  /** Why the node's router has floating IPs in its list, its own or centralised ones; absent when there is none. */
  floatingIpListed?: Because;
  extraRoutes: RouteFact[];
}

export interface SnatNamespace extends Placed {
  kind: 'snat';
  router: Router;
  qg: Device;
  sg: Device[];
  enableSnat: boolean;
  /** The address that outgoing traffic gets: the first IPv4 one of the gateway port. */
  snatAddress?: string;
  gateways: { address: string; because: Because }[];
  /** Prefixes of external subnets on which the router has no address. */
  onlink: { dst: string; because: Because }[];
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
}

export interface FipNamespace extends Placed {
  kind: 'fip';
  network: Network;
  fg: Device;
  routers: FipRouterFact[];
  gateways: { address: string; because: Because }[];
  onlink: { dst: string; because: Because }[];
}

export type Namespace = QrouterNamespace | SnatNamespace | FipNamespace;

/** The devices that Neutron puts into a namespace, in a fixed order; `lo` is the kernel's. */
export function devicesOf(namespace: Namespace): Device[] {
  switch (namespace.kind) {
    case 'qrouter':
      return [...namespace.interfaces.map((i) => i.device), ...(namespace.fipLink ? [namespace.fipLink.rfp] : [])];
    case 'snat':
      return [...namespace.sg, namespace.qg];
    case 'fip':
      return [...namespace.routers.map((r) => r.fpr), namespace.fg];
  }
}

/**
 * `ip_lib.py: add_ip_address` sets a broadcast address, of a /32 the address itself; the veth pair gets none
 * (`dvr_fip_ns.py: create_rtr_2_fip_link` passes `add_broadcast=False`).
 */
export const broadcastAddress = (kind: DeviceKind, prefix: Prefix): string | undefined =>
  kind === 'rfp' || kind === 'fpr' ? undefined : prefix.length === 32 ? prefix.address : broadcastOf(prefix);

/** A text for what nobody said and nobody could read yet. */
export const unknown = (what: string): string => `<${what}>`;
export const isUnknown = (text: string): boolean => text.includes('<');
