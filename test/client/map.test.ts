/** What the map's page works out without a screen: where the camera looks, what a filter leaves, which thing a line is of. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Camera, fit, pan, toward, zoom } from '../../client/webview/map/camera.ts';
import { type Filter, clustersById, search, shownBy } from '../../client/webview/map/filter.ts';
import { indexOf, relatedTo, worstOf } from '../../client/webview/map/marks.ts';
import { type Chosen, type MapNews, follow, modelOf, thingAt } from '../../client/webview/map/model.ts';
import { type Signs, asideOf, takenBy } from '../../client/webview/map/signs.ts';
import { pointIn, routeOf } from '../../client/webview/map/way.ts';
import { makeDocument } from '../../server/document.ts';
import { cloudMap } from '../../server/features/map.ts';
import { textOf } from '../../server/text.ts';
import type { CloudMap } from '../../shared/map/types.ts';

const CLOUD = `dvr: 1
release: zed
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
networks:
  red:
    network_type: vxlan
    subnets:
      red-v4: {cidr: 10.0.0.0/24}
    segmentation_id: 7
  blue: {network_type: vxlan, subnets: {blue-v4: {cidr: 10.2.0.0/24}}}
  public:
    router:external: true
    network_type: flat
    physical_network: physnet1
    subnets: {public-v4: {cidr: 192.168.1.0/24}}
routers:
  r1: {external_gateway: {network: public, ip_address: 192.168.1.21, node: net1}, interfaces: {red-v4: {}}}
  r2: {external_gateway: {network: public, ip_address: 192.168.1.22, node: net1}, interfaces: {blue-v4: {}}}
ports:
  vm1: {node: compute1, network: red, device_owner: compute:nova, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
  vm2: {node: compute1, network: blue, device_owner: compute:nova, fixed_ips: [{subnet: blue-v4, ip_address: 10.2.0.5}]}
floating_ips:
  192.168.1.50: {port: vm1, router: r1}
`;
const uri = 'file:///c.dvr.yaml';
const mapOf = (text: string): CloudMap =>
  cloudMap(makeDocument(textOf({ uri, languageId: 'dvr-topology', version: 1 }, text)), { uri }, undefined);
const MAP = { ...mapOf(CLOUD), findings: [] };
const WITH_FINDING: CloudMap = {
  ...MAP,
  findings: [{ severity: 'warning', code: 'x', message: 'x', isLive: false, things: ['/ports/vm2'] }],
};

describe('a filter leaves', () => {
  const names = (map: CloudMap, filter: Partial<Filter>): string | undefined => {
    const whole: Filter = { view: 'logical', hidden: [], onlyFindings: false, cluster: '', ...filter };
    const shown = shownBy(map, indexOf(map), whole, clustersById(map));
    return shown && map.things.flatMap(({ id, name }) => (shown.has(id) ? name.replace(/-<.*/, '') : [])).join(' ');
  };
  const cases: [what: string, map: CloudMap, filter: Partial<Filter>, expected: string | undefined][] = [
    ['all, when it asks for nothing', MAP, {}, undefined],
    ['what has findings, and what that is in', WITH_FINDING, { onlyFindings: true }, 'blue vm2'],
    ['the node of a port with a finding', WITH_FINDING, { onlyFindings: true, view: 'physical' }, 'compute1 vm2'],
    ['nothing, where nothing was found', MAP, { onlyFindings: true }, ''],
    [
      'other kinds than those that are hidden',
      MAP,
      { hidden: ['port', 'subnet', 'floating-ip'] },
      'red blue public r1 r2',
    ],
    [
      'what one router connects, with its way out',
      MAP,
      { cluster: '/routers/r2' },
      'blue blue-v4 public public-v4 r2 vm2',
    ],
    ['all, where the router is gone', MAP, { cluster: '/routers/gone' }, undefined],
  ];
  for (const [what, map, filter, expected] of cases) it(what, () => assert.equal(names(map, filter), expected));

  it('the namespaces of one router, and the nodes that have them', () => {
    const left = names(MAP, { cluster: '/routers/r1', view: 'physical' })!.split(' ');
    assert.ok(
      ['compute1', 'net1', 'vm1'].every((name) => left.includes(name)),
      left.join(),
    );
    assert.ok(!left.includes('vm2'));
  });
});

describe('a search', () => {
  const cases: [text: string, expected: string][] = [
    ['', ''],
    ['  ', ''],
    ['VM', 'vm1 vm2 192.168.1.50'],
    ['10.0.0', 'red-v4 vm1'],
    ['no such thing', ''],
    ['.*', ''],
  ];
  const logical = MAP.things.filter(({ kind }) => kind !== 'namespace' && kind !== 'node' && kind !== 'carrier');
  for (const [text, expected] of cases)
    it(`for "${text}"`, () =>
      assert.equal(
        search(logical, text)
          .map(({ name }) => name)
          .join(' '),
        expected,
      ));
});

describe('what belongs to a thing', () => {
  const index = indexOf(WITH_FINDING);
  const names = (id: string): string =>
    [...relatedTo(index, id)]
      .map((each) => index.things.get(each)!.kind)
      .toSorted()
      .join(' ');
  it('of a router: its networks and its namespaces', () =>
    assert.equal(names('/routers/r1'), 'external-network namespace namespace namespace subnet'));
  it('of a port: its floating IP, and the namespace that serves it', () =>
    assert.equal(names('/ports/vm1'), 'floating-ip namespace'));
  it('is the worst finding', () => {
    assert.equal(worstOf([{ severity: 'hint' }, { severity: 'error' }, { severity: 'warning' }]), 'error');
    assert.equal(worstOf([]), undefined);
  });
});

describe('signs on a box', () => {
  const signs: Signs = { found: new Set(['found', 'both']), stops: new Set(['stop', 'both']) };
  const cases: [id: string, scale: number, taken: number, aside: number][] = [
    ['none', 1, 0, 0],
    ['found', 1, 9, 0],
    ['found', 0.5, 13, 0],
    ['stop', 1, 17, 25],
    ['both', 1, 34, 25],
    ['both', 0.5, 31, 18],
    ['both', 2, 48, 39],
  ];
  for (const [id, scale, taken, aside] of cases)
    it(`${id} at ${scale}: names leave them room, and the mark the number`, () =>
      assert.deepEqual([takenBy(signs, id, scale), asideOf(signs, id, scale)], [taken, aside]));
});

const CHOSEN: Chosen = { view: 'logical', isTable: false, hidden: [], onlyFindings: false, cluster: '', search: '' };
const news = (map: CloudMap): MapNews => ({ type: 'map', uri, file: 'c.dvr.yaml', map });

describe('a line is of', () => {
  const model = modelOf(news(MAP), CHOSEN, '', undefined);
  const lines = CLOUD.split('\n');
  const cases: [text: string, view: Chosen['view'], expected: string | undefined][] = [
    ['cidr: 10.0.0.0/24', 'logical', 'red-v4'],
    ['segmentation_id: 7', 'logical', 'red'],
    ['  r2:', 'logical', 'r2'],
    ['  vm2:', 'physical', 'vm2'],
    ['  compute1:', 'physical', 'compute1'],
    ['  compute1:', 'logical', undefined],
    ['routers:', 'logical', undefined],
  ];
  for (const [text, view, expected] of cases)
    it(`${text.trim()} in the ${view} view: ${expected}`, () => {
      const line = lines.findIndex((each) => each.includes(text));
      assert.equal(thingAt(model, view, { line })?.name, expected);
    });
  it('nothing, in another file', () =>
    assert.equal(thingAt(model, 'logical', { uri: 'file:///o.dvr.yaml', line: 8 }), undefined));
});

describe('a new map', () => {
  const broken = CLOUD.replace('  vm2: {', '  vm2: [');
  it('of a file with a mistake leaves the last one, with its note', () => {
    const first = modelOf(news(MAP), CHOSEN, '', undefined);
    const second = modelOf(news(mapOf(broken)), CHOSEN, '', first);
    const third = modelOf(news(mapOf(`${broken}#`)), CHOSEN, '', second);
    assert.ok(third.isOld);
    assert.deepEqual(third.map.things, MAP.things);
    assert.equal(modelOf(news(MAP), CHOSEN, '', third).isOld, false);
  });
  it('of a file with a mistake is shown where there was none before', () => {
    const model = modelOf(news(mapOf(broken)), CHOSEN, '', undefined);
    assert.equal(model.isOld, false);
    assert.ok(!model.things.some(({ name }) => name === 'vm2'));
  });
  it('leaves what is looked at where it is', () => {
    const before = modelOf(news(MAP), CHOSEN, '', undefined);
    const more = CLOUD.replace('networks:\n', 'networks:\n  extra: {"router:external": true}\n');
    const after = modelOf(news(mapOf(more)), CHOSEN, '', before);
    const camera: Camera = { x: 13, y: -40, scale: 0.7 };
    const next = follow(camera, before, after, '/routers/r2', { x: 300, y: 300 });
    const at = (model: typeof before, { x, y, scale }: Camera): number[] => {
      const box = model.boxes.get('/routers/r2')!;
      return [x + box.x * scale, y + box.y * scale].map(Math.round);
    };
    assert.deepEqual(at(after, next), at(before, camera));
    assert.notDeepEqual(next, camera);
  });
});

describe('the camera', () => {
  const content = { width: 4000, height: 1000 };
  const screen = { width: 1000, height: 800 };
  const round = ({ x, y, scale }: Camera): string => `${Math.round(x)} ${Math.round(y)} ${scale.toFixed(3)}`;
  const all = fit(content, screen);

  it('shows all in the middle', () => assert.equal(round(all), '16 279 0.242'));
  it('does not blow up what is small', () => assert.equal(fit({ width: 10, height: 10 }, screen).scale, 1.25));
  it('can show nothing at all', () =>
    assert.ok(Number.isFinite(fit({ width: 0, height: 0 }, { width: 0, height: 0 }).scale)));
  it('keeps the point that is zoomed at', () => {
    const at = { x: 400, y: 300 };
    const next = zoom(all, 2, at);
    assert.equal(Math.round((at.x - next.x) / next.scale), Math.round((at.x - all.x) / all.scale));
  });
  it('zooms no further than one can see', () => {
    assert.equal(zoom(all, 1e9, { x: 0, y: 0 }).scale, 3);
    assert.ok(zoom(all, 1e-9, { x: 0, y: 0 }).scale > 0);
  });
  it('never loses the map', () => {
    const far = pan(all, -1e6, 1e6, content, screen);
    assert.ok(far.x + content.width * far.scale > 0 && far.y < screen.height);
  });
  it('stays where a thing is in sight and large enough', () => {
    const near = { x: 0, y: 0, scale: 1 };
    assert.equal(toward(near, { x: 10, y: 10, width: 100, height: 40 }, screen), near);
  });
  it('goes to what is out of sight, and near enough to be read', () => {
    const next = toward(all, { x: 3900, y: 900, width: 100, height: 40 }, screen);
    assert.equal(round(next), '-3055 -428 0.900');
  });
});

describe('the way of a packet', () => {
  for (const view of ['physical', 'logical'] as const)
    it(`is never oblique, and runs over no name but those of its ends, in the ${view} view`, () => {
      const { scene } = modelOf(news(MAP), { ...CHOSEN, view }, '', undefined);
      const cells = scene.boxes.filter(({ parent }) => parent >= 0);
      for (const a of cells)
        for (const b of cells) {
          const route = routeOf(scene, [a, b]);
          // Those that no line joins are not on one way.
          if (a === b || route.length === 2) continue;
          const what = `${a.thing.name} to ${b.thing.name}`;
          assert.deepEqual([route[0], route.at(-1)], [pointIn(a), pointIn(b)], what);
          for (const [i, [x, y]] of route.entries()) {
            const [px, py] = route[i - 1] ?? [x, y];
            assert.ok(x === px || y === py, `${what}: ${route.join(' ')}`);
            for (const cell of cells) {
              const isIn =
                Math.max(x, px) > cell.x &&
                Math.min(x, px) < cell.x + cell.width &&
                Math.max(y, py) > cell.y &&
                Math.min(y, py) < cell.y + cell.height;
              assert.ok(!isIn || cell === a || cell === b, `${what} over ${cell.thing.name}`);
            }
          }
        }
    });
});
