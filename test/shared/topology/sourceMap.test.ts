import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTopology } from '../../../shared/topology/read.ts';
import { locate, pointerAt } from '../../../shared/topology/sourceMap.ts';

const TEXT = `# a comment
nodes:
  compute1: &common {agent_mode: dvr, address: a/b}
  compute2: *common
routers:
  router~1:
    external_gateway: {network: public, ip_address: 192.0.2.10}   # the way out
    interfaces:
      red-v4:
    routes:
      - {destination: 10.9.0.0/16, nexthop: broken}
      - {destination: 10.8.0.0/16, nexthop: 10.0.0.9}
`;

/** [pointer, key or value, the words that `locate` gives] */
const places: [pointer: string, at: 'key' | 'value', words: string][] = [
  ['/nodes', 'key', 'nodes'],
  ['/nodes/compute1', 'key', 'compute1'],
  ['/nodes/compute1', 'value', '{agent_mode: dvr, address: a/b}'],
  ['/nodes/compute1/agent_mode', 'value', 'dvr'],
  ['/nodes/compute1/agent_mode', 'key', 'agent_mode'],
  // A key that was left out, at any depth: the nearest thing that is there, by its key.
  ['/nodes/compute1/tunnel_ip', 'value', 'compute1'],
  ['/routers/router~01/interfaces/red-v4/snat/ip_address', 'value', 'red-v4'],
  ['/floating_ips/192.0.2.1', 'value', TEXT.slice(TEXT.indexOf('nodes'), TEXT.lastIndexOf('}') + 1)],
  // Inside of an alias: the alias.
  ['/nodes/compute2', 'value', '*common'],
  ['/nodes/compute2/address', 'value', 'compute2'],
  ['/routers/router~01', 'key', 'router~1'],
  // The short form of a gateway's address.
  ['/routers/router~01/external_gateway/external_fixed_ips/0/ip_address', 'value', '192.0.2.10'],
  // Indices are those of the topology: the broken route is not counted.
  ['/routers/router~01/routes/0/nexthop', 'value', '10.0.0.9'],
];

for (const [pointer, at, words] of places)
  test(`locate ${pointer} ${at}`, () => {
    const range = locate(readTopology(TEXT).sourceMap, pointer, at)!;
    assert.equal(TEXT.slice(...range), words);
  });

/** [text in front of the offset, pointer] */
const offsets: [before: string, pointer: string][] = [
  ['# a com', ''],
  ['no', '/nodes'],
  ['compu', '/nodes/compute1'],
  ['compute1: &com', '/nodes/compute1'],
  ['agent_m', '/nodes/compute1/agent_mode'],
  ['agent_mode: ', '/nodes/compute1/agent_mode'],
  ['agent_mode: dvr', '/nodes/compute1/agent_mode'],
  ['compute2: *com', '/nodes/compute2'],
  ['ip_address: 192', '/routers/router~01/external_gateway/ip_address'],
  ['red-v4', '/routers/router~01/interfaces/red-v4'],
  ['nexthop: 10', '/routers/router~01/routes/0/nexthop'],
];

for (const [before, pointer] of offsets)
  test(`pointerAt behind ${JSON.stringify(before)}`, () => {
    assert.equal(pointerAt(readTopology(TEXT).sourceMap, TEXT.indexOf(before) + before.length), pointer);
  });

test('every place of a text lies inside the text, and inside its parent', () => {
  const { sourceMap } = readTopology(TEXT);
  assert.ok([...sourceMap].length > 15);
  for (const [pointer, { key, value }] of sourceMap) {
    if (pointer === '' || pointer.includes('external_fixed_ips')) continue;
    const parent = sourceMap.get(pointer.slice(0, pointer.lastIndexOf('/')))!;
    assert.ok(parent.value[0] <= (key ?? value)[0] && value[1] <= parent.value[1], pointer);
  }
});
