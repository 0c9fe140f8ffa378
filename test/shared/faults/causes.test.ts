/** What goes with one thing is one finding, on every recorded node: nothing of it is told twice, and what is nearest to the cause is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../server/report.ts';
import { type Difference, compare } from '../../../shared/compare.ts';
import { expect } from '../../../shared/expect.ts';
import { groupByCause } from '../../../shared/faults/causes.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { NodeState } from '../../../shared/state.ts';
import {
  CLOUDS,
  type Cloud,
  cloudOf,
  recordedCloud,
  devices,
  dropAddress,
  dropDevice,
  namespaces,
  reportOf,
  take,
} from './cloud.ts';

const REAL = CLOUDS.filter((name) => name.startsWith('S'));

/** A loss: what is left must be one group whose root is this. */
interface Loss {
  what: string;
  /** The aspect and text of the root; undefined where the node has nothing to lose. */
  lose: (live: NodeState) => { aspect: Difference['aspect']; text: string } | undefined;
}

/** The device goes from its namespace, the port from the switch, and the flows that use its number. */
function unplug(live: NodeState, ifname: string): void {
  for (const state of Object.values(live.namespaces)) dropDevice(state, ifname);
  const [port] = take(live.ports, ({ name }) => name === ifname);
  for (const bridge of live.bridges ?? []) delete bridge.ofports[ifname];
  take(live.flows, ({ bridge, match, actions }) =>
    port !== undefined && bridge === port.bridge
      ? new RegExp(`(?:in_port=|output:)${port.ofport}(?:,|$)`).test(`${match},${actions}`)
      : false,
  );
}

const LOSSES: readonly Loss[] = [
  ...(['qr-', 'sg-', 'fg-', 'qg-'] as const).map((prefix): Loss => ({
    what: `a device ${prefix}`,
    lose: (live) => {
      const ifname = Object.values(live.namespaces).flatMap((state) => devices(state, prefix))[0];
      if (ifname === undefined) return undefined;
      unplug(live, ifname);
      return { aspect: 'ports', text: ` ${ifname} ` };
    },
  })),
  {
    what: 'a pair of devices',
    lose: (live) => {
      const ifname = Object.values(live.namespaces).flatMap((state) => devices(state, 'rfp-'))[0];
      if (ifname === undefined) return undefined;
      for (const state of Object.values(live.namespaces)) {
        dropDevice(state, ifname);
        dropDevice(state, ifname.replace('rfp-', 'fpr-'));
      }
      return { aspect: 'links', text: ifname };
    },
  },
  {
    what: 'a router namespace',
    lose: (live) => {
      const [name, state] = namespaces(live, 'qrouter')[0] ?? [];
      if (name === undefined || !state) return undefined;
      for (const { ifname } of state.links ?? []) take(live.ports, (port) => port.name === ifname);
      delete live.namespaces[name];
      for (const rfp of devices(state, 'rfp-'))
        for (const [, fip] of namespaces(live, 'fip')) dropDevice(fip, rfp.replace('rfp-', 'fpr-'));
      return { aspect: 'namespaces', text: name };
    },
  },
  ...(['qr-', 'fg-', 'qg-', 'rfp-'] as const).map((prefix): Loss => ({
    what: `an address of ${prefix}`,
    lose: (live) => {
      for (const state of Object.values(live.namespaces)) {
        const address = state.addresses?.find(({ ifname, family }) => ifname.startsWith(prefix) && family === 'inet');
        if (!address) continue;
        dropAddress(state, address);
        return { aspect: 'addresses', text: `${address.local}/${address.prefixlen}` };
      }
      return undefined;
    },
  })),
];

const firstNode = (cloud: Cloud, lose: Loss['lose']) =>
  [...cloud.states.values()].flatMap((live) => {
    const copy = structuredClone(live);
    const root = lose(copy);
    return root ? [{ live: copy, root }] : [];
  });

function groupsOf({ topology }: Cloud, live: NodeState) {
  const expected = expect(topology, live.node, readAllocations(topology, live.node, live));
  const { differences } = compare(expected, live);
  return groupByCause(
    differences.filter(({ known }) => known === undefined),
    expected,
    live,
  );
}

describe('what goes together is one group', () => {
  for (const { what, lose } of LOSSES)
    it(what, () => {
      let count = 0;
      for (const scenario of REAL) {
        const cloud = recordedCloud(scenario);
        for (const { live, root } of firstNode(cloud, lose)) {
          const groups = groupsOf(cloud, live);
          const told = groups.map(
            ({ lines: [first, ...rest] }) => `${first.aspect} ${first.expected} (+${rest.length})`,
          );
          const own = groups.find(
            ({ lines: [first] }) => first.aspect === root.aspect && first.expected?.includes(root.text),
          );
          assert.ok(own, `${scenario} ${live.node}: no group for ${root.text}\n${told.join('\n')}`);
          const healthy = groupsOf(cloud, cloud.states.get(live.node)!).length;
          assert.equal(groups.length, healthy + 1, `${scenario} ${live.node}\n${told.join('\n')}`);
          count++;
        }
      }
      assert.ok(count > 0);
    });
});

it('every difference is in exactly one finding', () => {
  for (const scenario of REAL) {
    const cloud = cloudOf(scenario);
    for (const live of cloud.states.values()) {
      for (const [, state] of namespaces(live, 'qrouter')) {
        take(state.rules, ({ table }) => table !== undefined && /^\d+$/.test(table));
        take(state.neighbours, ({ dev }) => dev.startsWith('qr-'));
        for (const rfp of devices(state, 'rfp-')) dropDevice(state, rfp);
      }
      take(live.flows, ({ table }) => table === 1 || table === 20);
    }
    const { findings, summary } = reportOf(cloud);
    const all = findings.flatMap((finding): Finding[] =>
      finding.kind === 'not-collected' ? [] : (finding.differences ?? [finding]),
    );
    assert.equal(all.length, summary.differences, scenario);
    const texts = all.map(({ node, namespace, code, expected, live }) =>
      JSON.stringify([node, namespace, code, expected, live]),
    );
    assert.ok(texts.length > 10);
  }
});

it('without differences there are no groups', () => {
  const cloud = cloudOf('S3');
  const live = cloud.states.get('compute1')!;
  const expected = expect(cloud.topology, 'compute1', readAllocations(cloud.topology, 'compute1', live));
  assert.deepEqual(groupByCause([], expected, live), []);
});

it('another MTU explains nothing that is missing on the device', () => {
  const cloud = cloudOf('S3', 'compute1');
  const [, router] = namespaces(cloud.states.get('compute1')!, 'qrouter')[0]!;
  const { dev } = router.neighbours!.find(({ dev: device }) => device.startsWith('qr-'))!;
  router.links!.find(({ ifname }) => ifname === dev)!.mtu = 1400;
  assert.ok(take(router.neighbours, (entry) => entry.dev === dev && entry.state.includes('PERMANENT')).length > 1);
  const told = reportOf(cloud, ['compute1']).findings.map(({ fault, aspect }) => `${fault} ${aspect}`);
  assert.ok(told.includes('T01 links'));
  assert.ok(told.includes('A01 neighbours'));
  assert.ok(told.includes('S12 neighbours'));
});
