/** `keepalived.conf` of HA routers: what the agent writes, held against recordings and against every single line removed, added or altered. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepalived } from '../../../shared/aspects/keepalived.ts';
import { type Difference, compare } from '../../../shared/compare.ts';
import { expect } from '../../../shared/expect.ts';
import { linkLocalOf } from '../../../shared/ip.ts';
import { HIDDEN, linesOfFile } from '../../../shared/keepalived/file.ts';
import { readNodeState } from '../../../shared/live.ts';
import { readAllocations } from '../../../shared/readAllocations.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import type { KeepalivedLine, NodeState } from '../../../shared/state.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { liveState, snapshotText, topologyOf } from '../../support/recordings.ts';

const topology = topologyOf('S6ha');
const NODES = ['net1', 'net2'];

const textOf = ({ kind, expected, live }: Difference): string => `${kind} ${expected} | ${live}`;

function differences(live: NodeState, of: Topology = topology): Difference[] {
  const expected = expect(of, live.node, readAllocations(of, live.node, live));
  return compare(expected, live).differences.filter(({ aspect }) => aspect !== 'ports' && aspect !== 'flows');
}

/** The recording with another text of the file, as if it had been collected so. */
const withFile = (node: string, edit: (text: string) => string): NodeState =>
  readNodeState(parseSnapshot(snapshotText('S6ha', node).replace(/global_defs \{[\s\S]*?(?=@@ end)/, edit)));

const edited = (node: string, edit: (lines: KeepalivedLine[]) => KeepalivedLine[]): NodeState => {
  const live = liveState('S6ha', node);
  return { ...live, keepalived: edit(live.keepalived!) };
};

/** Another line: its last digit is another one, or a word is longer. */
function otherLine(line: string): string {
  const last = /\d(?=\D*$)/.exec(line);
  return last ? `${line.slice(0, last.index)}${(Number(last[0]) + 1) % 10}${line.slice(last.index + 1)}` : `${line}x`;
}

describe('each line', () => {
  for (const node of NODES) {
    const lines = liveState('S6ha', node).keepalived!;

    it(`${node}: is expected and says why`, () => {
      assert.equal(lines.length, 25);
      assert.deepEqual(differences(liveState('S6ha', node)), []);
      for (const { because } of expect(topology, node).keepalived!) assert.match(because!.neutron, /^\w+\.py: \w/);
    });

    it(`${node}: removed is one difference`, () => {
      for (const [i, line] of lines.entries())
        assert.deepEqual(differences(edited(node, (all) => all.toSpliced(i, 1))).map(textOf), [
          `missing ${keepalived.explain(line)} | null`,
        ]);
    });

    it(`${node}: altered is one difference`, () => {
      for (const [i, line] of lines.entries()) {
        // The interval is an option of the agent: any number is right where one file alone tells it.
        if (line.line.startsWith('advert_int')) continue;
        const other = { ...line, line: otherLine(line.line) };
        assert.deepEqual(differences(edited(node, (all) => all.with(i, other))).map(textOf), [
          `different ${keepalived.explain(line)} | ${keepalived.explain(other)}`,
        ]);
      }
    });

    it(`${node}: added, new or a second time, is one difference`, () => {
      for (const line of lines)
        for (const other of [line, { ...line, line: `mcast_src_ip 10.0.0.1` }])
          assert.deepEqual(differences(edited(node, (all) => [...all, { ...other }])).map(textOf), [
            `unexpected null | ${keepalived.explain(other)}`,
          ]);
    });
  }
});

it('an interval that is no number is a difference', () => {
  const live = withFile('net1', (text) => text.replace('advert_int 2', 'advert_int two'));
  assert.equal(differences(live).length, 1);
});

it('a file that is not there is one difference; one of no router is left over', () => {
  const id = topology.routers.find(({ ha }) => ha)!.id!;
  assert.deepEqual(differences(edited('net1', () => [])).map(textOf), [`missing ${id}: keepalived.conf | null`]);
  const stale = '00000000-1111-4222-8333-444444444444';
  const more = differences(edited('net1', (all) => [...all, ...all.map((line) => ({ ...line, router: stale }))]));
  assert.equal(more.length, 25);
  assert.ok(more.every(({ kind, known }) => kind === 'unexpected' && known === 'stale-keepalived'));
});

describe('what only the node decides', () => {
  const cases: [name: string, edit: (text: string) => string][] = [
    ['a keepalived without no_track', (text) => text.replaceAll(' no_track', '')],
    [
      'a backport writes the protocol',
      (text) => text.replace('qg-cca04641-77 no_track\n    }', 'qg-cca04641-77 no_track protocol static\n    }'),
    ],
    ['another interval', (text) => text.replace('advert_int 2', 'advert_int 5')],
    [
      'a password',
      (text) =>
        text.replace(
          '    advert_int 2\n',
          '    advert_int 2\n    authentication {\n        auth_type PASS\n        auth_pass secret\n    }\n',
        ),
    ],
    [
      'a health check',
      (text) =>
        text
          .replace(
            'vrrp_instance',
            '\nvrrp_script ha_health_check_220 {\n    script "/var/lib/neutron/ha_confs/x/ha_check_script_220.sh"\n    interval 30\n    fall 2\n    rise 2\n}\n\nvrrp_instance',
          )
          .replace(/\}\n$/, '    track_script {\n        ha_health_check_220\n    }\n}\n'),
    ],
  ];
  for (const [name, edit] of cases)
    it(name, () => {
      const live = withFile('net1', edit);
      assert.notDeepEqual(live.keepalived, liveState('S6ha', 'net1').keepalived);
      assert.deepEqual(differences(live).map(textOf), []);
      // Of several lines that tell it, each one removed is one difference.
      const fresh = (i: number) => ({ ...live, keepalived: live.keepalived!.toSpliced(i, 1) });
      for (const i of live.keepalived!.keys()) assert.equal(differences(fresh(i)).length, 1, `${i}`);
    });

  it('an inside device that was updated since: its addresses are in the file too', () => {
    const router = topology.routers.find(({ ha }) => ha)!;
    const { port_id, mac_address, ip_address } = router.interfaces[0]!;
    const ifname = `qr-${port_id!.slice(0, 11)}`;
    const own = [
      `${ip_address}/24 dev ${ifname} no_track`,
      `${linkLocalOf(mac_address!)}/64 dev ${ifname} scope link no_track`,
    ];
    const live = withFile('net1', (text) =>
      text.replace('virtual_ipaddress_excluded {\n', `virtual_ipaddress_excluded {\n${own.join('\n')}\n`),
    );
    assert.deepEqual(differences(live).map(textOf), []);
    for (const line of own) {
      const less = live.keepalived!.filter((each) => each.line !== line);
      assert.equal(differences({ ...live, keepalived: less }).length, 1, line);
    }
  });

  it('no password is kept', () => {
    const { lines } = linesOfFile('x', 'authentication {\n auth_pass secret\n}\n');
    assert.equal(lines[1]!.line, `auth_pass ${HIDDEN}`);
  });
});

describe('the text', () => {
  it('is read back', () => {
    for (const item of liveState('S6ha', 'net1').keepalived!)
      assert.deepEqual(keepalived.parse(keepalived.explain(item)), { items: [item], problems: [] });
  });

  it('cut short is not known', () => {
    const live = withFile('net1', (text) => text.slice(0, 300));
    assert.equal(live.keepalived, undefined);
    assert.deepEqual(
      live.gaps.filter(({ aspect }) => aspect === 'keepalived').map(({ namespace }) => namespace),
      ['-'],
    );
    const { notCompared } = compare(expect(topology, 'net1', readAllocations(topology, 'net1', live)), live);
    assert.ok(notCompared.some(({ aspect }) => aspect === 'keepalived'));
  });

  it('of an older collector is not known, and no matter on a node without HA', () => {
    const sections = snapshotText('S6ha', 'net1').replace(/@@ begin - cat \S+keepalived\.conf\n[\s\S]*?@@ end 0\n/, '');
    assert.equal(readNodeState(parseSnapshot(sections)).keepalived, undefined);
    const live = { ...liveState('S6ha', 'compute1'), keepalived: undefined };
    const { notCompared } = compare(expect(topology, 'compute1'), live as unknown as NodeState);
    assert.deepEqual(
      notCompared.filter(({ aspect }) => aspect === 'keepalived'),
      [],
    );
  });
});

/** Plain HA, as the specification has it (section 8.4); of two releases. */
describe('a router that is not distributed', () => {
  const cloud = (release: string) =>
    readTopology(`
dvr: 1
release: ${release}
nodes:
  net1: {agent_mode: legacy}
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.1.0/24, gateway_ip: 10.0.1.1}}}
  public:
    router:external: true
    network_type: flat
    subnets:
      public-v4: {cidr: 203.0.113.0/24, gateway_ip: 203.0.113.1}
      public-far: {cidr: 198.51.100.0/24, gateway_ip: 198.51.100.1}
routers:
  r1:
    id: 1d360676-1e39-4063-9d18-468b340a7ba0
    distributed: false
    ha: true
    l3_agents: [{node: net1, ha_state: active}]
    external_gateway: {network: public, ip_address: 203.0.113.10, node: net1, port_id: dddddddd-11, mac_address: "fa:16:3e:00:0e:cc"}
    interfaces:
      red-v4: {port_id: cccccccc-11, mac_address: "fa:16:3e:00:0e:cd"}
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.1.200}]
ports:
  ha: {id: 12345678-90ab-4000-8000-000000000000, network: red, node: net1, device_owner: "network:router_ha_interface", device_id: 1d360676-1e39-4063-9d18-468b340a7ba0}
`).topology;

  const written = (release: string) =>
    expect(cloud(release), 'net1').keepalived!.map(
      ({ blocks, line }) => `${blocks === '' ? '' : `${blocks} / `}${line}`,
    );

  it('zed', () => {
    assert.deepEqual(written('zed'), [
      'global_defs {',
      'global_defs / notification_email_from neutron@openstack.local',
      'global_defs / router_id neutron',
      'vrrp_instance VR_1 {',
      'vrrp_instance / state BACKUP',
      'vrrp_instance / interface ha-12345678-90',
      'vrrp_instance / virtual_router_id 1',
      'vrrp_instance / priority 50',
      'vrrp_instance / garp_master_delay 60',
      'vrrp_instance / nopreempt',
      'vrrp_instance / advert_int 2',
      'vrrp_instance / track_interface {',
      'vrrp_instance / track_interface / ha-12345678-90',
      'vrrp_instance / virtual_ipaddress {',
      'vrrp_instance / virtual_ipaddress / 169.254.0.1/24 dev ha-12345678-90',
      'vrrp_instance / virtual_ipaddress_excluded {',
      'vrrp_instance / virtual_ipaddress_excluded / 10.0.1.1/24 dev qr-cccccccc-11 no_track',
      'vrrp_instance / virtual_ipaddress_excluded / fe80::f816:3eff:fe00:ecd/64 dev qr-cccccccc-11 scope link no_track',
      'vrrp_instance / virtual_ipaddress_excluded / 203.0.113.10/24 dev qg-dddddddd-11 no_track',
      'vrrp_instance / virtual_ipaddress_excluded / fe80::f816:3eff:fe00:ecc/64 dev qg-dddddddd-11 scope link no_track',
      'vrrp_instance / virtual_routes {',
      'vrrp_instance / virtual_routes / 0.0.0.0/0 via 203.0.113.1 dev qg-dddddddd-11 no_track',
      'vrrp_instance / virtual_routes / 172.16.0.0/16 via 10.0.1.200 no_track',
      'vrrp_instance / virtual_routes / 198.51.100.0/24 dev qg-dddddddd-11 scope link no_track',
    ]);
  });

  it('2023.1 writes the protocol of each route', () => {
    const [before, after] = [written('zed'), written('2023.1')].map((lines) =>
      lines.filter((line) => line.includes('virtual_routes / ')),
    );
    assert.deepEqual(
      after,
      before!.map((line) => `${line} protocol static`),
    );
  });

  it('mitaka has no global definitions, and queens no no_track', () => {
    assert.equal(written('mitaka')[0], 'vrrp_instance VR_1 {');
    assert.ok(written('queens').every((line) => !line.includes('no_track')));
    assert.ok(written('rocky').some((line) => line.includes('no_track')));
  });
});
