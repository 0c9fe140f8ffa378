/** Addresses and prefixes as the kernel compares them, and texts that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds, isReady, readyAddress, readyPrefix } from '../../../shared/trace/prefix.ts';

const HOLDS: readonly [prefix: string, address: string, expected: boolean][] = [
  ['10.0.0.0/24', '10.0.0.5', true],
  ['10.0.0.9/24', '10.0.0.5', true],
  ['10.0.0.0/24', '10.0.1.5', false],
  ['10.0.0.0/16', '10.0.255.5', true],
  ['10.0.0.0/16', '10.1.0.5', false],
  ['10.0.0.0/15', '10.1.0.5', true],
  ['10.0.0.0/17', '10.0.128.5', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['128.0.0.0/1', '127.0.0.1', false],
  ['10.0.0.5', '10.0.0.5', true],
  ['10.0.0.5', '10.0.0.4', false],
  ['10.0.0.5/32', '10.0.0.4', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['2001:db8::1/128', '2001:db8::1', true],
  ['2001:db8::1/128', '2001:db8::2', false],
  ['::/0', '2001:db8::2', true],
  ['::/0', '10.0.0.5', false],
  ['0.0.0.0/0', '2001:db8::2', false],
  ['10.0.0.0/33', '10.0.0.0', false],
  ['10.0.0.0/-1', '10.0.0.0', false],
  ['10.0.0.0/x', '10.0.0.0', false],
  ['10.0.0.0/', '10.0.0.1', false],
  ['10.0.0.0/1e1', '10.0.0.1', false],
  ['nonsense', 'nonsense', true],
  ['nonsense', '10.0.0.1', false],
  ['<address of port p1>', '<address of port p1>', true],
  ['<address of port p1>', '<address of port p2>', false],
  ['<address of port p1>/24', '<address of port p1>', true],
  ['<address of port p1>', '10.0.0.1', false],
];

test('what a prefix holds', () => {
  for (const [prefix, address, expected] of HOLDS)
    assert.equal(holds(readyPrefix(prefix), readyAddress(address)), expected, `${prefix} ${address}`);
});

test('what can be matched at all', () => {
  for (const text of ['10.0.0.0/24', '::/0', '<address of port p1>']) assert.equal(isReady(readyPrefix(text)), true, text); // prettier-ignore
  for (const text of ['', 'nonsense', '10.0.0.0/255.0.255.0']) assert.equal(isReady(readyPrefix(text)), false, text);
});
