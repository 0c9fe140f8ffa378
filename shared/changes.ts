/** Two live states of one node, older and newer: what changed, as the tools print it. No topology, and nothing is expected. */
import type { Comparable } from './aspects/aspect.ts';
import { ASPECTS, NODE_ASPECTS } from './aspects/table.ts';
import { gapFor } from './gaps.ts';
import { renderItems } from './render.ts';
import type { AspectName, Family, Item, Neighbour, NodeState, Route } from './state.ts';

/** One aspect of one namespace in both states. A namespace that one of them lacks has an empty side. */
export interface Change {
  namespace: string;
  title: string;
  before: string;
  after: string;
}

export interface Changes {
  changes: Change[];
  /** Sentences on what only one of the states knows, with the number of namespaces of which each is true (`*` in it). */
  notCompared: [sentence: string, count: number][];
}

const NODE = '-';

export function changesBetween(before: NodeState, after: NodeState): Changes {
  const states = [before, after] as const;
  const sides = [...namespaceSides(states), ...nodeSides(states)];
  const missing = new Map<string, string[]>();
  for (const { namespace, title, texts, reason } of sides) {
    if (texts.filter((text) => text === undefined).length !== 1) continue;
    const sentence = `${namespace === NODE ? '' : `${namespace} `}${title}: ${reason ?? 'not collected'}`;
    const key = namespace === NODE ? sentence : sentence.replaceAll(namespace, '*');
    missing.set(key, [...(missing.get(key) ?? []), sentence]);
  }
  return {
    changes: sides.flatMap(({ namespace, title, texts: [left, right] }) =>
      left === undefined || right === undefined || left === right
        ? []
        : [{ namespace, title, before: left, after: right }],
    ),
    notCompared: [...missing].map(([key, own]) => (own.length === 1 ? [own[0]!, 1] : [key, own.length])),
  };
}

type States = readonly [before: NodeState, after: NodeState];

/** Both texts of one aspect; `undefined` where a state does not know it, for the reason. */
interface Sides {
  namespace: string;
  title: string;
  texts: [before: string | undefined, after: string | undefined];
  reason: string | undefined;
}

function namespaceSides(states: States): Sides[] {
  const names = new Set(states.flatMap(({ namespaces }) => Object.keys(namespaces)));
  return [...names].flatMap((namespace) =>
    ASPECTS.map((aspect): Sides => {
      const isKnown = (item: Item) =>
        states.every(({ gaps }) => !gapFor(gaps, namespace, aspect.name, aspect.family(item)));
      const textOf = ({ namespaces, gaps }: NodeState) => {
        // A namespace that is not there has nothing in it, if the state lists what is there.
        const isAbsent = namespaces[namespace] === undefined && !gapFor(gaps, NODE, 'namespaces');
        return printed(aspect, isAbsent ? [] : namespaces[namespace]?.[aspect.name], isKnown);
      };
      const reason = reasonOf(states, namespace, aspect.name) ?? reasonOf(states, NODE, 'namespaces');
      return { namespace, title: aspect.title, texts: [textOf(states[0]), textOf(states[1])], reason };
    }),
  );
}

function nodeSides(states: States): Sides[] {
  const [before, after] = states;
  const linesOf = ({ allocations }: NodeState) =>
    allocations &&
    allocations
      .map(({ file, key, value }) => `${file}: ${key},${value}\n`)
      .toSorted()
      .join('');
  return [
    ...NODE_ASPECTS.map((aspect): Sides => {
      const textOf = (state: NodeState) =>
        gapFor(state.gaps, NODE, aspect.name) ? undefined : printed(aspect, state[aspect.name], () => true);
      const reason = reasonOf(states, NODE, aspect.name);
      return { namespace: NODE, title: aspect.title, texts: [textOf(before), textOf(after)], reason };
    }),
    {
      namespace: NODE,
      title: 'state files of the L3 agent',
      texts: [linesOf(before), linesOf(after)],
      reason: reasonOf(states, NODE, 'allocations'),
    },
  ];
}

const printed = (
  aspect: Pick<Comparable<Item>, 'name' | 'explain'>,
  items: readonly Item[] | undefined,
  isKnown: (item: Item) => boolean,
): string | undefined =>
  items &&
  renderItems(
    aspect,
    items.filter((item) => isKnown(item) && stays(aspect.name, item)),
  );

const reasonOf = (states: States, namespace: string, aspect: AspectName): string | undefined =>
  states.flatMap(({ gaps }) => gapFor(gaps, namespace, aspect) ?? [])[0]?.reason;

/** What was learned comes and goes by itself, and is no change that anybody made. */
function stays(aspect: AspectName, item: Item): boolean {
  const value: Partial<Neighbour & Route & { hard_timeout: number; idle_timeout: number; family: Family }> = item;
  switch (aspect) {
    case 'neighbours':
      return value.state?.includes('PERMANENT') ?? false;
    case 'routes':
      return value.expires === undefined && value.protocol !== 'ra';
    case 'addresses':
      return !value.flags?.includes('dynamic');
    case 'flows':
      return value.hard_timeout === undefined && value.idle_timeout === undefined;
    default:
      return true;
  }
}
