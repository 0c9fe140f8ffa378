import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iptables } from '../../../shared/aspects/iptables.ts';
import { type Connection, type Tracking, track } from '../../../shared/trace/conntrack.ts';
import type { Seen } from '../../../shared/trace/match.ts';
import { type Hook, rulesetOf, runTable } from '../../../shared/trace/netfilter.ts';
import { type Packet, packetOf } from '../../../shared/trace/packet.ts';

interface Case {
  /** Lines of one chain, behind `-A PREROUTING` unless they name a chain. */
  rules: string;
  /** `tcp 10.0.0.5 > 8.8.8.8 80`; default `icmp 10.0.0.5 > 8.8.8.8`. */
  packet?: string;
  hook?: Hook;
  table?: string;
  in?: string;
  out?: string;
  mark?: number;
  tracking?: 'new' | 'invalid' | 'untracked' | 'dnat';
  ctmark?: number;
  expected: string;
}

/** Runs the table and says verdict, marks, translation and tracking, each only where it is not as before. */
function check(given: Case): void {
  const { hook = 'PREROUTING', table = 'mangle' } = given;
  const lines = given.rules
    .split('\n')
    .map((line) => (line.startsWith(':') || line.startsWith('-A') ? line : `-A ${hook} ${line}`));
  const chains = lines.some((line) => line.startsWith(`:${hook} `)) ? [] : [`:${hook} ACCEPT [0:0]`];
  const ruleset = rulesetOf(
    iptables.parse([`*${table}`, ...chains, ...lines, 'COMMIT', ''].join('\n'), 'iptables-save').items,
    'inet',
  );
  const packet = { ...packetOfText(given.packet ?? 'icmp 10.0.0.5 > 8.8.8.8'), mark: given.mark ?? 0 };
  const tracking = trackingOf(given, packet);
  const seen: Seen = { packet, in: given.in ?? 'qr-1', out: given.out ?? '', tracking };
  const connection: Connection | undefined = 'connection' in tracking ? tracking.connection : undefined;
  const outcome = runTable(ruleset, table, hook, seen, []);
  const said = [
    outcome.verdict,
    ...(seen.packet.mark === packet.mark ? [] : [`mark 0x${seen.packet.mark.toString(16)}`]),
    ...(connection && connection.mark !== (given.ctmark ?? 0) ? [`ctmark 0x${connection.mark.toString(16)}`] : []),
    ...(seen.request ? [seen.request.text] : []),
    ...(seen.tracking.state === tracking.state ? [] : [seen.tracking.state]),
  ];
  assert.equal(said.join(', '), given.expected, given.rules);
}

function packetOfText(text: string): Packet {
  const [, protocol, src, dst, dport] = /^(\w+) (\S+) > (\S+)(?: (\d+))?$/.exec(text)!;
  const ports = dport === undefined ? {} : { dport: Number(dport) };
  return packetOf({
    protocol: protocol === 'tcp' ? 'tcp' : protocol === 'udp' ? 'udp' : 'icmp',
    src: src!,
    dst: dst!,
    ...ports,
  })!;
}

function trackingOf({ tracking = 'new', ctmark }: Case, packet: Packet): Tracking {
  if (tracking === 'invalid' || tracking === 'untracked') return { state: tracking };
  const tracked = track(new Map(), packet);
  assert.ok('connection' in tracked);
  tracked.connection.mark = ctmark ?? 0;
  tracked.connection.isTranslated.dst = tracking === 'dnat';
  return tracked;
}

const MARK = '-j MARK --set-xmark 0x7/0xffff';

test('addresses, devices, protocols', () => {
  check({ rules: `-s 10.0.0.5/32 ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-s 10.0.0.6/32 ${MARK}`, expected: 'accept' });
  check({ rules: `! -s 10.0.0.0/24 ${MARK}`, expected: 'accept' });
  check({ rules: `! -s 10.0.1.0/24 ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-d 8.8.8.0/23 ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-i qr-1 ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-i qr-+ ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-i qr- ${MARK}`, expected: 'accept' });
  check({ rules: `-i rfp-+ ${MARK}`, expected: 'accept' });
  check({ rules: `! -o rfp-1 ${MARK}`, hook: 'POSTROUTING', out: 'qr-1', expected: 'accept, mark 0x7' });
  check({ rules: `! -o rfp-1 ${MARK}`, hook: 'POSTROUTING', out: 'rfp-1', expected: 'accept' });
  check({ rules: `-p icmp ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-p 1 ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `! -p tcp ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-p tcp ${MARK}`, expected: 'accept' });
  check({ rules: `-p icmp -m icmp --icmp-type 8 ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `-p icmp -m icmp --icmp-type 0 ${MARK}`, expected: 'accept' });
});

test('ports', () => {
  const packet = 'tcp 10.0.0.5 > 169.254.169.254 80';
  check({ rules: `-p tcp -m tcp --dport 80 ${MARK}`, packet, expected: 'accept, mark 0x7' });
  check({ rules: `-p tcp -m tcp --dport 81 ${MARK}`, packet, expected: 'accept' });
  check({ rules: `-p tcp -m tcp ! --dport 81 ${MARK}`, packet, expected: 'accept, mark 0x7' });
  check({ rules: `-p tcp -m tcp --dport 70:90 ${MARK}`, packet, expected: 'accept, mark 0x7' });
  check({ rules: `-p tcp -m tcp --dport 1024: ${MARK}`, packet, expected: 'accept' });
  check({ rules: `-p tcp -m multiport --dports 22,80:81 ${MARK}`, packet, expected: 'accept, mark 0x7' });
  check({ rules: `-p tcp -m multiport --ports 22 ${MARK}`, packet, expected: 'accept' });
  check({ rules: `-p udp -m udp --dport 80 ${MARK}`, packet, expected: 'accept' });
  check({ rules: `-p tcp -m tcp --dport 80 ${MARK}`, packet: 'tcp 10.0.0.5 > 8.8.8.8', expected: 'unknown' });
  check({
    rules: `-s 9.9.9.9/32 -p tcp -m tcp --dport 80 ${MARK}`,
    packet: 'tcp 10.0.0.5 > 8.8.8.8',
    expected: 'accept',
  });
});

test('marks, with masks and negation', () => {
  check({ rules: `-m mark --mark 0x1/0xffff -j DROP`, mark: 0x40001, expected: 'drop' });
  check({ rules: `-m mark ! --mark 0x4000000/0xffff0000 -j DROP`, mark: 0x4000001, expected: 'accept' });
  check({ rules: `-m mark ! --mark 0x4000000/0xffff0000 -j DROP`, mark: 1, expected: 'drop' });
  check({ rules: `-m mark --mark 0x1 -j DROP`, mark: 0x40001, expected: 'accept' });
  check({ rules: '-j MARK --set-xmark 0x4000000/0xffff0000', mark: 0xabcd0012, expected: 'accept, mark 0x4000012' });
  check({ rules: '-j MARK --set-mark 0x80000000/0x80000000', expected: 'accept, mark 0x80000000' });
  check({ rules: '-m connmark --mark 0x0/0xffff0000 -j DROP', ctmark: 0x12, expected: 'drop' });
  check({ rules: '-m connmark ! --mark 0x0/0xffff0000 -j DROP', ctmark: 0x12, expected: 'accept' });
  check({
    rules: '-m connmark ! --mark 0x0/0xffff0000 -j DROP',
    ctmark: 0x12,
    tracking: 'invalid',
    expected: 'accept',
  });
  check({ rules: '-m connmark --mark 0x0/0xffff0000 -j DROP', tracking: 'untracked', expected: 'accept' });
  const save = '-j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000';
  check({ rules: save, mark: 0x4000001, ctmark: 0x2, expected: 'accept, ctmark 0x4000002' });
  const restore = '-j CONNMARK --restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000';
  check({ rules: restore, mark: 0x2, ctmark: 0x4000003, expected: 'accept, mark 0x4000002' });
  check({ rules: '-j CONNMARK --set-xmark 0x5/0xf', ctmark: 0x12, expected: 'accept, ctmark 0x15' });
});

test('the state of the connection', () => {
  check({ rules: '-m conntrack --ctstate NEW -j DROP', expected: 'drop' });
  check({ rules: '-m conntrack --ctstate RELATED,ESTABLISHED -j DROP', expected: 'accept' });
  check({ rules: '-m conntrack ! --ctstate DNAT -j DROP', expected: 'drop' });
  check({ rules: '-m conntrack ! --ctstate DNAT -j DROP', tracking: 'dnat', expected: 'accept' });
  check({ rules: '-m conntrack ! --ctstate DNAT -j DROP', tracking: 'invalid', expected: 'drop' });
  check({ rules: '-m conntrack --ctstate INVALID -j DROP', tracking: 'invalid', expected: 'drop' });
  check({ rules: '-m state --state UNTRACKED -j DROP', tracking: 'untracked', expected: 'drop' });
});

test('chains: jump, return, goto, policy', () => {
  const chain = ':other - [0:0]\n';
  check({ rules: `${chain}-j other\n-j DROP\n-A other -j RETURN\n-A other ${MARK}`, expected: 'drop' });
  check({ rules: `${chain}-j other\n-j DROP\n-A other -j ACCEPT`, expected: 'accept' });
  check({ rules: `${chain}-g other\n-j DROP\n-A other ${MARK}`, expected: 'accept, mark 0x7' });
  check({ rules: `:PREROUTING DROP [0:0]\n${MARK}`, expected: 'drop, mark 0x7' });
  check({ rules: ':PREROUTING DROP [0:0]\n-j ACCEPT', expected: 'accept' });
  check({ rules: `${chain}-j other\n-A other -j other`, expected: 'unknown' });
  const deep = (count: number) => Array.from({ length: count }, (_, i) => `-A c${i} -j ${i + 1 < count ? `c${i + 1}` : 'DROP'}`).join('\n'); // prettier-ignore
  check({ rules: `-j c0\n${deep(16)}`, expected: 'drop' });
  check({ rules: `-j c0\n${deep(17)}`, expected: 'unknown' });
  check({ rules: '-j REJECT --reject-with icmp-port-unreachable', expected: 'drop' });
  check({ rules: `${chain}-j other\n${Array(9).fill('-A other -j other').join('\n')}`, expected: 'unknown' });
});

test('translations', () => {
  const nat = { table: 'nat' } as const;
  check({
    ...nat,
    rules: '-d 8.8.8.8/32 -i qr-1 -j DNAT --to-destination 10.0.1.11',
    expected: 'accept, DNAT --to-destination 10.0.1.11',
  });
  check({ ...nat, rules: '-p icmp -j REDIRECT --to-ports 9697', expected: 'accept, REDIRECT --to-ports 9697' });
  check({
    ...nat,
    hook: 'POSTROUTING',
    rules: '-j SNAT --to-source 192.168.1.21 --random-fully',
    expected: 'accept, SNAT --to-source 192.168.1.21',
  });
  check({ ...nat, hook: 'POSTROUTING', rules: '-j MASQUERADE', expected: 'accept, MASQUERADE' });
  check({ ...nat, hook: 'POSTROUTING', rules: '-j DNAT --to-destination 1.2.3.4', expected: 'unknown' });
  check({ ...nat, rules: '-j DNAT --to-destination nonsense', expected: 'unknown' });
  check({ table: 'raw', rules: '-j CT --notrack', tracking: 'invalid', expected: 'accept, untracked' });
  check({ table: 'raw', rules: '-j CT --notrack', expected: 'accept' });
  check({ table: 'raw', rules: '-j CT --zone 5', expected: 'unknown' });
});

test('what is not understood decides nothing, and only matters where it could', () => {
  check({ rules: '-m set --match-set bad src -j DROP', expected: 'unknown' });
  check({ rules: '-s 9.9.9.9/32 -m set --match-set bad src -j DROP', expected: 'accept' });
  check({ rules: '-m set --match-set bad src -j LOG --log-prefix "x "', expected: 'accept' });
  check({ rules: '-m limit --limit 1/sec', expected: 'accept' });
  check({ rules: '-j NFQUEUE --queue-num 0', expected: 'unknown' });
  check({ rules: '-s 9.9.9.9/32 -j NFQUEUE --queue-num 0', expected: 'accept' });
  check({ rules: '-m tcp --tcp-flags SYN SYN -j DROP', expected: 'unknown' });
  check({ rules: '-s 10.0.0.0/255.0.255.0 -j DROP', expected: 'unknown' });
  check({ rules: '-m comment --comment "-j DROP ! -s" -j LOG', expected: 'accept' });
  check({ rules: '-j neutron-l3-agent-missing', expected: 'unknown' });
  check({ rules: ':empty - [0:0]\n-m set --match-set bad src -j empty', expected: 'accept' });
});
