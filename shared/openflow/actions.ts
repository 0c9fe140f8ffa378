/** The actions of a flow as data. OpenFlow 1.0's and 1.3's names of one thing give one action. */
import { type Prerequisite, type Slice, field, fieldOf, sliceOf } from './layout.ts';
import { type Learn, learnOf } from './learn.ts';
import { type Constraint, constrain } from './match.ts';
import { bracketOf, nesting, splitTop } from './split.ts';
import { RESERVED, maskedOf, portOf } from './value.ts';

export type Action =
  | { type: 'output'; port: number }
  | { type: 'outputSlice'; slice: Slice }
  /** `goto_table`, too: both come back to the actions that follow. */
  | { type: 'resubmit'; port?: number; table?: number }
  | { type: 'set'; requires?: Prerequisite; words: readonly Constraint[] }
  | { type: 'move'; from: Slice; to: Slice }
  | { type: 'pushVlan' }
  | { type: 'popVlan' }
  /** OpenFlow 1.0's, which gives a frame without VLAN a tag. */
  | { type: 'modVlan'; vid: number }
  | { type: 'learn'; learn: Learn }
  | { type: 'ct'; ct: Ct }
  | { type: 'ctClear' }
  | { type: 'group'; id: number }
  | { type: 'clone'; actions: readonly Action[] }
  | { type: 'conjunction'; id: number; clause: number; of: number }
  | { type: 'decTtl' }
  | { type: 'exit' }
  /** What changes nothing of a frame and of its way: a note, a meter, a queue. */
  | { type: 'pass' }
  | { type: 'unknown'; text: string };

/** `ct(commit,zone=NXM_NX_REG6[0..15],table=60,…)`. */
export interface Ct {
  commit: boolean;
  zone: number | Slice;
  table?: number;
  /** `nat` or `nat(src=…)`, verbatim. */
  nat?: string;
  exec: readonly Action[];
}

/** Actions in actions (`clone`, `ct(exec)`): no agent nests more than two. */
const MAX_NESTED = 32;

/** What a flow does; nothing of `drop`. */
export const actionsOf = (text: string): Action[] =>
  nesting(text) > MAX_NESTED
    ? [{ type: 'unknown', text: `${text.slice(0, 40)}…, brackets in brackets over ${MAX_NESTED} deep,` }]
    : splitTop(text).flatMap((part) => (part === 'drop' ? [] : [actionOf(part) ?? { type: 'unknown', text: part }]));

function actionOf(text: string): Action | undefined {
  const bracket = bracketOf(text);
  if (bracket) return BRACKETS.get(bracket.name)?.(bracket.inside);
  const word = WORDS.get(text.toLowerCase());
  if (word) return word;
  const at = text.search(/[:=]/);
  if (at > 0) return VALUES.get(text.slice(0, at))?.(text.slice(at + 1));
  return outputOf(text);
}

const WORDS = new Map<string, Action>(
  Object.entries<Action>({
    pop_vlan: { type: 'popVlan' },
    strip_vlan: { type: 'popVlan' },
    push_vlan: { type: 'pushVlan' },
    dec_ttl: { type: 'decTtl' },
    ct_clear: { type: 'ctClear' },
    exit: { type: 'exit' },
    pop_queue: { type: 'pass' },
  }),
);

type Reader = (value: string) => Action | undefined;

const VALUES = new Map<string, Reader>(
  Object.entries<Reader>({
    output: (value) => {
      const slice = /\[/.test(value) ? sliceOf(value) : undefined;
      return slice ? { type: 'outputSlice', slice } : outputOf(value);
    },
    goto_table: (value) => resubmit(undefined, numberOf(value)),
    resubmit: (value) => resubmit(Number(portOf(value)), undefined),
    push_vlan: (value) => (value === '0x8100' ? { type: 'pushVlan' } : undefined),
    mod_vlan_vid: (value) => {
      const vid = numberOf(value);
      return vid === undefined || vid > 0xfff ? undefined : { type: 'modVlan', vid };
    },
    mod_dl_src: (value) => setOf('dl_src', value),
    mod_dl_dst: (value) => setOf('dl_dst', value),
    mod_nw_src: (value) => setOf('nw_src', value),
    mod_nw_dst: (value) => setOf('nw_dst', value),
    mod_tp_src: (value) => setOf('tp_src', value),
    mod_tp_dst: (value) => setOf('tp_dst', value),
    set_tunnel: (value) => setOf('tun_id', value),
    set_tunnel64: (value) => setOf('tun_id', value),
    write_metadata: (value) => setOf('metadata', value),
    set_field: (value) => {
      const [from, name] = arrow(value);
      return setOf(name, from);
    },
    load: loadOf,
    move: (value) => {
      const [from, to] = arrow(value).map(sliceOf);
      return from && to && from.bits === to.bits ? { type: 'move', from, to } : undefined;
    },
    group: (value) => {
      const id = numberOf(value);
      return id === undefined ? undefined : { type: 'group', id };
    },
    controller: () => ({ type: 'output', port: RESERVED.controller }),
    CONTROLLER: () => ({ type: 'output', port: RESERVED.controller }),
    note: () => ({ type: 'pass' }),
    meter: () => ({ type: 'pass' }),
    set_queue: () => ({ type: 'pass' }),
  }),
);

const BRACKETS = new Map<string, Reader>(
  Object.entries<Reader>({
    resubmit: (inside) => {
      const [port = '', table = ''] = inside.split(',');
      const tableNumber = table === '' ? undefined : numberOf(table);
      if (table !== '' && tableNumber === undefined) return undefined;
      return resubmit(port === '' ? undefined : Number(portOf(port)), tableNumber);
    },
    learn: (inside) => {
      const learn = learnOf(splitTop(inside));
      return learn && { type: 'learn', learn };
    },
    clone: (inside) => ({ type: 'clone', actions: actionsOf(inside) }),
    controller: () => ({ type: 'output', port: RESERVED.controller }),
    dec_ttl: () => ({ type: 'decTtl' }),
    conjunction: (inside) => {
      const [, id, clause, of] = /^(\d+),(\d+)\/(\d+)$/.exec(inside) ?? [];
      return id === undefined ? undefined : { type: 'conjunction', id: Number(id), clause: Number(clause), of: Number(of) }; // prettier-ignore
    },
    ct: (inside) => {
      const ct = ctOf(splitTop(inside));
      return ct && { type: 'ct', ct };
    },
  }),
);

const numberOf = (text: string): number | undefined =>
  /^(0x[0-9a-f]+|\d+)$/i.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : undefined;

function outputOf(text: string): Action | undefined {
  const port = portOf(text);
  return port === undefined || port > 0xffffn ? undefined : { type: 'output', port: Number(port) };
}

function resubmit(port: number | undefined, table: number | undefined): Action | undefined {
  if (Number.isNaN(port) || (port === undefined && table === undefined) || (table ?? 0) > 255) return undefined;
  // 255 is the table that one is in (`ofproto/ofproto-dpif-xlate.c: xlate_ofpact_resubmit`), and IN_PORT the port.
  return {
    type: 'resubmit',
    ...(port !== undefined && port !== RESERVED.in_port && { port }),
    ...(table !== undefined && table !== 255 && { table }),
  };
}

function arrow(text: string): [from: string, to: string] {
  const at = text.lastIndexOf('->');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 2)];
}

function setOf(name: string, text: string): Action | undefined {
  const inside = fieldOf(name);
  // A frame's own kind is no field that can be set (`lib/meta-flow.h`: Access read-only).
  if (!inside || inside === field('dl_type') || inside === field('nw_proto')) return undefined;
  const masked = maskedOf(text, inside);
  if (!masked) return undefined;
  const words = new Map<number, Constraint>();
  constrain(words, inside, masked);
  return { type: 'set', ...(inside.requires && { requires: inside.requires }), words: [...words.values()] };
}

function loadOf(text: string): Action | undefined {
  const [from, to] = arrow(text);
  const slice = sliceOf(to);
  if (!slice || !/^(0x[0-9a-f]+|\d+)$/i.test(from)) return undefined;
  const value = BigInt(from);
  const ones = (1n << BigInt(slice.bits)) - 1n;
  if (value > ones) return undefined;
  const words = new Map<number, Constraint>();
  constrain(words, slice.field, { value: value << BigInt(slice.from), mask: ones << BigInt(slice.from) });
  return {
    type: 'set',
    ...(slice.field.requires && { requires: slice.field.requires }),
    words: [...words.values()],
  };
}

function ctOf(parts: readonly string[]): Ct | undefined {
  const ct: Ct = { commit: false, zone: 0, exec: [] };
  for (const part of parts) {
    const [, key = '', value = ''] = /^([a-z_]+)[=(]?([^]*?)\)?$/.exec(part) ?? [];
    if (key === 'commit' || key === 'force') ct.commit = true;
    else if (key === 'nat') ct.nat = part;
    else if (key === 'exec') ct.exec = actionsOf(value);
    else if (key === 'zone' || key === 'table') {
      const found = key === 'zone' ? (numberOf(value) ?? sliceOf(value)) : numberOf(value);
      if (found === undefined) return undefined;
      if (key === 'zone') ct.zone = found;
      else if (typeof found === 'number') ct.table = found;
    } else return undefined;
  }
  return ct;
}
