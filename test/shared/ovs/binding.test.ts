/** Ports on networks that a node cannot bind: the server gives the agent no details of them, so nothing of them is wired. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OvsAllocations } from '../../../shared/ovs/allocations.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { FLAT, QR, VLAN, VM, VXLAN, cloud, differencesOf, healthy } from './cloud.ts';

/** Local VLAN that the node would give the network, and the dead one. */
const [WIRED, DEAD] = [1, 4095];

const CASES: readonly [what: string, type: string, mappings: Record<string, string>, seen: Partial<OvsAllocations>, tag: number][] = [
  ['VLAN, mapped', VLAN, { physnet1: 'br-ex' }, {}, WIRED],
  ['flat, mapped beside another', FLAT, { physnet2: 'br-two', physnet1: 'br-ex' }, {}, WIRED],
  ['VLAN, another is mapped', VLAN, { physnet2: 'br-ex' }, {}, DEAD],
  ['flat, another is mapped', FLAT, { physnet2: 'br-ex' }, {}, DEAD],
  ['VLAN, the topology tells no mappings', VLAN, {}, {}, WIRED],
  ['VLAN, the node was seen without mappings', VLAN, {}, { hasNoMappings: true }, DEAD],
  ['tunnelled, another is mapped', VXLAN, { physnet2: 'br-ex' }, {}, WIRED],
  ['tunnelled, the node was seen without mappings', VXLAN, {}, { hasNoMappings: true }, WIRED],
  ['no physical network is told', 'network_type: vlan\n    segmentation_id: 200', { physnet2: 'br-ex' }, {}, WIRED],
]; // prettier-ignore

const withMappings = (topology: Topology, bridge_mappings: Record<string, string>): Topology => ({
  ...topology,
  nodes: topology.nodes.map((node) => (node.name === 'c1' ? { ...node, bridge_mappings } : node)),
});

/** Ids of the interfaces as a device name shows them. */
const withShortIds = (topology: Topology): Topology => ({
  ...topology,
  routers: topology.routers.map((router) => ({
    ...router,
    interfaces: router.interfaces.map((entry) => ({ ...entry, port_id: entry.port_id!.slice(0, 11) })),
  })),
});

for (const [what, type, mappings, seen, tag] of CASES)
  test(what, () => {
    const topology = withMappings(cloud({ type, release: 'zed' }), mappings);
    const live = healthy(topology, seen);
    const { ports, flows } = live;
    if (tag === DEAD)
      for (const asked of [topology, withShortIds(topology)]) assert.deepEqual(differencesOf(asked, live), []);
    const own = ports!.find(({ name }) => name === 'qr-33333333-33')!;
    assert.equal(own.tag, tag);
    assert.equal(own.type, 'internal');
    assert.deepEqual(own.external_ids, {
      'iface-id': '33333333-3333-4333-8333-333333333333',
      'attached-mac': QR,
      'iface-status': 'active',
    });
    assert.equal(own.other_config['net_uuid'] === undefined, tag === DEAD);
    const ofNetwork = flows!.filter(({ match, actions }) =>
      [QR, VM].some((mac) => `${match} ${actions}`.includes(mac)),
    );
    assert.equal(ofNetwork.length > 0, tag === WIRED);
    // A VM whose port is not bound is never plugged.
    assert.equal(
      ports!.some(({ external_ids: ids }) => ids['attached-mac'] === VM),
      tag === WIRED,
    );
  });
