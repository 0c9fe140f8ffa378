/**
 * The text of an iptables rule (what `iptables-save` prints behind `-A CHAIN`) as matches and a target.
 * Whatever is not understood is kept as an unknown match or target with its text: it decides nothing, and a trace says so.
 */
import type { IptablesItem } from '../state.ts';
import { type ReadyPrefix, isReady, readyPrefix } from './prefix.ts';

/** A value and the bits of it that count. */
export interface Masked {
  value: number;
  mask: number;
}

/** First and last, inclusive. */
export type PortRange = readonly [first: number, last: number];

/** `not` turns a match round (`!` before the option). */
export type Match = { not: boolean } & (
  | { type: 'src' | 'dst'; prefix: ReadyPrefix }
  | { type: 'in' | 'out'; ifname: string }
  | { type: 'protocol'; protocol: string }
  | { type: 'sport' | 'dport' | 'port'; ranges: PortRange[] }
  | { type: 'mark' | 'connmark'; mark: Masked }
  | { type: 'ctstate'; states: string[] }
  | { type: 'icmp-type'; icmpType: string }
  | { type: 'unknown'; text: string }
);

/** What a rule does: `-j` or `-g`, with the options behind it. */
export interface Target {
  /** `ACCEPT`, `DNAT`, a user chain, …; empty when the rule has none and only counts. */
  name: string;
  /** `-g`: the chain's end returns to the caller's caller. */
  isGoto: boolean;
  /** Options of the target: `--to-source` → `192.168.1.21`; an option without value → empty text. */
  options: Map<string, string>;
}

/** A rule line, read. */
export interface ReadyIptablesRule {
  item: IptablesItem;
  matches: Match[];
  target: Target;
}

/** Reads a rule line. Total: every text gives a rule. */
export function readIptablesRule(item: IptablesItem): ReadyIptablesRule {
  const words = wordsOf(item.spec ?? '');
  const rule: ReadyIptablesRule = { item, matches: [], target: { name: '', isGoto: false, options: new Map() } };
  let module = '';
  for (let i = 0; i < words.length;) {
    const not = words[i] === '!';
    const option = words[not ? i + 1 : i] ?? '';
    const from = (not ? i + 1 : i) + 1;
    const values = option === '--comment' ? words.slice(from, from + 1) : valuesFrom(words, from);
    i += (not ? 1 : 0) + 1 + values.length;
    if (option === '-j' || option === '-g') {
      rule.target = { name: values[0] ?? '', isGoto: option === '-g', options: targetOptions(words.slice(i)) };
      break;
    }
    if (option === '-m') module = values[0] ?? '';
    else if (option !== '--comment') rule.matches.push({ not, ...readMatch(module, option, values) });
    if (option === '-m' && !MODULES.has(module))
      rule.matches.push({ not: false, type: 'unknown', text: `-m ${module}` });
  }
  return rule;
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const WORD = new RegExp(String.raw`${QUOTED}|\S+`, 'g');
/** Placeholders (`<id of tftp>`) have spaces, and may hold one another. */
const WORD_OR_OPEN = new RegExp(String.raw`${QUOTED}|[^\s<]*<[^<>]*(?:<[^<>]*>[^<>]*)*>\S*|\S+`, 'g');

/** Splits like a shell does, as far as iptables-save quotes: double quotes with backslash. */
function wordsOf(spec: string): string[] {
  const words = spec.match(spec.includes('<') ? WORD_OR_OPEN : WORD) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : word));
}

/** The words up to the next option or `!`. */
function valuesFrom(words: readonly string[], from: number): string[] {
  let end = from;
  while (end < words.length && words[end] !== '!' && !/^--?[a-z]/.test(words[end]!)) end++;
  return words.slice(from, end);
}

function targetOptions(words: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let i = 0; i < words.length;) {
    const values = valuesFrom(words, i + 1);
    options.set(words[i]!, values.join(' '));
    i += 1 + values.length;
  }
  return options;
}

/** Modules of which every option is read, or becomes an unknown match of its own. */
const MODULES = new Set([
  'tcp',
  'udp',
  'icmp',
  'icmp6',
  'mark',
  'connmark',
  'conntrack',
  'state',
  'comment',
  'multiport',
]);

type Bare = Match extends infer M ? (M extends Match ? Omit<M, 'not'> : never) : never;

function readMatch(module: string, option: string, values: string[]): Bare {
  const value = values.join(' ');
  const unknown: Bare = { type: 'unknown', text: [option, value].filter(Boolean).join(' ') };
  const ranges = rangesOf(value);
  switch (option) {
    case '-s':
    case '-d': {
      const prefix = readyPrefix(value);
      return isReady(prefix) ? { type: option === '-s' ? 'src' : 'dst', prefix } : unknown;
    }
    case '-i':
    case '-o':
      return { type: option === '-i' ? 'in' : 'out', ifname: value };
    case '-p':
      return { type: 'protocol', protocol: value };
    case '--sport':
    case '--sports':
    case '--dport':
    case '--dports':
    case '--ports':
      return ranges
        ? { type: option === '--ports' ? 'port' : option.startsWith('--s') ? 'sport' : 'dport', ranges }
        : unknown;
    case '--mark': {
      const mark = maskedOf(value);
      return mark && (module === 'mark' || module === 'connmark') ? { type: module, mark } : unknown;
    }
    case '--ctstate':
    case '--state':
      return { type: 'ctstate', states: value.split(',') };
    case '--icmp-type':
    case '--icmpv6-type':
      return { type: 'icmp-type', icmpType: value };
    default:
      return unknown;
  }
}

/** `80`, `1024:65535`, `80,443,8000:8080`; an open end is the lowest or highest port. */
function rangesOf(text: string): PortRange[] | undefined {
  const ranges = text.split(',').map((part): PortRange | undefined => {
    const match = /^(\d*)(?:(:)(\d*))?$/.exec(part);
    if (!match || part === '') return undefined;
    const first = Number(match[1] || 0);
    return [first, match[2] ? Number(match[3] || 65535) : first];
  });
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

/** `0x1/0xffff`; without mask all bits count. */
export function maskedOf(text: string): Masked | undefined {
  const match = /^(0x[0-9a-f]+|\d+)(?:\/(0x[0-9a-f]+|\d+))?$/i.exec(text);
  if (!match) return undefined;
  return { value: Number(match[1]) >>> 0, mask: match[2] === undefined ? 0xffffffff : Number(match[2]) >>> 0 };
}
