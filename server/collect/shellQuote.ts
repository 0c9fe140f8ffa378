/**
 * One word of a POSIX shell that stands for exactly this text, whatever is in it (POSIX.1-2017, Shell Command Language, 2.2.2).
 * A NUL cannot be in a word at all and is left out.
 */
export const shellQuote = (text: string): string => `'${text.replaceAll('\0', '').replaceAll("'", "'\\''")}'`;

/** The same for a person to copy: a word that needs no quotes stays as it is, and control characters, which could fool a terminal, go. */
export function shellWord(text: string): string {
  const visible = withoutControls(text);
  return /^[A-Za-z0-9_./:@%+=~,-]+$/.test(visible) ? visible : shellQuote(visible);
}

/**
 * Text of unknown origin for a message: control characters, invisible ones that can reorder a line, and line separators become
 * spaces, so that it stays one honest line.
 */
export const withoutControls = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
