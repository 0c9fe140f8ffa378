/** What serves for a file that is being typed and is no YAML at the moment: what it said last, as far as it says nothing else now. */
import type { Pointer } from '../problem.ts';
import { NAMED_SECTIONS } from './mergedSection.ts';
import type { ReadFile } from './read.ts';

export const isBroken = ({ problems }: ReadFile): boolean => problems.some(({ code }) => code === 'yaml-error');

/**
 * The file with the things that it had when it could be read and does not have now. Problems, places and what is unread are those of
 * now, so that nothing is told of what is missing only for the moment.
 * @param good the file when it was YAML last
 */
export function withLastGood(now: ReadFile, good: ReadFile | undefined): ReadFile {
  if (!good?.values || good === now || !isBroken(now)) return now;
  const values = { ...good.values, ...now.values };
  const broken = [
    ...now.unread,
    ...now.problems.flatMap(({ code, pointer }) => (code === 'yaml-error' ? [pointer] : [])),
  ];
  const isHalf = ({ pointer }: { pointer: Pointer }): boolean =>
    broken.some((each) => each === pointer || each.startsWith(`${pointer}/`));
  for (const name of NAMED_SECTIONS) {
    const list = restored<{ pointer: Pointer }>(now.values?.[name] ?? [], good.values[name] ?? [], isHalf);
    Object.assign(values, { [name]: list });
  }
  return { ...now, values, release: now.release ?? good.release };
}

/** In the order that they had. What is only half there is not there. */
function restored<T extends { pointer: Pointer }>(
  now: readonly T[],
  good: readonly T[],
  isHalf: (thing: T) => boolean,
): T[] {
  const current = new Map(now.filter((thing) => !isHalf(thing)).map((thing) => [thing.pointer, thing]));
  const known = new Set(good.map(({ pointer }) => pointer));
  return [
    ...good.map((thing) => current.get(thing.pointer) ?? thing),
    ...now.filter(({ pointer }) => !known.has(pointer)),
  ];
}
