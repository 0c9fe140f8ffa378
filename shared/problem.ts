/**
 * What is wrong with a text that a person wrote: plain data, never an exception.
 * A problem points into the topology by JSON pointer; `range` wins where no pointer can name the place (a YAML error).
 */

/** A JSON pointer into the topology file, RFC 6901: `/routers/router1/interfaces/red-v4`. */
export type Pointer = string;

/** Half-open range of UTF-16 offsets into a text: `[start, end)`. Only `server/features` turns these into lines and columns. */
export type Range = readonly [start: number, end: number];

export type Severity = 'error' | 'warning' | 'information' | 'hint';

export interface Problem {
  /** Stable code, kebab-case, equal to the file name of the check that found it. */
  code: string;
  severity: Severity;
  /** What is wrong, where, why it matters and what to do, for a person. */
  message: string;
  pointer: Pointer;
  /** Which part of the entry at `pointer` to underline; the value when absent. */
  at?: 'key' | 'value';
  /** Set where no pointer can name the place. */
  range?: Range;
  /** The text may only not be finished: whoever types there is not told as long as the typing goes on. */
  unfinished?: true;
  /** Other places that have to do with it: the subnet that overlaps, the port that has the address. */
  related?: { pointer: Pointer; message: string; range?: Range }[];
}

/** Joins unescaped keys to a pointer (RFC 6901, section 3: `~` → `~0`, `/` → `~1`). */
export function pointer(...keys: (string | number)[]): Pointer {
  let text = '';
  for (const key of keys) text += `/${typeof key === 'string' ? escaped(key) : key}`;
  return text;
}

/** Hardly any key has something to escape. */
const escaped = (key: string): string =>
  key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;

/** The unescaped keys of a pointer. */
export function pointerKeys(p: Pointer): string[] {
  const keys = p.split('/').slice(1);
  return p.includes('~') ? keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')) : keys;
}
