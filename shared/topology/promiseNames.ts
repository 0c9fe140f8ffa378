/** The names in a line of `promises`, and where they stand in it; `promiseText.ts` has the language. */
import { canonical } from '../ip.ts';
import type { Range } from '../problem.ts';

export interface PromiseName {
  kind: 'port' | 'network';
  name: string;
  /** Of the word, with its quotes; of `ADDRESS@NETWORK` only what stands behind the `@`. */
  range: Range;
  /** Behind an `@`, where no quotes are possible. */
  isBehindAt?: true;
}

/** In the order of the line. Also of lines that are not complete: what is there counts. */
export function promiseNames(text: string): PromiseName[] {
  const words = [...text.matchAll(/"(?:[^"\\]|\\[\s\S])*"?|[^\s"]+/g)];
  const verb = words[0]?.[0];
  if (verb === 'isolated') return words.slice(1, 3).map((word) => nameOf('network', word[0], word.index));
  if (verb !== 'reach' && verb !== 'unreachable') return [];
  return [words[1], words[3]].flatMap((word) => (word ? endOf(word[0], word.index) : []));
}

function endOf(word: string, start: number): PromiseName[] {
  if (word.startsWith('"')) return [nameOf('port', word, start)];
  if (word === 'outside' || word === '->') return [];
  const at = word.indexOf('@');
  if (canonical(at < 0 ? word : word.slice(0, at)) === undefined) return [nameOf('port', word, start)];
  const behind = start + at + 1;
  return at < 0 || at === word.length - 1
    ? []
    : [{ kind: 'network', name: word.slice(at + 1), range: [behind, start + word.length], isBehindAt: true }];
}

const nameOf = (kind: PromiseName['kind'], word: string, start: number): PromiseName => ({
  kind,
  name: word.startsWith('"') ? word.replace(/^"|"$/g, '').replace(/\\([\s\S])/g, '$1') : word,
  range: [start, start + word.length],
});

/** A name as a word of the language; `undefined`: it cannot stand there. */
export function promiseWord(
  name: string,
  { kind, isBehindAt }: Pick<PromiseName, 'kind' | 'isBehindAt'>,
): string | undefined {
  const isBare = /^[^\s"\\]+$/.test(name);
  if (isBehindAt) return isBare ? name : undefined;
  const isEnd = name === 'outside' || name === '->' || canonical(name.split('@')[0]!) !== undefined;
  return isBare && (kind === 'network' || !isEnd) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** The line with one thing called something else; as it was where the new name cannot stand in it. */
export function renamedPromise(text: string, kind: string, from: string, to: string): string {
  let renamed = text;
  for (const each of promiseNames(text).toReversed()) {
    const word = each.kind === kind && each.name === from ? promiseWord(to, each) : undefined;
    if (word !== undefined) renamed = renamed.slice(0, each.range[0]) + word + renamed.slice(each.range[1]);
  }
  return renamed;
}
