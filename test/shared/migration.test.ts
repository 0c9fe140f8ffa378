/**
 * Live migration: the node that a VM comes to may serve its port before the VM is there, and need not.
 * Judge: recordings of real agents. What a node does for a VM that is on it, is what it does for one that comes to it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Difference, compare } from '../../shared/compare.ts';
import { expect } from '../../shared/expect.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Port, Topology } from '../../shared/topology/types.ts';
import { SCENARIOS, type ScenarioName, liveState, nodeNames, staleOf, topologyOf } from '../support/recordings.ts';

/** Of the recording, with one port changed. */
function withPort(topology: Topology, changed: Port): Topology {
  return { ...topology, ports: topology.ports.map((port) => (port.name === changed.name ? changed : port)) };
}

function differencesOf(topology: Topology, live: NodeState): readonly Difference[] {
  return compare(expect(topology, live.node, readAllocations(topology, live.node, live)), live).differences;
}

/** What is not there for another reason. */
function isLeftover(scenario: ScenarioName, { node, namespace, aspect }: Difference): boolean {
  const stale = staleOf(scenario).namespaces;
  return aspect === 'namespaces' && stale.some((entry) => entry.node === node && entry.namespace === namespace);
}

const told = (differences: readonly Difference[]) =>
  differences.map(({ kind, namespace, aspect, expected, live }) => ({ kind, namespace, aspect, expected, live }));

const isVm = ({ device_owner: owner, node }: Port) => owner.startsWith('compute:') && node !== undefined;
/** NDP proxies follow the binding alone (`ndp_proxy.py: NDPProxyAgentExtension._check_if_ndp_proxy_need_process`). */
const isProxied = ({ routers }: Topology, { name }: Port) =>
  routers.some(({ ndp_proxies = [] }) => ndp_proxies.some(({ port }) => port === name));
const isHost = ({ agent_mode: mode }: Topology['nodes'][number]) => mode === 'dvr' || mode === 'dvr_snat';

for (const scenario of SCENARIOS) {
  const topology = topologyOf(scenario);
  const recorded = nodeNames(scenario);
  const hosts = topology.nodes.filter(isHost).map(({ name }) => name);
  describe(scenario, () => {
    for (const vm of topology.ports.filter(isVm))
      for (const other of hosts.filter((name) => name !== vm.node)) {
        if (hosts.includes(vm.node!) && !isProxied(topology, vm) && recorded.includes(vm.node!))
          it(`${vm.name} on its way from ${other} to ${vm.node}: the node serves it`, () => {
            const moving = withPort(topology, { ...vm, node: other, migrating_to: vm.node! });
            const found = differencesOf(moving, liveState(scenario, vm.node!));
            // Its flows have the VM as one that is elsewhere no more.
            const wrong = found.filter(
              (each) => each.aspect !== 'flows' && each.aspect !== 'ports' && !isLeftover(scenario, each),
            );
            assert.deepEqual(told(wrong), []);
          });
        it(`${vm.name} on its way from ${vm.node} to ${other}: no node does anything yet`, () => {
          const moving = withPort(topology, { ...vm, migrating_to: other });
          for (const node of recorded) {
            const live = liveState(scenario, node);
            assert.deepEqual(told(differencesOf(moving, live)), told(differencesOf(topology, live)));
          }
        });
      }
  });
}

describe('a node that serves what comes to it is compared in all details', () => {
  const scenario = SCENARIOS.find((name) => movingFloatingIp(name) !== undefined)!;
  const { topology, floating, node } = movingFloatingIp(scenario)!;

  it('a rule that is missing is one difference', () => {
    const live = liveState(scenario, node);
    for (const state of Object.values(live.namespaces)) {
      const own = state.rules?.filter(({ src, table }) => !(src === floating.fixed_ip_address && table === '16'));
      if (own) state.rules = own;
    }
    assert.deepEqual(
      differencesOf(topology, live).flatMap(({ kind, aspect }) => (aspect === 'rules' ? [kind] : [])),
      ['missing'],
    );
  });

  it('a rule alone is one too many', () => {
    const live = liveState(scenario, node);
    const address = floating.floating_ip_address;
    for (const state of Object.values(live.namespaces)) {
      if (state.iptables) state.iptables = state.iptables.filter(({ spec = '' }) => !spec.includes(`${address}/32`));
      if (state.routes) state.routes = state.routes.filter(({ dst }) => dst !== address);
    }
    live.allocations = (live.allocations ?? []).filter(({ key }) => key !== address);
    assert.deepEqual(
      differencesOf(topology, live).flatMap(({ kind, aspect }) => (aspect === 'rules' ? [kind] : [])),
      ['unexpected'],
    );
  });
});

/** A floating IP that a recorded node serves, as one whose port comes there from another node. */
function movingFloatingIp(scenario: ScenarioName) {
  const topology = topologyOf(scenario);
  for (const floating of topology.floating_ips) {
    const vm = topology.ports.find(({ name }) => name === floating.port);
    const node = topology.nodes.find(({ name, agent_mode: mode }) => name === vm?.node && mode === 'dvr');
    const other = topology.nodes.find((each) => isHost(each) && each.name !== vm?.node);
    if (vm && node && other && nodeNames(scenario).includes(node.name))
      return {
        topology: withPort(topology, { ...vm, node: other.name, migrating_to: node.name }),
        floating,
        node: node.name,
      };
  }
  return undefined;
}
