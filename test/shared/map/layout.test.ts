/** Laws of the map, on recorded, generated and arbitrary clouds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cloud } from '../../../bench/cloud.ts';
import { defaultAllocations } from '../../../shared/allocations.ts';
import { namespacesOf } from '../../../shared/expect.ts';
import { heldOn } from '../../../shared/map/namespaces.ts';
import { relationsOf } from '../../../shared/topology/relations.ts';
import { layout } from '../../../shared/map/layout.ts';
import type { Box, Scene, Wire } from '../../../shared/map/scene.ts';
import type { Rect } from '../../../shared/map/beside.ts';
import { thingsOf } from '../../../shared/map/things.ts';
import { VIEW_KINDS, type MapView } from '../../../shared/map/types.ts';
import { grouped } from '../../../shared/topology/lookup.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { SCENARIOS, topologyOf } from '../../support/recordings.ts';
import { anyTopology } from '../topology/anyTopology.ts';

const VIEWS: readonly MapView[] = ['physical', 'logical'];

/** All that must hold of the map of any cloud. */
function holds(topology: Topology): void {
  const map = thingsOf(topology);
  const ids = map.things.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, 'each thing once');
  const known = new Set(ids);
  for (const thing of entriesOf(topology)) assert.ok(known.has(thing), `${thing} is on the map`);
  for (const { from, to } of map.links) assert.ok(known.has(from) && known.has(to), `${from} to ${to} has both ends`);
  for (const { id, inside } of map.things)
    for (const outer of Object.values(inside)) assert.ok(known.has(outer), `${id} is in ${outer}, which is there`);
  for (const { name } of topology.nodes) {
    const node = relationsOf(topology).node.get(name)!;
    const expected = namespacesOf(topology, name, defaultAllocations(topology, name)).map((each) => each.name);
    assert.deepEqual(
      heldOn(relationsOf(topology), node).map((each) => each.name),
      expected,
      `the namespaces of ${name}`,
    );
  }
  for (const view of VIEWS) {
    const scene = layout(map, view);
    const kinds = VIEW_KINDS[view];
    const wanted = map.things.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);
    assert.deepEqual(
      scene.boxes.map(({ thing }) => thing.id).toSorted(),
      wanted.toSorted(),
      `all things of the ${view} view`,
    );
    assert.equal(
      scene.wires.length,
      map.links.filter((link) => link.view === view).length,
      `all links of the ${view} view`,
    );
    for (const { points } of scene.wires)
      assert.ok(points.length >= 4 && points.every(Number.isFinite), 'a line has two ends');
    assert.equal(coveredBy(scene)[0], undefined, `no line of the ${view} view runs over a name`);
    nested(scene);
    assert.equal(overlapping(scene), undefined, `nothing overlaps in the ${view} view`);
    assert.deepEqual(layout(structuredClone(map), view), scene, 'the same again');
  }
}

const entriesOf = ({ nodes, networks, routers, ports, floating_ips: floating }: Topology): string[] =>
  [...nodes, ...networks, ...networks.flatMap(({ subnets }) => subnets), ...routers, ...ports, ...floating].map(
    ({ pointer }) => pointer,
  );

function nested({ boxes, width, height }: Scene): void {
  const whole = { x: 0, y: 0, width, height };
  for (const [i, box] of boxes.entries()) {
    assert.ok(box.parent < i, 'what holds others comes before them');
    const outer = boxes[box.parent] ?? whole;
    const isInside =
      box.x >= outer.x &&
      box.y >= outer.y &&
      box.x + box.width <= outer.x + outer.width + 0.001 &&
      box.y + box.height <= outer.y + outer.height + 0.001;
    assert.ok(isInside, `${box.thing.id} is inside of what it is in`);
  }
}

/** Names that lines between things in boxes run over, but for those that go straight, behind all boxes. */
function coveredBy({ boxes, wires }: Scene): string[] {
  const texts = boxes.map(({ thing, x, y, width, height, parent, holds: held }): [id: string, text: Rect] =>
    // Of what holds others only its first lines are written.
    [thing.id, parent < 0 && held > 0 ? { x, y: y + 4, width, height: 32 } : { x, y, width, height }],
  );
  // A few of many.
  const thin = wires.filter(({ link }) => link.kind === 'floating' || link.kind === 'serves');
  const some = thin.filter((_, i) => i % Math.ceil(thin.length / 100) === 0);
  return some.flatMap(({ link, points }) =>
    points.length > 4
      ? texts.flatMap(([id, text]) => (crosses(points, text) ? [`${link.from} to ${link.to} over ${id}`] : []))
      : [],
  );
}

const isStraight = (points: Wire['points']): boolean =>
  points.every((value, i) => i < 2 || i % 2 === 1 || value === points[i - 2] || points[i + 1] === points[i - 1]);

/** Whether a line goes through the inside of a rectangle. */
const crosses = (points: Wire['points'], { x, y, width, height }: Rect): boolean =>
  points.some((ax, i) => {
    if (i % 2 === 1 || i + 3 >= points.length) return false;
    const [ay, bx, by] = [points[i + 1]!, points[i + 2]!, points[i + 3]!];
    const e = 0.001;
    return (
      Math.max(ax, bx) > x + e &&
      Math.min(ax, bx) < x + width - e &&
      Math.max(ay, by) > y + e &&
      Math.min(ay, by) < y + height - e
    );
  });

/** Of boxes in one box, two that share a place. */
function overlapping({ boxes }: Scene): string | undefined {
  const byParent = grouped(boxes.map((box) => [box.parent, box] as const));
  for (const siblings of byParent.values()) {
    const sorted = siblings.toSorted((a, b) => a.x - b.x);
    let near: Box[] = [];
    for (const box of sorted) {
      near = near.filter((other) => other.x + other.width > box.x);
      const hit = near.find((other) => other.y < box.y + box.height && box.y < other.y + other.height);
      if (hit) return `${hit.thing.id} and ${box.thing.id}`;
      near.push(box);
    }
  }
  return undefined;
}

describe('the map of', () => {
  for (const scenario of SCENARIOS) it(`recording ${scenario}`, () => holds(topologyOf(scenario)));
  it('a generated cloud', () => holds(cloud(40, 10)));
  it('a cloud of 1,000 nodes', () => holds(cloud(1000, 10)));
  it('a cloud with floating IPs of ports in several networks, none of whose lines is oblique', () => {
    const scene = layout(thingsOf(cloud(4, 30)), 'logical');
    const thin = scene.wires.filter(({ link }) => link.kind === 'floating');
    assert.ok(thin.length > 10);
    assert.ok(thin.every(({ points }) => isStraight(points)));
  });
  it('an empty cloud', () => holds({ nodes: [], networks: [], routers: [], ports: [], floating_ips: [] }));
  it('any cloud', () => {
    fc.assert(fc.property(anyTopology, holds), { numRuns: 300, seed: 7 });
  });
});

describe('what is added', () => {
  const placesOf = (topology: Topology, view: MapView): Map<string, Box> =>
    new Map(layout(thingsOf(topology), view).boxes.map((box) => [box.thing.id, box]));

  it('at the end moves few of the others: where no row is full, none', () => {
    const before = cloud(40, 10);
    const extra = { ...before.ports.at(-1)!, name: 'new', pointer: '/ports/new' };
    const after = { ...before, ports: [...before.ports, extra] };
    for (const view of VIEWS) {
      const [a, b] = [placesOf(before, view), placesOf(after, view)];
      const moved = [...a].filter(([id, box]) => b.get(id)?.x !== box.x || b.get(id)?.y !== box.y);
      assert.deepEqual(moved, [], view);
    }
  });

  it('seldom moves anything to another row', () => {
    let topology = cloud(20, 10);
    let jumps = 0;
    for (let i = 0; i < 60; i++) {
      const extra = { ...topology.ports[i % 3]!, name: `new${i}`, pointer: `/ports/new${i}` };
      const next = { ...topology, ports: [...topology.ports, extra] };
      const [a, b] = [placesOf(topology, 'physical'), placesOf(next, 'physical')];
      const order = (places: Map<string, Box>): string =>
        [...places.values()]
          .filter(({ thing }) => thing.kind === 'node')
          .toSorted((one, other) => one.y - other.y || one.x - other.x)
          .map(
            ({ thing, y }) =>
              `${thing.name} ${[...new Set([...places.values()].filter(({ parent }) => parent < 0).map((box) => box.y))].indexOf(y)}`,
          )
          .join();
      if (order(a) !== order(b)) jumps++;
      topology = next;
    }
    assert.ok(jumps <= 6, `${jumps} of 60`);
  });
});
