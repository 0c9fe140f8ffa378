/** What a sosreport holds, and what it does not: each case takes something from a whole report, or puts something odd into it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ReportFiles, isRead, isStateOfAgent, splitPath } from '../../../server/sources/report.ts';
import { mangle, snapshotOfReport } from '../../../server/sources/sosreport.ts';
import { readNodeState } from '../../../shared/live.ts';
import type { NodeState } from '../../../shared/state.ts';
import { snapshotText } from '../../support/recordings.ts';
import { reportOf } from '../../support/sosreport.ts';

const whole = reportOf(snapshotText('S3', 'net1'), 'namespaces');
const ROUTER = 'qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb';
const NETWORKING = 'sos_commands/networking';

/** A state from the whole report with other files; `null` takes one away. */
function stateWith(changes: Record<string, string | null> = {}): NodeState {
  const files: ReportFiles = new Map([['var/lib/neutron', { modified: 1 }]]);
  for (const [path, text] of new Map<string, string | null>([...whole, ...Object.entries(changes)]))
    if (text !== null && isRead(path)) files.set(path, { text, modified: 1 });
  return readNodeState(snapshotOfReport(files));
}

const gapsOf = (state: NodeState): string[] =>
  state.gaps
    .filter(({ namespace }) => !namespace.startsWith('qdhcp-'))
    .map(({ namespace, aspect, family, reason }) => [namespace, aspect, ...(family ? [family] : []), reason].join(' '));

const inRouter = (command: string) =>
  `${NETWORKING}/namespaces/${ROUTER}/${mangle(`ip netns exec ${ROUTER} ${command}`)}`;
const gone = (test: RegExp) =>
  Object.fromEntries([...whole.keys()].filter((path) => test.test(path)).map((path) => [path, null]));
const base = gapsOf(stateWith());

function check(changes: Record<string, string | null>, expected: string[]): void {
  assert.deepEqual(
    gapsOf(stateWith(changes)).filter((gap) => !base.includes(gap)),
    expected,
  );
}

it('a whole report lacks nothing of what is compared', () =>
  assert.deepEqual(
    base.filter((gap) => !gap.includes('keepalived')),
    [],
  ));

it('the list of packages tells the release', () => {
  const list = 'ii  neutron-common  2:16.4.1-0ubuntu2  all  Neutron is a virtual network service\n';
  assert.equal(stateWith({ 'sos_commands/dpkg/dpkg_-l': list }).neutron, '16.4.1');
  assert.equal(stateWith().neutron, undefined);
});

describe('what is not there', () => {
  it('one file', () => {
    const path = inRouter('ip -6 rule list');
    check({ [path]: null }, [`${ROUTER} rules inet6 the report has no file ${path}`]);
  });

  it('a namespace that sos did not look into, as its options may say', () => {
    const gaps = gapsOf(stateWith(gone(new RegExp(`/${ROUTER}/`)))).filter((gap) => !base.includes(gap));
    assert.deepEqual(
      gaps.map((gap) => gap.split(' ')[1]),
      ['links', 'addresses', 'rules', 'routes', 'neighbours', 'sysctls', 'iptables'],
    );
    assert.match(
      gaps[0]!,
      /the report has no file of this namespace, such as .*; sos can be limited to some namespaces$/,
    );
  });

  it('the list of namespaces: those with files are read all the same', () => {
    const state = stateWith({ [`${NETWORKING}/ip_netns`]: null });
    assert.equal(Object.keys(state.namespaces).length, Object.keys(stateWith().namespaces).length);
    check({ [`${NETWORKING}/ip_netns`]: null }, [`- namespaces ${NETWORKING}/ip_netns: not in the report`]);
    const flat = reportOf(snapshotText('S3', 'net1'), 'flat');
    const files: ReportFiles = new Map(
      [...flat].flatMap(([path, text]) =>
        isRead(path) && !path.endsWith('ip_netns') ? [[path, { text, modified: 1 }]] : [],
      ),
    );
    assert.ok(Object.keys(readNodeState(snapshotOfReport(files)).namespaces).includes(ROUTER));
  });

  it('Open vSwitch', () =>
    check(gone(/openvswitch/), [
      '- ports the report has no file etc/openvswitch/conf.db or var/lib/openvswitch/conf.db',
      '- flows the report has no file sos_commands/openvswitch/ovs-ofctl_dump-flows_br-int',
    ]));

  it('the dump of one bridge', () =>
    check(
      { ...gone(/dump-flows_br-tun/), 'sos_commands/openvswitch/ovs-vsctl_-t_5_list-br': 'br-ex\nbr-int\nbr-tun\n' },
      ['- flows the report has no file sos_commands/openvswitch/ovs-ofctl_dump-flows_br-tun'],
    ));
});

describe('what is there and of no use', () => {
  it('an empty file where there is always something', () => {
    const path = inRouter('ip -d address show');
    check(
      { [path]: '' },
      ['links', 'addresses'].map((aspect) => `${ROUTER} ${aspect} ${path}: empty`),
    );
  });

  it('a message instead of the output', () => {
    const refused = 'setting the network namespace "x" failed: Invalid argument\n';
    const gaps = gapsOf(
      stateWith({ [inRouter('ip route show table all')]: refused, [inRouter('iptables-save')]: refused }),
    ).filter((gap) => !base.includes(gap));
    assert.deepEqual(
      gaps.map((gap) => gap.split(' ').slice(1, 3).join(' ')),
      ['routes "ip', 'iptables inet'],
    );
  });

  it('a command of which the manifest says that it failed', () => {
    const path = inRouter('ip -4 rule list');
    const commands = [{ filepath: path, return_code: 124 }, { filepath: 7, return_code: 'x' }, null];
    const manifest = JSON.stringify({
      components: { report: { plugins: { networking: { commands }, openvswitch: 1 } } },
    });
    const gaps = gapsOf(stateWith({ 'sos_reports/manifest.json': manifest })).filter((gap) => !base.includes(gap));
    assert.match(gaps.join('\n'), new RegExp(`^${ROUTER} rules inet "ip -4 rule list" failed with status 124`));
  });

  it('a list of namespaces that is none', () =>
    check({ [`${NETWORKING}/ip_netns`]: 'Object "netns" is unknown, try "ip help".\n' }, [
      `- namespaces ${NETWORKING}/ip_netns: no list of namespaces`,
    ]));
});

it('names of files are made as sos makes them', () => {
  for (const [command, name] of [
    ['ip netns exec qrouter-a  ip -s -s neigh show', 'ip_netns_exec_qrouter-a_ip_-s_-s_neigh_show'],
    ['/usr/sbin/ovs-appctl dpctl/show -s', 'ovs-appctl_dpctl.show_-s'],
    ['ip netns exec a:b@c iptables-save', 'ip_netns_exec_a_b_c_iptables-save'],
    [`ip ${'x'.repeat(300)}`, `ip_${'x'.repeat(252)}`],
  ] as const)
    assert.equal(mangle(command), name);
});

it('a path inside an archive: its report, and nothing that leads out', () => {
  for (const [path, expected] of [
    ['sosreport-a/sos_commands/host/hostname', 'sosreport-a sos_commands/host/hostname'],
    ['./x/y/etc/hostname', 'x/y etc/hostname'],
    ['var/lib/neutron/fip-priorities', ' var/lib/neutron/fip-priorities'],
    ['x/usr/local/etc/openvswitch/conf.db', 'x usr/local/etc/openvswitch/conf.db'],
    ['/etc/hostname', undefined],
    ['x/../etc/hostname', undefined],
    ['x/README', undefined],
  ] as const) {
    const place = splitPath(path);
    assert.equal(place && `${place.root} ${place.inside}`, expected);
  }
  assert.deepEqual(['var/lib/neutron/dhcp/x', 'var/lib/neutron', 'var/lib/neutron/ha_confs/x'].map(isStateOfAgent), [
    false,
    false,
    true,
  ]);
});

it('any files make a state, and nothing is thrown', () => {
  const path = fc.oneof(
    fc.constantFrom(...whole.keys()),
    fc.string().map((name) => `${NETWORKING}/namespaces/${name}/ip_netns_exec_${name}_sysctl_-a`),
  );
  const file = fc.record({
    text: fc.oneof(fc.string(), fc.json(), fc.constantFrom(...whole.values())),
    modified: fc.double(),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(path, file), { maxLength: 20 }), (entries) => {
      readNodeState(snapshotOfReport(new Map(entries)));
    }),
    { seed: 5, numRuns: 200 },
  );
});
