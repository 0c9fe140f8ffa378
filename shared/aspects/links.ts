/** `ip link`: the devices of a namespace. */
import { type Namespace, devicesOf, isUnknown } from '../namespaces/types.ts';
import type { Family, Link } from '../state.ts';
import {
  type Aspect,
  type Parsed,
  commandWords,
  compact,
  ipFamilies,
  jsonRecords,
  numberField,
  textField,
} from './aspect.ts';

export const links: Aspect<Link> = {
  name: 'links',
  noun: 'link',
  title: 'ip link',
  reads: (command) => ipFamilies(command, 'link', ['inet', 'inet6']) ?? addressText(command),
  parse: parseLinks,
  expect: expectLinks,
  family: () => undefined,
  identities: [explain, (link) => link.ifname, (link) => link.address ?? link.ifname],
  explain,
  dynamic: (link) =>
    FALLBACK_DEVICES.has(link.ifname)
      ? 'the kernel puts its fallback tunnel devices into every new namespace'
      : undefined,
  repair: (link) => [
    'ip',
    'link',
    'set',
    'dev',
    link.ifname,
    'mtu',
    String(link.mtu),
    ...(link.flags.includes('UP') ? ['up'] : []),
  ],
};

/** `ip address`, as long as it is neither JSON nor short, prints each device as `ip link` does; sosreport has no other of a namespace. */
const addressText = (command: string): readonly Family[] | undefined =>
  commandWords(command).options.every((option) => /^-(d|details|s|stats|statistics)$/.test(option))
    ? ipFamilies(command, 'address', ['inet', 'inet6'])
    : undefined;

/** Made by the kernel in each namespace while `net.core.fb_tunnels_only_for_init_net` is 0 and the tunnel's module is loaded. */
const FALLBACK_DEVICES = new Set('gre0 gretap0 erspan0 tunl0 sit0 ip6tnl0 ip6gre0 ip_vti0 ip6_vti0'.split(' '));

/** `qr-c2e43983-5c: <UP> mtu 1450 link/ether fa:16:3e:…`: what `ip link` prints, less what depends on driver and carrier. */
function explain(link: Link): string {
  const kind = link.ifname === 'lo' ? 'loopback' : 'ether';
  return `${link.ifname}: <${link.flags.join(',')}> mtu ${link.mtu}${link.address ? ` link/${kind} ${link.address}` : ''}`;
}

function expectLinks(namespace: Namespace): Link[] {
  const lo: Link = {
    ifname: 'lo',
    mtu: 65536,
    address: '00:00:00:00:00:00',
    flags: ['UP'],
    because: {
      pointer: namespace.because.pointer,
      sentence: 'every namespace has lo; the agent sets it up',
      neutron: 'ip_lib.py: IPWrapper.ensure_namespace',
    },
  };
  const own = devicesOf(namespace).map((device): Link => ({
    ifname: device.ifname,
    mtu: device.mtu,
    address: device.mac,
    flags: device.isDown ? [] : ['UP'],
    because: device.because,
  }));
  return [lo, ...own];
}

function parseLinks(text: string): Parsed<Link> {
  const json = jsonRecords(text);
  const parsed: Parsed<Link> = { items: [], problems: json?.problems ?? [] };
  const take = (link: Link | undefined, source: string) => {
    if (link) parsed.items.push(link);
    else parsed.problems.push(`not a device: ${source}`);
  };
  if (json) for (const record of json.records) take(linkOfRecord(record), JSON.stringify(record));
  // One device is a line that begins with its number (or name) and the indented lines behind it.
  else for (const block of text.split(/\n(?=\S)/)) if (block.trim() !== '') take(linkOfText(block), block);
  return parsed;
}

function linkOfRecord(record: Record<string, unknown>): Link | undefined {
  const ifname = textField(record, 'ifname');
  const mtu = numberField(record, 'mtu');
  if (ifname === undefined || mtu === undefined || !Array.isArray(record['flags'])) return undefined;
  const flags = record['flags'].filter((flag): flag is string => flag === 'UP');
  return compact({ ifname, mtu, address: textField(record, 'address')?.toLowerCase(), flags });
}

function linkOfText(block: string): Link | undefined {
  const head = /^(?:\d+:\s+)?([^\s:@]+|<[^>]*>|\S+<[^>]*>)(?:@\S+)?:\s+<([^>]*)>.*?\bmtu (\d+)/.exec(block);
  if (!head) return undefined;
  const address = /\blink\/\S+ (\S+|<[^>]*>)(?:\s|$)/.exec(block)?.[1];
  const flags = head[2]!.split(',').filter((flag) => flag === 'UP');
  return compact({
    ifname: head[1]!,
    mtu: Number(head[3]),
    address: address && isUnknown(address) ? undefined : address,
    flags,
  });
}
