/**
 * Prefixes made ready for many matches: a routing table is searched some ten times in one trace, and text is slow to read.
 * What is no address (a placeholder of the engine such as `<address of port p1>`) matches the same text only.
 */
import { ipv4Value, ipv6Groups } from '../ip.ts';

/** An address as 16-bit words, most significant first: two for IPv4, eight for IPv6, none for a text that is no address. */
export interface ReadyAddress {
  text: string;
  words: readonly number[];
  asked?: Asked;
}

/** Told of every prefix that an address of a packet was held against, with the result: what all packets have in common that go the same way. */
export type Asked = (address: string, prefix: ReadyPrefix, isHeld: boolean) => void;

/** A prefix; host bits stay in `words`. */
export interface ReadyPrefix extends ReadyAddress {
  /** In bits; 0 matches every address of the family. */
  length: number;
}

/** Total: any text gives an address, at worst one that equals nothing but itself. */
export function readyAddress(text: string, asked?: Asked): ReadyAddress {
  const value = ipv4Value(text);
  const words = value === undefined ? ipv6Groups(text) : [value >>> 16, value & 0xffff];
  return asked ? { text, words: words ?? [], asked } : { text, words: words ?? [] };
}

/** `address` or `address/length`, host bits allowed: matching masks them, as the kernel does. */
export function readyPrefix(text: string): ReadyPrefix {
  const slash = text.indexOf('/');
  const address = readyAddress(slash < 0 ? text : text.slice(0, slash));
  if (text.startsWith('<')) return { ...address, length: 0 };
  const whole = address.words.length * 16;
  const tail = text.slice(slash + 1);
  const given = slash < 0 ? whole : Number(tail);
  const isValid = (slash < 0 || /^\d+$/.test(tail)) && given <= whole;
  return isValid ? { ...address, length: given } : { text, words: [], length: 0 };
}

/** Whether a prefix can be matched at all: an address, or a placeholder. */
export const isReady = (prefix: ReadyPrefix): boolean => prefix.words.length > 0 || prefix.text.startsWith('<');

/** Whether the prefix holds the address. */
export function holds(prefix: ReadyPrefix, address: ReadyAddress): boolean {
  const isHeld = isInside(prefix, address);
  address.asked?.(address.text, prefix, isHeld);
  return isHeld;
}

function isInside(prefix: ReadyPrefix, address: ReadyAddress): boolean {
  const { words, length } = prefix;
  if (words.length === 0 || words.length !== address.words.length)
    return words.length === 0 && prefix.text === address.text;
  for (let i = 0, rest = length; rest > 0; i++, rest -= 16) {
    const difference = words[i]! ^ address.words[i]!;
    if (rest >= 16 ? difference !== 0 : difference >>> (16 - rest) !== 0) return false;
  }
  return true;
}
