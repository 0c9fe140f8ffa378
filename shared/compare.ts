/**
 * Two states of one node, expected and live, and what is different: equality by key, nothing else.
 * Compare knows neither topology nor Neutron; every expected item brings its own reason along.
 */
import type { Aspect, NodeAspect } from './aspects/aspect.ts';
import { ASPECTS, NODE_ASPECTS } from './aspects/table.ts';
import { gapFor } from './gaps.ts';
import { pairUp, type Pairing } from './pair.ts';
import type { AllocationLine, AspectName, Because, Family, Gap, Item, NodeState } from './state.ts';

export type DifferenceKind = 'missing' | 'unexpected' | 'different' | 'misplaced';

export interface Difference {
  node: string;
  /** `-` for what belongs to the node itself. */
  namespace: string;
  aspect: AspectName;
  kind: DifferenceKind;
  /** Singular of the aspect: `rule`. */
  noun: string;
  /** As the tool prints it; null when there is none. */
  expected: string | null;
  live: string | null;
  /** Why it was expected; absent when it was not. */
  because?: Because;
  /** The command that would mend it, as words, for a person to run. */
  repair: string[][];
  /** Code of a well-known reason, by which reports group: `leaked-dvr-flow`. */
  known?: string;
  /** The items themselves, for who asks more than their texts; of a list in another order the first ones. */
  wanted?: Item;
  found?: Item;
  /** The same items in another order. */
  isOrder?: true;
}

/** Something that was not compared, and which side says nothing of it. */
export interface NotCompared extends Gap {
  node: string;
  side: 'expected' | 'live';
}

export interface Comparison {
  differences: Difference[];
  notCompared: NotCompared[];
  /** How each live item was judged: the sum is all of them. */
  counts: { equal: number; different: number; dynamic: number; notCompared: number };
}

const FAMILIES: readonly Family[] = ['inet', 'inet6'];

export function compare(expected: NodeState, live: NodeState): Comparison {
  const comparison: Comparison = {
    differences: [],
    notCompared: [],
    counts: { equal: 0, different: 0, dynamic: 0, notCompared: 0 },
  };
  compareNamespaceLists(expected, live, comparison);
  for (const [name, content] of Object.entries(expected.namespaces)) {
    const there = Object.hasOwn(live.namespaces, name) ? live.namespaces[name] : undefined;
    if (!there) continue;
    for (const aspect of ASPECTS)
      compareAspect(aspect, name, content[aspect.name], there[aspect.name], expected, live, comparison);
  }
  compareAllocations(expected, live, comparison);
  for (const aspect of NODE_ASPECTS) compareNodeAspect(aspect, expected, live, comparison);
  return comparison;
}

function compareNamespaceLists(expected: NodeState, live: NodeState, into: Comparison): void {
  const unlisted = gapFor(live.gaps, '-', 'namespaces');
  if (unlisted) into.notCompared.push({ ...unlisted, node: live.node, side: 'live' });
  const base = { node: live.node, aspect: 'namespaces' as const, noun: 'namespace', repair: [] };
  for (const [namespace, { because }] of Object.entries(expected.namespaces)) {
    if (Object.hasOwn(live.namespaces, namespace)) into.counts.equal++;
    else if (!unlisted && !gapFor(expected.gaps, namespace, 'namespaces'))
      into.differences.push({
        ...base,
        namespace,
        kind: 'missing',
        expected: namespace,
        live: null,
        ...(because ? { because } : {}),
      });
  }
  for (const namespace of Object.keys(live.namespaces)) {
    if (Object.hasOwn(expected.namespaces, namespace)) continue;
    const gap = gapFor(expected.gaps, namespace, 'namespaces');
    if (gap) into.notCompared.push({ ...gap, namespace, node: live.node, side: 'expected' });
    if (gap) into.counts.notCompared++;
    else if (!NEUTRON_NAMESPACE.test(namespace)) into.counts.dynamic++;
    else {
      into.counts.different++;
      into.differences.push({ ...base, namespace, kind: 'unexpected', expected: null, live: namespace });
    }
  }
}

/** What the L3 and DHCP agents make; other namespaces of the node are somebody else's. */
const NEUTRON_NAMESPACE = /^(qrouter|snat|fip|qdhcp)-/;

function compareAspect(
  aspect: Aspect<Item>,
  namespace: string,
  expected: Item[] | undefined,
  live: Item[] | undefined,
  expectedState: NodeState,
  liveState: NodeState,
  into: Comparison,
): void {
  const node = liveState.node;
  const uncovered = (item: Item): boolean => {
    const family = aspect.family(item);
    return (
      gapFor(expectedState.gaps, namespace, aspect.name, family) === undefined &&
      gapFor(liveState.gaps, namespace, aspect.name, family) === undefined
    );
  };
  noteGaps(aspect, namespace, expectedState, liveState, into);
  const there = (live ?? []).filter(uncovered);
  into.counts.notCompared += (live?.length ?? 0) - there.length;
  if (!expected || !live) return;
  const paired = pairUp(expected.filter(uncovered), there, aspect);
  takePairs(paired, aspect, (kind, item, other) => differenceOf(aspect, { node, namespace }, kind, item, other), into);
}

/** Of an expected item and a live one, or of one that is alone. */
type DifferenceIn = (kind: DifferenceKind, item: Item | undefined, other: Item | undefined) => Difference;

/** Counts what was paired, and adds what differs. */
function takePairs(
  paired: Pairing<Item>,
  aspect: Pick<Aspect<Item>, 'explain'>,
  difference: DifferenceIn,
  into: Comparison,
): void {
  into.counts.equal += paired.equal.length;
  into.counts.dynamic += paired.dynamic.length;
  into.counts.different += paired.altered.length + paired.unexpected.length;
  into.differences.push(
    ...paired.missing.map((item) => difference('missing', item, undefined)),
    ...paired.altered.map(([item, other]) => difference('different', item, other)),
    ...paired.unexpected.map((other) => difference('unexpected', undefined, other)),
    ...paired.disordered.map(([items, others]): Difference => ({
      ...difference('different', items[0], others[0]),
      expected: items.map((item) => aspect.explain(item)).join('\n'),
      live: others.map((item) => aspect.explain(item)).join('\n'),
      repair: [],
      isOrder: true,
    })),
  );
}

const differenceOf = (
  aspect: Aspect<Item> | NodeAspect<Item>,
  at: { node: string; namespace: string },
  kind: DifferenceKind,
  item: Item | undefined,
  other: Item | undefined,
): Difference => ({
  ...at,
  aspect: aspect.name,
  kind,
  noun: aspect.noun,
  expected: item ? aspect.explain(item) : null,
  live: other ? aspect.explain(other) : null,
  ...(item?.because ? { because: item.because } : {}),
  repair: repairOf(aspect, item, other),
  ...itemsOf(item, other),
});

const itemsOf = (wanted: Item | undefined, found: Item | undefined): Pick<Difference, 'wanted' | 'found'> => ({
  ...(wanted ? { wanted } : {}),
  ...(found ? { found } : {}),
});

function repairOf(
  aspect: Pick<Aspect<Item>, 'repair' | 'remove'>,
  expected: Item | undefined,
  live: Item | undefined,
): string[][] {
  const add = expected && aspect.repair?.(expected);
  const remove = live && aspect.remove?.(live);
  return [remove, add].filter((command) => command !== undefined);
}

/** Open vSwitch belongs to the node, not to a namespace. */
function compareNodeAspect(aspect: NodeAspect<Item>, expected: NodeState, live: NodeState, into: Comparison): void {
  const there = live[aspect.name];
  const gaps = (['expected', 'live'] as const).flatMap((side) => {
    // Of what nobody expects it is no matter that nobody collected it.
    if (side === 'live' && expected[aspect.name]?.length === 0) return [];
    const gap = gapFor((side === 'live' ? live : expected).gaps, '-', aspect.name);
    return gap ? [{ ...gap, node: live.node, side }] : [];
  });
  into.notCompared.push(...gaps);
  const wanted = expected[aspect.name];
  if (gaps.length > 0 || !wanted || !there) {
    into.counts.notCompared += there?.length ?? 0;
    return;
  }
  const paired = pairUp(wanted, there, { ...aspect, dynamic: (item) => aspect.dynamic(item, wanted) });
  const at = { node: live.node, namespace: '-' };
  const difference: DifferenceIn = (kind, item, other) => {
    const code = item ? undefined : aspect.known?.(other!, expected, live);
    return { ...differenceOf(aspect, at, kind, item, other), ...(code === undefined ? {} : { known: code }) };
  };
  takePairs(paired, aspect, difference, into);
}

function noteGaps(
  aspect: Aspect<Item>,
  namespace: string,
  expected: NodeState,
  live: NodeState,
  into: Comparison,
): void {
  const sides = [
    ['expected', expected],
    ['live', live],
  ] as const;
  for (const [side, { gaps }] of sides) {
    const seen = new Set<Gap>();
    for (const family of FAMILIES) {
      const gap = gapFor(gaps, namespace, aspect.name, family);
      if (!gap || seen.has(gap)) continue;
      seen.add(gap);
      into.notCompared.push({ ...gap, namespace, node: live.node, side });
    }
  }
}

/** The agent's state files against what it programmed. */
function compareAllocations(expected: NodeState, live: NodeState, into: Comparison): void {
  const gap = gapFor(live.gaps, '-', 'allocations');
  const wanted = expected.allocations ?? [];
  if (gap && wanted.length > 0) into.notCompared.push({ ...gap, node: live.node, side: 'live' });
  const unmodelled = gapFor(expected.gaps, '-', 'allocations');
  if (unmodelled) into.notCompared.push({ ...unmodelled, node: live.node, side: 'expected' });
  if (gap || unmodelled || !live.allocations || !expected.allocations) {
    into.counts.notCompared += live.allocations?.length ?? 0;
    return;
  }
  const paired = pairUp(wanted, live.allocations, ALLOCATION_LINES);
  into.counts.equal += paired.equal.length;
  into.counts.dynamic += paired.dynamic.length;
  into.counts.different += paired.altered.length + paired.unexpected.length;
  const difference = (kind: DifferenceKind, item?: AllocationLine, other?: AllocationLine): Difference => ({
    node: live.node,
    namespace: '-',
    aspect: 'allocations',
    kind,
    noun: 'allocation',
    expected: item ? ALLOCATION_LINES.explain(item) : null,
    live: other ? ALLOCATION_LINES.explain(other) : null,
    ...(item?.because ? { because: item.because } : {}),
    repair: [],
    ...itemsOf(item, other),
  });
  into.differences.push(
    ...paired.missing.map((item) => difference('missing', item)),
    ...paired.altered.map(([item, other]) => difference('different', item, other)),
    ...paired.unexpected.map((other): Difference => ({
      ...difference('unexpected', undefined, other),
      ...(other.file === 'ha-state' ? {} : { known: LEAKED_LINE }),
    })),
  );
}

/** Code for a line of an allocator's file whose router or floating IP is not here any more. */
const LEAKED_LINE = 'leaked-allocation';

const ALLOCATION_LINES = {
  identities: [
    explainLine,
    (line: AllocationLine) => `${line.file} ${line.key}`,
    (line: AllocationLine) => `${line.file} ${line.value}`,
  ],
  explain: explainLine,
};

function explainLine({ file, key, value }: AllocationLine): string {
  return `${file}: ${key},${value}`;
}
