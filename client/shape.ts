/** The shape of what came from elsewhere: from a page, from before a reload of the window, from an earlier version. */

export const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

export const isText = (value: unknown): value is string => typeof value === 'string';

/** A line, a column. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export const isOneOf = <T extends string>(value: unknown, words: readonly T[]): value is T =>
  words.some((word) => word === value);

export const isSvg = (value: unknown): value is string => isText(value) && value.startsWith('<svg ');
