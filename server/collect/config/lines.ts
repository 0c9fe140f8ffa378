/** The lines of an `ssh_config(5)` file: keyword and arguments, with its quotes, comments and optional `=`. Pure. */

/** One directive. */
export interface ConfigLine {
  file: string;
  /** From 1. */
  line: number;
  /** In lower case. */
  keyword: string;
  /** Everything after the keyword, for those that read a line in their own way. */
  rest: string;
  /** The arguments without quotes; `undefined` where a quote is not closed. */
  words: string[] | undefined;
}

/** Directives of a file's text, in order; comments and empty lines are none. */
export function configLines(text: string, file: string): ConfigLine[] {
  return text.split('\n').flatMap((raw, index): ConfigLine[] => {
    const [, keyword, rest] = /^[ \t]*([^ \t\r="]+)[ \t\r]*=?[ \t\r]*(.*?)[ \t\r\f]*$/s.exec(raw) ?? [];
    if (keyword === undefined || rest === undefined || keyword.startsWith('#')) return [];
    return [{ file, line: index + 1, keyword: keyword.toLowerCase(), rest, words: argumentsOf(rest) }];
  });
}

/**
 * Words as ssh_config has them since 8.7 (`argv_split` in OpenSSH's misc.c): quotes of both kinds, backslash before a quote, a
 * backslash, or outside of quotes a space; `#` at the beginning of a word ends the line.
 */
export function argumentsOf(text: string): string[] | undefined {
  const words: string[] = [];
  let i = 0;
  for (;;) {
    while (text[i] === ' ' || text[i] === '\t') i++;
    if (i >= text.length || text[i] === '#') return words;
    const word = wordAt(text, i);
    if (!word) return undefined;
    words.push(word.word);
    i = word.end;
  }
}

function wordAt(text: string, start: number): { word: string; end: number } | undefined {
  let word = '';
  let quote = '';
  let i = start;
  for (; i < text.length; i++) {
    const [character, next] = [text[i]!, text[i + 1] ?? ''];
    const isEscape = character === '\\' && (/^["'\\]$/.test(next) || (quote === '' && next === ' '));
    if (isEscape) word += text[++i];
    else if (quote === '' && (character === ' ' || character === '\t')) break;
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (quote !== '' && character === quote) quote = '';
    else word += character;
  }
  return quote === '' ? { word, end: i } : undefined;
}

/** Words of a `Match` line (`strdelim` in OpenSSH's misc.c): double quotes only, and one `=` separates as a space does. */
export function criteriaOf(text: string): string[] {
  const words = text.matchAll(/"([^"]*)"[ \t]*|([^ \t="]+)(?:[ \t]*=)?[ \t]*/g);
  return [...words].map(([, quoted, plain]) => quoted ?? plain!);
}
