/** `learn(…)`: the flow that a frame would leave behind. */
import type { Flow } from '../state.ts';
import { type Slice, type Words, readSlice, sliceOf } from './layout.ts';
import { type Masked, onesOf, valueText } from './value.ts';

type Source = Slice | bigint;

export interface Learn {
  table: number;
  priority: number;
  cookie: string;
  idle_timeout?: number;
  hard_timeout?: number;
  matches: { to: Slice; from: Source }[];
  loads: { to: Slice; from: Source; name: string }[];
  outputs: Slice[];
}

/** The parts of `learn(…)`; undefined when one of them is not understood. */
export function learnOf(parts: readonly string[]): Learn | undefined {
  // Defaults: `lib/learn.c: learn_parse__`.
  const learn: Learn = { table: 1, priority: 0x8000, cookie: '0x0', matches: [], loads: [], outputs: [] };
  return parts.every((part) => takePart(learn, part)) ? learn : undefined;
}

const NUMBER = /^(0x[0-9a-f]+|\d+)$/i;
/** Words that change nothing of what is learned. */
const PASSED = new Set(['delete_learned', 'send_flow_rem', 'fin_idle_timeout', 'fin_hard_timeout', 'limit']);

function takePart(learn: Learn, part: string): boolean {
  const [, key = '', value = ''] = /^([a-z_]+)[=:](.*)$/.exec(part) ?? [];
  if (key === 'table' || key === 'priority' || key === 'idle_timeout' || key === 'hard_timeout') {
    if (!NUMBER.test(value)) return false;
    learn[key] = Number(value);
    return true;
  }
  if (key === 'cookie') {
    learn.cookie = value;
    return NUMBER.test(value);
  }
  if (key === 'load') return takeLoad(learn, value);
  if (key === 'output') {
    const slice = sliceOf(value);
    if (slice) learn.outputs.push(slice);
    return slice !== undefined;
  }
  return PASSED.has(key === '' ? part : key) || takeMatch(learn, part);
}

function takeLoad(learn: Learn, text: string): boolean {
  const [source = '', name = ''] = text.split('->');
  const to = sliceOf(name);
  const from = sourceOf(source);
  if (!to || from === undefined) return false;
  learn.loads.push({ to, from, name });
  return true;
}

function takeMatch(learn: Learn, part: string): boolean {
  const [name = '', source = name] = part.split('=');
  const to = sliceOf(name);
  const from = sourceOf(source);
  if (!to || from === undefined) return false;
  learn.matches.push({ to, from });
  return true;
}

const sourceOf = (text: string): Source | undefined => (NUMBER.test(text) ? BigInt(text) : sliceOf(text));

/** The flow that it would be, spelled as dumps are. */
export function learnedFlow(learn: Learn, bridge: string, words: Words): Flow {
  const valueOf = (from: Source) => (typeof from === 'bigint' ? from : readSlice(words, from));
  const actions = [
    ...learn.loads.map(({ to, from, name }) => loadText(to, name, valueOf(from))),
    ...learn.outputs.map((slice) => `output:${readSlice(words, slice)}`),
  ];
  return {
    bridge,
    table: learn.table,
    priority: learn.priority,
    match: learn.matches.map(({ to, from }) => matchText(to, valueOf(from))).join(','),
    actions: actions.length === 0 ? 'drop' : actions.join(','),
    cookie: learn.cookie,
    ...(learn.idle_timeout !== undefined && { idle_timeout: learn.idle_timeout }),
    ...(learn.hard_timeout !== undefined && { hard_timeout: learn.hard_timeout }),
  };
}

function matchText({ field, from, bits }: Slice, value: bigint): string {
  const masked: Masked = { value: value << BigInt(from), mask: onesOf(bits) << BigInt(from) };
  if (bits === field.bits) return `${field.name}=${valueText(masked.value, field.kind)}`;
  const padded = (number: bigint) => `0x${number.toString(16).padStart(Math.ceil(field.bits / 4), '0')}`;
  return `${field.name}=${padded(masked.value)}/${padded(masked.mask)}`;
}

const loadText = ({ field, from, bits }: Slice, name: string, value: bigint): string =>
  field.name === 'tun_id' && from === 0 && bits === field.bits
    ? `set_field:${valueText(value, 'hex')}->tun_id`
    : `load:${value === 0n ? '0' : valueText(value, 'hex')}->${name}`;
