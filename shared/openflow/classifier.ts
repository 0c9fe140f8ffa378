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
  /** Read when the first frame meets the flow: `actionsIn`. */
  actions?: readonly Action[];
}

/** What a flow does. */
export const actionsIn = (entry: Entry): readonly Action[] => (entry.actions ??= actionsOf(entry.flow.actions));

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

/** The tables of a bridge by number, each made when the first frame comes there. */
export interface Classifier {
  get(table: number): Table | undefined;
}

/** @param prepare what is read in the place of a flow */
export function classifierOf(flows: readonly Flow[], prepare: (flow: Flow) => Flow = (flow) => flow): Classifier {
  const waiting = new Map<number, Flow[]>();
  for (const flow of flows) {
    const list = waiting.get(flow.table);
    if (list) list.push(flow);
    else waiting.set(flow.table, [flow]);
  }
  const tables = new Map<number, Table>();
  return {
    get(number) {
      const own = waiting.get(number);
      if (own) tables.set(number, tableOf(own.map(prepare)));
      waiting.delete(number);
      return tables.get(number);
    },
  };
}

function tableOf(flows: readonly Flow[]): Table {
  const table: Table = { tuples: [], unknown: [], conjunctive: [] };
  const byMask = new Map<string, Tuple>();
  let last: Tuple | undefined;
  // Flows of one kind mostly stand together.
  for (const flow of flows) last = addEntry(table, byMask, entryOf(flow), last);
  table.tuples.sort((a, b) => b.highest - a.highest);
  for (const { entries } of table.tuples)
    for (const same of entries.values()) if (same.length > 1) same.sort((a, b) => b.flow.priority - a.flow.priority);
  return table;
}

function entryOf(flow: Flow): Entry {
  const { constraints, unknown } = constraintsOf(flow.match);
  return { flow, constraints, unknown };
}

/** @param last a likely tuple @returns that of the entry */
function addEntry(table: Table, byMask: Map<string, Tuple>, entry: Entry, last: Tuple | undefined): Tuple | undefined {
  if (entry.unknown.length > 0) {
    table.unknown.push(entry);
    return last;
  }
  if (entry.flow.actions.includes('conjunction(')) {
    table.conjunctive.push(entry);
    return last;
  }
  const masks = entry.constraints;
  const tuple = last && hasMasks(last, masks) ? last : tupleOf(table, byMask, masks);
  let key = 0;
  for (const { value } of masks) key = hashed(key, value);
  const same = tuple.entries.get(key);
  if (same) same.push(entry);
  else tuple.entries.set(key, [entry]);
  tuple.highest = Math.max(tuple.highest, entry.flow.priority);
  return tuple;
}

const hasMasks = ({ masks }: Tuple, others: readonly Constraint[]): boolean =>
  masks.length === others.length &&
  masks.every(({ word, mask }, i) => others[i]!.word === word && others[i]!.mask === mask);

function tupleOf(table: Table, byMask: Map<string, Tuple>, masks: readonly Constraint[]): Tuple {
  let name = '';
  for (const { word, mask } of masks) name += `${word}:${mask},`;
  let tuple = byMask.get(name);
  if (!tuple) {
    tuple = { masks, highest: -1, entries: new Map<number, Entry[]>() };
    byMask.set(name, tuple);
    table.tuples.push(tuple);
  }
  return tuple;
}

/** The flow that a frame meets; nothing when none matches; `unclear` says why nobody can tell. */
export type Lookup = { entry?: Entry } | { unclear: string };

const IN_PORT = field('in_port').word;
const CONJ_ID = field('conj_id').word;

/** How much there is to look at for each frame. */
export const breadth = (table: Table | undefined): number =>
  table ? table.tuples.length + table.unknown.length + table.conjunctive.length : 0;

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
  const byPriority = new Map<number, Entry[]>();
  for (const entry of table.conjunctive) {
    const { priority } = entry.flow;
    if (priority <= floor || !isMatch(entry.constraints, words)) continue;
    const same = byPriority.get(priority);
    if (same) same.push(entry);
    else byPriority.set(priority, [entry]);
  }
  for (const [, entries] of [...byPriority].toSorted((a, b) => b[0] - a[0])) {
    const ids = complete(entries);
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
  for (const entry of entries)
    for (const action of actionsIn(entry)) {
      if (action.type !== 'conjunction') continue;
      const known = clauses.get(action.id) ?? { seen: new Set<number>(), of: action.of };
      clauses.set(action.id, known);
      known.seen.add(action.clause);
    }
  return [...clauses].flatMap(([id, { seen, of }]) => (seen.size >= of ? [id] : []));
}
