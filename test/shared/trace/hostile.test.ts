/** State that would keep a careless reader busy for ever: an answer comes soon, with the reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IptablesItem, Route, Rule } from '../../../shared/state.ts';
import { fibOf, lookup } from '../../../shared/trace/fib.ts';
import type { Seen } from '../../../shared/trace/match.ts';
import { rulesetOf, runTable } from '../../../shared/trace/netfilter.ts';
import { packetOf } from '../../../shared/trace/packet.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const FLOW = { src: '10.0.0.5', dst: '8.8.8.8', iif: 'qr-1', mark: 0 };
/** Milliseconds on a slow machine; the longest takes some hundred. */
const SOON = 4000;

function within(work: () => void): void {
  const start = cpuMs();
  work();
  const took = cpuMs(start);
  assert.ok(took < SOON, `it took ${took} ms`);
}

const ruleList = (count: number, rest: (i: number) => Partial<Rule>): Rule[] =>
  Array.from({ length: count }, (_, i) => ({ family: 'inet', priority: i, src: 'all', ...rest(i) }));

test('ten thousand tables without a route', () => {
  within(() =>
    assert.equal(
      lookup(
        fibOf(
          ruleList(10_000, (i) => ({ table: String(i) })),
          [],
          'inet',
        ),
        FLOW,
      ).type,
      'none',
    ),
  );
});

test('goto in circles, and from each rule to the next', () => {
  within(() => {
    for (const step of [-1, 0, 1, 5000])
      assert.equal(
        lookup(
          fibOf(
            ruleList(10_000, (i) => ({ action: `goto ${Math.max(0, i + step)}` })),
            [],
            'inet',
          ),
          FLOW,
        ).type,
        'none',
      );
  });
});

test('a hundred thousand rules and routes, in whatever order', () => {
  const count = 100_000;
  const routes = Array.from({ length: count }, (_, i): Route => ({ family: 'inet', dst: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, dev: 'a', metric: count - i, table: '7' })); // prettier-ignore
  const goto = (i: number) => ({ action: `goto ${i + 1}` });
  const rules = (rest: (i: number) => Partial<Rule>) => ruleList(count, rest).toReversed();
  within(() => assert.equal(lookup(fibOf(rules(goto), routes, 'inet'), FLOW).type, 'none'));
  within(() => assert.equal(lookup(fibOf(rules(() => ({ table: '7', src: '10.0.0.9' })), routes, 'inet'), FLOW).type, 'none')); // prettier-ignore
  within(() => {
    const fib = fibOf(ruleList(1, () => ({ table: '7' })), routes, 'inet'); // prettier-ignore
    const found = lookup(fib, { ...FLOW, dst: '10.1.134.159' });
    assert.equal(found.type === 'route' && found.route.dst, '10.1.134.159');
  });
});

test('a thousand rules that each look through ten thousand routes', () => {
  const routes = Array.from({ length: 10_000 }, (_, i): Route => ({ family: 'inet', dst: `10.1.${i >> 8}.${i & 255}`, dev: 'a', table: '7' })); // prettier-ignore
  within(() =>
    assert.equal(
      lookup(
        fibOf(
          ruleList(1000, () => ({ table: '7' })),
          routes,
          'inet',
        ),
        FLOW,
      ).type,
      'none',
    ),
  );
});

test('a hundred thousand IPv6 routes alike', () => {
  const routes = Array.from({ length: 100_000 }, (): Route => ({ family: 'inet6', dst: '2001:db8::/32', dev: 'b', flags: ['dead'] })); // prettier-ignore
  const rules: Rule[] = [{ family: 'inet6', priority: 1, src: 'all', table: 'main' }];
  within(() => assert.equal(lookup(fibOf(rules, routes, 'inet6'), { ...FLOW, src: '2001:db8::1', dst: '2001:db8::2' }).type, 'none')); // prettier-ignore
});

const chainOf = (chain: string, ...specs: string[]): IptablesItem[] =>
  specs.map((spec) => ({ family: 'inet', table: 'filter', chain, spec }));

function verdictOf(items: IptablesItem[]) {
  const packet = packetOf({ src: FLOW.src, dst: FLOW.dst, protocol: 'udp', dport: 53 })!;
  const seen: Seen = { packet, in: 'qr-1', out: '', tracking: { state: 'untracked' } };
  return runTable(rulesetOf(items, 'inet'), 'filter', 'FORWARD', seen, []);
}

test('a thousand chained chains, and chains in a circle', () => {
  within(() => {
    const chained = Array.from({ length: 1000 }, (_, i) =>
      chainOf(i === 0 ? 'FORWARD' : `c${i}`, `-j c${i + 1}`),
    ).flat();
    const deep = verdictOf([...chained, ...chainOf('c1000', '-j DROP')]);
    assert.equal(deep.verdict, 'unknown');
    assert.match('reason' in deep ? deep.reason : '', /call each other/);
    const circle = verdictOf([
      ...chainOf('FORWARD', '-j a', '-j a'),
      ...chainOf('a', '-j b', '-j b'),
      ...chainOf('b', '-j a', '-j a'),
    ]);
    assert.equal(circle.verdict, 'unknown');
  });
});

test('chains that call the next one ten times each, and a hundred thousand rules', () => {
  within(() => {
    const tens = Array.from({ length: 14 }, (_, i) =>
      chainOf(i === 0 ? 'FORWARD' : `c${i}`, ...Array<string>(10).fill(`-j c${i + 1}`)),
    ).flat();
    const many = verdictOf([...tens, ...chainOf('c14', '-s 9.9.9.9/32 -j DROP')]);
    assert.equal(many.verdict, 'unknown');
    assert.match('reason' in many ? many.reason : '', /more than 100000 rules to look at/);
  });
  const rules = Array.from(
    { length: 100_000 },
    (_, i) => `-s 10.${9 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}/32 -p udp -j DROP`,
  );
  within(() => assert.equal(verdictOf(chainOf('FORWARD', ...rules.slice(1))).verdict, 'accept'));
  within(() => assert.equal(verdictOf(chainOf('FORWARD', ...rules, '-j DROP')).verdict, 'unknown'));
});

test('one rule of a hundred thousand words, and quotes without end', () => {
  for (const words of [
    '-m comment --comment "',
    '" ',
    '! ',
    '-m tcp ',
    '-s 10.0.0.0/8 ',
    '-j ',
    '-j SNAT --to-source ',
  ])
    within(() => assert.ok(verdictOf(chainOf('FORWARD', words.repeat(100_000))).verdict));
});
