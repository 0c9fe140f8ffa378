/**
 * The little language of promises, one on a line:
 *
 *   reach END -> END [tcp PORT | udp PORT] [as ADDRESS]     the packet arrives, and the answer comes back
 *   unreachable END -> END [tcp PORT | udp PORT]            the packet does not arrive there
 *   isolated NETWORK NETWORK                                no port of one reaches a port of the other, either way
 *
 * An END is the name of a port, an address, `ADDRESS@NETWORK` (of a port there, or on an external network of somebody outside), or the word
 * `outside`: everybody there. `as` is the source address that the receiver sees. Without tcp or udp it is a ping.
 * Names with spaces, `->`, or that are words of the language are put in double quotes; `\"` and `\\` inside of them are `"` and `\`.
 */
import { canonical } from '../ip.ts';
import { quote } from './describe.ts';
import { didYouMean } from './nearest.ts';

/** Where a packet comes from or goes to. */
export type PromiseEnd =
  | { type: 'outside' }
  | { type: 'port'; name: string }
  | { type: 'address'; address: string; network?: string };

/** A line of the language, read. */
export type PromiseLine =
  | {
      type: 'reach' | 'unreachable';
      from: PromiseEnd;
      to: PromiseEnd;
      protocol: 'icmp' | 'tcp' | 'udp';
      dport?: number;
      as?: string;
    }
  | { type: 'isolated'; networks: [string, string] };

/** What is wrong with a line, and the way out. */
export interface PromiseProblem {
  problem: string;
}

interface Word {
  text: string;
  isQuoted: boolean;
}

const VERBS = ['reach', 'unreachable', 'isolated'];

/** Total: every text is a promise or a problem. */
export function readPromise(text: string): PromiseLine | PromiseProblem {
  const words = wordsOf(text);
  if ('problem' in words) return words;
  const [verb, ...rest] = words;
  if (verb?.text === 'isolated') return readIsolated(rest);
  if (verb?.text === 'reach' || verb?.text === 'unreachable') return readReach(verb.text, rest);
  const told = verb === undefined ? 'A promise is empty.' : `A promise does not begin with ${quote(verb.text)}.`;
  return {
    problem: `${told}${didYouMean(verb?.text ?? '', VERBS)} Write \`reach A -> B\`, \`unreachable A -> B\` or \`isolated NETWORK NETWORK\`.`,
  };
}

function wordsOf(text: string): Word[] | PromiseProblem {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    if (text[at] === '"') {
      let word = '';
      let end = at + 1;
      for (; end < text.length && text[end] !== '"'; end++)
        word += text[end] === '\\' ? (text[++end] ?? '') : text[end]!;
      if (end >= text.length)
        return { problem: `The quote before ${quote(text.slice(at + 1))} is not closed. Write \`"\` behind the name.` };
      words.push({ text: word, isQuoted: true });
      at = end + 1;
      continue;
    }
    let end = at;
    while (end < text.length && !/[\s"]/.test(text[end]!)) end++;
    words.push({ text: text.slice(at, end), isQuoted: false });
    at = end;
  }
  return words;
}

function readIsolated(words: Word[]): PromiseLine | PromiseProblem {
  const [a, b, extra] = words;
  if (!a || !b || extra)
    return {
      problem:
        'A promise with `isolated` is about two networks. Write their names behind it, with quotes where they have spaces: `isolated red blue`.',
    };
  if (a.text === b.text)
    return { problem: `Network ${quote(a.text)} cannot be isolated from itself. Name two networks.` };
  return { type: 'isolated', networks: [a.text, b.text] };
}

const isArrow = (word: Word | undefined): boolean => word?.text === '->' && !word.isQuoted;

function readReach(type: 'reach' | 'unreachable', words: Word[]): PromiseLine | PromiseProblem {
  const [from, arrow, to, ...options] = words;
  if (!from || !isArrow(arrow) || !to || isArrow(from) || isArrow(to))
    return {
      problem: `A promise with \`${type}\` has two ends and an arrow between them. Write \`${type} vm1 -> vm2\`, with quotes around names that have spaces.`,
    };
  const line: PromiseLine = { type, from: endOf(from), to: endOf(to), protocol: 'icmp' };
  if (line.from.type === 'outside' && line.to.type !== 'address')
    return {
      problem:
        'From outside only an address is known, no port. Write that of a floating IP: `reach outside -> 192.0.2.50`.',
    };
  if (line.from.type === 'address' && line.from.network === undefined)
    return {
      problem: `The promise does not say from which network ${line.from.address} sends. Write \`${line.from.address}@NETWORK\`, or the name of a port.`,
    };
  return readOptions(line, options);
}

function endOf({ text, isQuoted }: Word): PromiseEnd {
  if (isQuoted) return { type: 'port', name: text };
  if (text === 'outside') return { type: 'outside' };
  const at = text.indexOf('@');
  const address = canonical(at < 0 ? text : text.slice(0, at));
  if (address === undefined) return { type: 'port', name: text };
  return { type: 'address', address, ...(at < 0 ? {} : { network: text.slice(at + 1) }) };
}

function readOptions(line: Extract<PromiseLine, { from: unknown }>, words: Word[]): PromiseLine | PromiseProblem {
  for (let i = 0; i < words.length; i += 2) {
    const [word, value] = [words[i]!.text, words[i + 1]?.text];
    if (word === 'tcp' || word === 'udp') {
      if (value === undefined || !/^[1-9]\d{0,4}$/.test(value) || Number(value) > 65_535)
        return {
          problem: `Behind \`${word}\` stands a port from 1 to 65535${value === undefined ? '' : `, not ${quote(value)}`}. Write \`${word} 80\`.`,
        };
      if (line.protocol !== 'icmp')
        return { problem: 'One promise is about one protocol. Write a second line for the other.' };
      line.protocol = word;
      line.dport = Number(value);
    } else if (word === 'as') {
      const address = value === undefined ? undefined : canonical(value);
      if (address === undefined)
        return { problem: 'Behind `as` stands the source address that the receiver sees. Write `as 192.0.2.21`.' };
      if (line.type === 'unreachable')
        return { problem: 'What does not arrive has no source that anybody sees. Take out `as`.' };
      line.as = address;
    } else {
      return {
        problem: `A promise cannot go on with ${quote(word)}.${didYouMean(word, ['tcp', 'udp', 'as'])} Write \`tcp PORT\`, \`udp PORT\` or \`as ADDRESS\` behind the ends, or nothing.`,
      };
    }
  }
  return line;
}
