/** Random rulesets of the kinds that Neutron writes, as text for `iptables-restore` and `ip6tables-restore`. */
import type { Family } from '../../shared/state.ts';
import type { Random } from './random.ts';
import { DEVICES } from './routesState.ts';

/** Addresses of a family. */
interface Places {
  /** Of VMs, behind each device. */
  inside: readonly string[];
  /** Given out. */
  floating: readonly string[];
  /** Others of the world outside. */
  outside: readonly string[];
  /** The router's own, of each device. */
  own: readonly string[];
  gateways: readonly string[];
  /** Written in rules. */
  prefixes: readonly string[];
}

export const PLACES: Record<Family, Places> = {
  inet: {
    inside: ['10.0.0.5', '10.0.0.9', '10.1.0.5', '10.1.0.9'],
    floating: ['192.168.1.21', '192.168.1.22', '192.168.1.23'],
    outside: ['8.8.8.8', '169.254.169.254', '10.2.0.200'],
    own: ['10.0.0.1', '10.1.0.1', '10.2.0.1'],
    gateways: ['10.1.0.254', '10.2.0.254'],
    prefixes: ['10.0.0.0/24', '10.1.0.0/16', '10.0.0.0/8', '10.0.0.4/31', '192.168.1.22/31', '128.0.0.0/1'],
  },
  inet6: {
    inside: ['2001:db8::5', '2001:db8::9', '2001:db8:1::5', '2001:db8:1::9', 'fe80::5'],
    floating: ['2001:db8:f::21', '2001:db8:f::22', '2001:db8:f::23'],
    outside: ['2001:4860::8888', 'fe80::a9fe:a9fe', '2001:db8:2::c8'],
    own: ['2001:db8::1', '2001:db8:1::1', '2001:db8:2::1'],
    gateways: ['2001:db8:1::fe', '2001:db8:2::fe'],
    prefixes: ['2001:db8::/64', '2001:db8:1::/48', '2001:db8::/32', '2001:db8:f::22/127', 'fe80::/10'],
  },
};

export const PORTS = [53, 80, 443, 9697, 8080] as const;

/** What lines are made of. */
interface Making extends Random, Places {
  family: Family;
}

type Line = (making: Making) => string;

const dev: Line = ({ pick }) => pick([...DEVICES, 'qr-+', 'rfp-+']);
const not: Line = ({ oneIn }) => (oneIn(4) ? '! ' : '');
const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'RELATED,ESTABLISHED', 'DNAT', 'SNAT', 'INVALID', 'UNTRACKED', 'INVALID,UNTRACKED']; // prettier-ignore
const ctstate: Line = (making) =>
  making.oneIn(6)
    ? `-m state ${not(making)}--state ${making.pick(['NEW', 'ESTABLISHED', 'INVALID', 'UNTRACKED', 'RELATED'])}`
    : `-m conntrack ${not(making)}--ctstate ${making.pick(STATES)}`;
const MARKS = ['0x1/0xffff', '0x2/0xffff', '0x4000000/0xffff0000', '0x0/0xffff0000', '0x1', '0x80000000/0x80000000'];
const mark: Line = (making) => `-m mark ${not(making)}--mark ${making.pick(MARKS)}`;
const connmark: Line = (making) => `-m connmark ${not(making)}--mark ${making.pick(MARKS)}`;
const icmpName = (family: Family): string => (family === 'inet' ? 'icmp' : 'ipv6-icmp');
const icmpType: Line = ({ family, pick }) =>
  family === 'inet'
    ? `-m icmp --icmp-type ${pick(['8', '0', '3/1', '8/0', 'any'])}`
    : `-m icmp6 --icmpv6-type ${pick(['128', '129', '134', '1/4'])}`;
const protocol: Line = (making) => {
  const { pick, family } = making;
  return pick([
    () => `${not(making)}-p ${pick(['tcp', 'udp', icmpName(family)])}`,
    () => {
      const name = pick(['tcp', 'udp']);
      return `-p ${name} -m ${name} ${not(making)}${pick([`--dport ${pick([...PORTS, '1:100', '80:', ':443'])}`, `--sport ${pick(['2000:2100', '80', '2050:'])}`])}`;
    },
    () =>
      `-p ${pick(['tcp', 'udp'])} -m multiport ${not(making)}${pick(['--dports 53,80:443', '--sports 2000:2020,2100', '--ports 80,2000:2040'])}`,
    () => `-p ${icmpName(family)} ${icmpType(making)}`,
  ])();
};
const source: Line = (making) => `${not(making)}-s ${making.pick([...making.inside, ...making.prefixes, ...making.floating])}`; // prettier-ignore
const destination: Line = (making) =>
  `${not(making)}-d ${making.pick([...making.inside, ...making.floating, ...making.outside, ...making.prefixes, ...making.own])}`;
const input: Line = (making) => `${not(making)}-i ${dev(making)}`;
const output: Line = (making) => `${not(making)}-o ${dev(making)}`;

const PARTS: Record<string, readonly Line[]> = {
  PREROUTING: [input, source, destination, protocol, mark, connmark, ctstate],
  INPUT: [input, source, destination, protocol, mark, connmark, ctstate],
  FORWARD: [input, output, source, destination, protocol, mark, connmark, ctstate],
  OUTPUT: [output, source, destination, protocol, mark, connmark, ctstate],
  POSTROUTING: [output, source, destination, protocol, mark, connmark, ctstate],
};

const setMark: Line = ({ pick }) =>
  `-j MARK ${pick(['--set-xmark 0x1/0xffff', '--set-xmark 0x2/0xffff', '--set-xmark 0x4000000/0xffff0000', '--set-xmark 0x3/0x1', '--set-mark 0x80000000/0x80000000', '--or-mark 0x2', '--and-mark 0xffff', '--set-mark 0x2'])}`;
const setConnmark: Line = ({ pick }) =>
  `-j CONNMARK ${pick(['--save-mark --nfmask 0xffff0000 --ctmask 0xffff0000', '--restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000', '--save-mark --nfmask 0xffff --ctmask 0xff00ffff', '--restore-mark --nfmask 0xff --ctmask 0xffff', '--save-mark', '--restore-mark', '--set-xmark 0x2/0xffff', '--set-mark 0x80000001'])}`;
const verdict: Line = ({ pick }) => `-j ${pick(['ACCEPT', 'ACCEPT', 'ACCEPT', 'RETURN', 'DROP', 'REJECT'])}`;
const dropped: Line = () => '-j DROP';
const harmless: Line = ({ pick }) => pick(['-m comment --comment "-j DROP ! it says"', '-j NFLOG --nflog-group 9', '']);
const ended: Line = ({ pick }) => `-j ${pick(['ACCEPT', 'RETURN'])}`;
/** With a port, which IPv6 keeps apart by brackets. */
const withPort: Line = ({ family, pick, inside }) => {
  const address = pick(inside);
  return `${pick([family === 'inet' ? address : `[${address}]`, ''])}:${pick(PORTS)}`;
};

/** Table → hook → what its rules do. */
const TARGETS: Record<string, Record<string, readonly Line[]>> = {
  raw: {
    PREROUTING: [() => '-j CT --notrack', () => '-j ACCEPT', harmless],
    OUTPUT: [() => '-j CT --notrack', () => '-j ACCEPT'],
  },
  mangle: {
    PREROUTING: [setMark, setMark, setConnmark, setConnmark, () => '-j RETURN', harmless],
    INPUT: [setMark, () => '-j ACCEPT'],
    FORWARD: [setMark, setConnmark, () => '-j RETURN'],
    OUTPUT: [setMark, setConnmark, () => '-j RETURN'],
    POSTROUTING: [setMark, setConnmark],
  },
  nat: {
    PREROUTING: [
      ({ pick, inside, own }) => `-j DNAT --to-destination ${pick([...inside, ...own])}`,
      (making) => `-p tcp -m tcp --dport ${making.pick(PORTS)} -j DNAT --to-destination ${withPort(making)}`,
      ({ pick }) => `-p ${pick(['tcp', 'udp'])} -j REDIRECT --to-ports 9697`,
      () => '-j REDIRECT',
      ended,
    ],
    OUTPUT: [
      ({ pick, inside }) => `-j DNAT --to-destination ${pick(inside)}`,
      ({ pick }) => `-p ${pick(['tcp', 'udp'])} -j REDIRECT --to-ports 8080`,
    ],
    POSTROUTING: [
      ({ pick, floating, own }) => `-j SNAT --to-source ${pick([...floating, ...own])}`,
      ({ pick, floating }) => `-j SNAT --to-source ${pick(floating)} --random-fully`,
      () => '-j MASQUERADE',
      ({ pick, floating }) => `-p udp -j SNAT --to-source ${pick(floating)}`,
      ended,
    ],
    INPUT: [({ pick, floating }) => `-j SNAT --to-source ${pick(floating)}`],
  },
  filter: {
    INPUT: [verdict, harmless],
    FORWARD: [verdict, verdict, harmless],
    // An error to itself is always sent, and is a packet of the connection that it is about.
    OUTPUT: [dropped, ended],
  },
  security: { INPUT: [ended], FORWARD: [dropped, ended], OUTPUT: [dropped] },
};

/** All tables of a family; one that few have is seldom there. */
export function randomTables(random: Random, family: Family): string {
  const making: Making = { ...random, ...PLACES[family], family };
  return Object.entries(TARGETS)
    .map(([table, hooks]) => (table === 'security' && !random.oneIn(4) ? '' : tableText(making, table, hooks)))
    .join('');
}

function tableText(making: Making, table: string, hooks: Record<string, readonly Line[]>): string {
  const chains: string[] = [];
  const rules: string[] = [];
  for (const [hook, targets] of Object.entries(hooks)) {
    const policy = table === 'filter' && making.oneIn(8) ? 'DROP' : 'ACCEPT';
    chains.push(`:${hook} ${policy} [0:0]`);
    const parts = PARTS[hook]!;
    const rule = (chain: string): string => {
      const matches = Array.from({ length: making.below(3) }, () => making.pick(parts)(making));
      return `-A ${chain} ${[...unlike(matches), making.pick(targets)(making)].join(' ')}`;
    };
    for (const level of making.pick([[], ['a'], ['a', 'b']])) {
      const chain = `neutron-${hook}-${level}`;
      chains.push(`:${chain} - [0:0]`);
      const caller = level === 'a' ? hook : `neutron-${hook}-a`;
      rules.push(
        `-A ${caller} ${making.oneIn(2) ? making.pick(parts)(making) : ''} -${making.oneIn(6) ? 'g' : 'j'} ${chain}`,
      );
      for (let i = making.below(4); i > 0; i--) rules.push(rule(chain));
    }
    for (let i = making.below(4); i > 0; i--) rules.push(rule(hook));
  }
  return [`*${table}`, ...chains, ...rules.map(oneProtocol), 'COMMIT', ''].join('\n');
}

/** A match of each option at most. */
function unlike(matches: readonly string[]): string[] {
  const seen = new Set<string>();
  return matches.filter((match) => {
    const option = /-(?:m|[a-z]) ?(?:conntrack|connmark|mark|state)?/.exec(match)![0];
    return !seen.has(option) && seen.add(option);
  });
}

/** `-p` twice is refused: the target's, which needs it, stands. */
const oneProtocol = (rule: string): string =>
  (rule.match(/ -p /g)?.length ?? 0) < 2
    ? rule
    : rule.replace(
        / (?:! )?-p (?:tcp|udp|icmp|ipv6-icmp)(?: -m (?:tcp|udp|icmp6?|multiport))?(?: (?:! )?--(?:[ds]ports?|ports|icmp-type|icmpv6-type) \S+)?(?= )/,
        '',
      );
