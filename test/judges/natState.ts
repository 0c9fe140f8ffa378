/** Random rulesets of the kinds that Neutron writes, as text for `iptables-restore`. */
import type { Random } from './random.ts';
import { DEVICES } from './routesState.ts';

/** Addresses of VMs, behind each device. */
export const INSIDE = ['10.0.0.5', '10.0.0.9', '10.1.0.5', '10.1.0.9'] as const;
/** Addresses given out, and others of the world outside. */
export const FLOATING = ['192.168.1.21', '192.168.1.22', '192.168.1.23'] as const;
export const OUTSIDE = ['8.8.8.8', '169.254.169.254', '10.2.0.200'] as const;
/** The router's own. */
export const OWN = ['10.0.0.1', '10.1.0.1', '10.2.0.1'] as const;
export const PORTS = [53, 80, 443, 9697, 8080] as const;

type Line = (random: Random) => string;

const dev: Line = (random) => random.pick([...DEVICES, 'qr-+', 'rfp-+']);
const not: Line = (random) => (random.oneIn(4) ? '! ' : '');
const ctstate: Line = (random) =>
  `-m conntrack ${not(random)}--ctstate ${random.pick(['NEW', 'ESTABLISHED', 'RELATED,ESTABLISHED', 'DNAT', 'SNAT', 'INVALID', 'UNTRACKED', 'INVALID,UNTRACKED'])}`;
const mark: Line = (random) =>
  `-m mark ${not(random)}--mark ${random.pick(['0x1/0xffff', '0x2/0xffff', '0x4000000/0xffff0000', '0x0/0xffff0000'])}`;
const connmark: Line = (random) =>
  `-m connmark ${not(random)}--mark ${random.pick(['0x0/0xffff0000', '0x4000000/0xffff0000', '0x2/0xffff'])}`;
const protocol: Line = (random) =>
  random.pick([
    () => `-p ${random.pick(['tcp', 'udp', 'icmp'])}`,
    () => {
      const name = random.pick(['tcp', 'udp']);
      return `-p ${name} -m ${name} ${not(random)}--dport ${random.pick([...PORTS, '1:100'])}`;
    },
    () => `-p icmp -m icmp --icmp-type ${random.pick(['8', '0', '3/1'])}`,
  ])();
const source: Line = (random) =>
  `${not(random)}-s ${random.pick([...INSIDE, '10.0.0.0/24', '10.1.0.0/16', ...FLOATING])}`;
const destination: Line = (random) =>
  `${not(random)}-d ${random.pick([...INSIDE, ...FLOATING, ...OUTSIDE, '10.0.0.0/8', ...OWN])}`;
const input: Line = (random) => `${not(random)}-i ${dev(random)}`;
const output: Line = (random) => `${not(random)}-o ${dev(random)}`;

const PARTS: Record<string, readonly Line[]> = {
  PREROUTING: [input, source, destination, protocol, mark, connmark, ctstate],
  INPUT: [input, source, destination, protocol, mark, ctstate],
  FORWARD: [input, output, source, destination, protocol, mark, connmark, ctstate],
  OUTPUT: [output, source, destination, protocol, mark, ctstate],
  POSTROUTING: [output, source, destination, protocol, mark, connmark, ctstate],
};

const setMark: Line = (random) =>
  `-j MARK --set-xmark ${random.pick(['0x1/0xffff', '0x2/0xffff', '0x4000000/0xffff0000'])}`;
const verdict: Line = (random) => `-j ${random.pick(['ACCEPT', 'ACCEPT', 'RETURN', 'DROP'])}`;

/** Table → hook → what its rules do. */
const TARGETS: Record<string, Record<string, readonly Line[]>> = {
  raw: {
    PREROUTING: [() => '-j CT --notrack', () => '-j ACCEPT'],
    OUTPUT: [() => '-j CT --notrack', () => '-j ACCEPT'],
  },
  mangle: {
    PREROUTING: [
      setMark,
      setMark,
      () => '-j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000',
      () => '-j CONNMARK --restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000',
      () => '-j CONNMARK --set-xmark 0x2/0xffff',
      () => '-j RETURN',
    ],
    FORWARD: [setMark, () => '-j RETURN'],
    POSTROUTING: [setMark, () => '-j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000'],
  },
  nat: {
    PREROUTING: [
      (random) => `-j DNAT --to-destination ${random.pick([...INSIDE, ...OWN])}`,
      (random) =>
        `-p tcp -m tcp --dport ${random.pick(PORTS)} -j DNAT --to-destination ${random.pick(INSIDE)}:${random.pick(PORTS)}`,
      (random) => `-p ${random.pick(['tcp', 'udp'])} -j REDIRECT --to-ports 9697`,
      () => '-j REDIRECT',
      (random) => `-j ${random.pick(['ACCEPT', 'RETURN'])}`,
    ],
    OUTPUT: [(random) => `-j DNAT --to-destination ${random.pick(INSIDE)}`],
    POSTROUTING: [
      (random) => `-j SNAT --to-source ${random.pick([...FLOATING, ...OWN])}`,
      (random) => `-j SNAT --to-source ${random.pick(FLOATING)} --random-fully`,
      () => '-j MASQUERADE',
      (random) => `-p udp -j SNAT --to-source ${random.pick(FLOATING)}`,
      (random) => `-j ${random.pick(['ACCEPT', 'RETURN'])}`,
    ],
    INPUT: [(random) => `-j SNAT --to-source ${random.pick(FLOATING)}`],
  },
  filter: { INPUT: [verdict], FORWARD: [verdict], OUTPUT: [verdict] },
};

/** All four tables. */
export function randomTables(random: Random): string {
  return Object.entries(TARGETS)
    .map(([table, hooks]) => tableText(random, table, hooks))
    .join('');
}

function tableText(random: Random, table: string, hooks: Record<string, readonly Line[]>): string {
  const chains: string[] = [];
  const rules: string[] = [];
  for (const [hook, targets] of Object.entries(hooks)) {
    const policy = table === 'filter' && random.oneIn(8) ? 'DROP' : 'ACCEPT';
    chains.push(`:${hook} ${policy} [0:0]`);
    const parts = PARTS[hook]!;
    const rule = (chain: string): string => {
      const matches = Array.from({ length: random.below(3) }, () => random.pick(parts)(random));
      return `-A ${chain} ${[...unlike(matches), random.pick(targets)(random)].join(' ')}`;
    };
    for (const level of random.pick([[], ['a'], ['a', 'b']])) {
      const chain = `neutron-${hook}-${level}`;
      chains.push(`:${chain} - [0:0]`);
      const caller = level === 'a' ? hook : `neutron-${hook}-a`;
      rules.push(
        `-A ${caller} ${random.oneIn(2) ? random.pick(parts)(random) : ''} -${random.oneIn(6) ? 'g' : 'j'} ${chain}`,
      );
      for (let i = random.below(4); i > 0; i--) rules.push(rule(chain));
    }
    for (let i = random.below(4); i > 0; i--) rules.push(rule(hook));
  }
  return [`*${table}`, ...chains, ...rules.map(oneProtocol), 'COMMIT', ''].join('\n');
}

/** A match of each option at most. */
function unlike(matches: readonly string[]): string[] {
  const seen = new Set<string>();
  return matches.filter((match) => {
    const option = /-(?:m|[a-z]) ?(?:conntrack|connmark|mark)?/.exec(match)![0];
    return !seen.has(option) && seen.add(option);
  });
}

/** `-p` twice is refused: the target's, which needs it, stands. */
const oneProtocol = (rule: string): string =>
  (rule.match(/ -p /g)?.length ?? 0) < 2
    ? rule
    : rule.replace(/ -p (?:tcp|udp|icmp)(?: -m (?:tcp|udp|icmp))?(?: (?:! )?--(?:dport|icmp-type) \S+)?(?= )/, '');
