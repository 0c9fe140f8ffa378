/** A cloud made ready for many walks, and what they remember: who gets what from where. */
import type { Endpoint } from '../trace/cloud.ts';
import type { NamespaceView, View } from '../trace/view.ts';
import type { Hop } from '../trace/wire.ts';
import { readyOnce } from './footprint.ts';
import { type FlowInterest, type Known, flowInterest, knownOf } from './known.ts';

/** A cloud made ready for many walks. */
export interface Walker {
  view: View;
  known: Known;
  flows: FlowInterest;
  /** Who gets what a device, or a port, sends to a next hop. */
  hops: Map<NamespaceView | Endpoint, Map<string, Hop['to']>>;
  ready: ReturnType<typeof readyOnce>;
  /** Networks with so many ports that frames between these are followed once for each node and receiver, not for each sender. */
  crowded: ReadonlySet<string>;
}

/** Pairs of so many ports are some ten thousand: as many frames as can be followed in some seconds. */
const CROWD = 100;

function crowdedOn({ endpoints }: View): Set<string> {
  const bound = [...endpoints].map(
    ([name, all]) => [name, all.filter(({ node }) => node !== undefined).length] as const,
  );
  return new Set(bound.flatMap(([name, count]) => (count > CROWD ? [name] : [])));
}

export function walkerOf(view: View): Walker {
  const flows = flowInterest(view.cloud.states);
  const crowded = flows.hasFlows ? crowdedOn(view) : new Set<string>();
  return { view, known: knownOf(view), flows, hops: new Map(), ready: readyOnce(), crowded };
}

/** Who gets what is sent from a place, kept by what it depends on. */
export function kept({ hops }: Walker, place: NamespaceView | Endpoint, key: string, make: () => Hop['to']): Hop['to'] {
  let own = hops.get(place);
  if (!own) hops.set(place, (own = new Map()));
  const known = own.get(key);
  if (known) return known;
  const to = make();
  own.set(key, to);
  return to;
}

const senders = new WeakMap<Walker, Map<string, Endpoint>>();

/** The first port that sends alike: from the same node and network, with the same routes. */
export function senderOn(walker: Walker, endpoint: Endpoint): Endpoint | undefined {
  const known = senders.get(walker) ?? new Map<string, Endpoint>();
  senders.set(walker, known);
  const key = JSON.stringify([
    endpoint.node,
    endpoint.segment,
    endpoint.addresses.map((each) => ({ ...each, local: '' })),
  ]);
  if (!known.has(key)) known.set(key, endpoint);
  return known.get(key);
}
