/** What a difference is about, as keys: what it is, what it needs, and what it has in common with others. */
import type { Difference } from '../compare.ts';
import { FIP_RT_TBL } from '../neutron.ts';
import { pointerKeys } from '../problem.ts';
import type {
  Address,
  AllocationLine,
  Flow,
  IptablesItem,
  Link,
  Neighbour,
  NodeState,
  OvsPort,
  Route,
  Rule,
  Sysctl,
} from '../state.ts';
import { optionOf } from './lines.ts';

export interface Keys {
  is: string[];
  /** One of these that is missing as well is the cause. */
  needs: string[];
  /** Whoever has the same key belongs to it. */
  same: string[];
  /** A route's gateway, and where it must be reached. */
  reach?: { place: string; address: string };
  /** What an address reaches on its device. */
  net?: { place: string; prefix: string };
}

/** Which port of the switch has a number, and in which namespace a device is; from both states. */
export interface Numbers {
  /** `br-int 12` → name of the port. */
  ports: ReadonlyMap<string, string>;
  /** Name of a device → its namespace. */
  namespaces: ReadonlyMap<string, string>;
}

export function numbersOf(expected: NodeState, live: NodeState): Numbers {
  const ports = new Map<string, string>();
  const namespaces = new Map<string, string>();
  for (const state of [live, expected]) {
    for (const { bridge, name, ofport } of state.ports ?? [])
      if (ofport !== undefined) ports.set(`${bridge} ${ofport}`, name);
    for (const [namespace, { links }] of Object.entries(state.namespaces))
      for (const { ifname } of links ?? []) if (ifname !== 'lo') namespaces.set(ifname, namespace);
  }
  return { ports, namespaces };
}

type Part = Partial<Keys>;

export function keysOf(difference: Difference, numbers: Numbers): Keys {
  const { namespace, because } = difference;
  const parts: Part[] = [partOf(difference, numbers)];
  const [list, name] = pointerKeys(because?.pointer ?? '');
  if (list === 'floating_ips') parts.push({ same: [`floating ip ${name}`] });
  const keys: Keys = { is: [], needs: namespace === '-' ? [] : [`namespace ${namespace}`], same: [] };
  for (const { is = [], needs = [], same = [], ...rest } of parts) {
    keys.is.push(...is);
    keys.needs.push(...needs);
    keys.same.push(...same);
    Object.assign(keys, rest);
  }
  return keys;
}

/** Each aspect in its own words. The casts hold because an aspect's differences carry its items. */
function partOf(difference: Difference, numbers: Numbers): Part {
  const { namespace, aspect, wanted, found } = difference;
  const item: unknown = wanted ?? found;
  if (aspect === 'namespaces') return { is: [`namespace ${namespace}`] };
  if (item === undefined) return {};
  /* oxlint-disable typescript/no-unsafe-type-assertion */
  switch (aspect) {
    case 'links':
      return ofLink(namespace, item as Link, found as Link | undefined, numbers);
    case 'addresses':
      return ofAddress(namespace, item as Address);
    case 'routes':
      return ofRoute(namespace, item as Route);
    case 'rules':
      return ofRule(namespace, item as Rule);
    case 'neighbours':
      return { needs: [device(namespace, (item as Neighbour).dev)] };
    case 'sysctls':
      return { needs: [device(namespace, /\.(?:conf|neigh)\.([^.]+)\./.exec((item as Sysctl).key)?.[1] ?? '')] };
    case 'iptables':
      return ofIptables(namespace, item as IptablesItem);
    case 'allocations':
      return ofAllocation(item as AllocationLine);
    case 'ports':
      return ofPort(item as OvsPort, found as OvsPort | undefined, numbers);
    case 'flows':
      return ofFlow(item as Flow, found as Flow | undefined, numbers);
    default:
      return {};
  }
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}

const device = (namespace: string, ifname: string): string => `device ${namespace} ${ifname}`;

/** Both ends of a veth pair go together, with the namespace of either; a device of the switch goes with its port. */
function ofLink(namespace: string, item: Link, found: Link | undefined, { namespaces }: Numbers): Part {
  const { ifname } = item;
  const [, end, pair] = /^(rfp|fpr)-(.+)$/.exec(ifname) ?? [];
  const home = pair === undefined ? undefined : namespaces.get(`${end === 'rfp' ? 'fpr' : 'rfp'}-${pair}`);
  return {
    is: found && isOnlyShort(item, found) ? [] : [device(namespace, ifname)],
    needs: [`port ${ifname}`, ...(home === undefined ? [] : [`namespace ${home}`])],
    same: pair === undefined ? [] : [`veth ${pair}`],
  };
}

/** The least that IPv6 works with (RFC 8200, section 5): below it the kernel takes its addresses from the device. */
const LEAST_MTU = 1280;

/** With another MTU a device keeps all that is on it: what is missing there has another cause. */
const isOnlyShort = (wanted: Link, found: Link): boolean =>
  wanted.mtu !== found.mtu &&
  found.mtu >= LEAST_MTU &&
  wanted.address === found.address &&
  wanted.flags.join() === found.flags.join();

function ofAddress(namespace: string, { ifname, local, prefixlen }: Address): Part {
  return {
    is: [`address ${namespace} ${ifname} ${local}`],
    needs: [device(namespace, ifname)],
    net: { place: `${namespace} ${ifname}`, prefix: `${local}/${prefixlen}` },
  };
}

function ofRoute(namespace: string, { dev, dst, prefsrc, gateway, protocol, table }: Route): Part {
  const needs = dev === undefined ? [] : [device(namespace, dev)];
  const own = prefsrc ?? dst;
  if (dev !== undefined && protocol === 'kernel') needs.push(`address ${namespace} ${dev} ${own.split('/')[0]}`);
  const base = dst.split('/')[0]!;
  const reached = protocol === 'kernel' ? (prefsrc === undefined ? base : undefined) : gateway;
  return {
    needs,
    same: [...ofTable(namespace, table), ...(dst.includes('/') || !dst.includes('.') ? [] : [`floating ip ${dst}`])],
    ...(reached !== undefined && dev !== undefined && /[.:]/.test(reached)
      ? { reach: { place: `${namespace} ${dev}`, address: reached } }
      : {}),
  };
}

/** A table that one rule leads to: rule and routes are one thing. That of floating IPs is everybody's. */
const ofTable = (namespace: string, table: string | undefined): string[] =>
  table !== undefined && /^\d+$/.test(table) && Number(table) !== FIP_RT_TBL ? [`table ${namespace} ${table}`] : [];

function ofRule(namespace: string, { table, iif, src, srclen }: Rule): Part {
  const isFloating = table === String(FIP_RT_TBL) && srclen === undefined && src !== 'all';
  return {
    needs: iif === undefined ? [] : [device(namespace, iif)],
    same: [...ofTable(namespace, table), ...(isFloating ? [`fixed ip ${namespace} ${src}`] : [])],
  };
}

function ofIptables(namespace: string, { family, table, chain, policy, spec }: IptablesItem): Part {
  const here = (name: string) => `chain ${namespace} ${family} ${table} ${name}`;
  if (spec === undefined) return policy === undefined ? {} : { is: [here(chain)] };
  const devices = ['-i', '-o'].flatMap((option) => {
    const name = optionOf(spec, option);
    return name === undefined || name.includes('+') ? [] : [device(namespace, name)];
  });
  return {
    needs: [here(chain), here(optionOf(spec, '-j') ?? ''), ...devices],
    same: ofTranslation(namespace, spec),
  };
}

/** The two rules of a floating IP: `-d FLOATING -j DNAT --to-destination FIXED`, `-s FIXED -j SNAT --to-source FLOATING`. */
function ofTranslation(namespace: string, spec: string): string[] {
  const whole = (option: string) => optionOf(spec, option)?.replace('/32', '');
  const [floating, fixed] =
    optionOf(spec, '-j') === 'DNAT'
      ? [whole('-d'), whole('--to-destination')]
      : optionOf(spec, '-j') === 'SNAT'
        ? [whole('--to-source'), whole('-s')]
        : [];
  if (floating === undefined || fixed === undefined) return [];
  return [`floating ip ${floating}`, `fixed ip ${namespace} ${fixed}`];
}

const ofAllocation = ({ file, key }: AllocationLine): Part =>
  file === 'fip-priorities' ? { same: [`floating ip ${key}`] } : {};

function ofPort(item: OvsPort, found: OvsPort | undefined, { namespaces }: Numbers): Part {
  const { bridge, name, because } = item;
  const namespace = namespaces.get(name);
  const altered = found && found !== item ? found : undefined;
  return {
    is: [`port ${name}`, ...(because ? [`wired ${because.pointer}`] : [])],
    needs: namespace === undefined ? [] : [`namespace ${namespace}`],
    same: altered ? changes(`ofport ${bridge}`, item.ofport, altered.ofport) : [],
  };
}

const changes = (what: string, from: number | undefined, to: number | undefined): string[] =>
  from === to || from === undefined || to === undefined ? [] : [`${what} ${from} → ${to}`];

function ofFlow(item: Flow, found: Flow | undefined, { ports }: Numbers): Part {
  const { bridge, match, actions, because } = item;
  const names = [...`${match},${actions}`.matchAll(/(?:in_port=|output:)(\d+)/g)].flatMap(
    ([, number]) => ports.get(`${bridge} ${number}`) ?? [],
  );
  const pointer = because?.pointer;
  const isOfThing = pointer?.startsWith('/ports/') || pointer?.startsWith('/routers/');
  return {
    needs: [...names.map((name) => `port ${name}`), ...(isOfThing ? [`wired ${pointer}`] : [])],
    same: [
      ...(isOfThing ? [`flows ${bridge} ${pointer}`] : []),
      ...(found && found !== item ? renumbered(item, found) : []),
    ],
  };
}

/** The numbers of ports that are others in otherwise equal flows. */
function renumbered(item: Flow, found: Flow): string[] {
  const numbers = ({ match, actions }: Flow) =>
    [...`${match} ${actions}`.matchAll(/(?:in_port=|output:)(\d+)/g)].map(([, number]) => Number(number));
  const [before, after] = [numbers(item), numbers(found)];
  if (before.length !== after.length) return [];
  return before.flatMap((number, i) => changes(`ofport ${item.bridge}`, number, after[i]));
}
