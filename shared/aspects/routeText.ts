/** Routes as iproute2 prints and reads them, as text and as JSON (`ip/iproute.c: print_route`). */
import type { Family, Nexthop, Route } from '../state.ts';
import { type Parsed, compact, isRecord, jsonRecords, numberField, textField } from './aspect.ts';

const TYPES = new Set('local broadcast anycast multicast throw unreachable prohibit blackhole nat'.split(' '));
const FLAGS = new Set(['dead', 'linkdown']);

/** `default via 10.0.0.3 dev qr-c2e43983-5c table 167772161 proto static`; several next hops follow on the same line. */
export function explainRoute(route: Route): string {
  const hop = (gateway?: string, dev?: string) => [
    ...(gateway === undefined ? [] : ['via', gateway]),
    ...(dev === undefined ? [] : ['dev', dev]),
  ];
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  return [
    ...(route.type === undefined ? [] : [route.type]),
    route.dst,
    ...hop(route.gateway, route.dev),
    ...option('table', route.table),
    ...option('proto', route.protocol),
    ...option('scope', route.scope),
    ...option('src', route.prefsrc),
    ...option('metric', route.metric),
    ...(route.expires ? ['expires'] : []),
    ...(route.flags ?? []),
    ...(route.nexthops ?? []).flatMap((n) => ['nexthop', ...hop(n.gateway, n.dev), ...option('weight', n.weight)]),
  ].join(' ');
}

/** @param families `ip route show table all` without `-4` or `-6` prints both, IPv4 first, and a line does not always tell its own */
export function parseRoutes(text: string, families: readonly Family[]): Parsed<Route> {
  const json = jsonRecords(text);
  const parsed: Parsed<Route> = { items: [], problems: json?.problems ?? [] };
  let family: Family = families[0] ?? 'inet';
  const take = (words: readonly string[], read: () => Route | undefined, source: string) => {
    if (families.length > 1) family = familyOfWords(words) ?? family;
    const route = read();
    if (route) parsed.items.push(route);
    else parsed.problems.push(`not a route: ${source}`);
  };
  if (json)
    for (const record of json.records) {
      const values = ['dst', 'gateway', 'prefsrc'].map((key) => textField(record, key) ?? '');
      take([...Object.keys(record), ...values], () => routeOfRecord(record, family), JSON.stringify(record));
    }
  // The next hops of a multipath route are lines of their own, indented.
  else
    for (const line of text.replace(/\n[ \t]+(?=nexthop)/g, ' ').split('\n'))
      if (line.trim() !== '') take(line.split(/\s+/), () => routeOfLine(line, family), line);
  return parsed;
}

/** Only IPv6 routes have a preference (`RTA_PREF`), only of IPv4 ones a scope is shown or a gateway of the other family; else an address tells. */
function familyOfWords(words: readonly string[]): Family | undefined {
  if (words.includes('inet6')) return 'inet';
  if (words.some((word) => word === 'pref' || (word.length < 64 && /^[0-9a-f:.]*:[0-9a-f:.]*(\/\d+)?$/i.test(word))))
    return 'inet6';
  return words.some((word) => word === 'scope' || /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(word)) ? 'inet' : undefined;
}

/** iproute2 prints what is the default only sometimes; here it is always left out. */
function normal(route: Route): Route {
  if (route.type === 'unicast') delete route.type;
  if (route.table === 'main' || route.table === '254') delete route.table;
  if (route.table === '255') route.table = 'local';
  if (route.scope === 'global') delete route.scope;
  if (route.protocol === 'boot') delete route.protocol;
  if (route.flags?.length === 0) delete route.flags;
  // Kernels before 5.11 do not say that this is a multicast route of their own (a826b04303a4, ceed9038b278).
  if (route.family === 'inet6' && route.dst === 'ff00::/8' && route.table === 'local' && route.type === undefined)
    Object.assign(route, { type: 'multicast', protocol: 'kernel' });
  return route;
}

function routeOfRecord(record: Record<string, unknown>, family: Family): Route | undefined {
  const dst = textField(record, 'dst');
  if (dst === undefined) return undefined;
  const via = isRecord(record['via']) ? textField(record['via'], 'host') : undefined;
  const flags = Array.isArray(record['flags'])
    ? record['flags'].filter((flag): flag is string => typeof flag === 'string' && FLAGS.has(flag))
    : [];
  const hops = Array.isArray(record['nexthops']) ? record['nexthops'].filter(isRecord) : undefined;
  return normal(
    compact({
      family,
      type: textField(record, 'type'),
      dst,
      gateway: textField(record, 'gateway') ?? via,
      dev: textField(record, 'dev'),
      table: textField(record, 'table'),
      protocol: textField(record, 'protocol'),
      scope: textField(record, 'scope'),
      prefsrc: textField(record, 'prefsrc'),
      metric: numberField(record, 'metric'),
      expires: 'expires' in record ? (true as const) : undefined,
      flags,
      nexthops: hops?.map((hop): Nexthop =>
        compact({ gateway: textField(hop, 'gateway'), dev: textField(hop, 'dev'), weight: numberField(hop, 'weight') }),
      ),
    }),
  );
}

function routeOfLine(line: string, family: Family): Route | undefined {
  const words = line.trim().split(/\s+/);
  const type = TYPES.has(words[0]!) ? words.shift() : undefined;
  const dst = words.shift();
  if (dst === undefined || !/^(default|[0-9a-fA-F.:]+(\/\d+)?|<.*)$/.test(dst)) return undefined;
  const [own, ...hops] = splitAt(words, 'nexthop');
  const after = (list: string[], word: string) => {
    const at = list.indexOf(word);
    // `via inet6 fe80::1`: the gateway of an IPv4 route may be of the other family.
    return at < 0 ? undefined : list[at + (/^inet6?$/.test(list[at + 1] ?? '') ? 2 : 1)];
  };
  const number = (text: string | undefined) => (text === undefined || !/^\d+$/.test(text) ? undefined : Number(text));
  return normal(
    compact({
      family,
      type,
      dst,
      gateway: after(own!, 'via'),
      dev: after(own!, 'dev'),
      table: after(own!, 'table'),
      protocol: after(own!, 'proto'),
      scope: after(own!, 'scope'),
      prefsrc: after(own!, 'src'),
      metric: number(after(own!, 'metric')),
      expires: own!.includes('expires') ? (true as const) : undefined,
      flags: own!.filter((word) => FLAGS.has(word)),
      nexthops: hops.length
        ? hops.map((hop) =>
            compact({ gateway: after(hop, 'via'), dev: after(hop, 'dev'), weight: number(after(hop, 'weight')) }),
          )
        : undefined,
    }),
  );
}

/** The words before the first separator, then those behind each. */
function splitAt(words: string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === separator) parts.push([]);
    else parts.at(-1)!.push(word);
  }
  return parts;
}
