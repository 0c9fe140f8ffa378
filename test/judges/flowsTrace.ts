/** What `ofproto/trace` answered, and what our walk says, as one thing that can be compared. */
import { fieldsOf } from '../../shared/openflow/frame.ts';
import type { Words } from '../../shared/openflow/layout.ts';
import type { FlowTrace } from '../../shared/openflow/walk.ts';
import { UNDERLAY_COOKIE } from './flowsNode.ts';

type Headers = Record<string, string>;

export interface Verdict {
  /** Table and cookie of each flow, or `no match`, for each bridge that it came to; all but the first sorted: a flood has no order. */
  path: string[];
  /** Datapath port, and the headers with which the frame leaves; sorted: a flood has no order. */
  outputs: string[];
}

/** @param ports datapath port → `bridge number`, without those of the bridge that tunnels leave by */
export function verdictOfOvs(text: string, frame: Words, ports: ReadonlyMap<number, string>): Verdict {
  const path: string[] = [];
  const outputs: string[] = [];
  const resumed = new Map<string, Headers[]>();
  let headers: Headers | undefined = headersOf(frame);
  for (const line of text.split('\n')) {
    const id = /^recirc\((0x[0-9a-f]+)\) - resume/.exec(line)?.[1];
    // The tracer follows forks of a translation that failed, too: no frame comes there.
    if (id !== undefined) headers = resumed.get(id)?.shift();
    if (headers === undefined) continue;
    const [, table, rest = ''] = /^\s*(\d+)\. (.*)$/.exec(line) ?? [];
    const cookie = /cookie 0x([0-9a-f]+)$/.exec(rest)?.[1];
    if (table !== undefined && parseInt(cookie ?? '0', 16) !== UNDERLAY_COOKIE)
      path.push(`${table} ${cookie === undefined ? 'no match' : `0x${cookie}`}`);
    const actions = /^Datapath actions: (.*)$/.exec(line)?.[1];
    if (actions !== undefined) runActions(splitActions(actions), headers, ports, outputs, resumed);
  }
  return { path: journeys(path), outputs: outputs.toSorted() };
}

/** @param tunnelOf `vxlan 10.251.0.12` of a port that is a tunnel */
export function verdictOfOurs(
  trace: FlowTrace,
  tunnelOf: (bridge: string, port: number) => string | undefined,
): Verdict {
  const outputs = trace.outputs.map(({ bridge, port, frame }) => {
    const { tun_id: tunId = '0x0', ...headers } = headersOf(frame);
    const tunnel = tunnelOf(bridge, port);
    return tunnel === undefined
      ? outputText(`${bridge} ${port}`, headers)
      : outputText(tunnel, { ...headers, tun_id: tunId });
  });
  const path = trace.steps.map(({ table, flow }) => `${table} ${flow?.cookie ?? 'no match'}`);
  return { path: journeys(path), outputs: outputs.toSorted() };
}

/** A bridge is entered by its table 0. */
function journeys(path: readonly string[]): string[] {
  const parts: string[] = [];
  for (const step of path) {
    if (parts.length === 0 || step.startsWith('0 ')) parts.push(step);
    else parts[parts.length - 1] += `, ${step}`;
  }
  return [...parts.slice(0, 1), ...parts.slice(1).toSorted()];
}

const METADATA = /^(in_port|metadata|pkt_mark|reg\d+|ct_\w+|conj_id)$/;
const ZERO = /^(0|0x0+|0\.0\.0\.0|::|00:00:00:00:00:00)$/;

const headersOf = (frame: Words): Headers =>
  Object.fromEntries(Object.entries(fieldsOf(frame)).filter(([name]) => !METADATA.test(name)));

function outputText(port: string, headers: Headers): string {
  const shown = Object.entries(headers).filter(
    ([name, value]) => !ZERO.test(value) || name === 'tun_id' || name === 'dl_vlan',
  );
  return `${port}: ${shown.map(([name, value]) => `${name}=${value}`).toSorted().join(',')}`; // prettier-ignore
}

/** At commas outside of brackets. */
function splitActions(text: string): string[] {
  const parts: string[] = [];
  let [depth, part] = [0, ''];
  for (const char of text) {
    depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    if (char === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part];
}

/** Runs the actions of the datapath over the headers of the frame. */
function runActions(
  actions: readonly string[],
  headers: Headers,
  ports: ReadonlyMap<number, string>,
  outputs: string[],
  /** By number of the fork, in the order of the actions: forks of frames that differ in headers alone share a number. */
  resumed: Map<string, Headers[]>,
): void {
  let now = { ...headers };
  const { tun_id: _, ...start } = now;
  now = start;
  for (const action of actions) {
    const [, name = action, inside = ''] = /^(\w+)\((.*)\)$/.exec(action) ?? [];
    if (/^\d+$/.test(action)) outputs.push(...(ports.has(Number(action)) ? [outputText(ports.get(Number(action))!, now)] : []));
    else if (name === 'clone' && !inside.startsWith('tnl_push')) runActions(splitActions(inside), now, ports, outputs, resumed);
    else if (name === 'clone') outputs.push(throughTunnel(inside, now));
    else if (name === 'tnl_push') outputs.push(throughTunnel(action, now));
    else if (name === 'set') now = { ...now, ...setOf(inside) };
    else if (name === 'push_vlan') now = pushed(now, inside);
    else if (name === 'pop_vlan') now = popped(now);
    else if (name === 'recirc') resumed.set(inside, [...(resumed.get(inside) ?? []), now]);
    else if (!PASSED.has(name)) throw new Error(`the judge does not know the datapath action ${action}`); // prettier-ignore
  }
}

function throughTunnel(text: string, headers: Headers): string {
  const [, remote, type, options = ''] = /ipv4\(src=[\d.]+,dst=([\d.]+),.*?\b(vxlan|gre)\((.*)/.exec(text) ?? [];
  if (remote === undefined) throw new Error(`the judge does not know the datapath action ${text}`);
  const key = /(?:vni|key)=0x([0-9a-f]+)/.exec(options)?.[1] ?? '0';
  return outputText(`${type} ${remote}`, { ...headers, tun_id: `0x${key}` });
}

/** What `set(…)` names → our fields. */
const NAMES: Record<string, Record<string, string>> = {
  eth: { src: 'dl_src', dst: 'dl_dst' },
  arp: { sip: 'arp_spa', tip: 'arp_tpa', op: 'arp_op', sha: 'arp_sha', tha: 'arp_tha' },
  ipv4: { src: 'nw_src', dst: 'nw_dst', tos: 'nw_tos', ttl: 'nw_ttl', proto: 'nw_proto' },
  ipv6: { src: 'ipv6_src', dst: 'ipv6_dst', hlimit: 'nw_ttl', tclass: 'nw_tos' },
  tcp: { src: 'tp_src', dst: 'tp_dst' },
  udp: { src: 'tp_src', dst: 'tp_dst' },
  sctp: { src: 'tp_src', dst: 'tp_dst' },
  nd: { target: 'nd_target', sll: 'nd_sll', tll: 'nd_tll' },
};

/** What changes no header; `userspace` is for a controller. */
const PASSED = new Set(['drop', 'ct', 'ct_clear', 'userspace']);

function setOf(text: string): Headers {
  const [, header = '', inside = ''] = /^(\w+)\((.*)\)$/.exec(text) ?? [];
  const names = NAMES[header];
  const fields: Headers = {};
  // What belongs to this bridge's own journey and to no header.
  if (['skb_mark', 'tunnel', 'skb_priority'].includes(header)) return fields;
  for (const part of splitActions(inside)) {
    const [key = '', value = ''] = part.split('=');
    if (value.includes('/') || names?.[key] === undefined) throw new Error(`the judge does not know set(${text})`);
    fields[names[key]] = value;
  }
  return fields;
}

const tci = ({ dl_vlan: vid = '', dl_vlan_pcp: pcp = '0' }: Headers): number =>
  vid === '' && pcp === '0' ? 0 : 0x1000 | Number(vid) | (Number(pcp) << 13);

function pushed(headers: Headers, inside: string): Headers {
  const [, vid = '0', pcp = '0'] = /vid=(\d+),pcp=(\d+)/.exec(inside) ?? [];
  const outer = tci(headers);
  return { ...headers, ...(outer !== 0 && { vlan_tci1: `0x${outer.toString(16)}` }), dl_vlan: vid, dl_vlan_pcp: pcp };
}

function popped(headers: Headers): Headers {
  const { dl_vlan: _, dl_vlan_pcp: __, vlan_tci1: inner, ...rest } = headers;
  if (inner === undefined) return rest;
  return { ...rest, dl_vlan: String(Number(inner) & 0xfff), dl_vlan_pcp: String(Number(inner) >> 13) };
}
