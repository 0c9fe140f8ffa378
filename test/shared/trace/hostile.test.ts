/** State that would keep a careless reader busy for ever: an answer comes soon, with the reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IptablesItem, Rule } from '../../../shared/state.ts';
import { fibOf, lookup } from '../../../shared/trace/fib.ts';
import type { Seen } from '../../../shared/trace/match.ts';
import { rulesetOf, runTable } from '../../../shared/trace/netfilter.ts';
import { packetOf } from '../../../shared/trace/packet.ts';

const FLOW = { src: '10.0.0.5', dst: '8.8.8.8', iif: 'qr-1', mark: 0 };
/** A second on a slow machine; it takes some hundredth. */
const SOON = 1000;

function within(work: () => void): void {
  const start = performance.now();
  work();
  assert.ok(performance.now() - start < SOON, `it took ${performance.now() - start} ms`);
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
