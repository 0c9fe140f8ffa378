/** Items of a state as their tools print them, for a trace. */
import type { IptablesItem, Neighbour, Nexthop, Route, Rule } from '../state.ts';

const wholeLength = (item: { family: string }): number => (item.family === 'inet' ? 32 : 128);

const prefixText = (address: string, length: number | undefined, whole: number): string =>
  length === undefined || length === whole ? address : `${address}/${length}`;

/** As `ip rule` prints it: `167772161:\tfrom 10.0.0.1/24 lookup 167772161` (iproute2, `ip/iprule.c: print_rule`). */
export function ruleText(rule: Rule): string {
  const words = [rule.not ? 'not from' : 'from', prefixText(rule.src, rule.srclen, wholeLength(rule))];
  if (rule.dst !== undefined) words.push('to', prefixText(rule.dst, rule.dstlen, wholeLength(rule)));
  if (rule.fwmark !== undefined) words.push('fwmark', rule.fwmask ? `${rule.fwmark}/${rule.fwmask}` : rule.fwmark);
  if (rule.iif !== undefined) words.push('iif', rule.iif);
  if (rule.oif !== undefined) words.push('oif', rule.oif);
  if (rule.table !== undefined) words.push('lookup', rule.table);
  if (rule.action !== undefined) words.push(rule.action);
  return `${rule.priority}:\t${words.join(' ')}`;
}

/** As `ip route show table all` prints it, on one line (iproute2, `ip/iproute.c: print_route`). */
export function routeText(route: Route): string {
  const words = route.type === undefined ? [route.dst] : [route.type, route.dst];
  if (route.gateway !== undefined) words.push('via', route.gateway);
  if (route.dev !== undefined) words.push('dev', route.dev);
  if (route.table !== undefined) words.push('table', route.table);
  if (route.protocol !== undefined) words.push('proto', route.protocol);
  if (route.scope !== undefined) words.push('scope', route.scope);
  if (route.prefsrc !== undefined) words.push('src', route.prefsrc);
  if (route.metric !== undefined) words.push('metric', String(route.metric));
  words.push(...(route.flags ?? []));
  for (const nexthop of route.nexthops ?? [])
    words.push('nexthop', nexthopText(nexthop), 'weight', String(nexthop.weight ?? 1));
  return words.join(' ');
}

/** What of a route decides the way: `default via 10.0.0.3 dev qr-c2e43983-5c`. */
export function hopText(route: Route, nexthop: Nexthop): string {
  return [route.type, route.dst, nexthopText(nexthop)].filter(Boolean).join(' ');
}

const nexthopText = ({ gateway, dev }: Nexthop): string =>
  [gateway === undefined ? [] : ['via', gateway], dev === undefined ? [] : ['dev', dev]].flat().join(' ');

/** As `ip neigh` prints it. */
export const neighbourText = (neighbour: Neighbour): string =>
  [
    neighbour.dst,
    'dev',
    neighbour.dev,
    ...(neighbour.lladdr ? ['lladdr', neighbour.lladdr] : []),
    ...neighbour.state,
  ].join(' ');

/** As `iptables-save` prints it, behind the heading of its table. */
export const iptablesText = (item: IptablesItem): string =>
  item.spec === undefined
    ? `:${item.chain} ${item.policy ?? '-'}`
    : `-A ${item.chain}${item.spec === '' ? '' : ` ${item.spec}`}`;
