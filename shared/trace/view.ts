/**
 * A cloud made ready for one trace: names become maps, and what a namespace holds is read when the packet gets there, once.
 * What is not known is asked for here too, so that nothing that is absent is taken for empty.
 */
import type { Family, Gap, NamespaceAspect, NamespaceState, Neighbour, NodeState, Traffic } from '../state.ts';
import type { Cloud, Endpoint, Segment } from './cloud.ts';
import { type Fib, fibOf } from './fib.ts';
import { type Fabric, fabricOf, stateMissing } from './frame/fabric.ts';
import { type Ruleset, rulesetOf } from './netfilter.ts';
import { remembered } from './remembered.ts';

/** A cloud by segment, made once and good for many traces: it remembers nothing of packets. */
export interface View {
  cloud: Cloud;
  namespaces: NamespaceView[];
  segments: Map<string, Segment>;
  /** Devices of router namespaces by segment. */
  attachments: Pick<ReadonlyMap<string, Attachment[]>, 'get'>;
  endpoints: Map<string, Endpoint[]>;
  /** Nodes of which the namespaces, or some of them, are not known, and why. */
  unseen: Unseen[];
  /** Open vSwitch of the nodes. */
  fabric: Fabric;
}

/** A node of which the namespaces, or some of them, are not known, and why. */
export interface Unseen {
  node: string;
  reason: string;
}

/** A namespace with where it is, and what was read of it so far. */
export interface NamespaceView {
  node: string;
  name: string;
  state: NamespaceState;
  gaps: Gap[];
  /** What goes on there at the moment, on live state. */
  traffic?: Traffic;
}

/** A value, or why there is none. */
export type Known<T> = { value: T } | { missing: string };

/** A device of a namespace on a wire. */
export interface Attachment {
  namespace: NamespaceView;
  ifname: string;
  isDistributed: boolean;
  /** Absent when nobody knows it. */
  mac?: string;
}

/** Total: devices, segments and nodes that do not fit together are simply not found later. */
export function viewOf(cloud: Cloud): View {
  const view: View = {
    cloud,
    namespaces: [],
    segments: new Map(Object.entries(cloud.wiring.segments)),
    attachments: new Map(),
    endpoints: new Map(),
    unseen: [],
    fabric: fabricOf(cloud),
  };
  for (const endpoint of cloud.wiring.endpoints) listOf(view.endpoints, endpoint.segment).push(endpoint);
  for (const state of cloud.states) addNode(view, state);
  const seen = new Set(cloud.states.map((state) => state.node));
  for (const node of cloud.wiring.nodes ?? [])
    if (!seen.has(node)) view.unseen.push({ node, reason: stateMissing(node) });
  view.attachments = cloud.near ? attachmentsNear(cloud, view.namespaces) : attachmentsOf(cloud, view.namespaces);
  return view;
}

function attachmentsOf({ wiring }: Cloud, namespaces: readonly NamespaceView[]): Map<string, Attachment[]> {
  const attachments = new Map<string, Attachment[]>();
  const devices = new Map(Object.entries(wiring.devices));
  for (const namespace of namespaces) {
    for (const ifname of devicesOf(namespace)) {
      const device = devices.get(ifname);
      if (!device) continue;
      const mac = macOf(namespace, ifname);
      const attachment = {
        namespace,
        ifname,
        isDistributed: device.distributed === true,
        ...(mac === undefined ? {} : { mac }),
      };
      listOf(attachments, device.segment).push(attachment);
    }
  }
  return attachments;
}

/** The same of a segment when it is asked for, in the namespaces that may have a device there. */
function attachmentsNear(cloud: Cloud, namespaces: readonly NamespaceView[]): View['attachments'] {
  const near = new Map(Object.entries(cloud.near ?? {}));
  const known = new Map<string, Attachment[] | undefined>();
  const make = (segment: string): Attachment[] | undefined => {
    const names = new Set(near.get(segment));
    const few = namespaces.filter(({ name }) => names.has(name));
    return attachmentsOf(cloud, few).get(segment);
  };
  return {
    get(segment) {
      if (!known.has(segment)) known.set(segment, make(segment));
      return known.get(segment);
    },
  };
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  if (!lists.has(key)) lists.set(key, []);
  return lists.get(key)!;
}

function addNode(view: View, { node, namespaces, gaps, traffic }: NodeState): void {
  for (const gap of gaps) {
    const isOurs = gap.namespace === '-' || gap.namespace === '*' || ROUTER_NAMESPACE.test(gap.namespace);
    if (gap.aspect === 'namespaces' && isOurs) view.unseen.push({ node, reason: gapText(node, gap, gap.namespace) });
  }
  for (const [name, namespace] of Object.entries(namespaces)) {
    const added: NamespaceView = { node, name, state: namespace, gaps };
    if (traffic && Object.hasOwn(traffic, name)) added.traffic = traffic[name]!;
    view.namespaces.push(added);
    // Without links and addresses nobody knows which devices it has.
    if (ROUTER_NAMESPACE.test(name) && !isKnown(added, 'addresses', 'inet')) {
      const links = isKnown(added, 'links', 'inet') ? undefined : aspectOf(added, 'links', 'inet');
      if (links && 'missing' in links) view.unseen.push({ node, reason: links.missing });
    }
  }
}

/** `namespaces.py: NS_PREFIX`, `dvr_snat_ns.py: SNAT_NS_PREFIX`, `dvr_fip_ns.py: FIP_NS_PREFIX`: those that may have devices of the wiring. */
const ROUTER_NAMESPACE = /^(qrouter|snat|fip)-/;

/** Devices that exist: by links, or by addresses when links are not known. */
function devicesOf({ state }: NamespaceView): Set<string> {
  return new Set((state.links ?? state.addresses ?? []).map((item) => item.ifname));
}

const macOf = ({ state }: NamespaceView, ifname: string): string | undefined =>
  knownText(state.links?.find((link) => link.ifname === ifname)?.address);

/** The engine writes `<mac of port p1>` for what the topology leaves open. */
export const knownText = (text: string | undefined): string | undefined => (text?.startsWith('<') ? undefined : text);

/** An aspect of one family, unless it is absent or inside a gap. */
export function aspectOf<A extends NamespaceAspect>(
  namespace: NamespaceView,
  aspect: A,
  family: Family,
): Known<NonNullable<NamespaceState[A]>> {
  const items = namespace.state[aspect];
  const { node, name, gaps } = namespace;
  const gap = gaps.find((entry) => entry.aspect === aspect && covers(entry, name, family));
  if (gap) return { missing: gapText(node, gap, name) };
  return items === undefined ? { missing: `the ${aspect} of ${name} on ${node} are not known` } : { value: items };
}

/** Whether `aspectOf` has a value. What is made when somebody looks is not made for this. */
export function isKnown({ state, name, gaps }: NamespaceView, aspect: NamespaceAspect, family: Family): boolean {
  const found = Object.getOwnPropertyDescriptor(state, aspect);
  if (!found || (!found.get && found.value === undefined)) return false;
  return !gaps.some((gap) => gap.aspect === aspect && covers(gap, name, family));
}

/** `*` stands for all namespaces, `snat-*` for all of a kind. */
const covers = ({ namespace: pattern, family: only }: Gap, namespace: string, family: Family): boolean =>
  (only === undefined || only === family) &&
  (pattern.endsWith('*') ? namespace !== '-' && namespace.startsWith(pattern.slice(0, -1)) : pattern === namespace);

const gapText = (node: string, { aspect, reason }: Gap, namespace: string): string =>
  `the ${aspect} of ${namespace === '-' ? `node ${node}` : `${namespace} on ${node}`} are not known: ${reason}`;

/** Rules and routes, both or neither. */
export function fibView(namespace: NamespaceView, family: Family): Known<Fib> {
  return once(fibs(namespace), family, () => {
    const rules = aspectOf(namespace, 'rules', family);
    const routes = aspectOf(namespace, 'routes', family);
    if ('missing' in rules) return rules;
    if ('missing' in routes) return routes;
    return { value: fibOf(rules.value, routes.value, family) };
  });
}

const fibs = remembered<NamespaceView, Map<Family, Known<Fib>>>(() => new Map());

/** The chains of a family, parsed when the first packet needs them. */
export function rulesetView(namespace: NamespaceView, family: Family): Known<Ruleset> {
  return once(rulesets(namespace), family, () => {
    const items = aspectOf(namespace, 'iptables', family);
    return 'missing' in items ? items : { value: rulesetOf(items.value, family) };
  });
}

const rulesets = remembered<NamespaceView, Map<Family, Known<Ruleset>>>(() => new Map());

function once<T>(cache: Map<Family, T>, family: Family, make: () => T): T {
  let value = cache.get(family);
  if (value === undefined) cache.set(family, (value = make()));
  return value;
}

/** `undefined` when the sysctl was not collected. */
export const sysctlOf = (namespace: NamespaceView, key: string): string | undefined => sysctlIndex(namespace).get(key);

const sysctlIndex = remembered(
  ({ state: { sysctls = [] } }: NamespaceView) => new Map(sysctls.toReversed().map(({ key, value }) => [key, value])),
);

/** The entry for an address on a device, whatever gaps there are; of several the first. */
export const neighbourOf = (
  namespace: NamespaceView,
  family: Family,
  dev: string,
  dst: string,
): Neighbour | undefined => neighbourIndex(namespace).get(`${family} ${dev} ${dst}`);

const neighbourIndex = remembered(
  ({ state: { neighbours = [] } }: NamespaceView) =>
    new Map(neighbours.toReversed().map((each) => [`${each.family} ${each.dev} ${each.dst}`, each])),
);

/** The namespaces of a node. */
export const namespacesOn = ({ namespaces }: View, node: string): readonly NamespaceView[] =>
  nodeIndex(namespaces).get(node) ?? [];

const nodeIndex = remembered((namespaces: readonly NamespaceView[]) => {
  const byNode = new Map<string, NamespaceView[]>();
  for (const namespace of namespaces) listOf(byNode, namespace.node).push(namespace);
  return byNode;
});

/** The higher of `conf.all` and of the device, as the kernel takes `rp_filter`, `proxy_arp`, `arp_ignore` (`IN_DEV_MAXCONF`, `IN_DEV_ORCONF`). */
export function deviceSysctl(namespace: NamespaceView, ifname: string, name: string): number | undefined {
  const values = ['all', ifname].map((device) => sysctlOf(namespace, `net.ipv4.conf.${device}.${name}`));
  const known = values.filter((value) => value !== undefined).map(Number);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Whether the device is known to be down. */
export function isDown(namespace: NamespaceView, ifname: string): boolean {
  const link = namespace.state.links?.find((entry) => entry.ifname === ifname);
  return link !== undefined && !link.flags.includes('UP');
}

/** `snat-… on net1`. */
export const namespaceText = (namespace: NamespaceView): string => `${namespace.name} on ${namespace.node}`;
