/**
 * Flows of a bridge as an index: for each table its flows by the bits that they look at (tuple space search, as
 * `lib/classifier.c`), those of one mask in a hash by value, masks by their highest priority.
 */
import type { Flow } from '../state.ts';
import { type Action, actionsOf } from './actions.ts';
import { type Words, field } from './layout.ts';
import { type Constraint, constraintsOf, isMatch } from './match.ts';

/** A flow and what was read of it. */
export interface Entry {
  flow: Flow;
  constraints: readonly Constraint[];
  /** Parts of the match that are not understood. */
  unknown: readonly string[];
  actions: readonly Action[];
}

/** All flows of a table that look at the same bits. */
interface Tuple {
  masks: readonly Constraint[];
  highest: number;
  /** By a hash of the values, the highest priority first. */
  entries: Map<number, Entry[]>;
}

export interface Table {
  tuples: Tuple[];
  /** Flows whose match is not understood. */
  unknown: Entry[];
  /** Flows with `conjunction` have to be seen together. */
  conjunctive: Entry[];
}

export type Classifier = ReadonlyMap<number, Table>;

export function classifierOf(flows: readonly Flow[]): Classifier {
  const tables = new Map<number, { table: Table; byMask: Map<string, Tuple> }>();
  for (const flow of flows) {
    const known = tables.get(flow.table) ?? {
      table: { tuples: [], unknown: [], conjunctive: [] },
      byMask: new Map<string, Tuple>(),
    };
    tables.set(flow.table, known);
    addEntry(known.table, known.byMask, entryOf(flow));
  }
  for (const { table } of tables.values()) {
    table.tuples.sort((a, b) => b.highest - a.highest);
    for (const { entries } of table.tuples)
      for (const same of entries.values()) same.sort((a, b) => b.flow.priority - a.flow.priority);
  }
  return new Map([...tables].map(([number, { table }]) => [number, table]));
}

const entryOf = (flow: Flow): Entry => ({ flow, ...constraintsOf(flow.match), actions: actionsOf(flow.actions) });

function addEntry(table: Table, byMask: Map<string, Tuple>, entry: Entry): void {
  if (entry.unknown.length > 0) {
    table.unknown.push(entry);
    return;
  }
  if (entry.actions.some(({ type }) => type === 'conjunction')) {
    table.conjunctive.push(entry);
    return;
  }
  const masks = entry.constraints;
  const name = masks.map(({ word, mask }) => `${word}:${mask}`).join(',');
  let tuple = byMask.get(name);
  if (!tuple) {
    tuple = { masks, highest: -1, entries: new Map<number, Entry[]>() };
    byMask.set(name, tuple);
    table.tuples.push(tuple);
  }
  const key = masks.reduce((hash, { value }) => hashed(hash, value), 0);
  const same = tuple.entries.get(key) ?? [];
  same.push(entry);
  tuple.entries.set(key, same);
  tuple.highest = Math.max(tuple.highest, entry.flow.priority);
}

/** The flow that a frame meets; nothing when none matches; `unclear` says why nobody can tell. */
export type Lookup = { entry?: Entry } | { unclear: string };

const IN_PORT = field('in_port').word;
const CONJ_ID = field('conj_id').word;

/** @param inPort as which the frame is looked up: `resubmit` may name another port than it came from */
export function lookup(table: Table | undefined, words: Words, inPort: number): Lookup {
  if (!table) return {};
  const own = words[IN_PORT]!;
  words[IN_PORT] = inPort;
  const found = table.conjunctive.length > 0 ? withConjunctions(table, words) : best(table, words);
  words[IN_PORT] = own;
  return found;
}

function best(table: Table, words: Words): Lookup {
  let entry: Entry | undefined;
  let rival: Entry | undefined;
  for (const tuple of table.tuples) {
    if (entry && tuple.highest < entry.flow.priority) break;
    const found = tuple.entries.get(keyOf(tuple.masks, words));
    for (const each of found ?? []) {
      if (entry && each.flow.priority < entry.flow.priority) break;
      if (!isMatch(each.constraints, words)) continue;
      if (entry && each.flow.priority === entry.flow.priority) {
        if (each.flow.actions !== entry.flow.actions) rival = each;
      } else {
        entry = each;
        rival = undefined;
      }
    }
  }
  const doubt = table.unknown.find(
    (each) => each.flow.priority >= (entry?.flow.priority ?? 0) && isMatch(each.constraints, words),
  );
  if (doubt) return { unclear: `whether the frame matches "${doubt.unknown[0]}" of ${named(doubt)} is not known` };
  if (entry && rival) {
    return { unclear: `which of two flows of one priority it meets is not defined: ${named(entry)}, ${named(rival)}` };
  }
  return entry ? { entry } : {};
}

const named = ({ flow: { table, priority, match } }: Entry): string =>
  `table=${table}, priority=${priority}${match === '' ? '' : `,${match}`}`;

const hashed = (hash: number, value: number): number => Math.imul(hash ^ value, 0x9e37_79b1) ^ (value >>> 15);

function keyOf(masks: readonly Constraint[], words: Words): number {
  let hash = 0;
  for (const { word, mask } of masks) hash = hashed(hash, (words[word]! & mask) >>> 0);
  return hash;
}

/**
 * A flow with `conj_id` counts when of all clauses of its conjunction some flow of one priority matches
 * (`lib/classifier.c: find_conjunctive_match`); it stands at the priority of those.
 */
function withConjunctions(table: Table, words: Words): Lookup {
  const hard = best(table, words);
  if ('unclear' in hard) return hard;
  const floor = hard.entry?.flow.priority ?? -1;
  const soft = table.conjunctive.filter(
    ({ flow, constraints }) => flow.priority > floor && isMatch(constraints, words),
  );
  const priorities = [...new Set(soft.map(({ flow }) => flow.priority))].toSorted((a, b) => b - a);
  for (const priority of priorities) {
    const ids = complete(soft.filter(({ flow }) => flow.priority === priority));
    if (ids.length > 1) return { unclear: `which of several conjunctions of one priority counts is not defined: ${ids.join(', ')}` }; // prettier-ignore
    if (ids.length === 0) continue;
    const own = words[CONJ_ID]!;
    words[CONJ_ID] = ids[0]!;
    const found = best(table, words);
    words[CONJ_ID] = own;
    if ('unclear' in found || found.entry?.constraints.some(({ word }) => word === CONJ_ID)) return found;
  }
  return hard;
}

/** Ids of conjunctions of which every clause is there. */
function complete(entries: readonly Entry[]): number[] {
  const clauses = new Map<number, { seen: Set<number>; of: number }>();
  for (const { actions } of entries)
    for (const action of actions) {
      if (action.type !== 'conjunction') continue;
      const known = clauses.get(action.id) ?? { seen: new Set<number>(), of: action.of };
      clauses.set(action.id, known);
      known.seen.add(action.clause);
    }
  return [...clauses].flatMap(([id, { seen, of }]) => (seen.size >= of ? [id] : []));
}
