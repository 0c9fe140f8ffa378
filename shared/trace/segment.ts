/**
 * Who on a segment may have to do with an address or a MAC, without asking all: an external network of a large cloud has a device on every node.
 * What is left out here would have said no; what is given is in the order of the whole.
 */
import { canonical, networkText, parsePrefix } from '../ip.ts';
import type { Endpoint, Segment } from './cloud.ts';
import { remembered } from './remembered.ts';
import { type Attachment, type View, deviceSysctl, isKnown, knownText } from './view.ts';

/** Below this, asking all is faster than an index. */
const FEW = 16;

/** The devices that may have the address or answer for it. */
export function devicesNear(view: View, segment: string, target: string): readonly Attachment[] {
  const all = view.attachments.get(segment) ?? [];
  if (all.length <= FEW) return all;
  const { order, byAddress, byRoute, lengths, always } = deviceIndex(all);
  const prefixes = lengths.flatMap((length) => parsePrefix(`${target}/${length}`) ?? []);
  const routed = [...prefixes.map(networkText), target, `${target}/32`].flatMap((key) => byRoute.get(key) ?? []);
  const found = new Set([...(byAddress.get(target) ?? []), ...routed, ...always]);
  return [...found].toSorted((a, b) => order.get(a)! - order.get(b)!);
}

/** The devices with a MAC. */
export function devicesWithMac(view: View, segment: string, mac: string): readonly Attachment[] {
  const all = view.attachments.get(segment) ?? [];
  return all.length <= FEW ? all.filter((each) => each.mac === mac) : (deviceIndex(all).byMac.get(mac) ?? []);
}

/** The ports that have an address, or an allowed address pair of just that one. */
export function endpointsNear(view: View, segment: string, address: string): readonly Endpoint[] {
  const all = view.endpoints.get(segment) ?? [];
  return all.length <= FEW ? all : (endpointIndex(all).byAddress.get(address) ?? []);
}

/** The endpoints of a segment with this MAC. */
export function endpointsWithMac(view: View, segment: string, mac: string): Endpoint[] {
  const all = view.endpoints.get(segment) ?? [];
  const found = all.length <= FEW ? all : (endpointIndex(all).byMac.get(mac) ?? []);
  return found.filter((endpoint) => endpoint.node !== undefined && knownText(endpoint.mac) === mac);
}

/** Whether Neutron has given the address out on the segment, to whomever. */
export const isReserved = (view: View, name: string, target: string): boolean => {
  if (reservedOn(view.segments).get(name)?.has(target)) return true;
  return endpointsNear(view, name, target).some(({ addresses }) => addresses.some(({ local }) => local === target));
};

const reservedOn = remembered(
  (segments: ReadonlyMap<string, Segment>) =>
    new Map([...segments].map(([name, { reserved }]) => [name, new Set(reserved)])),
);

interface DeviceIndex {
  order: Map<Attachment, number>;
  byAddress: Map<string, Attachment[]>;
  byMac: Map<string, Attachment[]>;
  /** Devices that may answer for what their namespace routes elsewhere (`proxy_arp`), by those routes; IPv6 has no such proxy. */
  byRoute: Map<string, Attachment[]>;
  /** Lengths of those prefixes. */
  lengths: number[];
  /** Devices of which nobody knows what they answer for. */
  always: Attachment[];
}

const FAMILIES = ['inet', 'inet6'] as const;

const deviceIndex = remembered((all: readonly Attachment[]): DeviceIndex => {
  const index: DeviceIndex = {
    order: new Map(all.map((each, i) => [each, i])),
    byAddress: new Map(),
    byMac: new Map(),
    byRoute: new Map(),
    lengths: [],
    always: [],
  };
  const lengths = new Set<number>();
  for (const attachment of all) {
    const { namespace, ifname, mac } = attachment;
    if (mac !== undefined) push(index.byMac, mac, attachment);
    const isVague = !FAMILIES.every((family) => isKnown(namespace, 'addresses', family));
    if (isVague || isVagueProxy(attachment)) index.always.push(attachment);
    for (const address of namespace.state.addresses ?? [])
      if (address.ifname === ifname) push(index.byAddress, address.local, attachment);
    if (!mayAnswerForOthers(attachment)) continue;
    for (const route of namespace.state.routes ?? []) {
      if (route.family !== 'inet' || (route.dev === ifname && !route.nexthops)) continue;
      const isRange = route.dst === 'default' || route.dst.includes('/');
      const prefix = isRange ? parsePrefix(route.dst === 'default' ? '0.0.0.0/0' : route.dst) : undefined;
      if (prefix) lengths.add(prefix.length);
      // An address is itself, and so is a placeholder.
      push(index.byRoute, prefix ? networkText(prefix) : route.dst, attachment);
    }
  }
  index.lengths = [...lengths];
  return index;
});

/** As `arp.ts: isProxy` has it: without the sysctl only an fg device may. */
function mayAnswerForOthers({ namespace, ifname }: Attachment): boolean {
  const setting = deviceSysctl(namespace, ifname, 'proxy_arp');
  return setting === undefined ? ifname.startsWith('fg-') : setting !== 0;
}

const isVagueProxy = (attachment: Attachment): boolean =>
  mayAnswerForOthers(attachment) &&
  !(['rules', 'routes'] as const).every((aspect) => isKnown(attachment.namespace, aspect, 'inet'));

interface EndpointIndex {
  byAddress: Map<string, Endpoint[]>;
  byMac: Map<string, Endpoint[]>;
}

const endpointIndex = remembered((all: readonly Endpoint[]): EndpointIndex => {
  const index: EndpointIndex = { byAddress: new Map(), byMac: new Map() };
  for (const endpoint of all) {
    const pairs = endpoint.extraAddresses.map((text) => text.replace(/\/(32|128)$/, ''));
    for (const text of new Set([...endpoint.addresses.map(({ local }) => local), ...pairs]))
      push(index.byAddress, text, endpoint);
    const mac = knownText(endpoint.mac);
    if (mac !== undefined) push(index.byMac, mac, endpoint);
  }
  return index;
});

/** The first tenant's network with a subnet that holds the address. */
export function tenantSegment({ segments }: View, address: string): string | undefined {
  const { byPrefix, lengths } = tenantIndex(segments);
  const whole = parsePrefix(canonical(address) ?? '');
  if (!whole) return undefined;
  const found = lengths.flatMap((length) => {
    const entry = length > whole.length ? undefined : byPrefix.get(networkText({ ...whole, length }));
    return entry ? [entry] : [];
  });
  return found.toSorted((a, b) => a.order - b.order)[0]?.name;
}

interface TenantIndex {
  byPrefix: Map<string, { name: string; order: number }>;
  lengths: number[];
}

const tenantIndex = remembered((segments: ReadonlyMap<string, Segment>): TenantIndex => {
  const index: TenantIndex = { byPrefix: new Map(), lengths: [] };
  const lengths = new Set<number>();
  let order = 0;
  for (const [name, { external, prefixes }] of segments)
    for (const prefix of external ? [] : prefixes) {
      const parsed = parsePrefix(prefix);
      if (!parsed) continue;
      lengths.add(parsed.length);
      const key = networkText(parsed);
      if (!index.byPrefix.has(key)) index.byPrefix.set(key, { name, order: order++ });
    }
  index.lengths = [...lengths];
  return index;
});

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
