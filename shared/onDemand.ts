/** Gives an object a property that is made when it is read for the first time: what is large, and seldom looked at. */
export function onDemand<T extends object, K extends PropertyKey, V>(
  object: T,
  key: K,
  make: () => V,
): T & Record<K, V> {
  const shape = { enumerable: true, configurable: true };
  const get = (): V => {
    const value = make();
    Object.defineProperty(object, key, { ...shape, writable: true, value });
    return value;
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has the property now
  return Object.defineProperty(object, key, { ...shape, get }) as T & Record<K, V>;
}
