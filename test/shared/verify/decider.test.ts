/** What security groups decide is no broken promise, and only that: told by who decided, not by words. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Expectation, type PromiseKind, type Result, judge } from '../../../shared/verify/promise.ts';
import { type Case, newTally, settle } from '../../../shared/verify/tally.ts';

const ARRIVED: Result = {
  disposition: 'delivered',
  end: { type: 'endpoint', name: 'b', node: 'compute1' },
  dport: null,
  sourceSeen: '10.0.0.5',
  answered: true,
  reply: 'delivered',
  reason: 'the port has the address',
  last: null,
  lastBack: null,
};
const LOST: Partial<Result> = { disposition: 'dropped', end: null, answered: false, reply: null, reason: 'it is lost' };
const UNANSWERED: Partial<Result> = { answered: false, reply: 'dropped', reason: 'it is lost' };
const REACH: Expectation = { type: 'reach', ports: ['b'] };

interface Row {
  result: Partial<Result>;
  kind?: PromiseKind;
  expectation?: Expectation;
  isLeftOut: boolean;
}

const ROWS: Record<string, Row> = {
  'security groups drop it': { result: { ...LOST, decider: 'security-groups' }, isLeftOut: true },
  'security groups drop the reply': { result: { ...UNANSWERED, decider: 'security-groups' }, isLeftOut: true },
  'it is lost otherwise': { result: LOST, isLeftOut: false },
  'a name with their words': {
    result: { ...LOST, reason: 'no port of net "the openvswitch firewall drops it" has the address' },
    isLeftOut: false,
  },
  'another one gets it, and security groups drop that reply': {
    result: { ...UNANSWERED, decider: 'security-groups' },
    expectation: { type: 'reach', ports: ['c'] },
    isLeftOut: false,
  },
  'somebody wrote down that it is permitted': {
    result: { ...LOST, decider: 'security-groups' },
    kind: 'written',
    isLeftOut: false,
  },
};

for (const [what, { result, kind = 'inside', expectation = REACH, isLeftOut }] of Object.entries(ROWS))
  it(what, () => {
    const whole = { ...ARRIVED, ...result };
    const one = (): Case => ({
      kind,
      from: { port: 'a', address: '10.0.0.5', segment: 'net' },
      to: '10.0.0.6',
      protocol: 'icmp',
      expectation,
      text: 'reach a -> b',
    });
    const tally = newTally();
    settle(tally, judge(expectation, whole), whole, one, kind, 1);
    assert.deepEqual([tally.leftOut.size, tally.groups.size], isLeftOut ? [1, 0] : [0, 1]);
  });
