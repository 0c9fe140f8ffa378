/** `ip addr`: the addresses of the devices of a namespace. */
import { canonical, familyOf, parsePrefix } from '../ip.ts';
import { type Device, type Namespace, broadcastAddress, devicesOf, linkLocalAddress } from '../namespaces/types.ts';
import type { Address, Because, Family } from '../state.ts';
import {
  type Aspect,
  type Parsed,
  compact,
  ipFamilies,
  isRecord,
  jsonRecords,
  numberField,
  textField,
} from './aspect.ts';

export const addresses: Aspect<Address> = {
  name: 'addresses',
  noun: 'address',
  title: 'ip -o addr',
  reads: (command) => ipFamilies(command, 'address', ['inet', 'inet6']),
  parse: parseAddresses,
  expect: (namespace) => [...loopback(namespace), ...devicesOf(namespace).flatMap(addressesOf)],
  family: (address) => address.family,
  identities: [
    explain,
    (address) => `${address.ifname} ${address.local}`,
    (address) => `${address.local}/${address.prefixlen}`,
    (address) => `${address.ifname} ${address.family}`,
  ],
  explain,
  dynamic: ({ family, flags }) =>
    family === 'inet6' && flags?.includes('dynamic')
      ? 'the kernel made this address from a router advertisement'
      : undefined,
  repair: (a) => [
    'ip',
    'addr',
    'add',
    `${a.local}/${a.prefixlen}`,
    ...(a.broadcast ? ['brd', a.broadcast] : []),
    'dev',
    a.ifname,
  ],
  remove: (a) => ['ip', 'addr', 'del', `${a.local}/${a.prefixlen}`, 'dev', a.ifname],
};

/** One line of `ip -o addr`, without the device number and lifetimes. */
function explain(address: Address): string {
  const { family, ifname, local, prefixlen, broadcast, scope, flags = [] } = address;
  const words = [scope, ...flags, ifname].join(' ');
  return `${ifname}    ${family} ${local}/${prefixlen}${broadcast ? ` brd ${broadcast}` : ''} scope ${words}`;
}

function loopback(namespace: Namespace): Address[] {
  const because = { ...namespace.because, sentence: 'the kernel gives lo its address when it is set up' };
  const lo = { ifname: 'lo', scope: 'host', because };
  return [
    { ...lo, family: 'inet', local: '127.0.0.1', prefixlen: 8 },
    { ...lo, family: 'inet6', local: '::1', prefixlen: 128 },
  ];
}

function addressesOf(device: Device): Address[] {
  if (device.silent) return [];
  const { ifname, because, reasons = {}, addresses: own, addresses6 = [] } = device;
  const linkLocal = linkLocalAddress(device);
  const made = {
    ...because,
    sentence: `the kernel makes this address of the MAC of ${ifname}`,
    neutron: 'interface.py: LinuxInterfaceDriver.plug',
  };
  return [
    ...own.map((text) => addressOf('inet', device, text, 'global', reasons[text] ?? because)),
    ...addresses6.map((text) =>
      addressOf('inet6', device, text, text.startsWith('fe80:') ? 'link' : 'global', because),
    ),
    ...(linkLocal === undefined ? [] : [addressOf('inet6', device, linkLocal, 'link', made)]),
  ];
}

function addressOf(family: Family, device: Device, text: string, scope: string, because: Because): Address {
  const prefix = parsePrefix(text);
  const [address = '', length] = text.split('/');
  return compact({
    family,
    ifname: device.ifname,
    local: prefix?.address ?? address,
    prefixlen: prefix?.length ?? Number(length),
    broadcast: prefix && family === 'inet' ? broadcastAddress(device, prefix) : undefined,
    scope,
    because,
  });
}

/** What `ip addr` says of an IPv6 address besides: a learned one is `dynamic`, a duplicate `dadfailed`. `tentative` passes within seconds. */
const FLAGS = ['dynamic', 'dadfailed'] as const;

function parseAddresses(text: string): Parsed<Address> {
  const json = jsonRecords(text);
  if (!json) return parseLines(text);
  const parsed: Parsed<Address> = { items: [], problems: json.problems };
  for (const record of json.records) {
    const ifname = textField(record, 'ifname');
    const list = record['addr_info'];
    if (ifname === undefined || !Array.isArray(list)) {
      parsed.problems.push(`not a device with addresses: ${JSON.stringify(record).slice(0, 200)}`);
      continue;
    }
    for (const entry of list) {
      // `ip -j -4 addr` prints an empty record for an address of the other family.
      if (!isRecord(entry) || Object.keys(entry).length === 0) continue;
      const address = addressOfRecord(entry, ifname);
      if (address) parsed.items.push(address);
      else parsed.problems.push(`not an address: ${JSON.stringify(entry)}`);
    }
  }
  return parsed;
}

function addressOfRecord(record: Record<string, unknown>, ifname: string): Address | undefined {
  const local = canonical(textField(record, 'local') ?? '');
  const prefixlen = numberField(record, 'prefixlen');
  if (local === undefined || prefixlen === undefined) return undefined;
  return compact({
    family: familyOf(local)!,
    ifname,
    local,
    prefixlen,
    broadcast: textField(record, 'broadcast'),
    scope: textField(record, 'scope') ?? 'global',
    flags: flagsOf((flag) => record[flag] === true),
  });
}

function flagsOf(has: (flag: string) => boolean): string[] | undefined {
  const flags = FLAGS.filter(has);
  return flags.length > 0 ? flags : undefined;
}

/** Both `ip addr` and `ip -o addr`; the short form names the device on each line. */
function parseLines(text: string): Parsed<Address> {
  const parsed: Parsed<Address> = { items: [], problems: [] };
  let device: string | undefined;
  for (const line of text.split('\n')) {
    const head = /^(?:\d+:\s+)?([^\s:@]+)(?:@[^\s:]+)?:?\s+(?=<|inet|link)/.exec(line);
    if (head && !/^\s/.test(line)) device = head[1]!;
    const match = /\b(inet6?) ([0-9a-fA-F:.]+)(?: peer \S+)?\/(\d+)(?:.*? brd (\S+))?.*? scope (\S+)/.exec(line);
    if (!match) {
      // A line that is not indented begins a device or an address; anything else is what some tool had to say instead.
      if (/\binet6? /.test(line) || (/^\S/.test(line) && !head)) parsed.problems.push(`not an address: ${line.trim()}`);
      continue;
    }
    const local = canonical(match[2]!);
    if (!local || !device) parsed.problems.push(`not an address of a device: ${line.trim()}`);
    else
      parsed.items.push(
        compact({
          family: familyOf(local)!,
          ifname: device,
          local,
          prefixlen: Number(match[3]),
          broadcast: match[4],
          scope: match[5]!,
          flags: flagsOf((flag) =>
            line
              .slice(match.index + match[0].length)
              .split(/\s+/)
              .includes(flag),
          ),
        }),
      );
  }
  return parsed;
}
