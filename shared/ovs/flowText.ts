/**
 * Flows as `ovs-ofctl dump-flows` prints them, into one spelling: fields in the order of OpenFlow 1.3 dumps, numbers in
 * the base that those use, actions under their 1.3 names (`strip_vlan` → `pop_vlan`, `resubmit(,60)` → `goto_table:60`).
 * So dumps of any protocol version and with port names or numbers are comparable.
 */
import type { Flow } from '../state.ts';

/** Port name → number, of one bridge. */
export type Ofports = Readonly<Record<string, number>>;

const NUMBER = /^(0x[0-9a-f]+|\d+)$/i;

/** One line of a dump; undefined when it is no flow. */
export function flowOfLine(line: string, bridge: string, ofports: Ofports = {}): Flow | undefined {
  const at = line.indexOf('actions=');
  if (at < 0) return undefined;
  const flow: Flow = { bridge, table: 0, priority: 0x8000, match: '', actions: '', cookie: '0x0' };
  const fields: string[] = [];
  for (const part of splitTop(line.slice(0, at))) {
    if (!takeField(flow, part)) fields.push(matchField(part, ofports));
  }
  flow.match = joinMatch(fields);
  const hasVlan = fields.some((field) => field.startsWith('dl_vlan='));
  flow.actions = joinActions(
    splitTop(line.slice(at + 'actions='.length)).flatMap((action) => [
      ...(hasVlan || !action.startsWith('mod_vlan_vid:') ? [] : [PUSH_VLAN]),
      actionOf(action, ofports),
    ]),
  );
  return flow;
}

/** What OpenFlow 1.0 does by itself to a frame without VLAN (`ofp-actions.h: ofpact_vlan_vid`, `push_vlan_if_needed`). */
const PUSH_VLAN = 'push_vlan:0x8100';

/** Fields that are no part of the match: counters are dropped. */
function takeField(flow: Flow, part: string): boolean {
  const equals = part.indexOf('=');
  const [key, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
  if (DROPPED.has(key)) return true;
  if (key === 'bridge') flow.bridge = value;
  else if (key === 'cookie') flow.cookie = value.toLowerCase();
  else if (
    (key === 'table' || key === 'priority' || key === 'idle_timeout' || key === 'hard_timeout') &&
    NUMBER.test(value)
  )
    flow[key] = Number(value);
  else return false;
  return true;
}

const DROPPED = new Set(
  'duration n_packets n_bytes idle_age hard_age send_flow_rem reset_counts no_packet_counts no_byte_counts check_overlap importance'.split(' '),
); // prettier-ignore

/** Splits at commas and spaces outside of brackets and quotes. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let [depth, quoted, part] = [0, false, ''];
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    if (!quoted && (char === '(' || char === '<')) depth++;
    if (!quoted && (char === ')' || (char === '>' && !part.endsWith('-'))) && depth > 0) depth--;
    if (!quoted && depth === 0 && /[,\s]/.test(char)) {
      if (part !== '') parts.push(part);
      part = '';
    } else part += char;
  }
  return part === '' ? parts : [...parts, part];
}

const DECIMAL = new Set([
  'in_port',
  'dl_vlan',
  'arp_op',
  'icmp_type',
  'icmp_code',
  'icmpv6_type',
  'nw_proto',
  'dl_vlan_pcp',
]);
const RENAMED: Readonly<Record<string, string>> = { eth_src: 'dl_src', eth_dst: 'dl_dst', icmpv6_type: 'icmp_type' };

function matchField(part: string, ofports: Ofports): string {
  const equals = part.indexOf('=');
  if (equals < 0) return part;
  const name = part.slice(0, equals);
  const key = RENAMED[name] ?? name;
  const value = part.slice(equals + 1);
  if (key === 'in_port') return `in_port=${portNumber(value, ofports)}`;
  // OpenFlow 1.0 has no mask for "no VLAN".
  if (key === 'vlan_tci' && /^0x0+$/.test(value)) return 'vlan_tci=0x0000/0x1fff';
  if (key === 'vlan_tci') {
    const vlan = /^0x(1[0-9a-f]{3})(?:\/0x1fff)?$/i.exec(value);
    return vlan && value.includes('/') ? `dl_vlan=${parseInt(vlan[1]!, 16) - 0x1000}` : `${key}=${value.toLowerCase()}`;
  }
  if (key === 'tun_id' && NUMBER.test(value)) return `tun_id=${hex(value)}`;
  if (DECIMAL.has(key) && NUMBER.test(value)) return `${key}=${Number(value)}`;
  return `${key}=${value.toLowerCase()}`;
}

/** `BigInt`, since a tunnel id has 64 bits. */
const hex = (value: string): string => `0x${BigInt(value).toString(16)}`;

function portNumber(value: string, ofports: Ofports): string {
  const name = value.replace(/^"(.*)"$/, '$1');
  const known = Object.hasOwn(ofports, name) ? ofports[name] : undefined;
  return known === undefined
    ? NUMBER.test(name)
      ? String(Number(name))
      : name
    : known === LOCAL
      ? 'LOCAL'
      : String(known);
}

/** `OFPP_LOCAL`: the bridge's own port. */
const LOCAL = 65_534;

/** The order in which OVS prints fields (`lib/match.c: match_format`); the protocol word comes first. */
const ORDER = ['tun_id', 'in_port', 'dl_vlan', 'vlan_tci', 'dl_src', 'dl_dst', 'arp_spa', 'arp_tpa', 'arp_op', 'arp_sha', 'arp_tha', 'icmp_type', 'nd_target']; // prettier-ignore

/** Fields of a match, each in its one spelling, into its text. */
export function joinMatch(fields: readonly string[]): string {
  const rank = (field: string) => {
    const key = field.split('=', 1)[0]!;
    return !field.includes('=') ? -1 : ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length;
  };
  return fields.toSorted((a, b) => rank(a) - rank(b) || (rank(a) === ORDER.length ? (a < b ? -1 : 1) : 0)).join(',');
}

/** Actions into their text. Copies of one frame leave in any order: neighbouring outputs are sorted (a flood list). */
export function joinActions(actions: readonly string[]): string {
  const result: string[] = [];
  let outputs: string[] = [];
  const flush = () => {
    result.push(...outputs.toSorted((a, b) => Number(a.slice(7)) - Number(b.slice(7)) || (a < b ? -1 : 1)));
    outputs = [];
  };
  for (const action of actions) {
    if (action.startsWith('output:')) outputs.push(action);
    else {
      flush();
      result.push(action);
    }
  }
  flush();
  return result.length === 0 ? 'drop' : result.join(',');
}

/** OpenFlow 1.0 names and Nicira's register loads, as 1.3 dumps print the same thing. */
function actionOf(action: string, ofports: Ofports): string {
  const [, key = '', value = ''] = /^([a-z_]+)[:=](.*)$/i.exec(action) ?? [];
  switch (key) {
    case 'output': {
      const port = portNumber(value, ofports);
      return port === 'LOCAL' ? port : `output:${port}`;
    }
    case 'mod_dl_src':
      return `set_field:${value.toLowerCase()}->eth_src`;
    case 'mod_dl_dst':
      return `set_field:${value.toLowerCase()}->eth_dst`;
    case 'mod_vlan_vid':
      return NUMBER.test(value) ? `set_field:${0x1000 + Number(value)}->vlan_vid` : action;
    case 'set_tunnel':
    case 'set_tunnel64':
      return NUMBER.test(value) ? `set_field:${hex(value)}->tun_id` : action;
    case 'load':
      return loadOf(value) ?? action;
    case 'set_field':
      return setFieldOf(value) ?? action;
    default:
      return WORDS.get(action.toLowerCase()) ?? resubmitOf(action, ofports);
  }
}

const WORDS = new Map([
  ['strip_vlan', 'pop_vlan'],
  ['normal', 'NORMAL'],
  ['in_port', 'IN_PORT'],
  ['local', 'LOCAL'],
  ['drop', 'drop'],
]);

function resubmitOf(action: string, ofports: Ofports): string {
  const table = /^resubmit\(,(\d+)\)$/.exec(action)?.[1];
  if (table !== undefined) return `goto_table:${table}`;
  const port = portNumber(action, ofports);
  if (port !== action || /^".*"$/.test(action)) return `output:${port}`;
  return action.replaceAll('NXM_OF_IN_PORT[]', 'OXM_OF_IN_PORT[]');
}

function setFieldOf(value: string): string | undefined {
  const [, number, field] = /^(0x[0-9a-f]+|\d+)->(tun_id|tunnel_id|vlan_vid|arp_op)$/i.exec(value) ?? [];
  if (number === undefined) return undefined;
  return field!.startsWith('tun') ? `set_field:${hex(number)}->tun_id` : `set_field:${Number(number)}->${field}`;
}

/** What the ARP responder loads (`openflow/native/br_tun.py: install_arp_responder`, and its OpenFlow 1.0 form). */
function loadOf(value: string): string | undefined {
  const [, number, field] =
    /^(0x[0-9a-f]+|\d+)->NXM_(OF_ARP_OP|NX_ARP_SHA|OF_ARP_SPA|NX_TUN_ID)\[\]$/i.exec(value) ?? [];
  if (number === undefined) return undefined;
  if (field!.toUpperCase() === 'NX_TUN_ID') return `set_field:${hex(number)}->tun_id`;
  const digits = BigInt(number).toString(16);
  if (field === 'OF_ARP_OP') return `set_field:${Number(number)}->arp_op`;
  const bytes = digits.padStart(field === 'NX_ARP_SHA' ? 12 : 8, '0').match(/../g)!;
  return field === 'NX_ARP_SHA'
    ? `set_field:${bytes.join(':')}->arp_sha`
    : `set_field:${bytes.map((byte) => parseInt(byte, 16)).join('.')}->arp_spa`;
}
