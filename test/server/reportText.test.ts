/** What a person reads: the worst first, what it breaks, nothing twice. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportAsText } from '../../server/cli/reportText.ts';
import { cloudOf, devices, dropDevice, namespaces, reportOf, take } from '../shared/faults/cloud.ts';

const ROUTER = 'qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb';

describe('text of a report', () => {
  it('names the fault, what it breaks, what shows it and what mends it', () => {
    const cloud = cloudOf('S3', 'compute1');
    take(cloud.states.get('compute1')!.namespaces[ROUTER]!.rules, ({ table }) => table === '167837697');
    const text = reportAsText(reportOf(cloud));
    assert.match(
      text,
      new RegExp(`^compute1: differs
  error \\[rule-missing\\] S02 the redirect to the SNAT node is missing
    breaks   VMs in 10\\.1\\.0\\.0/24 on compute1 without a floating IP \\(a3\\) have no way out
    in       ${ROUTER}, rules
    expected 167837697: from 10\\.1\\.0\\.1/24 lookup 167837697
    live     nothing
    because  .*
             .*
    to see   ip netns exec ${ROUTER} ip rule show
    to mend  ip netns exec ${ROUTER} ip rule add priority 167837697 from 10\\.1\\.0\\.1/24 lookup 167837697
compute2: in-sync
net1: in-sync
`),
    );
  });

  it('puts the node with the worst finding first, and the worst finding of a node', () => {
    const cloud = cloudOf('S3');
    const little = cloud.states.get('compute1')!.namespaces[ROUTER]!;
    take(little.neighbours, ({ dst }) => dst === '10.1.0.13');
    const much = cloud.states.get('net1')!;
    delete much.namespaces[ROUTER.replace('qrouter', 'snat')];
    const lines = reportAsText(reportOf(cloud)).split('\n');
    assert.equal(lines[0], 'net1: differs');
    assert.match(lines[1]!, /error \[namespace-missing\] snat-/);
    assert.match(lines[2]!, /breaks {3}VMs in .* without a floating IP \(a3\) have no way out/);
    assert.ok(lines.indexOf('compute1: differs') > 1);
  });

  it('tells of one cause once, with the number of what belongs to it', () => {
    const cloud = cloudOf('S3', 'compute1');
    const live = cloud.states.get('compute1')!;
    const [rfp] = devices(live.namespaces[ROUTER]!, 'rfp-');
    dropDevice(live.namespaces[ROUTER]!, rfp!);
    for (const [, fip] of namespaces(live, 'fip')) dropDevice(fip, rfp!.replace('rfp', 'fpr'));
    const text = reportAsText(reportOf(cloud, ['compute1']));
    assert.equal(text.match(/^ {2}error/gm)?.length, 1);
    assert.match(
      text,
      /F05 .*\n {4}breaks {3}floating IPs 192\.168\.1\.101 and 192\.168\.1\.104 of router ra are dead on compute1/,
    );
    assert.match(text, /with it {2}1 device, 4 addresses, 16 routes, 2 neighbours/);
  });

  it('of long texts shows what differs, on both sides', () => {
    const cloud = cloudOf('S3', 'compute1');
    const live = cloud.states.get('compute1')!;
    const port = live.ports!.find(({ name }) => name.startsWith('tap'))!;
    const number = new RegExp(`(in_port=|output:)${port.ofport}\\b`);
    const text = () => reportAsText(reportOf(cloud, ['compute1']));
    const sides = (expected: string) =>
      new RegExp(` expected br-int ${port.name} ${expected}\n +live +br-int ${port.name} … ofport=-1 …\n`);
    const known = port.ofport;
    port.ofport = -1;
    assert.match(text(), sides(`… ofport=${known} …`));
    // Without its flows and the bridge's own list nothing tells which number it had.
    for (const { ofports } of live.bridges!) delete ofports[port.name];
    live.flows = live.flows!.filter(({ match, actions }) => !number.test(`${match} ${actions}`));
    assert.match(text(), sides('… without ofport=-1'));
  });

  it('says where else it is so', () => {
    const cloud = cloudOf('S3');
    for (const node of ['compute1', 'compute2'])
      take(cloud.states.get(node)!.namespaces[ROUTER]!.rules, ({ table }) => table === '167837697');
    const report = reportOf(cloud);
    assert.deepEqual(
      report.findings.map(({ node, fault, alsoOn }) => [node, fault, alsoOn]),
      [
        ['compute1', 'S02', ['compute2']],
        ['compute2', 'S02', ['compute1']],
      ],
    );
    assert.match(reportAsText(report), /also on {2}compute2/);
  });

  it('obeys nothing that a node says', () => {
    const cloud = cloudOf('S3', 'compute1');
    const live = cloud.states.get('compute1')!;
    live.namespaces['qrouter-\u001b[2J\u202e'] = {};
    live.namespaces[ROUTER]!.rules!.push({ family: 'inet', priority: 7, src: '\u001b]0;x\u0007', table: '16' });
    // oxlint-disable-next-line no-control-regex -- these must not be there
    assert.doesNotMatch(reportAsText(reportOf(cloud, ['compute1'])), /[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe('states that say nothing or nonsense', () => {
  it('no rule of the catalogue throws', () => {
    for (const node of ['compute1', 'net1']) {
      const cloud = cloudOf('S6', node);
      const live = cloud.states.get(node)!;
      for (const state of Object.values(live.namespaces))
        for (const key of ['links', 'rules', 'routes', 'sysctls', 'iptables'] as const) delete state[key];
      delete live.ports;
      delete live.allocations;
      delete live.bridges;
      assert.ok(reportOf(cloud, [node]).findings.length >= 0);
      live.flows = [{ bridge: '', table: -1, priority: NaN, match: 'in_port=', actions: 'output:', cookie: '' }];
      live.ports = [
        { bridge: 'br-tun', name: '', type: 'vxlan', ofport: -1, external_ids: {}, other_config: {}, options: {} },
      ];
      live.traffic = { 'qrouter-': { translations: [{ dst: '', to: '', count: -1 }], listening: [] } };
      assert.ok(reportOf(cloud, [node]).findings.length > 0);
    }
  });
});
