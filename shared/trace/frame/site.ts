/** Places on a segment from which frames go and to which they come: devices of nodes, and the world outside. */
import { type Asker, type Taker, takerText } from '../arp.ts';
import type { Carrier, Endpoint } from '../cloud.ts';
import { type NamespaceView, type View, knownText, namespacesOn } from '../view.ts';
import { type Arrival, type Origin, isTagged } from './carry.ts';
import { macValue } from './concrete.ts';
import { destinationOf, isGroup } from './ether.ts';
import { type Fabric, type NodeSwitch, type PlacedPort, portOfEndpoint, switchOn } from './fabric.ts';

/** A place on a segment. */
export interface Site {
  who: Taker;
  /** For people. */
  name: string;
  /** Absent of the world outside. */
  node?: string;
  of?: NodeSwitch;
  /** Absent: not plugged in, or its node's Open vSwitch is not known. */
  port?: PlacedPort;
  mac: string;
  /** The MAC is a placeholder. */
  isVague?: true;
  carrier?: Carrier;
  /** Why nothing can be said of what its switch does. */
  missing?: string;
  /** No frame can be told to come there, although the node is known. */
  isBlind?: true;
}

/** Where somebody asks from. */
export function askerSite(view: View, { segment, namespace, ifname, endpoint, node, address }: Asker): Site {
  if (namespace && ifname !== undefined) return siteOf(view, { type: 'namespace', namespace, ifname }, segment);
  if (endpoint && node !== undefined) return siteOf(view, { type: 'endpoint', endpoint }, segment);
  return outsideSite(view, segment, address);
}

/** Where somebody is; the MAC of a device that nobody knows is one of its own. */
export function siteOf(view: View, who: Taker, segment: string): Site {
  if (who.type === 'outside') return outsideSite(view, segment, 'a host');
  const { fabric } = view;
  const name = takerText(who);
  const node = who.type === 'namespace' ? who.namespace.node : (who.endpoint.node ?? '');
  const carrier = view.segments.get(segment)?.carrier;
  const place = { who, node, name, ...(carrier && { carrier }) };
  const own = rawMac(who);
  const of = switchOn(fabric, node);
  if ('missing' in of) return { ...place, ...macOf(fabric, [own], name), missing: of.missing };
  const ifname = who.type === 'namespace' ? who.ifname : portOfEndpoint(of, who.endpoint);
  if (ifname === undefined && who.type === 'endpoint' && isNameless(view, who.endpoint)) {
    const missing = `the topology says neither id nor MAC of ${who.endpoint.name}, by which its port is known`;
    return { ...place, ...macOf(fabric, [own], name), missing, isBlind: true };
  }
  if (ifname !== undefined && isShared(view, node, ifname)) {
    const missing = `the topology does not say which port ${ifname} is`;
    return { ...place, ...macOf(fabric, [own], name), missing, isBlind: true };
  }
  const port = ifname === undefined ? undefined : of.ports.get(ifname);
  return {
    ...place,
    of,
    ...macOf(fabric, [own, port?.port?.external_ids['attached-mac']], name),
    ...(port && { port }),
  };
}

/** The first text that is a MAC, else a value for the first that is there. */
function macOf(
  { concrete }: Fabric,
  texts: readonly (string | undefined)[],
  name: string,
): Pick<Site, 'mac' | 'isVague'> {
  const known = texts.find((text) => knownText(text) !== undefined);
  if (known !== undefined) return { mac: macValue(concrete, known) };
  return { mac: macValue(concrete, texts.find((text) => text !== undefined) ?? `mac of ${name}`), isVague: true };
}

/** On live state a port is known by its id and by its MAC; of an expected one both sides have the same placeholder. */
const isNameless = ({ cloud }: View, { id, mac }: Endpoint): boolean =>
  cloud.from === 'live' && id === undefined && knownText(mac) === undefined;

/** Without ids two devices may have one name: which of them a port of the switch is cannot be told. */
const isShared = (view: View, node: string, ifname: string): boolean =>
  ifname.includes('<') &&
  namespacesOn(view, node).filter(({ state }) => state.links?.some((link) => link.ifname === ifname)).length > 1;

const rawMac = (who: Exclude<Taker, { type: 'outside' }>): string | undefined =>
  who.type === 'endpoint' ? who.endpoint.mac : linkMac(who.namespace, who.ifname);

const linkMac = ({ state }: NamespaceView, ifname: string): string | undefined =>
  state.links?.find((link) => link.ifname === ifname)?.address;

function outsideSite(view: View, segment: string, address: string): Site {
  const carrier = view.segments.get(segment)?.carrier;
  const name = `the outside of ${segment}`;
  const isKnown = carrier?.type === 'physical';
  return {
    who: { type: 'outside', segment },
    name,
    mac: macValue(view.fabric.concrete, `mac of ${address}, ${name}`),
    ...(carrier && { carrier }),
    ...(isKnown ? {} : { missing: `how ${segment} leaves the nodes is not known`, isBlind: true }),
  };
}

/** Where frames begin; undefined when the device is not plugged in. */
export function originOf({ of, port, carrier, missing, who }: Site): Origin | undefined {
  if (missing !== undefined) return undefined;
  if (who.type !== 'outside') return of && port ? { type: 'device', of, port } : undefined;
  return carrier?.type === 'physical' ? { type: 'wire', network: carrier.network, vlan: carrier.vlan ?? 0 } : undefined;
}

/** The nodes on which the places are. */
export const nodesOf = (sites: readonly Site[]): Set<string> => new Set(sites.flatMap(({ node }) => node ?? []));

/** Whether a copy came to a place, for whomever it was. */
export function isAt(arrival: Arrival, { node, port, carrier, who }: Site): boolean {
  if (arrival.type === 'unseen') return arrival.node === node;
  if (arrival.type === 'device') return arrival.node === node && arrival.name === port?.name;
  if (who.type !== 'outside' || carrier?.type !== 'physical') return false;
  return arrival.network === carrier.network && arrival.vlan === (carrier.vlan ?? 0);
}

/** A device takes what is for its MAC or for all, without a VLAN tag; who is outside, whatever is on the right wire. */
export function isTaken(arrival: Arrival, site: Site): boolean {
  if (!isAt(arrival, site)) return false;
  if (arrival.type !== 'device') return true;
  return !isTagged(arrival.frame) && (isGroup(arrival.frame) || destinationOf(arrival.frame) === site.mac);
}
