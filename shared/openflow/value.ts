/** Values of fields: from the texts of flows into numbers, and back. */
import { familyOf, ipv4Text, ipv4Value, ipv6Groups, ipv6Text, isMac } from '../ip.ts';
import type { Field, Kind } from './layout.ts';

/** A value, and which of its bits count. */
export interface Masked {
  value: bigint;
  mask: bigint;
}

/** `value`, `value/mask` or `address/length` of a field; undefined when it cannot be read. */
export function maskedOf(text: string, { kind, bits }: Field): Masked | undefined {
  if (kind === 'ctState' || kind === 'tcpFlags') return flagsOf(text, kind, bits);
  const slash = text.indexOf('/');
  const value = valueOf(slash < 0 ? text : text.slice(0, slash), kind);
  const mask = slash < 0 ? onesOf(bits) : maskOf(text.slice(slash + 1), kind, bits);
  if (value === undefined || mask === undefined || value > onesOf(bits) || mask > onesOf(bits)) return undefined;
  return { value: value & mask, mask };
}

export const onesOf = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

/** One value without mask. */
function valueOf(text: string, kind: Kind): bigint | undefined {
  switch (kind) {
    case 'mac':
      return isMac(text) ? BigInt(`0x${text.replaceAll(':', '')}`) : undefined;
    case 'ipv4': {
      const value = ipv4Value(text);
      return value === undefined ? undefined : BigInt(value);
    }
    case 'ipv6':
      return ipv6Groups(text)?.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
    case 'port':
      return portOf(text);
    default:
      return numberOf(text);
  }
}

const numberOf = (text: string): bigint | undefined => (/^(0x[0-9a-f]+|\d+)$/i.test(text) ? BigInt(text) : undefined);

/** Reserved port numbers (`include/openflow/openflow-1.0.h: ofp10_port`). */
export const RESERVED = { in_port: 0xfff8, table: 0xfff9, normal: 0xfffa, flood: 0xfffb, all: 0xfffc, controller: 0xfffd, local: 0xfffe, none: 0xffff }; // prettier-ignore
const RESERVED_BY_NAME = new Map(Object.entries(RESERVED));

/** A port by number or by reserved name. */
export function portOf(text: string): bigint | undefined {
  const reserved = RESERVED_BY_NAME.get(text.toLowerCase());
  return reserved === undefined ? numberOf(text) : BigInt(reserved);
}

function maskOf(text: string, kind: Kind, bits: number): bigint | undefined {
  if ((kind === 'ipv4' || kind === 'ipv6') && familyOf(text) === undefined) {
    const length = /^\d{1,3}$/.test(text) ? Number(text) : -1;
    return length >= 0 && length <= bits ? onesOf(bits) ^ onesOf(bits - length) : undefined;
  }
  return valueOf(text, kind);
}

/** Bits of `ct_state` (`lib/packets.h: CS_STATES`) and of `tcp_flags` (`lib/packets.h: TCP_FIN` and those that follow). */
const FLAGS: Record<'ctState' | 'tcpFlags', readonly string[]> = {
  ctState: ['new', 'est', 'rel', 'rpl', 'inv', 'trk', 'snat', 'dnat'],
  tcpFlags: ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr', 'ns'],
};

/** `+trk-new`, `new|trk` (all bits count), or a number with mask. */
function flagsOf(text: string, kind: 'ctState' | 'tcpFlags', bits: number): Masked | undefined {
  const number = /^(0x[0-9a-f]+|\d+)(?:\/(0x[0-9a-f]+|\d+))?$/i.exec(text);
  if (number) {
    const mask = number[2] === undefined ? onesOf(bits) : BigInt(number[2]);
    return { value: BigInt(number[1]!) & mask, mask };
  }
  const isExact = !/[+-]/.test(text);
  const words = isExact ? text.split('|').map((word) => `+${word}`) : (text.match(/[+-][a-z]+/g) ?? []);
  if (!isExact && words.join('') !== text) return undefined;
  const masked = { value: 0n, mask: isExact ? onesOf(bits) : 0n };
  for (const word of words) {
    const at = FLAGS[kind].indexOf(word.slice(1));
    if (at < 0) return undefined;
    masked.mask |= 1n << BigInt(at);
    if (word[0] === '+') masked.value |= 1n << BigInt(at);
  }
  return masked;
}

/** A value as flows show it. */
export function valueText(value: bigint, kind: Kind): string {
  switch (kind) {
    case 'mac':
      return value.toString(16).padStart(12, '0').match(/../g)!.join(':');
    case 'ipv4':
      return ipv4Text(Number(value));
    case 'ipv6':
      return ipv6Text(
        value
          .toString(16)
          .padStart(32, '0')
          .match(/..../g)!
          .map((group) => parseInt(group, 16)),
      );
    case 'port':
      return value === BigInt(RESERVED.local) ? 'LOCAL' : String(value);
    case 'ctState':
    case 'tcpFlags': {
      const flags = FLAGS[kind].filter((_, i) => (value >> BigInt(i)) & 1n);
      return flags.length === 0 ? '0' : flags.join('|');
    }
    case 'hex':
      return `0x${value.toString(16)}`;
    default:
      return String(value);
  }
}
