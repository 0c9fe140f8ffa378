/**
 * Text of unknown origin for a person: control characters, and invisible ones that can reorder a line, are shown instead of obeyed.
 * C0 as carets (`^[`), as `cat -v` has it; the others as `\uXXXX`, which inside JSON stands for the same character.
 */

/** For one line: line breaks are shown too. */
export const visible = (text: string): string => text.replaceAll(HIDDEN, shown);

/** For a whole output: line breaks and tabs stay. */
export const visibleLines = (text: string): string =>
  text.replaceAll(HIDDEN, (character) => (character === '\n' || character === '\t' ? character : shown(character)));

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function shown(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return `^${String.fromCodePoint(code ^ 0x40)}`;
  return Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
}
