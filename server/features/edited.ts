/** What is kept from one version of a text to the next: most of a list is as it was, at its beginning and at its end. */

/** A copy of a list with others between its first and its last ones. Copied in pieces: one by one takes ten times as long until it was compiled. */
export const replaced = <T>(list: readonly T[], head: number, tail: number, others: readonly T[]): T[] =>
  list.slice(0, head).concat(others, list.slice(list.length - tail));

/** So many texts are remembered. */
const MOST = 20;

/** Values by the URI of a text; of many texts those that were asked for last. */
export function recent<T>(): Pick<Map<string, T>, 'get' | 'set'> {
  const values = new Map<string, T>();
  const store: Pick<Map<string, T>, 'get' | 'set'> = {
    get: (uri) => values.get(uri),
    set(uri, value) {
      values.delete(uri);
      values.set(uri, value);
      if (values.size > MOST) values.delete(values.keys().next().value!);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as a map's own
      return store as Map<string, T>;
    },
  };
  return store;
}
