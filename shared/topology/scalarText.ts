/** What one scalar of a YAML text says, from the characters that were written: for who edits names in place. */

/** YAML 1.2.2, section 5.7: escaped characters of double-quoted text. */
const ESCAPES = new Map(
  Object.entries({
    '0': '\0',
    a: '\x07',
    b: '\b',
    t: '\t',
    '\t': '\t',
    n: '\n',
    v: '\v',
    f: '\f',
    r: '\r',
    e: '\x1b',
    N: '\x85',
    _: '\xa0',
    L: '\u2028',
    P: '\u2029',
  }),
);

/** Text of a plain or quoted scalar; `undefined` for a block scalar, an alias, and quotes that are not closed. */
export function scalarText(raw: string): string | undefined {
  const first = raw[0];
  if (first === '"' || first === "'") {
    if (raw.length < 2 || raw.at(-1) !== first) return undefined;
    const inner = raw.slice(1, -1);
    return first === "'" ? fold(inner).replaceAll("''", "'") : unescaped(inner);
  }
  if (first === '|' || first === '>' || first === '*') return undefined;
  return fold(raw);
}

/** Line folding, YAML 1.2.2, section 6.5: one line break is a space, more of them are one less. */
const fold = (text: string): string =>
  text.includes('\n')
    ? text.replace(/[ \t]*\r?\n(?:[ \t]*\r?\n)*[ \t]*/g, (breaks) => {
        const count = breaks.split('\n').length - 1;
        return count === 1 ? ' ' : '\n'.repeat(count - 1);
      })
    : text;

/** Folds first, so that an escaped line break (a backslash at the end of its line) is gone before. */
function unescaped(inner: string): string {
  if (!inner.includes('\\')) return fold(inner);
  const joined = fold(inner.replace(/\\\r?\n[ \t]*/g, ''));
  return joined.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g,
    (whole: string, x: string | undefined, u: string | undefined, U: string | undefined, other: string | undefined) => {
      const hex = x ?? u ?? U;
      if (hex === undefined) return ESCAPES.get(other ?? '') ?? other ?? '';
      const code = Number.parseInt(hex, 16);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The range of the text inside of the quotes, as far as there are quotes. */
export function unquoted(text: string, [start, end]: readonly [number, number]): readonly [number, number] {
  const first = text[start];
  const isQuoted = (first === '"' || first === "'") && end - start >= 2 && text[end - 1] === first;
  return isQuoted ? [start + 1, end - 1] : [start, end];
}
