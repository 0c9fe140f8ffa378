import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../../shared/topology/nearest.ts';

const KEYS = ['cidr', 'gateway_ip', 'allocation_pools', 'enable_dhcp', 'id'];

const words: [word: string, meant: string | undefined][] = [
  ['cdir', 'cidr'],
  ['CIDR', 'cidr'],
  ['gatway_ip', 'gateway_ip'],
  ['gateway', 'gateway_ip'],
  ['gatewya_ip', 'gateway_ip'],
  ['allocation-pools', 'allocation_pools'],
  ['dhcp', undefined],
  ['ix', 'id'],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
];

for (const [word, meant] of words)
  test(`${word.slice(0, 20)} → ${meant ?? 'nothing'}`, () => assert.equal(nearest(word, KEYS), meant));
