/** What real tools printed: iproute2 6.1 in text and JSON of the same namespaces, and a report that the real sos 4.0 made of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findSources } from '../../../server/sources/find.ts';
import { readNodeState } from '../../../shared/live.ts';
import { type Snapshot, parseSnapshot } from '../../../shared/snapshot.ts';
import type { Item, NamespaceAspect, NodeState } from '../../../shared/state.ts';

const FOLDER = join(import.meta.dirname, 'real');
const all = parseSnapshot(readFileSync(join(FOLDER, 'iproute2-6.1.snapshot'), 'utf8'));

const only = (...commands: RegExp[]): NodeState => {
  const sections = all.sections.filter(({ command }) =>
    [/^ip netns/, ...commands].some((pattern) => pattern.test(command)),
  );
  return readNodeState({ ...all, sections } satisfies Snapshot);
};

const sorted = (items: readonly Item[] = []): string[] =>
  items.map((item) => JSON.stringify(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted();

function check(state: NodeState, aspects: readonly NamespaceAspect[]): void {
  const json = only(/^ip -j /);
  assert.deepEqual(Object.keys(state.namespaces).toSorted(), Object.keys(json.namespaces).toSorted());
  for (const [name, content] of Object.entries(state.namespaces))
    for (const aspect of aspects) {
      assert.ok((content[aspect]?.length ?? 0) > 2, `${name} ${aspect}`);
      assert.deepEqual(sorted(content[aspect]), sorted(json.namespaces[name]![aspect]), `${name} ${aspect}`);
    }
}

const ASPECTS = ['links', 'addresses', 'rules', 'routes', 'neighbours'] as const;

describe('text of iproute2 is read as its JSON is', () => {
  it('as sos since 4.4 runs it', () =>
    check(
      only(/^ip -d address show$/, /^ip -[46] rule list$/, /^ip route show table all$/, /^ip -s -s neigh show$/),
      ASPECTS,
    ));
  it('as older ones do', () =>
    check(
      only(/^ip address show$/, /^ip (-6 )?rule list$/, /^ip route show table all$/, /^ip -s -s neigh show$/),
      ASPECTS,
    ));
  it('each command by itself', () =>
    check(
      only(
        /^ip -o addr$/,
        /^ip -s -d link$/,
        /^ip -[46] rule list$/,
        /^ip -[46] route show table all$/,
        /^ip -s -s neigh show$/,
      ),
      ASPECTS,
    ));
});

it('a report of the real sos 4.0 (Debian 12) of the same namespaces', async () => {
  for await (const found of findSources([join(FOLDER, 'sosreport-vm-2026-11-22-hohjejl.tar.xz')])) {
    assert.ok('names' in found);
    const snapshot = await found.read();
    assert.ok(typeof snapshot !== 'string');
    const state = readNodeState(snapshot);
    check(state, ['links', 'addresses', 'routes']);
    const router = Object.keys(state.namespaces).find((name) => name.startsWith('qrouter-'));
    const reasons = state.gaps
      .filter(({ namespace }) => namespace === router || namespace === '-')
      .map(({ aspect, reason }) => `${aspect}: ${reason}`);
    const folder = `the report has no file sos_commands/networking/ip_netns_exec_${router}`;
    assert.deepEqual(reasons, [
      `rules: ${folder}_ip_-4_rule_list`,
      `neighbours: ${folder}_ip_-s_-s_neigh_show`,
      `sysctls: ${folder}_sysctl_-a`,
      `iptables: ${folder}_ip6tables-save`,
      'allocations: the report has nothing of the L3 agent in var/lib/neutron',
      'keepalived: the configuration of keepalived was not collected',
      'ports: the report has no file etc/openvswitch/conf.db or var/lib/openvswitch/conf.db',
      'flows: the report has no file sos_commands/openvswitch/ovs-ofctl_dump-flows_br-int',
    ]);
  }
});
