/** Who answers an ARP request (IPv4) or neighbour solicitation (IPv6) on a segment. */
import { contains } from '../ip.ts';
import type { Family } from '../state.ts';
import type { Endpoint, Segment } from './cloud.ts';
import { lookup } from './fib.ts';
import type { Parcel } from './frame/passage.ts';
import { devicesNear, endpointsNear } from './segment.ts';
import {
  type Attachment,
  type NamespaceView,
  type View,
  aspectOf,
  deviceSysctl,
  fibView,
  isDown,
  namespaceText,
  sysctlOf,
} from './view.ts';

/** Who asks. A VM has a node and no namespace; somebody outside has neither. */
export interface Asker {
  segment: string;
  family: Family;
  /** Its own address, which the route of a proxy depends on. */
  address: string;
  node?: string;
  namespace?: NamespaceView;
  ifname?: string;
  /** Of a VM. */
  endpoint?: Endpoint;
  /** What it wants to send: with it frames are followed through Open vSwitch. */
  parcel?: Parcel;
}

/** Who gets a packet. */
export type Taker =
  | { type: 'namespace'; namespace: NamespaceView; ifname: string }
  | { type: 'endpoint'; endpoint: Endpoint }
  | { type: 'outside'; segment: string };

/** Who answers, as far as it is known. */
export interface Answers {
  /** The likeliest first: who has the address, then who may have it, then who answers for others; each on the asker's node first. */
  takers: Taker[];
  /** What would have to be known to say that nobody else answers. */
  missing: string[];
}

/** Own addresses first, then allowed address pairs, routers outside, and `proxy_arp`. */
export function whoAnswers(view: View, asker: Asker, target: string): Answers {
  const answers: Answers = { takers: [], missing: [] };
  const attachments = devicesNear(view, asker.segment, target).filter((attachment) => hears(attachment, asker));
  const endpoints = endpointsNear(view, asker.segment, target);
  answers.takers.push(
    ...attachments.filter((attachment) => ownsAddress(attachment, asker.family, target, answers)).map(taker),
    ...endpoints.filter((e) => e.node !== undefined && e.addresses.some((a) => a.local === target)).map(endpointTaker),
    ...endpoints.filter((e) => e.node !== undefined && isPair(e, target)).map(endpointTaker),
  );
  if (view.segments.get(asker.segment)?.gateways.includes(target))
    answers.takers.push({ type: 'outside', segment: asker.segment });
  answers.takers.push(...attachments.filter((attachment) => isProxy(attachment, asker, target, answers)).map(taker));
  answers.takers.sort((a, b) => Number(nodeOf(b) === asker.node) - Number(nodeOf(a) === asker.node));
  answers.missing.push(...unseen(view, asker, target));
  return answers;
}

/** The device as receiver. */
export const taker = ({ namespace, ifname }: Attachment): Taker => ({ type: 'namespace', namespace, ifname });
/** The port as receiver. */
export const endpointTaker = (endpoint: Endpoint): Taker => ({ type: 'endpoint', endpoint });

const nodeOf = (who: Taker): string | undefined =>
  who.type === 'namespace' ? who.namespace.node : who.type === 'endpoint' ? who.endpoint.node : undefined;

/** Nobody hears himself, a device that is down hears nothing, and a distributed one hears its own node only. */
export function hears(attachment: Attachment, asker: Asker): boolean {
  const { namespace, ifname, isDistributed } = attachment;
  if (namespace === asker.namespace && ifname === asker.ifname) return false;
  return (!isDistributed || namespace.node === asker.node) && !isDown(namespace, ifname);
}

/** With `arp_ignore` 1, as Neutron sets it, only the device that has the address answers (`arp.c: arp_ignore`). */
function ownsAddress(attachment: Attachment, family: Family, target: string, answers: Answers): boolean {
  const addresses = aspectOf(attachment.namespace, 'addresses', family);
  if ('missing' in addresses) answers.missing.push(addresses.missing);
  else return addresses.value.some((address) => address.ifname === attachment.ifname && address.local === target);
  return false;
}

/** A single address of an allowed address pair; prefixes are no addresses that somebody has. */
const isPair = (endpoint: Endpoint, target: string): boolean =>
  endpoint.extraAddresses.some((text) => text === target || text === `${target}/32` || text === `${target}/128`);

/** `arp.c: arp_process, arp_fwd_proxy`: with `proxy_arp`, a device answers for what its namespace routes out of another one. */
function isProxy({ namespace, ifname }: Attachment, asker: Asker, target: string, answers: Answers): boolean {
  const setting = asker.family === 'inet' ? deviceSysctl(namespace, ifname, 'proxy_arp') : 0;
  if (setting === 0 || sysctlOf(namespace, 'net.ipv4.ip_forward') === '0') return false;
  // Only the device of a fip namespace has this sysctl of Neutron (dvr_fip_ns.py: _create_gateway_port).
  if (setting === undefined && !ifname.startsWith('fg-')) return false;
  const fib = fibView(namespace, asker.family);
  if ('missing' in fib) {
    answers.missing.push(fib.missing);
    return false;
  }
  const result = lookup(fib.value, { src: asker.address, dst: target, iif: ifname, mark: 0 });
  if (result.type !== 'route' || result.kind !== 'unicast' || result.nexthop.dev === ifname) return false;
  if (setting === undefined)
    answers.missing.push(`whether proxy_arp of ${ifname} on ${namespace.node} is on is not known`);
  return setting !== undefined;
}

/** A distributed address that another node has is of no help here; then only the asker's own node matters. */
function unseen(view: View, asker: Asker, target: string): string[] {
  if (view.unseen.length === 0) return [];
  const isDistributed = devicesNear(view, asker.segment, target).some(
    (attachment) =>
      attachment.isDistributed && ownsAddress(attachment, asker.family, target, { takers: [], missing: [] }),
  );
  return view.unseen.filter(({ node }) => !isDistributed || node === asker.node).map(({ reason }) => reason);
}

/** Whether a subnet of the segment holds the address. */
export const isIn = (segment: Segment | undefined, address: string): boolean =>
  segment?.prefixes.some((prefix) => contains(prefix, address)) === true;

/** `sg-1b9c9c26-38 of snat-… on net1`, `vm1 on compute1`, `the outside of public`. */
export function takerText(who: Taker): string {
  if (who.type === 'namespace') return `${who.ifname} of ${namespaceText(who.namespace)}`;
  if (who.type === 'endpoint') return `${who.endpoint.name} on ${who.endpoint.node ?? 'no node'}`;
  return `the outside of ${who.segment}`;
}
