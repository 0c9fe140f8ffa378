/** What pages say and what is kept is believed only as far as it has the right shape; and of two answers the newer one counts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inOrder } from '../../client/inOrder.ts';
import { isMapRequest, readKeptMap } from '../../client/mapMessages.ts';
import { isFromTracePage, readTraceState } from '../../client/traceMessages.ts';

const NONSENSE = [
  undefined,
  null,
  7,
  'ready',
  [],
  {},
  { type: 7 },
  { type: 'eval' },
  { type: '__proto__' },
  { type: '' },
];
const location = { uri: 'file:///c.dvr.yaml', line: 3, character: 0 };
const item = { node: 'compute1', namespace: '-', aspect: 'flows' };

describe('the page of a trace', () => {
  const good: object[] = [
    ...['ready', 'otherWay', 'again', 'asText', 'map', 'openTopology', 'compare'].map((type) => ({ type })),
    { type: 'topology', location },
    { type: 'state', side: 'live', item, text: 'x' },
    { type: 'state', side: 'expected', item: { ...item, table: 'nat' }, text: '' },
    { type: 'export', format: 'mermaid' },
    { type: 'copy', text: 'x' },
    { type: 'save', svg: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
  ];
  const bad: unknown[] = [
    ...NONSENSE,
    { type: 'topology' },
    { type: 'topology', location: { ...location, line: -1 } },
    { type: 'topology', location: { ...location, line: 0.5 } },
    { type: 'topology', location: { ...location, uri: 7 } },
    { type: 'state', side: 'both', item, text: 'x' },
    { type: 'state', side: 'live', item: { ...item, node: undefined }, text: 'x' },
    { type: 'state', side: 'live', item: { ...item, table: 7 }, text: 'x' },
    { type: 'export', format: 'html' },
    { type: 'copy', text: ['x'] },
    { type: 'save', svg: '<html>' },
    { type: 'save' },
  ];
  for (const each of good) it(`may say ${JSON.stringify(each)}`, () => assert.ok(isFromTracePage(each)));
  for (const each of bad) it(`may not say ${JSON.stringify(each)}`, () => assert.ok(!isFromTracePage(each)));

  const params = { uri: 'file:///c.dvr.yaml', from: 'a', to: 'b' };
  const states: [kept: unknown, read: object][] = [
    ...NONSENSE.map((each): [unknown, object] => [each, {}]),
    [
      { params, shown: 'both', side: 'live', step: 3, text: 'x', hasLive: true },
      { params, shown: 'both', side: 'live', step: 3, text: 'x', hasLive: true },
    ],
    [{ params: 'x', shown: 'all', side: 7, step: -1, text: null, hasLive: 'no' }, {}],
  ];
  for (const [kept, read] of states)
    it(`keeps of ${JSON.stringify(kept)} what it can read`, () => assert.deepEqual(readTraceState(kept), read));
});

describe('the page of a map', () => {
  const place = { first: 1, last: 2 };
  const good: object[] = [
    ...['ready', 'openFile', 'retry', 'compare', 'clearTrace'].map((type) => ({ type })),
    { type: 'open', place, isFocused: true },
    { type: 'open', place: { ...place, uri: 'file:///o.dvr.yaml' }, isFocused: false },
    { type: 'remember', view: 'logical', isTable: true },
    { type: 'save', svg: '<svg />' },
  ];
  const bad: unknown[] = [
    ...NONSENSE,
    { type: 'open' },
    { type: 'open', place: { first: -1, last: 2 }, isFocused: true },
    { type: 'open', place: { ...place, uri: 7 }, isFocused: true },
    { type: 'open', place },
    { type: 'remember', view: 'x', isTable: true },
    { type: 'remember', view: 'logical', isTable: 'yes' },
    { type: 'save', svg: 7 },
  ];
  for (const each of good) it(`may say ${JSON.stringify(each)}`, () => assert.ok(isMapRequest(each)));
  for (const each of bad) it(`may not say ${JSON.stringify(each)}`, () => assert.ok(!isMapRequest(each)));

  const whole = {
    uri: 'file:///c.dvr.yaml',
    view: 'physical',
    isTable: true,
    hidden: ['port'],
    onlyFindings: true,
    cluster: '/routers/r',
    search: 'x',
    selected: '/ports/p',
    camera: { x: -1, y: 2, scale: 0.5 },
    trace: { from: 'a', to: 'b' },
  };
  const kept: [kept: unknown, read: object][] = [
    ...NONSENSE.map((each): [unknown, object] => [each, {}]),
    [whole, whole],
    [{ view: 'both', isTable: 1, hidden: 'port', search: null, camera: { x: 1, y: 2 }, selected: {}, trace: 'x' }, {}],
    [{ hidden: ['port', 'planet', 7], camera: { x: 0, y: 0, scale: 0 } }, { hidden: ['port'] }],
  ];
  for (const [all, read] of kept)
    it(`keeps of ${JSON.stringify(all)} what it can read`, () => assert.deepEqual(readKeptMap(all), read));
});

it('an answer counts unless a later question was answered before', () => {
  const ask = inOrder();
  const [first, second, third, fourth] = [ask(), ask(), ask(), ask()];
  assert.ok(second(), 'the first one is still under way');
  assert.ok(!first(), 'it comes too late');
  assert.ok(third() && fourth(), 'in order');
  assert.ok(fourth() && !third());
});
