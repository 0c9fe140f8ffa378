/** Address scopes and fast exit. Vectors: the texts of the specification (3.4, 5.5, 5.6, 5.7). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expect } from '../../../shared/expect.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import type { NodeState } from '../../../shared/state.ts';
import { cloud, differencesOf, healthyNode, linesOf, told } from '../../support/healthy.ts';

const ID = '11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const QROUTER = `qrouter-${ID}`;
const SNAT = `snat-${ID}`;
const FIP = 'fip-44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

/** Green is in the external network's scope, blue in another one, red in none. */
const topologyWith = (scope = 'ipv4_address_scope: outside, ', gateway = ''): ReturnType<typeof cloud> =>
  cloud(`
release: zed
nodes:
  compute1: {agent_mode: dvr}
  compute2: {agent_mode: dvr_no_external}
  net1: {agent_mode: dvr_snat}
networks:
  public:
    id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa
    router:external: true
    network_type: flat
    ${scope === '' ? '' : 'ipv4_address_scope: outside'}
    subnets: {public-v4: {cidr: 203.0.113.0/24}}
  green: {${scope}network_type: vxlan, subnets: {green-v4: {cidr: 10.0.1.0/24}, green-v6: {cidr: '2001:db8:1::/64', gateway_ip: '2001:db8:1::1'}}}
  blue: {ipv4_address_scope: inside, network_type: vxlan, subnets: {blue-v4: {cidr: 10.0.2.0/24}}}
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.3.0/24}}}
routers:
  r:
    id: ${ID}
    external_gateway: {network: public, ip_address: 203.0.113.10, node: net1, port_id: dddddddd-11, mac_address: fa:16:3e:00:00:10${gateway}}
    interfaces:
      green-v4: {port_id: aaaaaaaa-11, mac_address: fa:16:3e:00:00:01, snat: {ip_address: 10.0.1.5, port_id: cccccccc-11, mac_address: fa:16:3e:00:00:05}}
      green-v6: {port_id: aaaaaaaa-66, mac_address: fa:16:3e:00:00:06, snat: {ip_address: '2001:db8:1::5', port_id: cccccccc-66, mac_address: fa:16:3e:00:00:66}}
      blue-v4: {port_id: aaaaaaaa-22, mac_address: fa:16:3e:00:00:02, snat: {ip_address: 10.0.2.6, port_id: cccccccc-22, mac_address: fa:16:3e:00:00:26}}
      red-v4: {port_id: aaaaaaaa-33, mac_address: fa:16:3e:00:00:03, snat: {ip_address: 10.0.3.7, port_id: cccccccc-33, mac_address: fa:16:3e:00:00:37}}
ports:
  vm1: {node: compute1, network: green, mac_address: fa:16:3e:00:00:11, fixed_ips: [{ip_address: 10.0.1.11}]}
  vm2: {node: compute1, network: blue, mac_address: fa:16:3e:00:00:12, fixed_ips: [{ip_address: 10.0.2.12}]}
  vm3: {node: compute1, network: red, mac_address: fa:16:3e:00:00:13, fixed_ips: [{ip_address: 10.0.3.13}]}
  vm4: {node: compute2, network: green, mac_address: fa:16:3e:00:00:14, fixed_ips: [{ip_address: 10.0.1.14}]}
floating_ips:
  203.0.113.51: {port: vm1}
  203.0.113.52: {port: vm2}
  203.0.113.53: {port: vm3}
`);

const topology = topologyWith();
const MASK = '0xffff0000';
const chainOf = (state: NodeState, namespace: string, chain: string): string[] =>
  linesOf(state, namespace, 'iptables').filter((line) => line.includes(` -A neutron-l3-agent-${chain} `));
const short = (lines: string[]): string[] => lines.map((line) => line.replaceAll('neutron-l3-agent-', '')).toSorted();

describe('a subnet in the scope of the external network', () => {
  const state = expect(topology, 'compute1');

  it('leaves by table 16 under priority 80000, without rule and table of its own', () => {
    assert.deepEqual(
      linesOf(state, QROUTER, 'rules').filter((line) => /^(8|167|[1-9]\d{8})/.test(line)),
      [
        '80000:\tfrom 10.0.1.0/24 lookup 16',
        '167772673:\tfrom 10.0.2.1/24 lookup 167772673',
        '167772929:\tfrom 10.0.3.1/24 lookup 167772929',
        // IPv6 always goes to the SNAT node.
        '1043523879:\tfrom 2001:db8:1::1/64 lookup 1043523879',
      ],
    );
    const tables = linesOf(state, QROUTER, 'routes').filter((line) => line.startsWith('default via 10.0.'));
    assert.deepEqual(tables, [
      'default via 10.0.2.6 dev qr-aaaaaaaa-22 table 167772673 proto static',
      'default via 10.0.3.7 dev qr-aaaaaaaa-33 table 167772929 proto static',
    ]);
  });

  it('is reached from the fip namespace by the link of the router', () => {
    const routes = linesOf(state, FIP, 'routes').filter((line) => line.startsWith('10.0.'));
    assert.deepEqual(routes, ['10.0.1.0/24 via 169.254.64.0 dev fpr-11111111-a proto static']);
  });

  it('keeps send_redirects as the kernel has it', () => {
    const set = linesOf(state, QROUTER, 'sysctls').filter((line) => line.includes('send_redirects'));
    assert.deepEqual(set, [
      'net.ipv4.conf.all.send_redirects = 0',
      'net.ipv4.conf.qr-aaaaaaaa-66.send_redirects = 0',
      'net.ipv4.conf.qr-aaaaaaaa-22.send_redirects = 0',
      'net.ipv4.conf.qr-aaaaaaaa-33.send_redirects = 0',
    ]);
  });

  it('has its SNAT port and the neighbour of it all the same', () => {
    assert.ok(
      linesOf(state, QROUTER, 'neighbours').includes('10.0.1.5 dev qr-aaaaaaaa-11 lladdr fa:16:3e:00:00:05 PERMANENT'),
    );
    assert.ok(linesOf(expect(topology, 'net1'), SNAT, 'links').some((line) => line.startsWith('sg-cccccccc-11:')));
  });

  it('is redirected on a node without external network', () => {
    const rules = linesOf(expect(topology, 'compute2'), QROUTER, 'rules');
    assert.ok(rules.includes('167772417:\tfrom 10.0.1.1/24 lookup 167772417'));
    assert.ok(!rules.some((line) => line.startsWith('80000:')));
  });

  it('leaves the SNAT node without translation', () => {
    const lines = short(chainOf(expect(topology, 'net1'), SNAT, 'snat')).map((line) =>
      line.replace('nat -A snat ', ''),
    );
    assert.deepEqual(lines, [
      '-j float-snat',
      '-m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT -j SNAT --to-source 203.0.113.10 --random-fully',
      '-o qg-dddddddd-11 -j SNAT --to-source 203.0.113.10 --random-fully',
      `-o qg-dddddddd-11 -m connmark --mark 0x4010000/${MASK} -j ACCEPT`,
    ]);
    const without = topologyWith('ipv4_address_scope: outside, ', ', enable_snat: false');
    assert.ok(!chainOf(expect(without, 'net1'), SNAT, 'snat').some((line) => line.includes('ACCEPT')));
  });
});

describe('marks', () => {
  it('count up from 1024, which is no scope, in the order in which the router meets its scopes', () => {
    const marks = short(chainOf(expect(topology, 'compute1'), QROUTER, 'scope')).filter((line) => line.includes('-i '));
    assert.deepEqual(marks, [
      `mangle -A scope -i qr-aaaaaaaa-11 -j MARK --set-xmark 0x4010000/${MASK}`,
      `mangle -A scope -i qr-aaaaaaaa-22 -j MARK --set-xmark 0x4020000/${MASK}`,
      `mangle -A scope -i qr-aaaaaaaa-33 -j MARK --set-xmark 0x4000000/${MASK}`,
      // IPv6 of the same network, which is in no IPv6 scope.
      `mangle -A scope -i qr-aaaaaaaa-66 -j MARK --set-xmark 0x4000000/${MASK}`,
      `mangle -A scope -i rfp-11111111-a -j MARK --set-xmark 0x4010000/${MASK}`,
    ]);
  });

  it('let nothing out into another scope; only what is translated is exempt', () => {
    const drops = short(chainOf(expect(topology, 'net1'), SNAT, 'scope')).filter((line) => line.includes('-o '));
    assert.deepEqual(drops, [
      `filter -A scope -o sg-cccccccc-11 -m mark ! --mark 0x4010000/${MASK} -j DROP`,
      `filter -A scope -o sg-cccccccc-22 -m mark ! --mark 0x4020000/${MASK} -j DROP`,
      `filter -A scope -o sg-cccccccc-33 -m mark ! --mark 0x4000000/${MASK} -j DROP`,
      `filter -A scope -o sg-cccccccc-66 -m mark ! --mark 0x4000000/${MASK} -j DROP`,
    ]);
  });

  it('are read back whatever their order, and one altered line is one difference', () => {
    for (const node of ['compute1', 'net1']) {
      const live = healthyNode(topology, node, ({ scopeMarks }) => {
        scopeMarks['r'] = { 'inet outside': 1027, 'inet inside': 1025 };
      });
      assert.deepEqual(told(differencesOf(topology, live)), []);
      const items = live.namespaces[QROUTER]!.iptables!;
      for (const [index, item] of items.entries()) {
        if (!item.spec?.includes('0x40')) continue;
        const spec = item.spec.replace(/0x40\w+/, '0x4050000');
        const altered = structuredClone(live);
        altered.namespaces[QROUTER]!.iptables = items.with(index, { ...item, spec });
        const differences = differencesOf(topology, altered);
        assert.equal(differences.length, 1, `${item.spec}: ${told(differences).join('\n')}`);
        assert.ok(differences[0]!.live?.includes('0x4050000'));
      }
    }
  });

  it('two scopes with one id, and an id out of range, are differences', () => {
    const live = healthyNode(topology, 'compute1', ({ scopeMarks }) => {
      scopeMarks['r'] = { 'inet outside': 1025, 'inet inside': 1025 };
    });
    assert.notDeepEqual(told(differencesOf(topology, live)), []);
    const beyond = healthyNode(topology, 'compute1', ({ scopeMarks }) => {
      scopeMarks['r'] = { 'inet outside': 2048, 'inet inside': 1025 };
    });
    assert.notDeepEqual(told(differencesOf(topology, beyond)), []);
  });

  it('of a live node without any lines are the defaults', () => {
    const live = healthyNode(topology, 'compute1');
    live.namespaces[QROUTER]!.iptables = [];
    const { scopeMarks } = readAllocations(topology, 'compute1', live);
    assert.deepEqual({ ...scopeMarks['r'] }, { 'inet outside': 1025, 'inet inside': 1026 });
  });
});

describe('a floating IP whose fixed address is in another scope', () => {
  const linesWith = (state: NodeState) =>
    short(
      linesOf(state, QROUTER, 'iptables').filter((line) =>
        /mangle -A neutron-l3-agent-(float-snat -o|floatingip|FORWARD)/.test(line),
      ),
    );

  it('takes packets from scope to scope; none counts as one', () => {
    assert.deepEqual(linesWith(expect(topology, 'compute1')), [
      'mangle -A FORWARD -s 10.0.2.12/32 -j float-snat',
      'mangle -A FORWARD -s 10.0.3.13/32 -j float-snat',
      `mangle -A float-snat -o qr-aaaaaaaa-11 -j MARK --set-xmark 0x4010000/${MASK}`,
      `mangle -A float-snat -o rfp-11111111-a -j MARK --set-xmark 0x4010000/${MASK}`,
      `mangle -A floatingip -d 203.0.113.52/32 -i rfp-11111111-a -j MARK --set-xmark 0x4020000/${MASK}`,
      `mangle -A floatingip -d 203.0.113.53/32 -i rfp-11111111-a -j MARK --set-xmark 0x4000000/${MASK}`,
    ]);
  });

  it('may lead from a scope into none', () => {
    assert.deepEqual(linesWith(expect(topologyWith(''), 'compute1')), [
      'mangle -A FORWARD -s 10.0.2.12/32 -j float-snat',
      `mangle -A float-snat -o qr-aaaaaaaa-11 -j MARK --set-xmark 0x4000000/${MASK}`,
      `mangle -A float-snat -o qr-aaaaaaaa-33 -j MARK --set-xmark 0x4000000/${MASK}`,
      `mangle -A float-snat -o rfp-11111111-a -j MARK --set-xmark 0x4000000/${MASK}`,
      `mangle -A floatingip -d 203.0.113.52/32 -i rfp-11111111-a -j MARK --set-xmark 0x4010000/${MASK}`,
    ]);
  });
});

it('each item of a healthy node, removed, is one difference', () => {
  for (const node of ['compute1', 'net1']) {
    const live = healthyNode(topology, node);
    for (const [namespace, state] of Object.entries(live.namespaces))
      for (const aspect of ['rules', 'routes', 'iptables', 'addresses'] as const) {
        const items = state[aspect] ?? [];
        for (const index of items.keys()) {
          const less = { ...state, [aspect]: items.toSpliced(index, 1) };
          const differences = differencesOf(topology, {
            ...live,
            namespaces: { ...live.namespaces, [namespace]: less },
          });
          const gone = linesOf(live, namespace, aspect)[index]!;
          assert.deepEqual(told(differences), [`missing ${aspect}: ${gone} | null`]);
        }
      }
  }
});
