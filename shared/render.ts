/** A state as the tools print it: for `expect`, for the virtual documents of the editor, and for the expected-against-live diff. */
import type { Comparable } from './aspects/aspect.ts';
import { ASPECTS, NODE_ASPECTS } from './aspects/table.ts';
import { gapFor } from './gaps.ts';
import { pairUp } from './pair.ts';
import type {
  Family,
  IptablesItem,
  Item,
  NamespaceAspect,
  NamespaceState,
  NodeAspectName,
  NodeState,
} from './state.ts';

export interface RenderOptions {
  /** Only this namespace. */
  namespace?: string;
  aspect?: NamespaceAspect | NodeAspectName;
}

/** Everything that a state holds, with a heading for each namespace and aspect. */
export function renderNode(state: NodeState, { namespace, aspect }: RenderOptions = {}): string {
  const names = Object.keys(state.namespaces).filter((name) => namespace === undefined || name === namespace);
  const parts = names.flatMap((name) =>
    ASPECTS.filter((candidate) => aspect === undefined || candidate.name === aspect).map((candidate) => {
      const items = state.namespaces[name]![candidate.name];
      const reason = gapFor(state.gaps, name, candidate.name)?.reason;
      const body = items ? renderItems(candidate, items) : `# not known: ${reason ?? 'no such aspect'}\n`;
      return `# ${name}: ${candidate.title}\n${body}`;
    }),
  );
  return [...parts, ...nodeParts(state, namespace, aspect)].join('\n');
}

/** What belongs to no namespace. */
const nodeParts = (state: NodeState, namespace: string | undefined, aspect: RenderOptions['aspect']): string[] =>
  NODE_ASPECTS.filter(
    ({ name }) => (namespace ?? NODE) === NODE && (aspect === undefined || aspect === name) && isThere(state, name),
  ).map((candidate) => {
    const items = state[candidate.name];
    const body = items
      ? renderItems(candidate, items)
      : `# not known: ${gapFor(state.gaps, NODE, candidate.name)!.reason}\n`;
    return `# ${NODE}: ${candidate.title}\n${body}`;
  });

/** The node's own "namespace". */
const NODE = '-';

/** Most nodes hold no HA router, and then there is nothing to be said of keepalived. */
const isThere = (state: NodeState, name: NodeAspectName): boolean =>
  (name === 'keepalived' ? (state.keepalived?.length ?? 0) > 0 : state[name] !== undefined) ||
  gapFor(state.gaps, NODE, name) !== undefined;

/** The items of one aspect, one line each, in an order of their own so that two states can be read side by side. */
export function renderItems(aspect: Pick<Comparable<Item>, 'name' | 'explain'>, items: readonly Item[]): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the items of an aspect are its own
  if (aspect.name === 'iptables') return renderIptables(items as IptablesItem[]);
  const sorted = (some: readonly Item[]) => linesOf(some.map((item) => aspect.explain(item)).toSorted(compareNatural));
  if (aspect.name !== 'rules') return sorted(items);
  // A rule does not show its family: `ip rule` and `ip -6 rule` print them apart.
  const [four, six] = [items.filter((item) => !isSix(item)), items.filter(isSix)];
  return sorted(four) + (six.length > 0 ? `# ip -6 rule\n${sorted(six)}` : '');
}

export const isSix = (item: Item): boolean => 'family' in item && item.family === 'inet6';

const linesOf = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');

/** Numbers inside text by value, so that rule 32766 comes before rule 167772161. */
const collator = new Intl.Collator('en', { numeric: true });
const compareNatural = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1);

const TABLES = ['raw', 'mangle', 'nat', 'filter'];
const HOOKS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** As iptables-save prints: tables, chains (the kernel's hooks first), then the rules of each chain; families apart. */
function renderIptables(items: readonly IptablesItem[]): string {
  const families = (['inet', 'inet6'] as Family[]).filter((family) => items.some((item) => item.family === family));
  return families
    .map((family) => {
      const own = items.filter((item) => item.family === family);
      const tables = [...new Set([...TABLES, ...own.map(({ table }) => table)])].filter((table) =>
        own.some((item) => item.table === table),
      );
      const head = family === 'inet6' ? '# ip6tables-save\n' : '';
      return (
        head +
        tables
          .map((table) =>
            renderTable(
              table,
              own.filter((item) => item.table === table),
            ),
          )
          .join('')
      );
    })
    .join('');
}

function renderTable(table: string, items: readonly IptablesItem[]): string {
  const rank = (chain: string) => (HOOKS.includes(chain) ? HOOKS.indexOf(chain) : HOOKS.length);
  const byChain = (a: string, b: string) => rank(a) - rank(b) || compareNatural(a, b);
  const chains = items.filter(({ spec }) => spec === undefined).toSorted((a, b) => byChain(a.chain, b.chain));
  const names = [...new Set(items.flatMap(({ chain, spec }) => (spec === undefined ? [] : [chain])))].toSorted(byChain);
  return linesOf([
    `*${table}`,
    ...chains.map(({ chain, policy }) => `:${chain} ${policy ?? '-'}`),
    ...names.flatMap((name) => rulesOf(items, name)),
    'COMMIT',
  ]);
}

const rulesOf = (items: readonly IptablesItem[], name: string): string[] =>
  items.flatMap(({ chain, spec }) => (chain === name && spec !== undefined ? [`-A ${chain} ${spec}`.trimEnd()] : []));

/** Two texts of one aspect of one namespace, reduced to what is compared: equal texts mean no difference. */
export interface SideBySide {
  namespace: string;
  aspect: NamespaceAspect | NodeAspectName;
  title: string;
  expected: string;
  live: string;
}

/** Every aspect that both states know, in the order of the namespaces; a namespace that one of them lacks has an empty side. */
export function sideBySide(expected: NodeState, live: NodeState): SideBySide[] {
  const wanted = Object.keys(expected.namespaces).filter((name) => !mayBeThere(name, expected, live));
  const names = [...new Set([...wanted, ...unexpectedNamespaces(expected, live)])];
  const inside = names.flatMap((namespace) =>
    ASPECTS.flatMap((aspect): SideBySide[] => {
      const uncovered = (item: Item) =>
        [expected, live].every(({ gaps }) => gapFor(gaps, namespace, aspect.name, aspect.family(item)) === undefined);
      const left = itemsOf(expected.namespaces[namespace], aspect.name)?.filter(uncovered);
      const right = itemsOf(live.namespaces[namespace], aspect.name)?.filter(uncovered);
      if (!left || !right) return [];
      return [{ namespace, aspect: aspect.name, title: aspect.title, ...texts(aspect, left, right) }];
    }),
  );
  const ofNode = NODE_ASPECTS.flatMap((aspect): SideBySide[] => {
    const [left, right] = [expected[aspect.name], live[aspect.name]];
    if (!left || !right || [expected, live].some(({ gaps }) => gapFor(gaps, NODE, aspect.name))) return [];
    const comparable = { ...aspect, dynamic: (item: Item) => aspect.dynamic(item, left) };
    return [{ namespace: NODE, aspect: aspect.name, title: aspect.title, ...texts(comparable, left, right) }];
  });
  return [...inside, ...ofNode];
}

/** A namespace that was not seen, though it may be there: nobody listed them, or it may be there or not. */
const mayBeThere = (name: string, expected: NodeState, live: NodeState): boolean =>
  !Object.hasOwn(live.namespaces, name) &&
  (gapFor(live.gaps, NODE, 'namespaces') ?? gapFor(expected.gaps, name, 'namespaces')) !== undefined;

const unexpectedNamespaces = (expected: NodeState, live: NodeState): string[] =>
  Object.keys(live.namespaces).filter(
    (name) => /^(qrouter|snat|fip|qdhcp)-/.test(name) && !gapFor(expected.gaps, name, 'namespaces'),
  );

/** An absent namespace has nothing in it; an absent aspect of a namespace that is there is not known. */
const itemsOf = (state: NamespaceState | undefined, aspect: NamespaceAspect): Item[] | undefined =>
  state === undefined ? [] : state[aspect];

function texts(aspect: Comparable<Item>, left: Item[], right: Item[]): { expected: string; live: string } {
  const { dynamic, equal, altered, unexpected } = pairUp(left, right, aspect);
  const silent = new Set(dynamic);
  if (aspect.list) {
    // Where order is no matter, the live side takes the order of the expected one.
    const partner = new Map([...equal, ...altered]);
    const inOrder = left.flatMap((item) => (aspect.list!(item) === undefined ? (partner.get(item) ?? []) : []));
    const ordered = right.filter((item) => aspect.list!(item) !== undefined);
    const rest = unexpected.filter((item) => aspect.list!(item) === undefined);
    return { expected: renderItems(aspect, left), live: renderItems(aspect, [...inOrder, ...ordered, ...rest]) };
  }
  return {
    expected: renderItems(aspect, left),
    live: renderItems(
      aspect,
      right.filter((item) => !silent.has(item)),
    ),
  };
}
