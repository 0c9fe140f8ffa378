/** Clouds of which somebody could read only some nodes, or some nodes only in part. */
import type { NodeState } from '../../shared/state.ts';

/** What is left of a node's state. */
export const UNREAD = {
  'without a state': () => [],
  'without Open vSwitch': ({ flows: _f, ports: _p, bridges: _b, ...state }: NodeState) => [state],
  'with nothing but Open vSwitch': (state: NodeState) => [
    { ...state, namespaces: {}, gaps: [{ namespace: '-', aspect: 'namespaces', reason: 'it timed out' } as const] },
  ],
} as const satisfies Record<string, (state: NodeState) => NodeState[]>;

export type Unread = keyof typeof UNREAD;
export const UNREADS = Object.keys(UNREAD) as Unread[];

/** Which nodes are not read, and how. */
export interface Loss {
  nodes: readonly string[];
  how: Unread;
}

/** Every choice of at least one node, in every way. */
export function lossesOf(states: readonly NodeState[]): Loss[] {
  const names = states.map(({ node }) => node);
  const choices = Array.from({ length: (1 << names.length) - 1 }, (_, i) =>
    names.filter((_name, bit) => (((i + 1) >> bit) & 1) === 1),
  );
  return choices.flatMap((nodes) => UNREADS.map((how) => ({ nodes, how })));
}

export const leftOf = (states: readonly NodeState[], { nodes, how }: Loss): NodeState[] =>
  states.flatMap((state) => (nodes.includes(state.node) ? UNREAD[how](state) : [state]));

export const lossText = ({ nodes, how }: Loss): string => `${nodes.join(', ')} ${how}`;
