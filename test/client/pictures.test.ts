/** The pictures of map and trace as files, and in words: each says all that is drawn, and what names look like does not matter. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { indexOf } from '../../client/webview/map/marks.ts';
import type { Palette } from '../../client/webview/map/colours.ts';
import { detailSaid, findingSaid, linksSaid, waysSaid } from '../../client/webview/map/said.ts';
import { mapSvg } from '../../client/webview/map/svg.ts';
import { placesSaid } from '../../client/webview/trace/said.ts';
import { traceSvg } from '../../client/webview/trace/svg.ts';
import { wayText } from '../../client/webview/trace/packet.ts';
import { type Measure, colour, cut, wrap } from '../../client/webview/svg.ts';
import { makeDocument } from '../../server/document.ts';
import { cloudMap } from '../../server/features/map.ts';
import { textOf } from '../../server/text.ts';
import { atlasOf } from '../../shared/picture/atlas.ts';
import { picturesOf } from '../../shared/picture/picture.ts';
import type { Picture, TraceView } from '../../shared/picture/types.ts';
import { layout } from '../../shared/map/layout.ts';
import type { CloudMap, MapView } from '../../shared/map/types.ts';
import type { TraceParams } from '../../shared/protocol.ts';
import { withReasons } from '../../shared/trace/diverge.ts';
import { type TraceRequest, trace } from '../../shared/trace/trace.ts';
import { allocationsOf, expectedCloud } from '../../shared/wiring.ts';
import { withoutFloatingIpRule } from '../support/checkTrace.ts';
import { recordedCloud } from '../support/recordedCloud.ts';
import { liveState, nodeNames, topologyOf } from '../support/recordings.ts';
import { mapWords, traceWords } from '../support/words.ts';
import { allOf, readXml, type XmlElement } from '../support/xml.ts';
import { candidatesOf } from '../shared/trace/candidates.ts';

const measure: Measure = (text, { size }) => text.length * size * 0.55;
const HOSTILE = '<b onload="x">&amp; \'"\u0007\uD800 ]]> שלום 😀';

const PALETTE: Palette = {
  background: '#1e1e1e',
  container: '#252526',
  cell: '#1e1e1e',
  border: 'rgba(204, 204, 204, 0.5)',
  text: '#cccccc',
  faint: '#ccccccb3',
  line: '#808080',
  focus: '#0078d4',
  related: '#0078d4',
  match: '#ea5c0055',
  there: '#3794ff',
  back: '#cca700',
  kind: {
    node: '#3794ff',
    namespace: '#b180d7',
    carrier: '#89d185',
    'external-network': '#89d185',
    network: '#cca700',
    subnet: '#cccccc',
    router: '#b180d7',
    port: '#3794ff',
    'floating-ip': '#89d185',
  },
  severity: { error: '#f14c4c', warning: '#cca700', information: '#3794ff', hint: '#3794ff' },
  onMark: '#1e1e1e',
  font: '"Segoe UI", sans-serif',
};

const leans = (element: XmlElement): string[] =>
  allOf(element).flatMap(({ attributes }) =>
    Object.values(attributes).filter((value) => /var\(|rgba?\(|^https?:(?!\/\/www\.w3\.org\/2000\/svg$)/.test(value)),
  );

/** Nothing is drawn outside of the picture. */
function assertInside(svg: XmlElement): void {
  const [width, height] = [Number(svg.attributes['width']), Number(svg.attributes['height'])];
  for (const { name, attributes: at } of svg.children)
    if (name === 'rect' || name === 'text') {
      assert.ok(Number(at['x'] ?? 0) >= 0 && Number(at['y'] ?? 0) >= 0, JSON.stringify(at));
      assert.ok(Number(at['x'] ?? 0) + Number(at['width'] ?? 0) <= width + 1, JSON.stringify(at));
      assert.ok(Number(at['y'] ?? 0) + Number(at['height'] ?? 0) <= height + 1, JSON.stringify(at));
    }
}

describe('the map as SVG', () => {
  const uri = 'file:///c.dvr.yaml';
  const mapOf = (text: string, packet?: Omit<TraceParams, 'uri'>): CloudMap =>
    cloudMap(
      makeDocument(textOf({ uri, languageId: 'dvr-topology', version: 1 }, text)),
      { uri, ...(packet && { trace: packet }) },
      undefined,
    );
  const cloud = (port: string): string => `dvr: 1
nodes:
  compute1: {agent_mode: dvr, bridge_mappings: {physnet1: br-ex}}
  net1: {agent_mode: dvr_snat, bridge_mappings: {physnet1: br-ex}}
networks:
  red: {network_type: vxlan, segmentation_id: 7, subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}}}
  public: {"router:external": true, network_type: flat, physical_network: physnet1, subnets: {p4: {cidr: 192.0.2.0/24}}}
routers:
  r1: {external_gateway: {network: public, ip_address: 192.0.2.21, node: net1}, interfaces: {red-v4: {}}}
ports:
  ${JSON.stringify(port)}: {node: compute1, network: red, device_owner: compute:nova, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
  vm2: {node: gone, network: red, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
floating_ips:
  192.0.2.50: {port: vm2, router: r1}
`;
  const drawn = (map: CloudMap, view: MapView) => {
    const scene = layout(map, view, undefined);
    const boxes = new Map(scene.boxes.map((box) => [box.thing.id, box]));
    const index = indexOf(map);
    const paths = map.paths ?? [];
    const svg = mapSvg(
      { scene, boxes, index, paths, view },
      { title: 'Map', palette: PALETTE, texts: mapWords, measure },
    );
    return { scene, boxes, index, paths, view, svg };
  };
  const cases: [what: string, text: string, packet?: Omit<TraceParams, 'uri'>][] = [
    ['nothing', 'dvr: 1\n'],
    ['one node', 'dvr: 1\nnodes: {n: {agent_mode: dvr}}\n'],
    ['a cloud with mistakes', cloud('vm1')],
    ['the way of a packet', cloud('vm1'), { from: 'vm1', to: '8.8.8.8' }],
    ['a packet that is lost', cloud('vm1'), { from: 'vm1', to: '10.9.9.9', protocol: 'udp', dport: 53 }],
    ['a name that is markup', cloud(HOSTILE.replace('\uD800', ''))],
    ['a very long name', cloud('x'.repeat(3000))],
  ];
  for (const [what, text, request] of cases)
    for (const view of ['physical', 'logical'] as const)
      it(`is XML that holds every thing, of ${what}, ${view}`, () => {
        const map = mapOf(text, request);
        const { scene, svg } = drawn(map, view);
        const root = readXml(svg);
        assertInside(root);
        assert.deepEqual(leans(root), []);
        const groups = allOf(root).filter(({ attributes }) => attributes['data-id'] !== undefined);
        assert.equal(groups.length, scene.boxes.length);
        for (const { thing } of scene.boxes) {
          const group = groups.find(
            ({ attributes }) => attributes['data-id'] === thing.id.replaceAll('\u0007', '\uFFFD'),
          );
          const [title] = group!.children;
          assert.ok(title!.text.includes(thing.name.replaceAll('\u0007', '\uFFFD')), thing.name);
          assert.ok(
            group!.children.some(({ name, text: shown }) => name === 'text' && shown !== ''),
            thing.name,
          );
        }
      });

  it('and as a table says what is joined, found and passed', () => {
    const map = mapOf(cloud('vm1'), { from: 'vm1', to: '8.8.8.8' });
    for (const view of ['physical', 'logical'] as const) {
      const { scene, boxes, index, paths, svg } = drawn(map, view);
      const ways = waysSaid(scene, boxes, paths, view, mapWords);
      const words = scene.boxes.map(({ thing }) =>
        [
          thing.name,
          detailSaid(thing, mapWords),
          linksSaid(index, thing.id, mapWords, view),
          ...(index.findings.get(thing.id) ?? []).map((finding) => findingSaid(finding, mapWords)),
          ways.get(thing.id) ?? '',
        ].join('\n'),
      );
      const said = new Map(scene.boxes.map(({ thing }, i) => [thing.id, words[i]!]));
      for (const { link } of scene.wires) {
        assert.ok(said.get(link.from)!.includes(index.things.get(link.to)!.name.slice(0, 12)), JSON.stringify(link));
        assert.ok(said.get(link.from)!.includes(link.label), JSON.stringify(link));
      }
      for (const finding of map.findings)
        for (const id of finding.things) if (said.has(id)) assert.ok(said.get(id)!.includes(finding.message));
      const numbers = allOf(readXml(svg)).flatMap(({ name, text, attributes }) =>
        name === 'text' && attributes['text-anchor'] === 'middle' ? [`packet ${text}`] : [],
      );
      assert.ok(numbers.length > 1, view);
      for (const number of numbers)
        assert.ok(
          words.some((text) => text.includes(number)),
          `${view}: ${number}`,
        );
    }
  });
});

/** All that the picture draws of its boxes, but for signs. */
function assertSaid(picture: Picture, view: TraceView): void {
  const said = placesSaid(picture, view.lanes, traceWords);
  const titles = new Map(view.lanes.map(({ id, title }) => [id, title]));
  const steps = picture.steps.map(({ text }) => text.replaceAll('\t', ' ')).join('\n');
  for (const box of [...picture.there.boxes, ...(picture.back?.boxes ?? [])]) {
    const row = `${picture.steps[box.step]!.text} ${said.get(box.step)}`;
    const place = box.kind === 'outside' ? titles.get(box.lane)!.replace('outside of ', '') : box.title;
    const lane = box.kind === 'outside' ? '' : titles.get(box.lane)!;
    const packet = box.kind === 'bridge' ? '' : wayText(box.packet);
    for (const part of [place, lane, box.owner, box.in, box.out, packet])
      assert.ok(row.includes(part ?? ''), `${part} is not in: ${row}`);
    if (box.by !== undefined) assert.ok(steps.includes(box.by), box.by);
    for (const { kind, text, step } of box.lines)
      if (kind !== 'flow') assert.ok(picture.steps[step]!.text.includes(text), text);
      else assert.equal(picture.steps[step]!.type, 'flow');
  }
}

describe('a trace', () => {
  const topology = topologyOf('S3');
  const atlas = atlasOf(topology, (pointer) => ({ uri: pointer, line: 0, character: 0 }));
  const states = nodeNames('S3').map((node) => liveState('S3', node));
  const expected = expectedCloud(topology, allocationsOf(topology, states));
  const cloud = recordedCloud('S3');
  withoutFloatingIpRule(cloud);
  const viewOf = (request: TraceRequest): TraceView => {
    const [left, right] = [trace(expected, request), trace(cloud, request)];
    return {
      request: { from: 'a1', to: request.to },
      ...picturesOf(left, withReasons(left, right), atlas),
      findings: [],
      notes: [],
    };
  };
  const requests = candidatesOf(topology, cloud.states).filter((_, i) => i % 5 === 0);
  const dress = {
    strings: traceWords,
    palette: {
      background: '#fff',
      text: 'rgb(10, 20, 30)',
      soft: 'rgba(10, 20, 30, 0.7)',
      line: 'color(srgb 0.5 0.5 0.5 / 0.5)',
      box: '#eee',
      good: '#0a0',
      bad: '#a00',
      nat: '#a0a',
      font: 'sans-serif',
      mono: '"Fira Code", monospace',
    },
    measure,
  };

  it('says in its steps all that its pictures draw', () => {
    for (const request of requests) {
      const view = viewOf(request);
      assertSaid(view.expected, view);
      if (view.live) assertSaid(view.live, view);
    }
    assert.ok(requests.length > 10);
  });

  it('is XML that holds every box, and nothing from elsewhere', () => {
    for (const request of requests) {
      const view = viewOf(request);
      const root = readXml(traceSvg(view, ['expected', 'live'], dress));
      assertInside(root);
      assert.deepEqual(leans(root), []);
      const texts = allOf(root).map(({ text }) => text);
      for (const picture of [view.expected, view.live!])
        for (const { title, step } of [...picture.there.boxes, ...(picture.back?.boxes ?? [])]) {
          assert.ok(texts.includes(title), title);
          assert.ok(texts.includes(picture.steps[step]!.text.replaceAll('\t', ' ')), title);
        }
    }
  });

  it('is XML whatever things are called', () => {
    const view = viewOf(requests[0]!);
    const named = JSON.parse(
      JSON.stringify(view).replaceAll('compute1', JSON.stringify(HOSTILE).slice(1, -1)),
    ) as TraceView;
    const root = readXml(traceSvg(named, ['expected'], dress));
    assertInside(root);
    assert.ok(root.text.includes('שלום'));
  });
});

describe('in a picture', () => {
  const wide = (text: string): number => text.length;
  const wraps: [text: string, room: number, lines: string[]][] = [
    ['one two three', 20, ['one two three']],
    ['one two three', 8, ['one two', 'three']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['a bcdefghij k', 4, ['a', 'bcde', 'fghi', 'j k']],
    ['', 4, ['']],
    ['abc', 0, ['a', 'b', 'c']],
  ];
  for (const [text, room, lines] of wraps)
    it(`"${text}" in ${room} is ${lines.length} lines`, () => assert.deepEqual(wrap(text, room, wide), lines));
  it('what has no room is cut between letters', () => {
    assert.equal(cut('abcdef', 6, wide), 'abcdef');
    assert.equal(cut('abcdef', 4, wide), 'abc…');
    assert.equal(cut('😀😀😀', 4, wide), '😀…');
    assert.equal(cut('abc', 0, wide), '…');
  });
  const colours: [css: string, expected: object][] = [
    ['#abc', { fill: '#aabbcc' }],
    ['#abc8', { fill: '#aabbcc', 'fill-opacity': '0.53' }],
    ['#11223380', { fill: '#112233', 'fill-opacity': '0.5' }],
    ['rgb(1, 2, 3)', { fill: '#010203' }],
    ['rgba(1, 2, 3, 0.25)', { fill: '#010203', 'fill-opacity': '0.25' }],
    ['rgb(255 0 0 / 50%)', { fill: '#ff0000', 'fill-opacity': '0.5' }],
    ['color(srgb 1 0.5 0 / 0.4)', { fill: '#ff8000', 'fill-opacity': '0.4' }],
    ['transparent', { fill: 'none' }],
    ['red', { fill: 'red' }],
    ['url(javascript:x)', { fill: '#808080' }],
    ['', { fill: '#808080' }],
  ];
  for (const [css, expected] of colours)
    it(`${css || 'no colour'} is ${JSON.stringify(expected)}`, () => assert.deepEqual(colour('fill', css), expected));
});
