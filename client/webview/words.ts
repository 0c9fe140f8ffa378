/** Texts as they are shown: those that VS Code translated with their values, those of tools without tabs. */

/** `{0}`, `{1}` in a text of VS Code. */
export const fill = (text: string, ...values: (string | number)[]): string =>
  text.replaceAll(/\{(\d)\}/g, (all, digit: string) => String(values[Number(digit)] ?? all));

/** A tab of `ip rule` is a space on a screen. */
export const shown = (text: string): string => text.replaceAll('\t', ' ');
