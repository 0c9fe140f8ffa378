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

const FROM = Symbol('made from');

/**
 * The same for very many objects with the same properties: the getters are theirs together, so that an object costs little before anybody looks.
 * @param make a property of an object, from what the object is made from
 * @returns makes an object, with all keys or those that are wanted
 */
export function onDemandEach<From, T extends object>(
  keys: readonly (keyof T)[],
  make: (from: From, key: keyof T) => T[keyof T],
): (from: From, isWanted?: (key: keyof T) => boolean) => T {
  const properties = keys.map((key): [keyof T, PropertyDescriptor] => {
    const get = function (this: { [FROM]: From }): T[keyof T] {
      const value = make(this[FROM], key);
      Object.defineProperty(this, key, { enumerable: true, configurable: true, writable: true, value });
      return value;
    };
    return [key, { enumerable: true, configurable: true, get }];
  });
  return (from, isWanted = () => true) => {
    const object = Object.defineProperty({}, FROM, { value: from });
    for (const [key, property] of properties) if (isWanted(key)) Object.defineProperty(object, key, property);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has the properties now
    return object as T;
  };
}
