/** From which IPv6 address a port sends: the rules of RFC 6724, and what a machine did that has several. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestSource } from '../../../shared/trace/sendingAddress.ts';

const ROWS: readonly [what: string, dst: string, own: string[], chosen: string | undefined][] = [
  ['the destination itself', '2001:db8:a::2', ['2001:db8:a::1/64', '2001:db8:a::2/64'], '2001:db8:a::2'],
  ['most leading bits in common', '2001:db8:b::1', ['2001:db8:a1::11/64', '2001:db8:a::11/64'], '2001:db8:a::11'],
  // Recorded: L12, web1 to db1.
  [
    'the same with host parts',
    '2001:db8:b:0:f816:3eff:fec3:81f8',
    ['2001:db8:a1::11/64', '2001:db8:a:0:f816:3eff:fe96:7471/64'],
    '2001:db8:a:0:f816:3eff:fe96:7471',
  ],
  ['bits beyond the prefix do not count', '2001:db8:a::ff', ['2001:db8:a::1/64', '2001:db8:a::fe/64'], '2001:db8:a::1'],
  ['a global one for a global destination', '2001:4860::1', ['fd00:1::1/64', '2400:1::1/64'], '2400:1::1'],
  ['a local one for a local destination', 'fd99::1', ['2001:db8::1/64', 'fd00:1::1/64'], 'fd00:1::1'],
  ['what is alike goes before what has more in common', 'fd99::1', ['fe00::1/64', 'fc00::1/64'], 'fc00::1'],
  ['the only one', '2001:4860::1', ['fd00:1::1/64'], 'fd00:1::1'],
  ['none of IPv4', '2001:4860::1', ['10.0.0.1/24'], undefined],
];

for (const [what, dst, own, chosen] of ROWS)
  test(`${dst}: ${what}`, () => {
    const addresses = own.map((text) => {
      const [local, length] = text.split('/');
      return { local: local!, prefixlen: Number(length) };
    });
    assert.equal(bestSource(addresses, dst)?.local, chosen);
  });
