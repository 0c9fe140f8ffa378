/** A live state as it would be without one diagnosis: what is missing put back, what is wrong set right, what should not be there taken away. */
import type { Difference } from '../compare.ts';
import type { Bridge, Flow, IptablesItem, Item, NamespaceState, NodeState, OvsPort } from '../state.ts';
import type { Diagnosis } from './diagnose.ts';
import type { Fact } from './fault.ts';

/** A new state; what the diagnosis does not concern is shared with the old one. */
export function mended(live: NodeState, expected: NodeState, { differences, facts }: Diagnosis): NodeState {
  let state = { ...live, namespaces: { ...live.namespaces } };
  // What a namespace holds is of no use before the namespace is there.
  const order = differences.toSorted((a, b) => Number(b.aspect === 'namespaces') - Number(a.aspect === 'namespaces'));
  for (const difference of order) state = withoutDifference(state, expected, difference);
  for (const fact of facts) state = withoutFact(state, fact);
  return state;
}

const NODE_LISTS = ['ports', 'flows', 'keepalived', 'allocations'] as const;
const LISTS = ['links', 'addresses', 'rules', 'routes', 'neighbours', 'sysctls', 'iptables'] as const;

function withoutDifference(state: NodeState, expected: NodeState, difference: Difference): NodeState {
  const { aspect, namespace } = difference;
  if (aspect === 'namespaces') return withNamespace(state, expected, namespace);
  const ofNode = NODE_LISTS.find((name) => name === aspect);
  if (ofNode) {
    const list: readonly Item[] | undefined = state[ofNode];
    const mendedState = { ...state, [ofNode]: replaced(list, expected[ofNode], difference) };
    return ofNode === 'ports' ? plugged(mendedState, difference) : mendedState;
  }
  const there = own(state.namespaces, namespace);
  const name = LISTS.find((list) => list === aspect);
  if (!there || !name) return state;
  const wanted: NamespaceState = own(expected.namespaces, namespace) ?? {};
  const content = { ...there, [name]: replaced(there[name], wanted[name], difference) };
  const settled = name === 'sysctls' ? forwarding(content, difference) : content;
  return { ...state, namespaces: { ...state.namespaces, [namespace]: settled } };
}

/** Writing `ip_forward` writes `forwarding` of every device (`net/ipv4/devinet.c: devinet_sysctl_forward, inet_forward_change`). */
function forwarding(content: NamespaceState, { wanted }: Difference): NamespaceState {
  const { sysctls } = content;
  if (!sysctls || !wanted || !('key' in wanted) || wanted.key !== 'net.ipv4.ip_forward') return content;
  const value = sysctls.find(({ key }) => key === 'net.ipv4.ip_forward')?.value ?? '1';
  const isOfDevice = /^net\.ipv4\.conf\..*\.forwarding$/;
  return { ...content, sysctls: sysctls.map((each) => (isOfDevice.test(each.key) ? { ...each, value } : each)) };
}

const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

function withNamespace(state: NodeState, expected: NodeState, name: string): NodeState {
  const wanted = own(expected.namespaces, name);
  const { [name]: _, ...others } = state.namespaces;
  return { ...state, namespaces: wanted ? { ...others, [name]: wanted } : others };
}

/** The wanted item comes to stand where it stands among its expected neighbours: of iptables rules the order decides. */
function replaced(
  list: readonly Item[] | undefined,
  expected: readonly Item[] | undefined,
  { wanted, found, isOrder }: Difference,
): readonly Item[] | undefined {
  if (!list) return list;
  if (isOrder) return inOrder(list, expected ?? [], found);
  const at = found ? list.indexOf(found) : -1;
  const left = at < 0 ? list : list.filter((_, i) => i !== at);
  if (!wanted) return left;
  const index = at < 0 ? indexFor(left, expected ?? [], wanted) : at;
  return [...left.slice(0, index), wanted, ...left.slice(index)];
}

/** Behind the nearest item before it that is there. */
function indexFor(list: readonly Item[], expected: readonly Item[], wanted: Item): number {
  const places = new Map(list.map((item, i) => [textOf(item), i]));
  const text = textOf(wanted);
  for (let i = expected.findIndex((item) => textOf(item) === text) - 1; i >= 0; i--) {
    const place = places.get(textOf(expected[i]!));
    if (place !== undefined) return place + 1;
  }
  return 0;
}

const textOf = (item: Item): string =>
  JSON.stringify(item, (key, value: unknown) => (key === 'because' ? undefined : value));

/** The rules of one chain as they should follow each other. */
function inOrder(list: readonly Item[], expected: readonly Item[], found: Item | undefined): readonly Item[] {
  const chainOf = (item: Item): string =>
    isIptables(item) && item.spec !== undefined ? `${item.family} ${item.table} ${item.chain}` : '';
  const chain = found ? chainOf(found) : '';
  if (chain === '') return list;
  const wanted = expected.filter((item) => chainOf(item) === chain);
  const first = list.findIndex((item) => chainOf(item) === chain);
  const others = list.filter((item) => chainOf(item) !== chain);
  return [...others.slice(0, first), ...wanted, ...others.slice(first)];
}

/** A device of the host on a bridge. */
function withUplink(state: NodeState, bridge: string): NodeState {
  const port = { bridge, name: `uplink-of-${bridge}`, type: '', external_ids: {}, other_config: {}, options: {} };
  return numbered({ ...state, ports: [...(state.ports ?? []), port] }, port);
}

/** A port that is there again, or that has gone. */
function plugged(state: NodeState, { wanted, found }: Difference): NodeState {
  const gone = isPort(found) && !isPort(wanted) ? found : undefined;
  const cleared = gone ? { ...state, bridges: (state.bridges ?? []).map((entry) => withoutName(entry, gone)) } : state;
  return isPort(wanted) ? numbered(cleared, wanted) : cleared;
}

const isPort = (item: Item | undefined): item is OvsPort => item !== undefined && 'external_ids' in item;

const withoutName = (entry: Bridge, { bridge, name }: OvsPort): Bridge =>
  entry.name === bridge
    ? { ...entry, ofports: Object.fromEntries(Object.entries(entry.ofports).filter(([each]) => each !== name)) }
    : entry;

/** A port that comes back gets the number that flows still tell, of its MAC first, when nothing else has it; else a new one. */
function numbered(state: NodeState, { bridge, name, external_ids: ids }: OvsPort): NodeState {
  const entry = state.bridges?.find((each) => each.name === bridge);
  if (!entry || (entry.ofports[name] ?? -1) > 0) return state;
  const used = new Set(Object.values(entry.ofports));
  const mac = ids['attached-mac'];
  const flows = (state.flows ?? []).filter((flow) => flow.bridge === bridge);
  const ofMac = flows.filter(({ match, actions }) => mac !== undefined && `${match},${actions}`.includes(mac));
  const told = [ofMac, flows].flatMap((some) => some.flatMap(numbersIn).toSorted((a, b) => a - b));
  const free = told.find((number) => !used.has(number));
  const ofport = free ?? Math.max(0, ...used) + 1;
  const bridges = state.bridges!.map((each) =>
    each === entry ? { ...each, ofports: { ...each.ofports, [name]: ofport } } : each,
  );
  const ports = state.ports?.map((port) => (port.bridge === bridge && port.name === name ? { ...port, ofport } : port));
  return { ...state, bridges, ...(ports ? { ports } : {}) };
}

const numbersIn = ({ match, actions }: Flow): number[] =>
  [...`${match},${actions}`.matchAll(/\b(?:in_port=|output:)(\d+)/g)].map(([, number]) => Number(number));

const isIptables = (item: Item): item is IptablesItem => 'chain' in item;

/** Facts are texts; those that a trace looks at are turned round. */
function withoutFact(state: NodeState, { namespace, aspect, expected, live }: Fact): NodeState {
  const there = own(state.namespaces, namespace);
  const setting = /^(\S+) = (\S+)$/.exec(expected ?? live ?? '');
  if (aspect === 'sysctls' && there && setting) {
    const sysctls = (there.sysctls ?? []).filter(({ key }) => key !== setting[1]);
    if (expected !== null) sysctls.push({ key: setting[1]!, value: setting[2]! });
    return { ...state, namespaces: { ...state.namespaces, [namespace]: { ...there, sysctls } } };
  }
  const bridge = aspect === 'ports' ? /^(\S+) with a device of the host\b/.exec(expected ?? '')?.[1] : undefined;
  if (bridge !== undefined) return withUplink(state, bridge);
  const traffic = own(state.traffic ?? {}, namespace);
  if (aspect === 'processes' && traffic) {
    const { listening: _, ...rest } = traffic;
    return { ...state, traffic: { ...state.traffic, [namespace]: rest } };
  }
  if (aspect === 'conntrack' && traffic)
    return { ...state, traffic: { ...state.traffic, [namespace]: { ...traffic, translations: [], connections: [] } } };
  return state;
}
