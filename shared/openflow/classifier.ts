/**
 * Flows of a bridge as an index: for each table its flows by the bits that they look at (tuple space search, as
 * `lib/classifier.c`), those of one mask in a hash by value, masks by their highest priority.
 */
import type { Flow } from '../state.ts';
import { type Action, actionsOf } from './actions.ts';
import { type Words, field } from './layout.ts';
import { type Constraint, type Match, constraintsOf, isMatch } from './match.ts';

/** How the texts of flows are read. */
export interface Reader {
  match: (flow: Flow) => Match;
  /** The text of the actions, without placeholders. */
  actions: (flow: Flow) => string;
}

const PLAIN: Reader = { match: ({ match }) => constraintsOf(match), actions: ({ actions }) => actions };

/** A flow and what was read of it. */
export interface Entry extends Match {
  flow: Flow;
  reader: Reader;
  /** Read when the first frame meets the flow: `actionsIn`. */
  actions?: readonly Action[];
}

/** What a flow does. */
export const actionsIn = (entry: Entry): readonly Action[] =>
  (entry.actions ??= actionsOf(entry.reader.actions(entry.flow)));

/** All flows of a table that look at the same bits. */
interface Tuple {
  masks: readonly Constraint[];
  highest: number;
  /** By a hash of the values: several, the highest priority first; or one of which nothing is kept until a frame may meet it, for most are met by none. */
  entries: Map<number, Entry[] | Flow>;
}

export interface Table {
  reader: Reader;
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

/** The flows of a bridge. */
export function classifierOf(flows: readonly Flow[], reader = PLAIN): Classifier {
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
      if (own) tables.set(number, tableOf(own, reader));
      waiting.delete(number);
      return tables.get(number);
    },
  };
}

function tableOf(flows: readonly Flow[], reader: Reader): Table {
  const table: Table = { reader, tuples: [], unknown: [], conjunctive: [] };
  const byMask = new Map<string, Tuple>();
  let last: Tuple | undefined;
  // Flows of one kind mostly stand together.
  for (const flow of flows) last = addFlow(table, byMask, flow, last);
  table.tuples.sort((a, b) => b.highest - a.highest);
  for (const { entries } of table.tuples)
    for (const same of entries.values())
      if (Array.isArray(same)) same.sort((a, b) => b.flow.priority - a.flow.priority);
  return table;
}

const entryOf = (reader: Reader, flow: Flow): Entry => ({ ...reader.match(flow), flow, reader });

/** @param last a likely tuple @returns that of the flow */
function addFlow(table: Table, byMask: Map<string, Tuple>, flow: Flow, last: Tuple | undefined): Tuple | undefined {
  const { reader } = table;
  const { constraints: masks, unknown } = reader.match(flow);
  if (unknown.length > 0) {
    table.unknown.push(entryOf(reader, flow));
    return last;
  }
  if (flow.actions.includes('conjunction(')) {
    table.conjunctive.push(entryOf(reader, flow));
    return last;
  }
  const tuple = last && hasMasks(last, masks) ? last : tupleOf(table, byMask, masks);
  let key = 0;
  for (const { value } of masks) key = hashed(key, value);
  if (tuple.entries.has(key)) entriesAt(table, tuple, key).push(entryOf(reader, flow));
  else tuple.entries.set(key, flow);
  tuple.highest = Math.max(tuple.highest, flow.priority);
  return tuple;
}

const NONE: Entry[] = [];

/** What is to be held against a frame with this hash. */
function entriesAt({ reader }: Table, { entries }: Tuple, key: number): Entry[] {
  const found = entries.get(key);
  if (!found || Array.isArray(found)) return found ?? NONE;
  const read = [entryOf(reader, found)];
  entries.set(key, read);
  return read;
}

const hasMasks = ({ masks }: Tuple, others: readonly Constraint[]): boolean =>
  masks.length === others.length &&
  masks.every(({ word, mask }, i) => others[i]!.word === word && others[i]!.mask === mask);

function tupleOf(table: Table, byMask: Map<string, Tuple>, masks: readonly Constraint[]): Tuple {
  let name = '';
  for (const { word, mask } of masks) name += `${word}:${mask},`;
  let tuple = byMask.get(name);
  if (!tuple) {
    tuple = { masks, highest: -1, entries: new Map() };
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
    for (const each of entriesAt(table, tuple, keyOf(tuple.masks, words))) {
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
  const floor = entry?.flow.priority ?? 0;
  const doubt =
    table.unknown.length > 0 &&
    table.unknown.find((each) => each.flow.priority >= floor && isMatch(each.constraints, words));
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
  for (let i = 0; i < masks.length; i++) hash = hashed(hash, (words[masks[i]!.word]! & masks[i]!.mask) >>> 0);
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
