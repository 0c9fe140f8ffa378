/** The language of promises: each line as it is read, or what is wrong with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTopology } from '../../../shared/topology/read.ts';
import { type PromiseLine, readPromise } from '../../../shared/topology/promiseText.ts';
import { writeTopology } from '../../../shared/topology/write.ts';

const port = (name: string) => ({ type: 'port', name }) as const;
const address = (text: string, network?: string) =>
  ({ type: 'address', address: text, ...(network === undefined ? {} : { network }) }) as const;
const OUTSIDE = { type: 'outside' } as const;

const READ: readonly [text: string, line: PromiseLine][] = [
  ['reach vm1 -> vm2', { type: 'reach', from: port('vm1'), to: port('vm2'), protocol: 'icmp' }],
  ['reach vm1 -> vm2 tcp 80', { type: 'reach', from: port('vm1'), to: port('vm2'), protocol: 'tcp', dport: 80 }],
  ['reach vm1->vm2 -> vm3', { type: 'reach', from: port('vm1->vm2'), to: port('vm3'), protocol: 'icmp' }],
  [
    'reach vm1 -> 8.8.8.8 as 192.168.1.21 udp 53',
    { type: 'reach', from: port('vm1'), to: address('8.8.8.8'), protocol: 'udp', dport: 53, as: '192.168.1.21' },
  ],
  ['  unreachable   vm1 ->\tvm9 ', { type: 'unreachable', from: port('vm1'), to: port('vm9'), protocol: 'icmp' }],
  ['reach outside -> 192.168.1.50', { type: 'reach', from: OUTSIDE, to: address('192.168.1.50'), protocol: 'icmp' }],
  ['unreachable vm1 -> outside', { type: 'unreachable', from: port('vm1'), to: OUTSIDE, protocol: 'icmp' }],
  [
    'reach "outside" -> "a \\"b\\" ->"',
    { type: 'reach', from: port('outside'), to: port('a "b" ->'), protocol: 'icmp' },
  ],
  [
    'reach 10.0.0.5@red -> 2001:DB8::1',
    { type: 'reach', from: address('10.0.0.5', 'red'), to: address('2001:db8::1'), protocol: 'icmp' },
  ],
  ['isolated red "blue net"', { type: 'isolated', networks: ['red', 'blue net'] }],
];

for (const [text, line] of READ) test(text, () => assert.deepEqual(readPromise(text), line));

const WRONG: readonly [text: string, problem: RegExp][] = [
  ['', /is empty/],
  ['reech a -> b', /Did you mean `reach`/],
  ['reach a b', /two ends and an arrow/],
  ['reach a ->', /two ends and an arrow/],
  ['reach -> -> b', /two ends and an arrow/],
  ['reach "a -> b', /not closed/],
  ['reach a -> b tcp', /port from 1 to 65535/],
  ['reach a -> b tcp 70000', /port from 1 to 65535, not `70000`/],
  ['reach a -> b tcp 80 udp 53', /one protocol/],
  ['reach a -> b as vm3', /source address/],
  ['unreachable a -> b as 10.0.0.1', /no source/],
  ['reach a -> b via c', /cannot go on with `via`/],
  ['reach outside -> vm1', /only an address/],
  ['reach 10.0.0.5 -> vm1', /from which network/],
  ['isolated red', /two networks/],
  ['isolated red red', /from itself/],
];

for (const [text, problem] of WRONG)
  test(`"${text}" is told to be wrong`, () => {
    const read = readPromise(text);
    assert.ok('problem' in read);
    assert.match(read.problem, problem);
  });

test('any text is a promise or a problem', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('reach', 'a', '->', 'tcp', '80', 'as', '"', '10.0.0.1', '@', 'isolated', '\\')),
      (text, words) => {
        for (const each of [text, words.join(' ')]) assert.equal(typeof readPromise(each), 'object');
      },
    ),
  );
});

test('promises are written as they were read', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 })), (texts) => {
      const { topology } = readTopology('nodes: {}');
      const promises = texts.map((text, i) => ({ pointer: `/promises/${i}`, text }));
      const written = writeTopology({ ...topology, ...(promises.length > 0 && { promises }) });
      const { topology: again, problems } = readTopology(written);
      assert.deepEqual(problems, []);
      assert.deepEqual(again.promises ?? [], promises);
      assert.equal(writeTopology(again), written);
    }),
  );
});
