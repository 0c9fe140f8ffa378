/** Open vSwitch of a node that a VM migrates to: its device may be there already, and a router that comes with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Topology } from '../../../shared/topology/types.ts';
import { VXLAN, checkEachRemoved, cloud, differencesOf, healthy, textOf } from './cloud.ts';

const COMING =
  '  vm3: {id: 66666666-6666-4666-8666-666666666666, node: c2, migrating_to: c1, network: red, mac_address: "fa:16:3e:00:00:08", fixed_ips: [{ip_address: 10.0.0.8}]}';

for (const release of ['mitaka', 'stein', 'zed', '2026.1']) {
  const topology = cloud({ type: VXLAN, release, ports: COMING });

  test(`${release}: its device is not there yet`, () => {
    const live = healthy(topology);
    assert.ok(!live.ports!.some(({ name }) => name === 'tap66666666-66'));
    assert.deepEqual(differencesOf(topology, live), []);
  });

  test(`${release}: its device is there, with all its flows`, () => {
    const live = healthy(topology, { devices: { '/ports/vm3': { name: 'tap66666666-66', type: '' } } });
    assert.ok(live.ports!.some(({ name }) => name === 'tap66666666-66'));
    assert.ok(live.flows!.map(textOf).some((text) => text.includes('fa:16:3e:00:00:08')));
    assert.deepEqual(differencesOf(topology, live), []);
    checkEachRemoved(topology, live);
  });
}

/** c2 has nothing of the network itself; a VM of c1 migrates there or stays. */
function empty(goes: string): Topology {
  const ports = COMING.replace('node: c2, migrating_to: c1', `node: c1${goes}`);
  const topology = cloud({ type: VXLAN, release: 'zed', ports });
  return { ...topology, ports: topology.ports.filter(({ name }) => name !== 'vm2') };
}

test('floods go to where a router comes to with a VM, or not yet', () => {
  const topology = empty(', migrating_to: c2');
  for (const floods of [[], ['c2']]) {
    const live = healthy(topology, { extraFloods: { red: floods } });
    assert.equal(live.ports!.filter(({ name }) => name.startsWith('vxlan-')).length, floods.length);
    assert.deepEqual(differencesOf(topology, live), []);
  }
  const still = empty('');
  const live = healthy(topology, { extraFloods: { red: ['c2'] } });
  assert.ok(differencesOf(still, live).length > 0);
});
