/** A recording as sos would have kept it: files by path, the text that the tools print for people instead of JSON. */
import { type Section, parseSnapshot } from '../../shared/snapshot.ts';
import { mangle } from '../../server/sources/sosreport.ts';

/**
 * `namespaces`: of newer versions, with rules since 4.4 and `sysctl -a` since 2023. `flat`: 4.0 as in Debian 12, which has neither.
 * `ruleList`: 4.1 and 4.2, with rules of IPv4 alone.
 */
export type Layout = 'namespaces' | 'flat' | 'ruleList';

type Records = Record<string, unknown>[];
/** Values that are put into text as they are. */
type Printed = Record<string, string | undefined>;

export function reportOf(snapshotText: string, layout: Layout): Map<string, string> {
  const { sections, node } = parseSnapshot(snapshotText);
  const files = new Map<string, string>([['sos_commands/host/hostname', `${node}\n`]]);
  const add = (path: string, text: string | undefined) => text !== undefined && files.set(path, text);
  const names = sections.find(({ command }) => command === 'ip netns list')!.stdout;
  add('sos_commands/networking/ip_netns', names);
  for (const name of names.split('\n').filter((line) => line !== '')) {
    const own = sections.filter(({ namespace }) => namespace === name);
    const folder = layout === 'namespaces' ? `namespaces/${name}/` : '';
    for (const [command, text] of Object.entries(outputsOf(own, layout)))
      add(`sos_commands/networking/${folder}${mangle(`ip netns exec ${name} ${command}`)}`, text);
  }
  const host = sections.filter(({ namespace }) => namespace === '-');
  add('etc/openvswitch/conf.db', databaseOf(host));
  for (const { command, stdout } of host) {
    const [, verb, bridge] = /^ovs-ofctl -O OpenFlow13 (show|dump-flows) (\S+)$/.exec(command) ?? [];
    if (verb !== undefined) {
      add(`sos_commands/openvswitch/ovs-ofctl_-O_OpenFlow13_${verb}_${bridge}`, stdout);
      add(`sos_commands/openvswitch/ovs-ofctl_${verb}_${bridge}`, REFUSED);
    }
    const path = /^cat \/(var\/lib\/neutron\/(?:fip-|ha_confs).*)$/.exec(command)?.[1];
    if (path !== undefined) add(path, stdout);
  }
  add('var/lib/neutron/ns-metadata-proxy/any.conf', '');
  return files;
}

/** What `ovs-ofctl` says when a bridge does not speak the version. */
const REFUSED =
  '2026-11-21T22:53:20Z|00001|vconn|WARN|unix:/var/run/openvswitch/br-int.mgmt: version negotiation failed (we support version 0x01, peer supports version 0x04)\novs-ofctl: br-int: failed to connect to socket (Broken pipe)\n';

function outputsOf(sections: readonly Section[], layout: Layout): Record<string, string | undefined> {
  const text = (command: string) => sections.find((section) => section.command === command)?.stdout;
  const json = (command: string): Records | undefined => {
    const found = text(command);
    return found === undefined ? undefined : (JSON.parse(found.trim() || '[]') as Records);
  };
  const routes = [json('ip -j -4 route show table all'), json('ip -j -6 route show table all')];
  const common = {
    [layout === 'namespaces' ? 'ip -d address show' : 'ip address show']: linesOf(json('ip -j addr'), addressText),
    'ip route show table all': routes.every(Boolean)
      ? linesOf(
          routes.flatMap((list) => list!),
          routeText,
        )
      : undefined,
    'iptables-save': text('iptables-save'),
  };
  if (layout === 'flat') return common;
  const neighbours = { 'ip -s -s neigh show': linesOf(json('ip -j neigh show'), neighbourText) };
  if (layout === 'ruleList')
    return { ...common, ...neighbours, 'ip rule list': linesOf(json('ip -j -4 rule'), ruleText) };
  return {
    ...common,
    'ip -4 rule list': linesOf(json('ip -j -4 rule'), ruleText),
    'ip -6 rule list': linesOf(json('ip -j -6 rule'), ruleText),
    ...neighbours,
    'sysctl -a': text('sysctl -a'),
    'ip6tables-save': text('ip6tables-save'),
  };
}

const linesOf = (records: Records | undefined, print: (record: Printed) => string): string | undefined =>
  records
    ?.filter((record) => Object.keys(record).length > 0)
    .map((record) => `${print(record as Printed)}\n`)
    .join('');

/** A word with its value, where there is one. */
const option = (word: string, value: string | number | undefined): string =>
  value === undefined ? '' : ` ${word} ${value}`;

/** `ip/ipaddress.c: print_linkinfo, print_addrinfo`. */
function addressText(link: Printed): string {
  const { ifindex, ifname, flags, mtu, link_type, address, addr_info } = link;
  const brd = option('brd', link['broadcast']);
  const lines = (addr_info as unknown as Printed[])
    .filter((entry) => Object.keys(entry).length > 0)
    .map((entry) => {
      const { family, local, prefixlen, broadcast, scope, label } = entry;
      const words = ['dynamic', 'tentative', 'dadfailed', 'secondary'].filter((flag) => entry[flag]);
      return `    ${family} ${local}/${prefixlen}${option('brd', broadcast)} scope ${scope} ${[...words, label ?? ''].join(' ')}\n       valid_lft forever preferred_lft forever`;
    });
  const head = `${ifindex}: ${ifname}@if7: <${(flags as unknown as string[]).join(',')}> mtu ${mtu} qdisc noqueue state UP group default qlen 1000`;
  return [head, `    link/${link_type} ${address}${brd} promiscuity 0 minmtu 68 maxmtu 65535`, ...lines].join('\n');
}

/** `ip/iproute.c: print_route`. */
function routeText(route: Printed): string {
  const { type, dst, gateway, dev, table, protocol, scope, prefsrc, metric, nexthops, pref } = route;
  const hops = ((nexthops ?? []) as unknown as Printed[]).map(
    (hop) =>
      `\n\tnexthop${option('via', hop['gateway'])}${option('dev', hop['dev'])}${option('weight', hop['weight'])} `,
  );
  return [
    type === undefined ? '' : `${type} `,
    dst,
    option('via', gateway),
    option('dev', dev),
    option('table', table),
    option('proto', protocol),
    option('scope', scope),
    option('src', prefsrc),
    option('metric', metric),
    ...((route['flags'] ?? []) as unknown as string[]).map((flag) => ` ${flag}`),
    option('expires', route['expires'] === undefined ? undefined : '1799sec'),
    option('pref', pref),
    ' ',
    ...hops,
  ].join('');
}

/** `ip/iprule.c: print_rule`. */
function ruleText(rule: Printed): string {
  const { priority, src, srclen, fwmark, fwmask, iif, table } = rule;
  const mark = fwmark === undefined ? '' : ` fwmark ${fwmark}${fwmask === undefined ? '' : `/${fwmask}`}`;
  return `${priority}:\tfrom ${src}${srclen === undefined ? '' : `/${srclen}`}${mark}${option('iif', iif)} lookup ${table} `;
}

/** `ip/ipneigh.c: print_neigh`. */
function neighbourText(neighbour: Printed): string {
  const { dst, dev, lladdr, state } = neighbour;
  return `${dst} dev ${dev}${option('lladdr', lladdr)} ref 1 used 12/7/3 probes 1 ${(state as unknown as string[]).join(' ')}`;
}

/** A file of the database with a row for each that `ovs-vsctl -f json list` printed, written in two transactions. */
function databaseOf(sections: readonly Section[]): string | undefined {
  const first: Record<string, unknown> = {};
  const second: Record<string, unknown> = { _is_diff: true };
  for (const table of ['Bridge', 'Port', 'Interface']) {
    const section = sections.find(({ command }) => command === `ovs-vsctl -f json list ${table}`);
    if (!section) return undefined;
    const { headings, data } = JSON.parse(section.stdout) as { headings: string[]; data: unknown[][] };
    const rows = data.map((cells) => {
      const row = Object.fromEntries(headings.map((heading, i) => [heading, cells[i]]));
      const [, uuid] = row['_uuid'] as [string, string];
      const { _uuid: _, ofport, ...rest } = row;
      return { uuid, rest, later: ofport === undefined ? {} : { ofport } };
    });
    first[table] = Object.fromEntries(rows.map(({ uuid, rest }) => [uuid, rest]));
    second[table] = Object.fromEntries(rows.map(({ uuid, later }) => [uuid, later]));
  }
  const records = [{ name: 'Open_vSwitch', tables: SCHEMA }, first, second].map((record) => JSON.stringify(record));
  return records.map((record) => `OVSDB JSON ${Buffer.byteLength(record) + 1} ${'0'.repeat(40)}\n${record}\n`).join('');
}

const SCHEMA = { Interface: { columns: { ofport: { type: { key: 'integer', min: 0, max: 1 } } } } };
