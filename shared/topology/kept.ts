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

/**
 * A list made from another one, thing by thing. A thing whose parts are the same is the same object as before, and so is the list of
 * which all things are. `on`: what all things together depend on, besides themselves; `making.on` what one does.
 */
export function keptList<From extends object, T>(): (
  list: readonly From[],
  on: readonly unknown[],
  making: Making<From, T>,
) => T[] {
  const lists = new WeakMap<readonly From[], { on: readonly unknown[]; made: T[] }>();
  const things = new WeakMap<From, { on: readonly unknown[]; made: T }>();
  /** The list that was made last; mostly the next one differs in a few things. */
  let latest: { list: readonly From[]; on: readonly unknown[]; made: T[] } = { list: [], on: [], made: [] };
  /** @param there what was made in its place of the list, mostly of the same thing before an edit */
  const thing = (from: From, { make, on: onOf }: Making<From, T>, there: T | undefined): T => {
    const on = onOf(from);
    const last = things.get(from);
    if (last && isSame(last.on, on)) return last.made;
    const fresh = make(from);
    const before = last ? last.made : there;
    const made = before !== undefined && isEqual(before, fresh) ? before : fresh;
    things.set(from, { on, made });
    return made;
  };
  return (list, on, making) => {
    const last = lists.get(list);
    if (last && isSame(last.on, on)) return last.made;
    const front = isSame(latest.on, on) ? commonFront(latest.list, list) : 0;
    const back = isSame(latest.on, on) ? commonBack(latest.list, list, front) : 0;
    const fresh = latest.made.slice(0, front);
    for (let i = front; i < list.length - back; i++) fresh.push(thing(list[i]!, making, latest.made[i]));
    for (let i = latest.list.length - back; i < latest.list.length; i++) fresh.push(latest.made[i]!);
    const before = [last?.made, latest.made].find((each) => each && isSame(each, fresh));
    const made = before ?? fresh;
    lists.set(list, { on, made });
    latest = { list, on, made };
    return made;
  };
}

/** Groups of things by name, made anew again and again: one that has the same things as before is the same list. */
export function keptGroups<T>(): (groups: Map<string, T[]>) => Map<string, T[]> {
  let latest = new Map<string, T[]>();
  return (groups) => {
    for (const [name, group] of groups) {
      const before = latest.get(name);
      if (before && isSame(before, group)) groups.set(name, before);
    }
    return (latest = groups);
  };
}

/** All that is in the lists, in order. Of thousands of lists most are empty, and `flat` looks at each for long. */
export function joined<T>(lists: readonly (readonly T[])[]): T[] {
  const all: T[] = [];
  for (const list of lists) if (list.length > 0) for (const each of list) all.push(each);
  return all;
}

function commonFront(a: readonly unknown[], b: readonly unknown[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
}

function commonBack(a: readonly unknown[], b: readonly unknown[], front: number): number {
  let count = 0;
  const most = Math.min(a.length, b.length) - front;
  while (count < most && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return count;
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
