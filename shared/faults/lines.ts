/** Differences by aspect, with their items: the words in which rules of the catalogue are written. */
import type { Difference, DifferenceKind } from '../compare.ts';
import { NS_PREFIX } from '../neutron.ts';
import type {
  Address,
  AllocationLine,
  Flow,
  IptablesItem,
  Link,
  Neighbour,
  OvsPort,
  Route,
  Rule,
  Sysctl,
} from '../state.ts';
import type { Router, Topology } from '../topology/types.ts';
import type { Case, NodeView } from './fault.ts';

interface ItemOf {
  links: Link;
  addresses: Address;
  rules: Rule;
  routes: Route;
  neighbours: Neighbour;
  sysctls: Sysctl;
  iptables: IptablesItem;
  ports: OvsPort;
  flows: Flow;
  allocations: AllocationLine;
}

export interface Line<A extends keyof ItemOf> {
  difference: Difference;
  kind: DifferenceKind;
  namespace: string;
  wanted?: ItemOf[A];
  found?: ItemOf[A];
  /** The one that there is; of an altered item the expected one. */
  item: ItemOf[A];
}

/** The differences of one aspect, of some kinds or of all. */
export function linesOf<A extends keyof ItemOf>(
  { differences }: Pick<NodeView, 'differences'>,
  aspect: A,
  ...kinds: DifferenceKind[]
): Line<A>[] {
  return differences.flatMap((difference) =>
    difference.aspect === aspect && (kinds.length === 0 || kinds.includes(difference.kind))
      ? lineOf(difference, aspect)
      : [],
  );
}

function lineOf<A extends keyof ItemOf>(difference: Difference, _aspect: A): Line<A>[] {
  const item = difference.wanted ?? difference.found;
  if (!item) return [];
  const { kind, namespace, wanted, found } = difference;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an aspect's differences hold its items
  return [{ difference, kind, namespace, item, ...(wanted && { wanted }), ...(found && { found }) } as Line<A>];
}

/** `qrouter`, `snat`, `fip`, `qdhcp`, or the whole name of another namespace. */
export const kindOf = (namespace: string): string => namespace.split('-', 1)[0]!;

/** Each line a case of its own. */
export const each = (lines: readonly { difference: Difference }[]): Case[] =>
  lines.map(({ difference }) => ({ lines: [difference] }));

/** All lines together one case; none without lines. */
export const together = (lines: readonly { difference: Difference }[]): Case[] =>
  lines.length === 0 ? [] : [{ lines: [...new Set(lines.map(({ difference }) => difference))] }];

/** A device with its port of the switch: one comes and goes with the other. */
export const withPort = (view: Pick<NodeView, 'differences'>, line: Line<'links'>): Case[] =>
  together([line, ...linesOf(view, 'ports', line.kind).filter(({ item }) => item.name === line.item.ifname)]);

/** One case for each key. */
export function byKey<L extends { difference: Difference }>(lines: readonly L[], key: (line: L) => string): Case[] {
  const groups = new Map<string, L[]>();
  for (const line of lines) groups.set(key(line), [...(groups.get(key(line)) ?? []), line]);
  return [...groups.values()].flatMap(together);
}

/** The router of a `qrouter-` or `snat-` namespace; an id may be given by its beginning. */
export function routerOf({ routers }: Topology, namespace: string): Router | undefined {
  const prefix = [NS_PREFIX.qrouter, NS_PREFIX.snat].find((start) => namespace.startsWith(start));
  if (prefix === undefined) return undefined;
  const id = namespace.slice(prefix.length);
  return routers.find((router) => router.id !== undefined && id.startsWith(router.id));
}

/** Value of a sysctl key in a live namespace. */
export const sysctlOf = ({ live }: Pick<NodeView, 'live'>, namespace: string, key: string): string | undefined =>
  live.namespaces[namespace]?.sysctls?.find((sysctl) => sysctl.key === key)?.value;

/** Namespaces of a kind that should be there and are. */
export const namespacesOf = ({ live, expected }: NodeView, kind: keyof typeof NS_PREFIX): string[] =>
  Object.keys(live.namespaces).filter(
    (name) => name.startsWith(NS_PREFIX[kind]) && Object.hasOwn(expected.namespaces, name),
  );

/** Word behind an option of an iptables rule: `optionOf('-d 10.0.0.1/32 -j DNAT', '-d')`. */
export const optionOf = (spec: string | undefined, option: string): string | undefined => {
  const words = spec?.split(' ') ?? [];
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
};
