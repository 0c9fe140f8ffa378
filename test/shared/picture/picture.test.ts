/** Traces as pictures: what is drawn of some, and what holds of all that a topology lets one think of. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atlasOf } from '../../../shared/picture/atlas.ts';
import { picturesOf, type Pictures } from '../../../shared/picture/picture.ts';
import type { Picture, PictureBox, PictureWay } from '../../../shared/picture/types.ts';
import { withReasons } from '../../../shared/trace/diverge.ts';
import { packetText } from '../../../shared/trace/packet.ts';
import { type Trace, type TraceRequest, trace } from '../../../shared/trace/trace.ts';
import type { TraceNode } from '../../../shared/trace/tree.ts';
import { expectedCloud } from '../../../shared/wiring.ts';
import { withoutFloatingIpRule } from '../../support/checkTrace.ts';
import { outsideOf, recordedCloud } from '../../support/recordedCloud.ts';
import { allocationsOf } from '../../../shared/wiring.ts';
import { liveState, nodeNames, topologyOf } from '../../support/recordings.ts';
import { candidatesOf } from '../trace/candidates.ts';

const topology = topologyOf('S3');
/** A line for each pointer would be long; the pointer itself is as good a place. */
const atlas = atlasOf(topology, (pointer) => ({ uri: pointer, line: 0, character: 0 }));
const allocations = allocationsOf(
  topology,
  nodeNames('S3').map((node) => liveState('S3', node)),
);
const expected = expectedCloud(topology, allocations);

/** Boxes in order, each with its lane, its devices and what decided; translations as `[new …]`. */
const drawn = ({ boxes, end }: PictureWay): string[] => [
  ...boxes.flatMap((box) => [
    `${box.lane}: ${box.title}${box.owner ? ` (${box.owner})` : ''}${devices(box)}${box.isQuestion ? ' asked' : ''}`,
    ...box.lines.map(({ kind, text }) => `    ${kind} ${text.replace('\t', ' ')}`),
    ...box.changed.map((field) => `    [new ${field}] ${box.packet[field]}`),
    ...(box.by === undefined ? [] : [`    [${box.by}]`]),
  ]),
  ...(end ? [`=> ${end.text}`] : []),
];

const devices = ({ in: by, out }: PictureBox): string =>
  by === undefined && out === undefined ? '' : ` ${by ?? ''} → ${out ?? ''}`;

describe('a picture', () => {
  it('has a floating IP as boxes of one node, with the translation where it is made', () => {
    const pictures = picturesOf(trace(expected, { from: 'a1', to: '198.51.100.10' }), undefined, atlas);
    assert.deepEqual(
      pictures.lanes.map(({ kind, title, location }) => [kind, title, location?.uri]),
      [
        ['node', 'compute1', '/nodes/compute1'],
        ['outside', 'outside of public', '/networks/public'],
      ],
    );
    assert.deepEqual(drawn(pictures.expected.there), [
      'node compute1: a1 (10.1.0.11)',
      'node compute1: br-int tapa9ef7272-e0 → ',
      '    flow tables 0 → 25 → 30 → 59 → 60: NORMAL',
      'node compute1: qrouter-220318bd (router ra) qr-4015509f-fc → rfp-220318bd-a',
      '    rule 44418: from 10.1.0.11 lookup 16',
      '    route default via 169.254.112.145 dev rfp-220318bd-a table 16 proto static',
      '    nat SNAT --to-source 192.168.1.101 --random-fully',
      '    neighbour 169.254.112.145 dev rfp-220318bd-a lladdr e2:42:68:21:b0:a8 PERMANENT',
      '    [new src] 192.168.1.101',
      'node compute1: fip-15ee9eb7 (network public) fpr-220318bd-a → fg-be89cef3-ad',
      '    rule 2852024465: from all iif fpr-220318bd-a lookup 2852024465',
      '    route default via 192.168.1.1 dev fg-be89cef3-ad table 2852024465 proto static',
      'node compute1: br-int fg-be89cef3-ad → ',
      '    flow tables 0 → 59 → 60: NORMAL',
      'node compute1: br-ex phy-br-ex → ',
      '    flow tables 0 → 1 → 2: pop_vlan,NORMAL',
      'outside public: somebody outside',
      '=> exits-network: leaves on public as 192.168.1.101',
    ]);
    const back = drawn(pictures.expected.back!);
    assert.ok(back.includes('    [new dst] 10.1.0.11'), back.join('\n'));
    assert.equal(back.at(-1), '=> delivered: the port has the address');
  });

  it('goes over lanes where a tunnel does, and says by which', () => {
    const { lanes, expected: picture } = picturesOf(
      trace(expected, { from: 'a3', to: '198.51.100.10' }),
      undefined,
      atlas,
    );
    assert.deepEqual(
      lanes.map(({ title }) => title),
      ['compute1', 'net1', 'outside of public'],
    );
    assert.ok(drawn(picture.there).includes('    [through vxlan-0afb0015 to net1, tunnel id 0x18d]'));
  });

  it('leads to the items of the states, and to what they follow from', () => {
    const { steps } = picturesOf(trace(expected, { from: 'a1', to: '198.51.100.10' }), undefined, atlas).expected;
    const found = (type: string, text: string) => steps.find((step) => step.type === type && step.text.includes(text))!;
    const namespace = 'qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb';
    const rule = found('rule', '44418');
    assert.deepEqual(rule.item, { node: 'compute1', namespace, aspect: 'rules' });
    assert.equal(rule.location?.uri, '/floating_ips/192.168.1.101');
    assert.deepEqual(found('iptables', 'SNAT').item, { node: 'compute1', namespace, aspect: 'iptables', table: 'nat' });
    assert.deepEqual(found('flow', 'table=60').item, { node: 'compute1', namespace: '-', aspect: 'flows' });
    assert.equal(found('endpoint', 'a1').location?.uri, '/ports/a1');
    assert.equal(found('namespace', 'qrouter').location?.uri, '/routers/ra');
    const missed = found('detail', 'no route: rules');
    assert.equal(missed.text, 'no route: rules 0 (lookup local), 32766 (lookup main), 32767 (lookup default)');
    assert.equal(missed.isClosed, true);
  });

  it('marks on both sides where the states part', () => {
    const cloud = recordedCloud('S3');
    withoutFloatingIpRule(cloud);
    const { expected: left, live: right } = both({ from: 'a1', to: '198.51.100.10' }, cloud);
    const parting = (picture: Picture): string[] =>
      picture.steps.filter(({ isParting }) => isParting).map(({ text }) => text.replace('\t', ' '));
    assert.deepEqual(parting(left), ['44418: from 10.1.0.11 lookup 16']);
    assert.deepEqual(parting(right!), ['167837697: from 10.1.0.1/24 lookup 167837697']);
  });

  it('ends with the bridges that a question passed, where nobody answers it', () => {
    const cloud = recordedCloud('S3');
    const compute1 = cloud.states.find(({ node }) => node === 'compute1')!;
    // Table 24 lets ARP of ports pass (neutron-lib, `ovs_constants.py: ARP_SPOOF_TABLE`).
    compute1.flows = compute1.flows!.filter(({ bridge, table }) => bridge !== 'br-int' || table !== 24);
    const { live } = both({ from: 'a1', to: '198.51.100.10' }, cloud);
    assert.deepEqual(drawn(live!.there), [
      'node compute1: a1 (10.1.0.11)',
      '    question 10.1.0.1 is asked for by ARP on neta',
      'node compute1: br-int tapa9ef7272-e0 →  asked',
      '    flow tables 0 → 24: no flow matches',
      live!.there.end!.text.replace(/^/, '=> '),
    ]);
    assert.equal(live!.there.end!.disposition, 'neighbour-unreachable');
  });

  it('is of nobody where nothing can be sent', () => {
    const { lanes, expected: picture } = picturesOf(
      trace(expected, { from: 'nobody', to: '1.1.1.1' }),
      undefined,
      atlas,
    );
    assert.deepEqual(lanes, []);
    assert.deepEqual(picture.there.boxes, []);
    assert.equal(picture.there.end?.disposition, 'insufficient-info');
    assert.equal(picture.back, undefined);
  });
});

function both(request: TraceRequest, cloud = recordedCloud('S3')): Pictures {
  const [left, live] = [trace(expected, request), trace(cloud, request)];
  return picturesOf(left, withReasons(left, live), atlas);
}

describe('of every packet that a topology lets one think of', () => {
  const cloud = recordedCloud('S3');
  withoutFloatingIpRule(cloud);
  const requests = candidatesOf(topology, cloud.states).filter((_, i) => i % 3 === 0);
  const all = requests.map((request) => {
    const [left, live] = [trace(expected, request), trace(cloud, request)];
    return { traces: [left, live] as const, pictures: picturesOf(left, withReasons(left, live), atlas) };
  });
  const each = (check: (picture: Picture, traced: Trace, pictures: Pictures) => void): void => {
    assert.ok(all.length > 30);
    for (const { traces, pictures } of all) {
      check(pictures.expected, traces[0], pictures);
      check(pictures.live!, traces[1], pictures);
    }
  };
  const boxesOf = ({ there, back }: Picture): PictureBox[] => [...there.boxes, ...(back?.boxes ?? [])];

  it('the steps are the tree, without jumps', () =>
    each(({ steps }, { tree }) => {
      const texts = new Set(steps.map(({ text }) => text));
      const visit = (node: TraceNode): void => {
        const isJump = node.type === 'iptables' && node.children.length > 0;
        const isTold = texts.has(node.text) || [...texts].some((text) => text.startsWith(`${node.text}: `));
        assert.ok(isJump || isTold, node.text);
        node.children.forEach(visit);
      };
      tree.children.forEach(visit);
    }));

  it('no step is deeper than one below the one before', () =>
    each(({ steps }) => {
      for (const [i, { level }] of steps.entries()) assert.ok(level >= 1 && level <= (steps[i - 1]?.level ?? 0) + 1);
    }));

  it('every box is on a lane, stands for a step of its own, and comes behind the one before', () =>
    each((picture, _, { lanes }) => {
      const boxes = boxesOf(picture);
      for (const [i, box] of boxes.entries()) {
        assert.ok(lanes.some(({ id }) => id === box.lane));
        assert.ok(box.step > (boxes[i - 1]?.step ?? -1), `${box.title} behind ${boxes[i - 1]?.title}`);
        assert.equal(picture.steps[box.step]?.type, box.kind);
        for (const { step } of box.lines) assert.ok(step > box.step && step < picture.steps.length);
      }
    }));

  it('the packets of the boxes are those of the trace', () =>
    each((picture, traced) => {
      const told = boxesOf(picture).filter(({ kind }) => kind === 'namespace');
      const passed = [...traced.path, ...(traced.reply?.path ?? [])];
      assert.deepEqual(
        told.map(({ packet, in: by }) => [packetText(packet), by ?? null]),
        passed.map(({ packet, in: by }) => [packetText(packet), by]),
      );
    }));

  it('what is the same on both sides is so in both directions', () =>
    each(({ side, steps }, _, { expected: left, live }) => {
      const others = (side === 'live' ? left : live!).steps;
      for (const [i, { twin }] of steps.entries()) if (twin !== undefined) assert.equal(others[twin]?.twin, i);
    }));

  it('both sides part, or neither does', () =>
    each((_, __, { expected: left, live }) => {
      const [a, b] = [left, live!].map(({ steps }) => steps.filter(({ isParting }) => isParting).length);
      assert.ok(a === b && a! <= 1, `${a} and ${b}`);
    }));

  it('all is JSON', () => each((picture) => assert.deepEqual(JSON.parse(JSON.stringify(picture)), picture)));
});

it('an outside that sends is a lane, too', () => {
  const segment = outsideOf(recordedCloud('S3'));
  const request = { from: { address: '198.51.100.10', segment }, to: '192.168.1.101' };
  const { lanes, expected: picture } = picturesOf(trace(expected, request), undefined, atlas);
  assert.deepEqual(
    lanes.map(({ kind }) => kind),
    ['node', 'outside'],
  );
  assert.equal(picture.there.boxes[0]?.kind, 'outside');
  assert.equal(picture.answered, true);
});
