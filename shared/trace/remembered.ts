/** Indexes of things that do not change any more, made when they are first asked for and gone with what they are of. */

/** @param make what is remembered of each thing */
export function remembered<K extends object, V extends object>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = make(key)));
    return value;
  };
}
