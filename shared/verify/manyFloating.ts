/** Which ports ask for which floating IPs, where there are too many of both to ask all from all. */
import type { Entry } from './entries.ts';
import type { Party } from './floating.ts';
import { type Tally, leaveOut } from './tally.ts';
import type { Walker } from './walker.ts';

interface Work {
  walker: Walker;
  tally: Tally;
}

/** What is promised to those who send. */
interface Promised {
  party: Party;
  entries: readonly Entry[];
}

/** More classes than this are not asked one by one: each floating IP makes its own, and so does each port that has one. */
const MANY = { wires: 1500, flows: 300 };

/**
 * All, where they are not too many. Else each port asks for one floating IP of each kind: of its own router or another, on its own node or
 * elsewhere; and one port asks for each that nobody else asks for. What a router, a node or an address has wrong is met by some of them.
 */
export function chosenOf({ walker, tally }: Work, promised: readonly Promised[]): Promised[] {
  const classes = promised.reduce((sum, { party, entries }) => sum + sourcesOf(party) * entries.length, 0);
  if (classes <= (walker.flows.hasFlows ? MANY.flows : MANY.wires)) return [...promised];
  const lists = new Map<readonly Entry[], Lists>();
  const asked = new Set<Entry>();
  const chosen = promised.map(({ party, entries }, i): Promised => {
    const known = lists.get(entries) ?? listsOf(entries);
    lists.set(entries, known);
    const near = nearAndFar(party, known, i);
    for (const entry of near) asked.add(entry);
    return { party, entries: near };
  });
  chosen.push(...forOthers(promised, asked));
  const count = (all: readonly Promised[]) =>
    all.reduce((sum, { party, entries }) => sum + party.senders.length * entries.length, 0);
  leaveOut(tally, NOT_ASKED, count(promised) - count(chosen), () => '');
  return chosen;
}

const NOT_ASKED =
  'to floating IPs: with so many each port asks for one of its own router and node and one of others, and each is asked for by some port';

const sourcesOf = ({ sourceOf }: Party): number => new Set(sourceOf.values()).size;

interface Lists {
  all: readonly Entry[];
  byRouter: ReadonlyMap<unknown, Entry[]>;
  byNode: ReadonlyMap<unknown, Entry[]>;
}

function listsOf(all: readonly Entry[]): Lists {
  const [byRouter, byNode] = [new Map<unknown, Entry[]>(), new Map<unknown, Entry[]>()];
  for (const entry of all)
    for (const [lists, key] of [[byRouter, entry.router] as const, [byNode, entry.node] as const]) {
      const list = lists.get(key);
      if (list) list.push(entry);
      else lists.set(key, [entry]);
    }
  return { all, byRouter, byNode };
}

/** @param turn which of several: another one for each party */
function nearAndFar({ way, senders }: Party, { all, byRouter, byNode }: Lists, turn: number): Entry[] {
  const { node } = senders[0]!.end.port;
  const own = byRouter.get(way.router) ?? [];
  const local = byNode.get(node) ?? [];
  const kinds = [
    own.filter((entry) => entry.node === node),
    own.filter((entry) => entry.node !== node),
    local.filter((entry) => entry.router !== way.router),
    all,
  ];
  return [...new Set(kinds.flatMap((kind) => (kind.length > 0 ? [kind[turn % kind.length]!] : [])))];
}

/** Each of those that nobody asks for is asked for by one port. */
function forOthers(promised: readonly Promised[], asked: ReadonlySet<Entry>): Promised[] {
  const askers = new Map<Entry, Party>();
  let turn = 0;
  for (const { party, entries } of distinct(promised))
    for (const entry of entries)
      if (!asked.has(entry) && !askers.has(entry)) askers.set(entry, party[turn++ % party.length]!);
  return [...askers].map(([entry, party]) => ({
    party: { ...party, senders: party.senders.slice(0, 1) },
    entries: [entry],
  }));
}

/** Parties by what is promised to them. */
function distinct(promised: readonly Promised[]): { party: Party[]; entries: readonly Entry[] }[] {
  const lists = new Map<readonly Entry[], Party[]>();
  for (const { party, entries } of promised) {
    const list = lists.get(entries);
    if (list) list.push(party);
    else lists.set(entries, [party]);
  }
  return [...lists].map(([entries, party]) => ({ party, entries }));
}
