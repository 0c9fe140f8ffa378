/**
 * What is made from things of a topology is kept as long as they are the same objects: after an edit, only what it touched is made anew.
 * Nothing is ever changed in place, so an object that is the same says the same.
 */
import { isEqual } from './changes.ts';

/** `make`, which is run once for the same objects. */
export function remembered<On extends readonly object[], T>(make: (...on: On) => T): (...on: On) => T {
  const known = new WeakMap<object, { on: On; made: T }>();
  return (...on) => {
    const last = known.get(on[0]!);
    if (last && isSame(last.on, on)) return last.made;
    const made = make(...on);
    known.set(on[0]!, { on, made });
    return made;
  };
}

/** An object of which each field is made when it is first asked for. */
export function lazily<T extends object>(makers: { [Key in keyof T]: () => T[Key] }): T {
  const object = {};
  for (const key in makers) {
    let made: { value: T[typeof key] } | undefined;
    const get = (): T[typeof key] => (made ??= { value: makers[key]() }).value;
    Object.defineProperty(object, key, { enumerable: true, get });
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has a getter for every key of `T`
  return object as T;
}

/** How things are made from a list of others, and what else each of them depends on. Made is plain data, which `isEqual` can compare. */
export interface Making<From extends object, T> {
  make: (from: From) => T;
  on: (from: From) => readonly unknown[];
}

/** A list, what was made of it, and on what each of its things depended. */
interface Run<From, T> {
  list: readonly From[];
  on: readonly unknown[];
  /** For each thing, or once where it is the same for all of them. */
  ons: (readonly unknown[])[] | { all: readonly unknown[] };
  made: T[];
}

const onAt = ({ ons }: Pick<Run<unknown, unknown>, 'ons'>, k: number): readonly unknown[] =>
  Array.isArray(ons) ? ons[k]! : ons.all;

/** What was made of things that an edit took out: they may come back, with the file that they are in. */
type Gone<From extends object, T> = WeakMap<From, { on: readonly unknown[]; made: T }>;

/**
 * A list made from another one, thing by thing. A thing whose parts are the same is the same object as before, and so is the list of
 * which all things are. `on`: what all things together depend on, besides themselves; `making.on` what one does.
 */
export function keptList<From extends object, T>(): (
  list: readonly From[],
  on: readonly unknown[],
  making: Making<From, T>,
) => T[] {
  const lists = new WeakMap<readonly From[], Run<From, T>>();
  // By its first thing and by its last one: an entry for each of thousands would cost more than making them.
  const ends = new WeakMap<From, Run<From, T>>();
  const gone: Gone<From, T> = new WeakMap();
  /** The list that was made last; mostly the next one differs in a few things. */
  let latest: Run<From, T> = { list: [], on: [], ons: [], made: [] };
  const endsOf = ({ list }: Run<From, T>): From[] => (list.length === 0 ? [] : [list[0]!, list.at(-1)!]);
  /** What was made of the list, or of the one that it was before an edit. */
  const before = (list: readonly From[]): Run<From, T> => {
    const known = lists.get(list);
    if (known || list.length === 0) return known ?? latest;
    const [first, last] = [list[0]!, list.at(-1)!];
    const others = [latest, ends.get(first), ends.get(last)].filter((each) => each !== undefined);
    const isBoth = (run: Run<From, T>): boolean => run.list[0] === first && run.list.at(-1) === last;
    return others.find(isBoth) ?? others.find((run) => hasAny(run.list, [first, last])) ?? others.at(-1)!;
  };
  return (list, on, making) => {
    const last = before(list);
    if (last.list === list && isSame(last.on, on)) return (latest = last).made;
    const run = nextRun(list, on, making, { last, gone });
    if (isSame(run.made, last.made)) run.made = last.made;
    else if (isSame(run.made, latest.made)) run.made = latest.made;
    // What was before an edit is not held by a thing that is still there.
    if (isEdit(last.list, list)) for (const one of endsOf(last)) if (ends.get(one) === last) ends.delete(one);
    for (const one of endsOf(run)) ends.set(one, run);
    lists.set(list, run);
    latest = run;
    return run.made;
  };
}

/** Whether a list seems to be another one after an edit, which leaves its start, its end or its middle as it was. */
const isEdit = (before: readonly unknown[], list: readonly unknown[]): boolean =>
  list.length > 0 && hasAny(before, [list[0], list.at(-1), list[list.length >> 1]]);

const hasAny = (list: readonly unknown[], some: readonly unknown[]): boolean =>
  some.some((each) => list.includes(each));

/** So many things in a row that are unlike those in their places are of another list. */
const MAX_UNLIKE = 8;

function nextRun<From extends object, T>(
  list: readonly From[],
  on: readonly unknown[],
  { make, on: onOf }: Making<From, T>,
  { last, gone }: { last: Run<From, T>; gone: Gone<From, T> },
): Run<From, T> {
  const { head: front, tail: back } = sameEnds(last.list, list);
  const end = last.list.length - back;
  const wasEdited = isEdit(last.list, list);
  const between = new Map<From, number>();
  if (wasEdited)
    for (let k = front; k < end; k++) {
      between.set(last.list[k]!, k);
      gone.set(last.list[k]!, { on: onAt(last, k), made: last.made[k]! });
    }
  const ons: (readonly unknown[])[] = [];
  const made: T[] = [];
  let unlike = 0;
  const add = (from: From, there: T | undefined, before?: { on: readonly unknown[]; made: T }): void => {
    const own = onOf(from);
    ons.push(own);
    if (before && isSame(before.on, own)) return void made.push(before.made);
    const fresh = make(from);
    const known = before ? before.made : unlike < MAX_UNLIKE ? there : undefined;
    const isLike = known !== undefined && isEqual(known, fresh);
    if (!before) unlike = isLike ? 0 : unlike + 1;
    made.push(isLike ? known : fresh);
  };
  const addAt = (from: From, k: number): void => add(from, undefined, { on: onAt(last, k), made: last.made[k]! });
  const isSameOn = isSame(last.on, on);
  if (!isSameOn) for (let i = 0; i < front; i++) addAt(list[i]!, i);
  for (let i = front; i < list.length - back; i++) {
    const from = list[i]!;
    const k = wasEdited ? between.get(from) : undefined;
    if (k === undefined) add(from, last.made[i], wasEdited ? gone.get(from) : undefined);
    else addAt(from, k);
  }
  if (!isSameOn) for (let k = end; k < last.list.length; k++) addAt(last.list[k]!, k);
  if (!isSameOn || (front === 0 && back === 0)) return { list, on, ons: shortened(ons), made };
  return { list, on, ons: splicedOns(last, front, end, ons), made: spliced(last.made, front, end, made) };
}

/** Mostly all things depend on the same. */
const shortened = (ons: (readonly unknown[])[]): Run<unknown, unknown>['ons'] =>
  ons.length > 0 && ons.every((own) => own === ons[0] || isSame(own, ons[0]!)) ? { all: ons[0]! } : ons;

function splicedOns(
  { ons, list }: Run<unknown, unknown>,
  start: number,
  end: number,
  others: (readonly unknown[])[],
): Run<unknown, unknown>['ons'] {
  if (Array.isArray(ons)) return spliced(ons, start, end, others);
  if (others.every((own) => isSame(own, ons.all))) return ons;
  return spliced(
    Array.from(list, () => ons.all),
    start,
    end,
    others,
  );
}

/** A copy with others in place of those from `start` up to `end`. */
function spliced<T>(list: readonly T[], start: number, end: number, others: readonly T[]): T[] {
  if (others.length !== end - start) return list.slice(0, start).concat(others, list.slice(end));
  const copy = list.slice();
  for (let i = 0; i < others.length; i++) copy[start + i] = others[i]!;
  return copy;
}

/** The things of a list by a name that some of them have. A group that has the same things as before is the same list. */
export function keptGroups<T extends object>(
  nameOf: (thing: T) => string | undefined,
): (list: readonly T[]) => ReadonlyMap<string, T[]> {
  let latest: { list: readonly T[]; groups: ReadonlyMap<string, T[]> } = { list: [], groups: new Map() };
  return (list) => {
    const groups = editedGroups(latest, list, nameOf) ?? grouped(list, nameOf);
    for (const [name, group] of groups) {
      const before = latest.groups.get(name);
      if (before && before !== group && isSame(before, group)) groups.set(name, before);
    }
    latest = { list, groups };
    return groups;
  };
}

function grouped<T>(list: readonly T[], nameOf: (thing: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of list) {
    const name = nameOf(thing);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group) group.push(thing);
    else groups.set(name, [thing]);
  }
  return groups;
}

/** So many things that are others than before are put in their places one by one. */
const MAX_IN_PLACE = 50;

/** The groups after an edit by which things only took the place of others of the same name; `undefined`: it was another one. */
function editedGroups<T>(
  { list: before, groups }: { list: readonly T[]; groups: ReadonlyMap<string, T[]> },
  list: readonly T[],
  nameOf: (thing: T) => string | undefined,
): Map<string, T[]> | undefined {
  if (before.length !== list.length) return undefined;
  const { head: front, tail } = sameEnds(before, list);
  const end = list.length - tail;
  if (end - front > MAX_IN_PLACE) return undefined;
  const edited = new Map(groups);
  /** Where in its group the next thing that is another stands; in between nothing of it was left out. */
  const places = new Map<string, number>();
  for (let i = front; i < end; i++) {
    const [old, fresh] = [before[i]!, list[i]!];
    const name = nameOf(fresh);
    if (nameOf(old) !== name) return undefined;
    if (name === undefined) continue;
    const place = places.get(name) ?? groups.get(name)!.indexOf(old);
    if (!places.has(name)) edited.set(name, [...groups.get(name)!]);
    edited.get(name)![place] = fresh;
    places.set(name, place + 1);
  }
  return edited;
}

/** All that is in the lists, in order. Of thousands of lists most are empty, and `flat` looks at each for long. */
export function joined<T>(lists: readonly (readonly T[])[]): T[] {
  const all: T[] = [];
  for (const list of lists) if (list.length > 0) for (const each of list) all.push(each);
  return all;
}

/** How many are the same objects at the beginning of both lists, and how many others at the end. */
export function sameEnds(before: readonly unknown[], after: readonly unknown[]): { head: number; tail: number } {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { head, tail };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
