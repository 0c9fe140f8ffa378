import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  broadcastOf,
  canonical,
  compareAddresses,
  contains,
  ipv4Text,
  ipv4Value,
  ipv6Groups,
  ipv6Text,
  linkLocalOf,
  macOfLinkLocal,
  networkText,
  nthAddress,
  overlaps,
  parsePrefix,
} from '../../shared/ip.ts';

describe('canonical text', () => {
  const cases: [input: string, expected: string | undefined][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['256.0.0.1', undefined],
    ['10.0.0', undefined],
    ['010.0.0.1', undefined],
    ['10.0.0.1 ', undefined],
    ['', undefined],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::192.0.2.1', '2001:db8::c000:201'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    // RFC 5952, 4.2.2 and 4.2.3: a single zero group stays, the first of equal runs is compressed.
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80::1%eth0', undefined],
    ['12345::', undefined],
    ['::256.1.1.1', undefined],
  ];
  for (const [input, expected] of cases) it(`"${input}"`, () => assert.equal(canonical(input), expected));
});

describe('prefixes', () => {
  const text = (input: string) => {
    const prefix = parsePrefix(input);
    return prefix && [prefix.address, prefix.length, networkText(prefix), broadcastOf(prefix) ?? '-'].join(' ');
  };
  const cases: [string, string | undefined][] = [
    ['10.0.0.1/24', '10.0.0.1 24 10.0.0.0/24 10.0.0.255'],
    ['10.100.100.162/28', '10.100.100.162 28 10.100.100.160/28 10.100.100.175'],
    ['169.254.88.135/31', '169.254.88.135 31 169.254.88.134/31 -'],
    ['10.0.0.5', '10.0.0.5 32 10.0.0.5/32 -'],
    ['128.0.0.1/1', '128.0.0.1 1 128.0.0.0/1 255.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0 0 0.0.0.0/0 255.255.255.255'],
    ['2001:db8:0:1::1/64', '2001:db8:0:1::1 64 2001:db8:0:1::/64 -'],
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/', undefined],
    ['10.0.0.0/24/1', undefined],
    ['10.0.0.0/-1', undefined],
  ];
  for (const [input, expected] of cases) it(input, () => assert.equal(text(input), expected));

  it('hold addresses', () => {
    assert.ok(contains('10.0.0.1/24', '10.0.0.200'));
    assert.ok(!contains('10.0.0.0/24', '10.0.1.0'));
    assert.ok(!contains('10.0.0.0/24', '10.0.0.0/23'));
    assert.ok(!contains('0.0.0.0/0', '::1'));
    assert.ok(!contains('nonsense', '10.0.0.1'));
    assert.ok(overlaps('10.0.0.0/24', '10.0.0.0/16') && overlaps('10.0.0.0/16', '10.0.0.0/24'));
    assert.ok(!overlaps('10.0.0.0/24', '10.0.1.0/24'));
    assert.equal(nthAddress(parsePrefix('10.0.0.7/29')!, 1), '10.0.0.1');
    assert.equal(nthAddress(parsePrefix('10.0.0.0/30')!, 4), undefined);
    assert.equal(nthAddress(parsePrefix('2001:db8::/64')!, 1), '2001:db8::1');
    assert.ok(compareAddresses('9.255.255.255', '10.0.0.0') < 0);
  });
});

it('link-local addresses as a recorded device has them', () => {
  assert.equal(linkLocalOf('a2:38:ae:8b:19:ec'), 'fe80::a038:aeff:fe8b:19ec');
  assert.equal(linkLocalOf('fa:16:3e:0c:01:b5'), 'fe80::f816:3eff:fe0c:1b5');
  assert.equal(macOfLinkLocal('fe80::f816:3eff:fe0c:1b5'), 'fa:16:3e:0c:01:b5');
  assert.equal(macOfLinkLocal('fe80::1'), undefined);
});

it('laws', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const mac = fc
    .array(octet, { minLength: 6, maxLength: 6 })
    .map((list) => list.map((o) => o.toString(16).padStart(2, '0')).join(':'));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => ipv4Value(ipv4Text(value)) === value),
    { seed: 1 },
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
      assert.deepEqual(ipv6Groups(ipv6Text(groups)), groups);
    }),
    { seed: 2 },
  );
  fc.assert(
    fc.property(mac, (text) => macOfLinkLocal(linkLocalOf(text)) === text),
    { seed: 3 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => void [canonical(text), parsePrefix(text), contains(text, text)]),
    { seed: 4 },
  );
});
