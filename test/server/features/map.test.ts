/** `dvrscope/map`: places, findings and ways of packets, on the recorded cloud with one fault. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Document, makeDocument } from '../../../server/document.ts';
import { type LiveComparison, compareLive } from '../../../server/features/compare.ts';
import { cloudMap } from '../../../server/features/map.ts';
import { settingsFrom } from '../../../server/features/settings.ts';
import { textOf } from '../../../server/text.ts';
import type { CloudMap, MapPath } from '../../../shared/map/types.ts';
import type { MapParams } from '../../../shared/protocol.ts';
import { faultyCloud, NODES } from '../../support/faultyCloud.ts';

const uri = 'file:///cloud.dvr.yaml';
const documentOf = (text: string): Document =>
  makeDocument(textOf({ uri, languageId: 'dvr-topology', version: 1 }, text));

describe('the map of a recorded cloud', () => {
  let text: string;
  let document: Document;
  let comparison: LiveComparison;
  let folder: string;
  const map = (params: Omit<MapParams, 'uri'> = {}, compared?: LiveComparison): CloudMap =>
    cloudMap(document, { uri, ...params }, compared);

  before(async () => {
    const { topology, snapshots } = await faultyCloud();
    text = topology;
    document = documentOf(text);
    folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-map-'));
    await Promise.all(NODES.map((node) => writeFile(path.join(folder, `${node}.snapshot`), snapshots[node])));
    const source = { kind: 'snapshots' as const, paths: [folder] };
    const meanwhile = { progress: () => undefined };
    const { signal } = new AbortController();
    comparison = await compareLive(document, { uri, source }, settingsFrom(undefined), signal, meanwhile);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('says of each entry on which lines it is', () => {
    const lines = text.split('\n');
    for (const { id, name, place } of map().things) {
      if (!id.startsWith('/')) assert.equal(place, undefined, id);
      else {
        assert.ok(lines[place!.first]!.includes(name), `${id} begins with its name`);
        assert.ok(place!.last >= place!.first && place!.last < lines.length, id);
      }
    }
  });

  it('has nothing wrong before a comparison', () => {
    const { findings, compared, broken } = map();
    assert.deepEqual({ findings, compared, broken }, { findings: [], compared: 'no', broken: undefined });
  });

  it('has the difference on the router, and on its namespace on that node', () => {
    const { findings, compared, things } = map({}, comparison);
    assert.equal(compared, 'yes');
    assert.deepEqual(
      findings.map(({ severity, code, isLive, things: on }) => [severity, code, isLive, on]),
      [['error', 'rule-missing', true, ['/routers/ra', 'qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb on compute1']]],
    );
    assert.deepEqual(
      things.flatMap(({ name, status }) => (status ? [`${name} ${status}`] : [])),
      ['compute1 differs', 'compute2 in-sync', 'net1 in-sync'],
    );
  });

  it('says when the file is no longer what was compared', () => {
    const later = cloudMap(documentOf(`${text}# more\n`), { uri }, comparison);
    assert.equal(later.compared, 'outdated');
  });

  const wayOf = ({ side, isWhole, there }: MapPath): string[] => [
    `${side} ${isWhole}`,
    there.physical.join(' > '),
    there.logical.join(' > '),
  ];
  const RA = 'qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb';
  const cases: [what: string, trace: NonNullable<MapParams['trace']>, isCompared: boolean, expected: string[][]][] = [
    [
      'over the SNAT node to the outside',
      { from: 'a3', to: '198.51.100.10' },
      false,
      [
        [
          'expected true',
          `/ports/a3 > ${RA} on compute1 > vxlan tunnels > snat-220318bd-a72b-4bbc-86fa-9eae5a90acdb on net1 > physical network public`,
          '/ports/a3 > /networks/neta > /routers/ra > /networks/neta > /routers/ra > /networks/public',
        ],
      ],
    ],
    [
      'both sides where they part',
      { from: 'a3', to: '198.51.100.10' },
      true,
      [
        [
          'expected true',
          `/ports/a3 > ${RA} on compute1 > vxlan tunnels > snat-220318bd-a72b-4bbc-86fa-9eae5a90acdb on net1 > physical network public`,
          '/ports/a3 > /networks/neta > /routers/ra > /networks/neta > /routers/ra > /networks/public',
        ],
        ['live false', `/ports/a3 > ${RA} on compute1`, '/ports/a3 > /networks/neta > /routers/ra'],
      ],
    ],
    [
      'from port to port on two nodes',
      { from: 'a1', to: 'a2' },
      false,
      [['expected true', '/ports/a1 > vxlan tunnels > /ports/a2', '/ports/a1 > /networks/neta > /ports/a2']],
    ],
    [
      'in from outside by a floating IP',
      { from: '198.51.100.10@public', to: '192.168.1.102' },
      false,
      [
        [
          'expected true',
          `physical network public > fip-15ee9eb7-7491-41b9-86be-25a90cc115b1 on compute2 > ${RA} on compute2 > /ports/a2`,
          '/networks/public > /routers/ra > /networks/neta > /ports/a2',
        ],
      ],
    ],
  ];
  for (const [what, trace, isCompared, expected] of cases)
    it(`shows a packet ${what}`, () => {
      const { paths, things } = map({ trace }, isCompared ? comparison : undefined);
      assert.ok(paths);
      assert.deepEqual(paths.map(wayOf), expected);
      const ids = new Set(things.map(({ id }) => id));
      for (const { there, back } of paths)
        for (const id of [there, back].flatMap(({ physical, logical }) => [...physical, ...logical]))
          assert.ok(ids.has(id), `${id} is on the map`);
    });

  it('says why a packet cannot be traced', () => {
    const { paths, pathProblem } = map({ trace: { from: 'gone', to: 'a1' } });
    assert.equal(paths, undefined);
    assert.match(pathProblem!, /There is no port "gone"/);
  });
});

describe('the map of a broken file', () => {
  const cases: [what: string, text: string, isBroken: boolean][] = [
    ['is whole where nothing was left out', 'dvr: 1\nnodes:\n  n: {agent_mode: dvr}\n', false],
    ['is not whole where an entry could not be read', 'dvr: 1\nnodes:\n  n: {agent_mode: dvr}\n  m: [\n', true],
    ['is whole where only a check complains', 'dvr: 1\nports:\n  p: {network: gone}\n', false],
    ['is empty where there is nothing', '', false],
  ];
  for (const [what, text, isBroken] of cases)
    it(what, () => assert.equal(cloudMap(documentOf(text), { uri }, undefined).broken !== undefined, isBroken));
});
