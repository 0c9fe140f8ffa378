/** What agents leave on the bridges: drops of ARP of interfaces that were not the gateway, tunnels of an earlier run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flows as flowsAspect } from '../../../shared/aspects/flows.ts';
import { ports as portsAspect } from '../../../shared/aspects/ports.ts';
import { isArpLeak, isIdleTunnel } from '../../../shared/ovs/leftovers.ts';
import type { Flow, NodeState, OvsPort } from '../../../shared/state.ts';

const live: NodeState = {
  node: 'c1',
  namespaces: {
    'qrouter-1': {
      addresses: [{ ifname: 'qr-1', family: 'inet', local: '10.0.0.1', prefixlen: 24, scope: 'global' }],
      neighbours: [{ family: 'inet', dst: '10.0.0.5', dev: 'qr-1', lladdr: 'fa:16:3e:00:00:05', state: ['PERMANENT'] }],
    },
  },
  gaps: [],
};

const drop = (match: string, bridge = 'br-tun', actions = 'drop'): Flow => ({
  bridge,
  table: 22,
  priority: 3,
  match,
  actions,
  cookie: '0x0',
});

const CASES: readonly [what: string, flow: Flow, isLeak: boolean][] = [
  ['an address that nobody has', drop('arp,dl_vlan=2,arp_tpa=10.0.0.254'), true],
  ['the same on a physical bridge', drop('arp,dl_vlan=2,arp_tpa=10.0.0.254', 'br-ex'), true],
  ['the address of an interface that is there', drop('arp,dl_vlan=2,arp_tpa=10.0.0.1'), false],
  ['the address of a port that is there', drop('arp,dl_vlan=2,arp_tpa=10.0.0.5'), false],
  ['not on the bridge of the ports', drop('arp,dl_vlan=2,arp_tpa=10.0.0.254', 'br-int'), false],
  ['no drop', drop('arp,dl_vlan=2,arp_tpa=10.0.0.254', 'br-tun', 'output:1'), false],
  ['ARP from an address', drop('arp,dl_vlan=2,arp_spa=10.0.0.254'), false],
  ['all ARP of a network', drop('arp,dl_vlan=2'), false],
];

for (const [what, flow, isLeak] of CASES)
  test(what, () => {
    assert.equal(isArpLeak(flow, live), isLeak);
    assert.equal(flowsAspect.known?.(flow, { ...live, namespaces: {} }, live), isLeak ? 'leaked-arp-flow' : undefined);
  });

const tunnel = (over: Partial<OvsPort> = {}): OvsPort => ({
  bridge: 'br-tun',
  name: 'gre-0afb000b',
  type: 'gre',
  ofport: 19,
  external_ids: {},
  other_config: {},
  options: { remote_ip: '10.251.0.11' },
  ...over,
});

const FLOOD = drop('dl_vlan=1', 'br-tun', 'pop_vlan,set_field:0x64->tun_id,output:18,output:190');

const TUNNELS: readonly [what: string, port: OvsPort, flows: Flow[] | undefined, isLeak: boolean][] = [
  ['no flow uses it', tunnel(), [FLOOD], true],
  ['the same of another type', tunnel({ type: 'vxlan', name: 'vxlan-0afb000b' }), [FLOOD], true],
  ['a flow floods to it', tunnel({ ofport: 190 }), [FLOOD], false],
  ['a flow takes frames from it', tunnel(), [drop('in_port=19', 'br-tun', 'goto_table:3')], false],
  ['its number is of another bridge there', tunnel(), [drop('in_port=19', 'br-int', 'goto_table:3')], true],
  ['flows were not collected', tunnel(), undefined, false],
  ['its number is not known', { ...tunnel(), ofport: -1 }, [drop('in_port=-1', 'br-tun', 'goto_table:3')], false],
  ['a patch port', tunnel({ type: 'patch' }), [], false],
  ['on another bridge', tunnel({ bridge: 'br-ex' }), [], false],
];

for (const [what, port, flows, isLeak] of TUNNELS)
  test(`a tunnel that is not expected: ${what}`, () => {
    const state: NodeState = { node: 'c1', namespaces: {}, gaps: [], ...(flows && { flows }) };
    assert.equal(isIdleTunnel(port, state), isLeak);
    assert.equal(portsAspect.known?.(port, state, state), isLeak ? 'leaked-tunnel' : undefined);
  });
