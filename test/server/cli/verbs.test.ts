/** The verbs as a user runs them: what they print, their status, and what they say to wrong usage. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { COLLECTOR_SCRIPT } from '../../../server/collect/script.ts';
import { dvrscope } from '../../support/cli.ts';
import { RECORDINGS, SCENARIOS, nodeNames, snapshotText, staleOf } from '../../support/recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'dvrscope-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

const RULE = ',{"priority":167837697,"src":"10.1.0.1","srclen":24,"table":"167837697"}';

before(async () => {
  for (const scenario of SCENARIOS) {
    const { status, err } = await dvrscope(
      'import',
      '--api',
      join(RECORDINGS, scenario, 'api'),
      '-o',
      path(`${scenario}.dvr.yaml`),
      '--release',
      'zed',
    );
    assert.deepEqual([status, err], [0, '']);
  }
  const text = snapshotText('S3', 'compute1');
  assert.ok(text.includes(RULE));
  writeFileSync(path('compute1.snapshot'), text.replace(RULE, ''));
});

describe('check', () => {
  for (const scenario of SCENARIOS)
    it(`${scenario}: imported, then compared with its recordings, only what is really left over`, async () => {
      const { out } = await dvrscope(
        'check',
        path(`${scenario}.dvr.yaml`),
        '--snapshot',
        join(RECORDINGS, scenario),
        '--format',
        'json',
      );
      const report = JSON.parse(out) as {
        nodes: { node: string; status: string }[];
        findings: { code: string; node: string; live: string; severity: string; differences?: object[] }[];
      };
      const { namespaces, flows } = staleOf(scenario);
      const leaks = new Map<string, number>();
      for (const { node, learned } of flows) if (!learned) leaks.set(node, (leaks.get(node) ?? 0) + 1);
      const found = report.findings.map(({ code, node, live, severity, differences }) =>
        differences ? `${severity} ${code} ${node} ${differences.length}` : `${severity} ${code} ${node} ${live}`,
      );
      assert.deepEqual(
        found.toSorted(),
        [
          ...namespaces.flatMap(({ node, namespace }) => [
            `warning namespace-unexpected ${node} ${namespace}`,
            // Its device on br-int, and what leads there (`shared/ovs/law.test.ts`).
            `warning stale-namespace ${node} 2`,
          ]),
          ...[...leaks].map(([node, count]) => `warning leaked-dvr-flow ${node} ${count}`),
        ].toSorted(),
      );
      const stale = [...namespaces, ...[...leaks.keys()].map((node) => ({ node }))];
      assert.deepEqual(report.nodes.map(({ node }) => node).toSorted(), nodeNames(scenario).toSorted());
      for (const { node, status } of report.nodes)
        assert.equal(status, stale.some((entry) => entry.node === node) ? 'differs' : 'in-sync');
    });

  it('names a fault with its line, both texts, the reason and the command', async () => {
    const { status, out } = await dvrscope(
      'check',
      path('S3.dvr.yaml'),
      '--snapshot',
      path('compute1.snapshot'),
      '--node',
      'compute1',
      '--format',
      'json',
    );
    assert.equal(status, 1);
    const { findings, summary, nodes } = JSON.parse(out) as {
      findings: Record<string, unknown>[];
      summary: object;
      nodes: object[];
    };
    assert.equal(findings.length, 1);
    const [{ message, range, because, file, namespace, ...rest }] = findings as [Record<string, unknown>];
    assert.deepEqual(rest, {
      code: 'rule-missing',
      severity: 'error',
      kind: 'missing',
      node: 'compute1',
      aspect: 'rules',
      expected: '167837697:\tfrom 10.1.0.1/24 lookup 167837697',
      live: null,
      fault: 'S02',
      fix: [`ip netns exec ${String(namespace)} ip rule add priority 167837697 from 10.1.0.1/24 lookup 167837697`],
      pointer: '/routers/ra/interfaces/neta-sub',
      title: 'the redirect to the SNAT node is missing',
      breaks: 'VMs in 10.1.0.0/24 on compute1 without a floating IP (a3) have no way out',
      show: [`ip netns exec ${String(namespace)} ip rule show`],
      alsoOn: [],
    });
    assert.match(String(message), /compute1 qrouter-.* rule is missing/);
    assert.equal((because as { neutron: string }).neutron, 'dvr_local_router.py: _snat_redirect_modify');
    const { start } = range as { start: { line: number } };
    assert.match(readFileSync(String(file), 'utf8').split('\n')[start.line]!, /^ +neta-sub:/);
    assert.deepEqual(summary, { error: 1, warning: 0, information: 0, hint: 0, differences: 1, silenced: 0 });
    assert.deepEqual(nodes, [{ node: 'compute1', status: 'differs', error: null }]);
  });

  it('without a release the nodes tell whose agents run', async () => {
    for (const scenario of ['S3', 'S6'] as const) {
      const file = path(`${scenario}-unsaid.dvr.yaml`);
      assert.equal((await dvrscope('import', '--api', join(RECORDINGS, scenario, 'api'), '-o', file)).status, 0);
      assert.doesNotMatch(readFileSync(file, 'utf8'), /^release/m);
      assert.equal((await dvrscope('check', file, '--snapshot', join(RECORDINGS, scenario))).status, 0);
    }
  });

  it('fails on what it is told to fail on', async () => {
    const args = ['check', path('S3b.dvr.yaml'), '--snapshot', join(RECORDINGS, 'S3b')];
    assert.equal((await dvrscope(...args)).status, 0);
    assert.equal((await dvrscope(...args, '--fail-on', 'warning')).status, 1);
    assert.equal((await dvrscope(...args, '--fail-on', 'never')).status, 0);
  });

  it('says which node was not collected, with status 3', async () => {
    const { status, out } = await dvrscope(
      'check',
      path('S3.dvr.yaml'),
      '--snapshot',
      join(RECORDINGS, 'S3/net1.snapshot'),
    );
    assert.equal(status, 3);
    assert.match(out, /^compute1: not-collected \(no snapshot of this node was given\)$/m);
    assert.match(out, /^net1: in-sync$/m);
  });

  it('a snapshot that was cut short is compared as far as it goes', async () => {
    const text = snapshotText('S3', 'compute2');
    writeFileSync(
      path('cut.snapshot'),
      text.slice(0, text.indexOf('iptables-save', text.indexOf('begin qrouter-')) + 300),
    );
    const { status, out, err } = await dvrscope(
      'check',
      path('S3.dvr.yaml'),
      '--snapshot',
      path('cut.snapshot'),
      '--node',
      'compute2',
    );
    // Nothing differs in what there is; of the rest nobody knows.
    assert.equal(status, 3);
    assert.match(err, /cut short inside section/);
    assert.match(out, /not-collected.*iptables were not collected/);
    assert.match(out, /^compute2: not-collected \(the snapshot was cut short inside "iptables-save/m);
  });

  it('prints SARIF and JUnit', async () => {
    const args = [
      'check',
      path('S3.dvr.yaml'),
      '--snapshot',
      path('compute1.snapshot'),
      '--node',
      'compute1',
      '--format',
    ];
    const sarif = JSON.parse((await dvrscope(...args, 'sarif')).out) as {
      version: string;
      runs: {
        results: {
          ruleId: string;
          level: string;
          locations: { physicalLocation: { region: { startLine: number } } }[];
        }[];
      }[];
    };
    assert.equal(sarif.version, '2.1.0');
    const [result] = sarif.runs[0]!.results;
    assert.deepEqual([result!.ruleId, result!.level], ['rule-missing', 'error']);
    assert.ok(result!.locations[0]!.physicalLocation.region.startLine > 1);
    const junit = (await dvrscope(...args, 'junit')).out;
    assert.match(junit, /<testsuites tests="2" failures="1" errors="0">/);
    assert.match(
      junit,
      /<failure type="rule-missing" message="compute1 qrouter-[^"]*">at: [^\n]*S3\.dvr\.yaml:77:7\nexpected: 167837697:\tfrom 10\.1\.0\.1\/24/,
    );
  });
});

it('diff shows the line and nothing else', async () => {
  const { status, out } = await dvrscope(
    'diff',
    path('S3.dvr.yaml'),
    '--node',
    'compute1',
    '--snapshot',
    path('compute1.snapshot'),
  );
  assert.equal(status, 1);
  assert.deepEqual(
    out.split('\n').filter((line) => /^[-+](?![-+])/.test(line)),
    ['-167837697:\tfrom 10.1.0.1/24 lookup 167837697'],
  );
  const healthy = await dvrscope(
    'diff',
    path('S3.dvr.yaml'),
    '--node',
    'net1',
    '--snapshot',
    join(RECORDINGS, 'S3/net1.snapshot'),
  );
  assert.deepEqual([healthy.status, healthy.out], [0, '']);
});

it('diff shows nothing for any healthy node', async () => {
  for (const scenario of SCENARIOS)
    for (const node of nodeNames(scenario)) {
      const { namespaces, flows } = staleOf(scenario);
      if ([...namespaces, ...flows.filter(({ learned }) => !learned)].some((entry) => entry.node === node)) continue;
      const { out } = await dvrscope(
        'diff',
        path(`${scenario}.dvr.yaml`),
        '--node',
        node,
        '--snapshot',
        join(RECORDINGS, scenario, `${node}.snapshot`),
      );
      assert.equal(out, '', `${scenario} ${node}`);
    }
});

it('trace over both states names the step on which they part', async () => {
  const snapshots = [
    '--snapshot',
    path('compute1.snapshot'),
    '--snapshot',
    join(RECORDINGS, 'S3/net1.snapshot'),
    '--snapshot',
    join(RECORDINGS, 'S3/compute2.snapshot'),
  ];
  const { status, out } = await dvrscope(
    'trace',
    path('S3.dvr.yaml'),
    '--from',
    'a3',
    '--to',
    '198.51.100.10',
    ...snapshots,
  );
  assert.equal(status, 1);
  assert.match(out, /=> exits-network: leaves on public as 192\.168\.1\.21/);
  assert.match(out, /=> no-route: /);
  assert.match(
    out,
    /Expected and live state part in qrouter-\S+ on compute1:\n {4}expected {2}167837697: from 10\.1\.0\.1\/24/,
  );
  const json = JSON.parse(
    (
      await dvrscope(
        'trace',
        path('S3.dvr.yaml'),
        '--from',
        'a3',
        '--to',
        '198.51.100.10',
        ...snapshots,
        '--format',
        'json',
      )
    ).out,
  ) as {
    from: string;
    disposition: string;
    expected: { disposition: string };
    divergence: {
      node: string;
      finding: { code: string; fault: string; fix: string[]; message: string };
      findings: unknown[];
    };
  };
  assert.deepEqual(
    [json.from, json.disposition, json.expected.disposition, json.divergence.node],
    ['live', 'no-route', 'exits-network', 'compute1'],
  );
  const { finding, findings } = json.divergence;
  assert.deepEqual([finding.code, finding.fault, findings.length], ['rule-missing', 'S02', 1]);
  assert.match(finding.fix[0]!, /ip rule add priority 167837697/);
  assert.match(
    out,
    /because {3}packets from \S+ to the outside .* \(\S*S3\.dvr\.yaml:\d+\)\n {4}finding {3}\[rule-missing\] S02 /,
  );
  assert.match(
    out,
    /Expected: a3 → 198\.51\.100\.10 icmp: exits-network as 192\.168\.1\.21, answered\nLive: {5}a3 → .*: no-route at qrouter-/,
  );
});

it('trace over some of the nodes says what is not known, with status 3', async () => {
  const snapshot = join(RECORDINGS, 'S3/compute1.snapshot');
  const args = ['trace', path('S3.dvr.yaml'), '--from', 'a3', '--to', '198.51.100.10', '--snapshot', snapshot];
  const { status, out, err } = await dvrscope(...args);
  assert.equal(status, 3);
  assert.match(err, /net1: no snapshot of this node was given/);
  assert.match(out, /live {6}insufficient-info: .*\n(?:.*\n)? {4}finding {3}none: what decides there is not known/);
});

it('trace prints a sequence diagram, and takes a size and the way of the outside', async () => {
  const traced = (...more: string[]) =>
    dvrscope('trace', path('S1.dvr.yaml'), '--from', 'vm1', '--to', '198.51.100.10', ...more);
  assert.match((await traced('--format', 'mermaid')).out, /^sequenceDiagram\n {4}participant p1 as vm1 on compute1\n/);
  const large = await traced('--size', '9000');
  assert.equal(large.status, 1);
  assert.match(
    large.out,
    /^Expected state: vm1 → \S+ icmp: dropped at qrouter-\S+ on compute1: it has 9000 bytes, and the MTU of qr-/,
  );
  const from = ['--from', '198.51.100.10@public', '--to', '10.0.0.5'];
  const inward = (...more: string[]) => dvrscope('trace', path('S1.dvr.yaml'), ...from, ...more);
  assert.match((await inward()).out, /no-route at outside, on public: 10\.0\.0\.5 is not on public/);
  assert.match((await inward('--via', '192.168.1.21')).out, /: delivered to vm1 on compute1, /);
  assert.equal((await inward('--via', 'nobody')).status, 2);
});

it('collect --print-script prints the script', async () => {
  assert.deepEqual(await dvrscope('collect', '--print-script'), { status: 0, out: COLLECTOR_SCRIPT, err: '' });
});

describe('expect', () => {
  it('as JSON gives the reason of every item', async () => {
    const { out } = await dvrscope('expect', path('S1.dvr.yaml'), '--node', 'net1', '--format', 'json');
    const state = JSON.parse(out) as {
      namespaces: Record<
        string,
        Record<string, { because?: { pointer: string; sentence: string; neutron: string } }[]>
      >;
    };
    for (const { because, ...aspects } of Object.values(state.namespaces)) {
      assert.ok(because);
      for (const items of Object.values(aspects))
        for (const item of items)
          assert.ok(
            item.because!.sentence && item.because!.neutron && item.because!.pointer.startsWith('/'),
            JSON.stringify(item),
          );
    }
  });

  it('without options shows every namespace and aspect', async () => {
    const { out } = await dvrscope('expect', path('S1.dvr.yaml'), '--node', 'net1');
    // Inside an aspect IPv6 has a heading without a namespace, `# ip -6 rule`.
    const headings = out.split('\n').filter((line) => /^# \S+: /.test(line));
    const { out: json } = await dvrscope('expect', path('S1.dvr.yaml'), '--node', 'net1', '--format', 'json');
    const { namespaces } = JSON.parse(json) as { namespaces: object };
    // Seven aspects of each namespace, and ports and flows of the node.
    assert.equal(headings.length, Object.keys(namespaces).length * 7 + 2);
  });
});

describe('wrong usage', () => {
  const cases: [args: string[], says: RegExp][] = [
    [[], /dvrscope check TOPOLOGY/],
    [['chek'], /no verb "chek"/],
    [['check'], /TOPOLOGY is missing\nusage: dvrscope check/],
    [['check', 'a', 'b'], /"b" is one argument too many/],
    [['check', path('none.dvr.yaml')], /none\.dvr\.yaml cannot be read: no such file or folder\n$/],
    [
      ['check', path('S1.dvr.yaml'), '--format', 'xml'],
      /--format is one of text, json, sarif, junit, github, not "xml"/,
    ],
    [['check', path('S1.dvr.yaml'), '--nod', 'x'], /Unknown option '--nod'/],
    [['check', path('S1.dvr.yaml'), '--node', 'x'], /no node "x"; it has compute1, compute2, net1\n$/],
    [['check', path('S1.dvr.yaml'), '--snapshot', path('none')], /no such file/],
    [['check', path('S1.dvr.yaml'), '--snapshot', 'x', '--live'], /exclude each other/],
    [['expect', path('S1.dvr.yaml')], /--node is missing/],
    [
      ['expect', path('S3.dvr.yaml'), '--node', 'compute1', '--namespace', 'qrouter', '--aspect', 'rules'],
      /"qrouter" is not unique on compute1: qrouter-\S+, qrouter-/,
    ],
    [
      ['expect', path('S3.dvr.yaml'), '--node', 'compute1', '--namespace', 'snat'],
      /has no namespace "snat"; it has qrouter-/,
    ],
    [['trace', path('S1.dvr.yaml'), '--from', 'nobody', '--to', '8.8.8.8'], /no port "nobody"/],
    [
      ['trace', path('S1.dvr.yaml'), '--from', 'vm1', '--to', '8.8.8.8', '--dport', 'http'],
      /--dport needs a whole number, not "http"/,
    ],
    [['diff', path('S1.dvr.yaml'), '--node', 'net1'], /--snapshot or --live is missing/],
    [['import'], /--api DIR is missing/],
    [['import', '--api', path('none')], /cannot be read as a folder/],
    [['collect', path('S1.dvr.yaml')], /-o DIR is missing/],
    [['lsp'], /--stdio is missing/],
  ];
  for (const [args, says] of cases)
    it(args.map((arg) => arg.replace(`${folder}/`, '')).join(' ') || '(nothing)', async () => {
      const { status, out, err } = await dvrscope(...args);
      assert.deepEqual([status, out], [2, '']);
      assert.match(err, says);
      assert.doesNotMatch(err, /\n {4}at /);
    });

  it('--help of each verb is no mistake', async () => {
    for (const verb of ['check', 'expect', 'trace', 'diff', 'collect', 'import', 'lsp']) {
      const { status, out } = await dvrscope(verb, '--help');
      assert.equal(status, 0);
      assert.match(out, new RegExp(`^usage: dvrscope ${verb} `));
    }
    assert.equal((await dvrscope('--help')).status, 0);
  });
});
