import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routes } from '../../../shared/aspects/routes.ts';
import { rules } from '../../../shared/aspects/rules.ts';
import { fibOf, lookup } from '../../../shared/trace/fib.ts';
import type { Flow } from '../../../shared/trace/policy.ts';
import { hopText, ruleText } from '../../../shared/trace/text.ts';

/** Looks up `SRC > DST [iif DEV] [mark N] [PROTOCOL [SPORT [DPORT]]]` and says rule priority and next hop, or why there is none. */
function check(ruleLines: string, routeLines: string, flow: string, expected: string): void {
  const fib = fibOf(
    rules.parse(ruleLines, 'ip rule').items,
    routes.parse(routeLines, 'ip route show table all').items,
    'inet',
  );
  const result = lookup(fib, flowOf(flow));
  const said =
    result.type === 'route'
      ? `${ruleText(result.rule).split(':')[0]} ${hopText(result.route, result.nexthop)}`
      : result.type === 'refused'
        ? `${ruleText(result.rule).split(':')[0]} ${result.action}`
        : result.type;
  assert.equal(said, expected, `${flow} in\n${ruleLines}${routeLines}`);
}

function flowOf(text: string): Flow {
  const [, src, dst, iif, oif, mark, protocol, sport, dport] =
    /^(\S+) > (\S+)(?: iif (\S+))?(?: oif (\S+))?(?: mark (\S+))?(?: (icmp|tcp|udp))?(?: (\d+))?(?: (\d+))?$/.exec(
      text,
    )!;
  return {
    src: src!,
    dst: dst!,
    iif: iif ?? 'lo',
    ...(oif !== undefined && { oif }),
    mark: Number(mark ?? 0),
    ...(protocol !== undefined && { protocol }),
    ...(sport !== undefined && { sport: Number(sport) }),
    ...(dport !== undefined && { dport: Number(dport) }),
  };
}

const DEFAULT_RULES = `0:	from all lookup local
32766:	from all lookup main
32767:	from all lookup default
`;

test('rules are tried by priority, and a table without a route leads on', () => {
  const list = `${DEFAULT_RULES}40000:	from 10.0.0.5 lookup 16
167772161:	from 10.0.0.1/24 lookup 167772161
`;
  const table = `local 10.0.0.1 dev qr-1 table local proto kernel scope host src 10.0.0.1
10.0.0.0/24 dev qr-1 proto kernel scope link src 10.0.0.1
default via 10.0.0.3 dev qr-1 table 167772161 proto static
default via 169.254.64.1 dev rfp-1 table 16 proto static
`;
  check(list, table, '10.0.0.5 > 8.8.8.8 iif qr-1', '40000 default via 169.254.64.1 dev rfp-1');
  check(list, table, '10.0.0.6 > 8.8.8.8 iif qr-1', '167772161 default via 10.0.0.3 dev qr-1');
  check(list, table, '10.0.0.6 > 10.0.0.5 iif qr-1', '32766 10.0.0.0/24 dev qr-1');
  check(list, table, '10.0.0.6 > 10.0.0.1 iif qr-1', '0 local 10.0.0.1 dev qr-1');
  check(list, table, '10.0.1.6 > 8.8.8.8 iif qr-1', 'none');
});

test('the order in which rules are listed does not matter', () => {
  check(
    '50:\tfrom all lookup 5\n10:\tfrom all lookup 1\n',
    'default via 1.1.1.1 dev a table 1\ndefault via 5.5.5.5 dev a table 5\n',
    '1.2.3.4 > 8.8.8.8',
    '10 default via 1.1.1.1 dev a',
  );
});

test('selectors: iif, oif, to, mark and mask, not', () => {
  const table = 'default via 1.1.1.1 dev a table 7\n';
  check('5:\tfrom all iif fpr-1 lookup 7\n', table, '1.2.3.4 > 8.8.8.8 iif fpr-1', '5 default via 1.1.1.1 dev a');
  check('5:\tfrom all iif fpr-1 lookup 7\n', table, '1.2.3.4 > 8.8.8.8 iif fpr-2', 'none');
  check('5:\tfrom all oif a lookup 7\n', table, '1.2.3.4 > 8.8.8.8 iif a', 'none');
  check('5:\tfrom all oif a lookup 7\n', table, '1.2.3.4 > 8.8.8.8 oif a', '5 default via 1.1.1.1 dev a');
  check('5:\tfrom all oif b lookup 7\n', table, '1.2.3.4 > 8.8.8.8 oif a', 'none');
  check('5:\tfrom all lookup 7\n', table, '1.2.3.4 > 8.8.8.8 oif b', 'none');
  check('5:\tfrom all to 8.8.0.0/16 lookup 7\n', table, '1.2.3.4 > 8.8.8.8', '5 default via 1.1.1.1 dev a');
  check('5:\tfrom all to 8.9.0.0/16 lookup 7\n', table, '1.2.3.4 > 8.8.8.8', 'none');
  check('5:\tnot from 1.2.3.0/24 lookup 7\n', table, '1.2.3.4 > 8.8.8.8', 'none');
  check('5:\tnot from 1.2.3.0/24 lookup 7\n', table, '1.2.4.4 > 8.8.8.8', '5 default via 1.1.1.1 dev a');
  check('5:\tfrom all fwmark 0x1 lookup 7\n', table, '1.2.3.4 > 8.8.8.8 iif a mark 0x10001', 'none');
  check(
    '5:\tfrom all fwmark 0x1/0xffff lookup 7\n',
    table,
    '1.2.3.4 > 8.8.8.8 iif a mark 0x10001',
    '5 default via 1.1.1.1 dev a',
  );
  check('5:\tnot from all fwmark 0x1/0xffff lookup 7\n', table, '1.2.3.4 > 8.8.8.8 iif a mark 0x10001', 'none');
});

test('the longest prefix wins, then the lowest metric; dead routes are passed over', () => {
  const all = '1:\tfrom all lookup main\n';
  check(
    all,
    '10.0.0.0/8 via 1.1.1.1 dev a\n10.1.0.0/16 via 2.2.2.2 dev a\n10.1.2.3 via 3.3.3.3 dev a\n',
    '9.9.9.9 > 10.1.2.3',
    '1 10.1.2.3 via 3.3.3.3 dev a',
  );
  check(
    all,
    '10.0.0.0/8 via 1.1.1.1 dev a\n10.1.0.0/16 via 2.2.2.2 dev a\n',
    '9.9.9.9 > 10.2.2.3',
    '1 10.0.0.0/8 via 1.1.1.1 dev a',
  );
  check(
    all,
    'default via 1.1.1.1 dev a metric 200\ndefault via 2.2.2.2 dev b metric 100\n',
    '9.9.9.9 > 8.8.8.8',
    '1 default via 2.2.2.2 dev b',
  );
  check(
    all,
    'default via 1.1.1.1 dev a\n8.0.0.0/8 via 2.2.2.2 dev b dead linkdown\n',
    '9.9.9.9 > 8.8.8.8',
    '1 default via 1.1.1.1 dev a',
  );
  check(all, '8.0.0.0/8 via 2.2.2.2 dev b linkdown\n', '9.9.9.9 > 8.8.8.8', '1 8.0.0.0/8 via 2.2.2.2 dev b');
});

test('types of routes and actions of rules', () => {
  const two = '1:\tfrom all lookup 1\n2:\tfrom all lookup main\n';
  const onward = 'default via 9.9.9.1 dev a\n';
  check(two, `throw 8.8.8.0/24 table 1\n${onward}`, '9.9.9.9 > 8.8.8.8', '2 default via 9.9.9.1 dev a');
  check(two, `unreachable 8.8.8.0/24 table 1\n${onward}`, '9.9.9.9 > 8.8.8.8', '1 unreachable');
  check(two, `prohibit 8.8.8.0/24 table 1\n${onward}`, '9.9.9.9 > 8.8.8.8', '1 prohibit');
  check(two, `blackhole 8.8.8.0/24 table 1\n${onward}`, '9.9.9.9 > 8.8.8.8', '1 blackhole');
  check(two, `broadcast 9.9.9.255 dev a table 1\n${onward}`, '9.9.9.9 > 9.9.9.255', '1 broadcast 9.9.9.255 dev a');
  check('1:\tfrom all unreachable\n2:\tfrom all lookup main\n', onward, '9.9.9.9 > 8.8.8.8', '1 unreachable');
  check(
    '1:\tfrom 7.0.0.0/8 blackhole\n2:\tfrom all lookup main\n',
    onward,
    '9.9.9.9 > 8.8.8.8',
    '2 default via 9.9.9.1 dev a',
  );
  check('1:\tfrom all nop\n2:\tfrom all lookup main\n', onward, '9.9.9.9 > 8.8.8.8', '2 default via 9.9.9.1 dev a');
  check('1:\tfrom all masquerade\n2:\tfrom all lookup main\n', onward, '9.9.9.9 > 8.8.8.8', 'unknown');
});

test('a type of route that is not known, and metrics in any order', () => {
  const route = { family: 'inet', dst: 'default', dev: 'a', type: 'nat' } as const;
  const fib = fibOf([{ family: 'inet', priority: 1, src: 'all', table: 'main' }], [route], 'inet');
  const result = lookup(fib, flowOf('9.9.9.9 > 8.8.8.8'));
  assert.equal(result.type === 'unknown' && result.reason, 'the type of route "nat default dev a" is not understood');
  const two = ['default via 2.2.2.2 dev b metric 100\n', 'default via 1.1.1.1 dev a\n'];
  for (const list of [two, two.toReversed()])
    check('1:\tfrom all lookup main\n', list.join(''), '9.9.9.9 > 8.8.8.8', '1 default via 1.1.1.1 dev a');
});

test('protocol and ports, which only some packets have', () => {
  const table = 'default via 9.9.9.1 dev a\ndefault via 7.7.7.7 dev b table 7\n';
  const list = (words: string) => `1:\tfrom all ${words} lookup 7\n2:\tfrom all lookup main\n`;
  const [first, second] = ['1 default via 7.7.7.7 dev b', '2 default via 9.9.9.1 dev a'];
  const rows: [words: string, payload: string, expected: string][] = [
    ['ipproto tcp', 'tcp', first],
    ['ipproto udp', 'tcp', second],
    ['ipproto icmp', 'icmp', first],
    ['ipproto ipv6-icmp', 'icmp', first],
    ['ipproto sctp', 'tcp', second],
    ['ipproto 132', 'tcp', second],
    ['ipproto Tcp!', 'tcp', 'unknown'],
    ['dport 80', 'tcp 1 80', first],
    ['dport 80', 'tcp 80 1', second],
    ['sport 80', 'tcp 80 1', first],
    ['dport 80-90', 'udp 1 90', first],
    ['dport 80-90', 'udp 1 80', first],
    ['dport 80-90', 'udp 1 91', second],
    ['dport 80', 'tcp 1', 'unknown'],
    ['dport 80', 'icmp', second],
    ['dport 0', 'icmp', second],
    ['dport 80-x', 'tcp 1 80', 'unknown'],
    ['dsfield 0x10', 'tcp', second],
    ['tos 0x10', 'tcp', second],
  ];
  for (const [words, payload, expected] of rows) check(list(words), table, `9.9.9.9 > 8.8.8.8 ${payload}`, expected);
});

test('goto leads on at a rule further down, and to nowhere when there is none', () => {
  const table = 'default via 9.9.9.1 dev a\ndefault via 7.7.7.7 dev b table 7\n';
  const list = (target: string) => `1:\tfrom all goto ${target}\n2:\tfrom all lookup 7\n3:\tfrom all lookup main\n`;
  check(list('3'), table, '9.9.9.9 > 8.8.8.8', '3 default via 9.9.9.1 dev a');
  check(list('5 [unresolved]'), table, '9.9.9.9 > 8.8.8.8', '2 default via 7.7.7.7 dev b');
  check(list('0'), table, '9.9.9.9 > 8.8.8.8', '2 default via 7.7.7.7 dev b');
});

test('selectors that Neutron never uses are followed, or their meaning is not known', () => {
  const table = 'default via 9.9.9.1 dev a\n10.0.0.0/8 via 9.9.9.2 dev a\ndefault via 7.7.7.7 dev b table 7\n';
  const rest = '2:\tfrom all lookup 7\n';
  const suppressed = `1:\tfrom all lookup main suppress_prefixlength 0\n${rest}`;
  check(suppressed, table, '9.9.9.9 > 8.8.8.8', '2 default via 7.7.7.7 dev b');
  check(suppressed, table, '9.9.9.9 > 10.8.8.8', '1 10.0.0.0/8 via 9.9.9.2 dev a');
  check(`1:\tfrom all tos 0x10 lookup main\n${rest}`, table, '9.9.9.9 > 8.8.8.8', '2 default via 7.7.7.7 dev b');
  check(`1:\tfrom all ipproto tcp lookup main\n${rest}`, table, '9.9.9.9 > 8.8.8.8', 'unknown');
  check(`1:\tfrom all uidrange 0-9 lookup main\n${rest}`, table, '9.9.9.9 > 8.8.8.8', 'unknown');
  check(
    `1:\tfrom 7.0.0.0/8 uidrange 0-9 lookup main\n${rest}`,
    table,
    '9.9.9.9 > 8.8.8.8',
    '2 default via 7.7.7.7 dev b',
  );
});

test('of several next hops the first is taken, and that is said', () => {
  const fib = fibOf(
    [{ family: 'inet', priority: 1, src: 'all', table: 'main' }],
    [
      {
        family: 'inet',
        dst: 'default',
        nexthops: [
          { gateway: '1.1.1.1', dev: 'a' },
          { gateway: '2.2.2.2', dev: 'b' },
        ],
      },
    ],
    'inet',
  );
  const result = lookup(fib, { src: '9.9.9.9', dst: '8.8.8.8', iif: 'a', mark: 0 });
  assert.equal(result.type, 'route');
  assert.ok(result.type === 'route' && result.nexthop.gateway === '1.1.1.1' && result.note?.includes('2 next hops'));
  const one = lookup({ ...fib, tables: fibOf([], [{ family: 'inet', dst: 'default', dev: 'a' }], 'inet').tables }, flowOf('9.9.9.9 > 8.8.8.8')); // prettier-ignore
  assert.ok(one.type === 'route' && one.note === undefined);
});

test('IPv6 has its own rules and routes', () => {
  const fib = fibOf(
    [
      { family: 'inet', priority: 1, src: 'all', table: 'main' },
      { family: 'inet6', priority: 2, src: '2001:db8::', srclen: 32, table: '9' },
    ],
    [
      { family: 'inet6', dst: 'default', gateway: 'fe80::1', dev: 'a', table: '9' },
      { family: 'inet', dst: 'default', gateway: '1.1.1.1', dev: 'a' },
    ],
    'inet6',
  );
  const from = (src: string) => lookup(fib, { src, dst: '2001:db8:ffff::1', iif: 'a', mark: 0 });
  const inside = from('2001:db8:1::5');
  assert.ok(inside.type === 'route' && inside.nexthop.gateway === 'fe80::1');
  assert.equal(from('2001:db9:1::5').type, 'none');
});
