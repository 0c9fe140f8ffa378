/** Frames between nodes: what is not known of Open vSwitch, circles, firewalls with connection tracking, broadcasts, the way out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOfLine } from '../../../shared/ovs/flowText.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Disposition } from '../../../shared/trace/disposition.ts';
import { renderTrace } from '../../../shared/trace/render.ts';
import { type Trace, type TraceRequest, trace } from '../../../shared/trace/trace.ts';
import type { TraceNode } from '../../../shared/trace/tree.ts';
import { LAB_SCENARIOS, type ScenarioName } from '../../support/recordings.ts';
import { type SwitchedCloud, compared, endOf, stateOf, switchedCloud, withoutFlows, withoutPort } from '../../support/switchedCloud.ts'; // prettier-ignore

interface Ends {
  disposition: Disposition;
  reason: RegExp;
}

function check(
  scenario: ScenarioName,
  alter: (cloud: SwitchedCloud) => void,
  request: TraceRequest,
  ends: Ends,
): Trace {
  const cloud = switchedCloud(scenario);
  alter(cloud);
  const traced = trace(cloud.live, request);
  assert.equal(traced.disposition, ends.disposition, renderTrace(traced));
  assert.match(endOf(traced), ends.reason);
  return traced;
}

const addFlows = (state: NodeState, bridge: string, lines: readonly string[]): void =>
  void (state.flows = [...state.flows!, ...lines.map((line) => flowOfLine(line, bridge)!)]);

function textsOf(nodes: readonly TraceNode[], type: TraceNode['type']): string[] {
  return nodes.flatMap((node) => [...(node.type === type ? [node.text] : []), ...textsOf(node.children, type)]);
}

const onCompute1 = (alter: (state: NodeState) => void) => (cloud: SwitchedCloud) => alter(stateOf(cloud, 'compute1'));

describe('what is not known of Open vSwitch', () => {
  const request = { from: 'a1', to: '10.1.0.12' };
  it('the wire is taken as Neutron makes it, which is said once for each node', () => {
    const forget = (cloud: SwitchedCloud) => {
      for (const state of cloud.live.states) {
        delete state.flows;
        state.gaps.push({ namespace: '-', aspect: 'flows', reason: 'it timed out' });
      }
    };
    const traced = check('S3', forget, request, { disposition: 'delivered', reason: /^delivered/ });
    assert.equal(traced.answered, true);
    const said = textsOf(traced.tree.children, 'detail').filter((text) => text.includes('is not looked at'));
    const nodes = said.map(
      (text) => /Open vSwitch of (\S+) is not looked at, .*: it timed out$/.exec(text)?.[1] ?? text,
    );
    assert.deepEqual(new Set(nodes), new Set(['compute1', 'compute2']));
    assert.equal(nodes.length, 2);
    assert.deepEqual(textsOf(traced.tree.children, 'flow'), []);
  });
  it('the part that is known is followed', () => {
    const forget = (cloud: SwitchedCloud) => void delete stateOf(cloud, 'compute2').flows;
    const traced = check('S3', forget, request, { disposition: 'delivered', reason: /^delivered/ });
    assert.deepEqual([...new Set(textsOf(traced.tree.children, 'bridge').map((text) => text.split(',')[0]))], ['br-int on compute1', 'br-tun on compute1']); // prettier-ignore
  });
  it('an action or a field that nobody here knows ends the trace', () => {
    const unknown = (line: string) => onCompute1((state) => addFlows(state, 'br-int', [line]));
    check('S3', unknown('table=60,priority=500 actions=teleport(7)'), request, {
      disposition: 'insufficient-info',
      reason: /br-int: what "teleport\(7\)" does is not known \(on compute1\)$/,
    });
    check('S3', unknown('table=60,priority=500,mpls_label=7 actions=drop'), request, {
      disposition: 'insufficient-info',
      reason: /whether the frame matches "mpls_label=7".* \(on compute1\)$/,
    });
    check('S3', unknown('table=60,priority=500 actions=group:9'), request, {
      disposition: 'insufficient-info',
      reason: /group:9.* \(on compute1\)$/,
    });
  });
});

describe('what a switch learned', () => {
  const unicast = /^br-tun 20 dl_vlan=\d+,dl_dst=fa:16:3e:3e:e2:85$/;
  it('is no divergence from the flood that nothing but frames can spare', () => {
    const cloud = switchedCloud('S3');
    for (const side of [cloud.live, cloud.expected])
      withoutFlows(
        side.states.find(({ node }) => node === 'compute1')!,
        unicast,
      );
    const { live, expected, parting } = compared(cloud, { from: 'a4', to: '10.1.0.12' });
    assert.ok(textsOf(live.tree.children, 'flow').some((text) => text.startsWith('table=20, hard_timeout=300, ')));
    assert.ok(textsOf(expected.tree.children, 'flow').some((text) => /^table=22, .*output:/.test(text)));
    assert.equal(parting, null);
  });
  it('hides no flow that is missing', () => {
    const cloud = switchedCloud('S3');
    withoutFlows(stateOf(cloud, 'compute1'), unicast);
    const { live, parting } = compared(cloud, { from: 'a4', to: '10.1.0.12' });
    assert.equal(live.answered, true);
    assert.match(parting?.expected ?? '', /^table=20, priority=2,.*dl_dst=fa:16:3e:3e:e2:85 /);
  });
});

describe('circles', () => {
  const back = ['table=0,priority=500,dl_dst=fa:16:3e:3e:e2:85 actions=IN_PORT'];
  it('two nodes that send a frame to each other', () => {
    const alter = (cloud: SwitchedCloud) => {
      addFlows(stateOf(cloud, 'compute2'), 'br-tun', back);
      addFlows(stateOf(cloud, 'compute1'), 'br-tun', [back[0]!.replace('500', '499')]);
      const inside = stateOf(cloud, 'compute1').bridges!.find(({ name }) => name === 'br-tun')!.ofports['patch-int'];
      addFlows(stateOf(cloud, 'compute1'), 'br-tun', [`table=0,priority=501,in_port=${inside} actions=goto_table:1`]);
    };
    check(
      'S3',
      alter,
      { from: 'a4', to: '10.1.0.12' },
      { disposition: 'loop', reason: /in the same form again and again/ },
    );
  });
  it('two bridges of a node that send a frame to each other', () => {
    const alter = onCompute1((state) => {
      const port = (bridge: string, name: string) => state.bridges!.find((each) => each.name === bridge)!.ofports[name];
      addFlows(state, 'br-tun', [`table=0,priority=500,in_port=${port('br-tun', 'patch-int')},ip actions=IN_PORT`]);
      addFlows(state, 'br-int', [`table=0,priority=500,in_port=${port('br-int', 'patch-tun')},ip actions=IN_PORT`]);
    });
    const reason = /^loop: Open vSwitch of compute1 gives it up: over max translation depth 64$/;
    check('S3', alter, { from: 'a4', to: '10.1.0.12' }, { disposition: 'loop', reason });
  });
  it('a frame that is never the same again, and is copied each time', () => {
    const alter = (cloud: SwitchedCloud) => {
      for (const node of ['compute1', 'compute2']) {
        const state = stateOf(cloud, node);
        const other = state.ports!.find(({ options }) => options['remote_ip'] === cloud.live.wiring.tunnelIps![node === 'compute1' ? 'compute2' : 'compute1'])!; // prettier-ignore
        const copies = [2, 3, 4, 5].map((bit) => `clone(load:1->NXM_OF_IP_TOS[${bit}],IN_PORT)`);
        addFlows(state, 'br-tun', [
          `table=0,priority=500,in_port=${other.ofport},ip actions=dec_ttl,${copies.join(',')}`,
        ]);
      }
    };
    const reason = /more than 256 copies of the frame go from node to node/;
    check('S3', alter, { from: 'a4', to: '10.1.0.12' }, { disposition: 'insufficient-info', reason });
  });
});

/** What `agent/linux/openvswitch_firewall/firewall.py` makes of a port, cut down to what a ping meets. */
function firewallOf(state: NodeState, mac: string, ingress: readonly string[]): void {
  const port = state.ports!.find(({ external_ids: ids }) => ids['attached-mac'] === mac)!;
  const [p, vlan] = [port.ofport!, port.tag!];
  const own = `reg5=${p}`;
  const enter = `load:${p}->NXM_NX_REG5[],load:${vlan}->NXM_NX_REG6[]`;
  const zone = 'zone=NXM_NX_REG6[0..15]';
  withoutFlows(state, new RegExp(`^br-int 60 dl_vlan=${vlan},dl_dst=${mac}$`));
  addFlows(state, 'br-int', [
    `table=60,priority=100,in_port=${p} actions=${enter},resubmit(,71)`,
    `table=60,priority=90,dl_vlan=${vlan},dl_dst=${mac} actions=${enter},strip_vlan,resubmit(,81)`,
    `table=71,priority=95,arp,${own} actions=resubmit(,94)`,
    `table=71,priority=65,ct_state=-trk,ip,${own} actions=ct(table=72,${zone})`,
    `table=72,priority=77,ct_state=+new-est,ip,${own} actions=resubmit(,73)`,
    `table=72,priority=50,ct_state=+est-rel+rpl,ct_zone=${vlan},ct_mark=0,${own} actions=resubmit(,94)`,
    `table=72,priority=50,ct_state=+inv+trk,${own} actions=resubmit(,93)`,
    `table=73,priority=90,ct_state=+new-est,ip,${own} actions=ct(commit,${zone}),resubmit(,94)`,
    `table=81,priority=100,arp,${own} actions=output:${p}`,
    `table=81,priority=90,ct_state=-trk,ip,${own} actions=ct(table=82,${zone})`,
    `table=82,priority=50,ct_state=+est-rel+rpl,ct_zone=${vlan},ct_mark=0,${own} actions=output:${p}`,
    `table=82,priority=40,ct_state=-est,${own} actions=resubmit(,93)`,
    ...ingress.map(
      (match) => `table=82,priority=77,ct_state=+new-est,${match},${own} actions=ct(commit,${zone}),output:${p}`,
    ),
    'table=93,priority=0 actions=drop',
    'table=94,priority=1 actions=NORMAL',
  ]);
}

describe('the openvswitch firewall: who may begin, may be answered', () => {
  const alter = (cloud: SwitchedCloud) => {
    const macOf = (name: string) => cloud.live.wiring.endpoints.find((each) => each.name === name)!.mac!;
    firewallOf(stateOf(cloud, 'compute1'), macOf('a1'), ['icmp', 'tcp,tp_dst=22']);
    firewallOf(stateOf(cloud, 'compute2'), macOf('a2'), []);
  };
  const rows: readonly (TraceRequest & { from: string; ends: Ends; answered: boolean })[] = [
    { from: 'a2', to: '10.1.0.11', answered: true, ends: { disposition: 'delivered', reason: /./ } },
    { from: 'a2', to: '10.1.0.11', protocol: 'tcp', dport: 22, answered: true, ends: { disposition: 'delivered', reason: /./ } },
    { from: 'a2', to: '10.1.0.11', protocol: 'tcp', dport: 23, answered: false, ends: { disposition: 'dropped', reason: /^dropped: the openvswitch firewall drops it: br-int table 93 of compute1/ } },
    { from: 'a1', to: '10.1.0.12', answered: false, ends: { disposition: 'dropped', reason: /^dropped: the openvswitch firewall drops it: br-int table 93 of compute2/ } },
  ]; // prettier-ignore
  for (const { ends, answered, ...request } of rows)
    it(`${request.from} → ${request.to} ${request.protocol ?? 'icmp'} ${request.dport ?? ''}`, () =>
      assert.equal(check('S3', alter, request, ends).answered, answered));
});

describe('out of a node onto the wire of a physical network, and in again', () => {
  const rows: readonly { about: string; alter: (state: NodeState) => void; reason: RegExp }[] = [
    {
      about: 'the physical bridge drops what it does not translate',
      alter: (state) => withoutFlows(state, /^br-ex 2 in_port=\d+,dl_vlan=/),
      reason:
        /nobody answers for 192\.168\.1\.1: br-ex table 2 of compute1 drops it \(priority=2,in_port=\d+ actions=drop\)$/,
    },
    {
      about: 'no patch leads to the physical bridge',
      alter: (state) => withoutPort(state, 'int-br-ex'),
      reason: /br-int table 60 of compute1 switches it \(NORMAL\), and no port leads to br-ex$/,
    },
    {
      about: 'the physical bridge has no device',
      alter: (state) => withoutPort(state, 'eth2'),
      reason: /br-ex table 2 of compute1 switches it \(NORMAL\), and no port of br-ex leads out of the node$/,
    },
    {
      about: 'what comes in gets no local VLAN',
      alter: (state) => withoutFlows(state, /^br-int 0 in_port=\d+,vlan_tci=0x0000/),
      reason:
        /the outside of public answers for 192\.168\.1\.1, and the answer is lost: br-int table 0 of compute1 drops it/,
    },
    {
      about: 'the device of the namespace is no port of br-int',
      alter: (state) => withoutPort(state, 'fg-be89cef3-ad'),
      reason: /fg-be89cef3-ad of fip-\S+ on compute1 has no port in Open vSwitch of compute1$/,
    },
  ];
  for (const { about, alter, reason } of rows)
    it(about, () => {
      const disposition = about.startsWith('the device') ? 'dropped' : 'neighbour-unreachable';
      check('S3', onCompute1(alter), { from: 'a1', to: '198.51.100.10' }, { disposition, reason });
    });
});

describe('DHCP', () => {
  const discover = (from: string): TraceRequest => ({ from, to: '255.255.255.255', protocol: 'udp', dport: 67 });
  const scenarios: readonly ScenarioName[] = ['S1', 'S2', 'S3', 'S3b', 'S4', 'S6', 'S6ha', ...LAB_SCENARIOS];
  it('every VM on a network with DHCP gets an answer, over live and expected state', () => {
    let asked = 0;
    for (const scenario of scenarios) {
      const { live, expected } = switchedCloud(scenario);
      const { endpoints } = live.wiring;
      const plugged = (id: string | undefined) => live.states.some(({ ports }) => ports?.some(({ external_ids: ids }) => ids['iface-id'] === id)); // prettier-ignore
      for (const { name, segment, node, servesDhcp, addresses, id } of endpoints) {
        const server = endpoints.find((each) => each.servesDhcp && each.segment === segment && each.addresses.some(({ local }) => local.includes('.'))); // prettier-ignore
        if (!server || servesDhcp || node === undefined || addresses.length === 0 || !plugged(id)) continue;
        if (!addresses.some(({ local }) => local.includes('.'))) continue;
        asked++;
        for (const cloud of [live, expected]) {
          const traced = trace(cloud, discover(name));
          const title = `${scenario} ${cloud.from} ${renderTrace(traced)}`;
          assert.equal(traced.disposition, 'delivered', title);
          assert.deepEqual({ ...traced.packet }, { src: '0.0.0.0', dst: '255.255.255.255', protocol: 'udp', sport: 68, dport: 67 }); // prettier-ignore
          assert.equal(traced.answered, true, title);
          assert.deepEqual([traced.reply?.packet.sport, traced.reply?.packet.dport], [67, 68]);
        }
      }
    }
    assert.ok(asked > 30);
  });
  it('without a flood it reaches no other node', () => {
    const flood = (state: NodeState) => withoutFlows(state, /^br-tun 22 dl_vlan=\d+$/);
    check('S3', onCompute1(flood), discover('a1'), { disposition: 'dropped', reason: /br-tun table 22 of compute1 drops it/ }); // prettier-ignore
  });
  it('on a network without DHCP nobody answers', () => {
    check('L9', () => {}, discover('w1'), {
      disposition: 'neighbour-unreachable',
      reason: /no DHCP port is on vlan2$/,
    });
  });
  it('a broadcast of another kind is heard by the others', () => {
    const request = { from: 'a1', to: '255.255.255.255', protocol: 'udp', dport: 9 };
    const traced = check('S3', () => {}, request, { disposition: 'delivered', reason: /hears what is for all/ });
    assert.ok(textsOf(traced.tree.children, 'detail').some((text) => text.includes('hear it, too')));
    assert.equal(traced.reply, null);
  });
  it('a DHCP namespace serves metadata to a subnet that no router is the gateway of', () => {
    const request = { from: 'a1', to: '169.254.169.254', protocol: 'tcp', dport: 80 };
    const isolate = (cloud: SwitchedCloud) => {
      for (const { addresses } of cloud.live.wiring.endpoints) for (const address of addresses) delete address.gateway;
    };
    const serve = (cloud: SwitchedCloud) => {
      isolate(cloud);
      for (const namespace of Object.values(stateOf(cloud, 'net1').namespaces))
        for (const { local, ...tap } of namespace.addresses ?? [])
          if (local === '10.1.0.200') namespace.addresses!.push({ ...tap, local: '169.254.169.254', prefixlen: 32 });
    };
    check('S3', isolate, request, { disposition: 'no-route', reason: /no gateway and no host route/ });
    const traced = check('S3', serve, request, {
      disposition: 'delivered',
      reason: /the DHCP namespace serves metadata/,
    });
    assert.equal(traced.answered, true);
  });
});
