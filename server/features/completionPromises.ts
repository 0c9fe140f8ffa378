/** Completion in a line of `promises`: the next word of that language. */
import type { Range } from '../../shared/problem.ts';
import { promiseWord } from '../../shared/topology/promiseNames.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { quoted } from '../../shared/topology/yamlText.ts';
import type { Choice } from './completion.ts';
import type { Cursor } from './cursor.ts';

/** Where the word at the cursor begins: behind the last space, or at the quote that is open. */
function lastWordAt(typed: string): number {
  const isOpen = typed.split('"').length % 2 === 0;
  return isOpen
    ? typed.lastIndexOf('"')
    : typed.length - (/[^\s"]*$/.exec(typed.slice(-LONGEST_WORD))?.[0].length ?? 0);
}

/** No name is longer; of a longer word only the end is replaced. */
const LONGEST_WORD = 1024;

/** A cursor at a word of a line, and the quotes in which the line stands. */
interface WordCursor extends Cursor {
  lineQuote: string;
}

/** Only the last word is replaced; the line goes on as a text. */
export function atWord(cursor: Cursor): WordCursor {
  const end = cursor.range[0] + cursor.quote.length + cursor.typed.length;
  const word = lastWordAt(cursor.typed);
  // Within double quotes the quote of a word has a backslash.
  const start = cursor.quote === '"' && cursor.typed[word - 1] === '\\' ? word - 1 : word;
  const range: Range = [end - (cursor.typed.length - start), end];
  return { ...cursor, on: 'value', range, quote: '', hasColon: false, lineQuote: cursor.quote };
}

/** What may stand at the cursor, written as the quotes of its line need it. */
export function promiseChoices(topology: Topology, { typed, lineQuote }: WordCursor): Choice[] {
  if (lineQuote === '') return wordChoices(topology, typed);
  const inDouble = (text: string): string => quoted(text).slice(1, -1);
  const inSingle = (text: string): string => text.replaceAll("'", "''");
  const written = lineQuote === '"' ? inDouble : inSingle;
  const read = lineQuote === '"' ? typed.replaceAll('\\"', '"') : typed.replaceAll("''", "'");
  return wordChoices(topology, read).map((choice) => ({ ...choice, text: written(choice.text ?? choice.label) }));
}

/** @param typed the line up to the cursor */
function wordChoices(topology: Topology, typed: string): Choice[] {
  const before = typed.slice(0, lastWordAt(typed));
  const words = before.match(/"[^"]*"|[^\s"]+/g) ?? [];
  const [verb] = words;
  const keyword = (label: string, detail?: string): Choice => ({
    label,
    text: label,
    kind: 'keyword',
    ...(detail !== undefined && { detail }),
  });
  if (verb === undefined)
    return [
      keyword('reach', 'the packet arrives, and the answer comes back'),
      keyword('unreachable', 'the packet does not arrive there'),
      keyword('isolated', 'no port of one network reaches the other'),
    ];
  if (verb === 'isolated') return words.length < 3 ? networkChoices(topology, words[1]) : [];
  if (words.length === 1 || words.length === 3)
    return endChoices(topology, words[1], keyword('outside', 'everybody on an external network'));
  if (words.length === 2) return [keyword('->')];
  const given = new Set(words.slice(4));
  if (['tcp', 'udp', 'as'].includes(words.at(-1)!)) return [];
  const protocols = given.has('tcp') || given.has('udp') ? [] : ['tcp', 'udp'];
  return [...protocols, ...(given.has('as') || verb === 'unreachable' ? [] : ['as'])].map((label) => keyword(label));
}

const networkChoices = ({ networks }: Topology, other: string | undefined): Choice[] =>
  networks
    .map(({ name, external }): Choice => ({
      label: name,
      text: promiseWord(name, { kind: 'network' }) ?? name,
      kind: 'network',
      ...(external && { detail: 'external' }),
    }))
    .filter(({ text }) => text !== other);

function endChoices({ ports, floating_ips }: Topology, other: string | undefined, outside: Choice): Choice[] {
  const named = ports
    .filter(({ device_owner: owner, fixed_ips: addresses }) => !owner.startsWith('network:') && addresses.length > 0)
    .map(({ name, fixed_ips: addresses }): Choice => ({
      label: name,
      text: promiseWord(name, { kind: 'port' }) ?? name,
      kind: 'port',
      detail: addresses.map(({ ip_address }) => ip_address).join(', '),
    }));
  const floating = floating_ips.map(({ name, port }): Choice => ({
    label: name,
    text: name,
    kind: 'floating_ip',
    ...(port !== undefined && { detail: port }),
  }));
  // From outside only an address is known.
  const all = other === 'outside' ? floating : [...named, outside, ...floating];
  return all.filter(({ text }) => text !== other);
}
