/** Fixes of what the reader finds: what the text becomes when the first fix is taken, and which is certain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEdits } from '../../../shared/fixes/edits.ts';
import { fixesOf } from '../../../shared/fixes/table.ts';
import { readTopology } from '../../../shared/topology/read.ts';

const rows: [code: string, given: string, wanted: string, isPreferred: boolean][] = [
  [
    'bad-address',
    'ports: {a: {network: n, fixed_ips: [{ip_address: 10.0.0.5/24}]}}',
    'ports: {a: {network: n, fixed_ips: [{ip_address: 10.0.0.5}]}}',
    true,
  ],
  [
    'bad-mac',
    'ports: {a: {network: n, mac_address: FA-16-3E-00-00-01}}',
    'ports: {a: {network: n, mac_address: fa:16:3e:00:00:01}}',
    true,
  ],
  [
    'bad-prefix',
    'networks: {n: {subnets: {s: {cidr: 10.0.0.7/24}}}}',
    'networks: {n: {subnets: {s: {cidr: 10.0.0.0/24}}}}',
    true,
  ],
  ['wrong-type', 'networks: {n: {mtu: "1500"}}', 'networks: {n: {mtu: 1500}}', true],
  ['wrong-type', "networks: {n: {router:external: 'True'}}", 'networks: {n: {router:external: true}}', true],
  ['wrong-type', 'nodes: {a: {agent_mode: dvr_sant}}', 'nodes: {a: {agent_mode: dvr_snat}}', true],
  [
    'unknown-key',
    'nodes: {a: {agent_mode: dvr, adress: 10.0.0.1}}',
    'nodes: {a: {agent_mode: dvr, address: 10.0.0.1}}',
    true,
  ],
  ['unknown-key', 'node:\n  a: {agent_mode: dvr}\n', 'nodes:\n  a: {agent_mode: dvr}\n', true],
  ['unknown-release', 'release: zde', 'release: zed', true],
  ['missing-key', 'nodes:\n  a:\n', 'nodes:\n  a: {agent_mode: legacy}\n', false],
  ['missing-key', 'nodes:\n  a: {address: b}\n', 'nodes:\n  a: {address: b, agent_mode: legacy}\n', false],
  [
    'missing-key',
    'networks: {net: }\nports:\n  a:\n    node: b\n',
    'networks: {net: }\nports:\n  a:\n    node: b\n    network: net\n',
    false,
  ],
  ['duplicate-key', 'networks:\n  n: {}\n  n-2: {}\n  n: {}\n', 'networks:\n  n: {}\n  n-2: {}\n  n-3: {}\n', false],
  [
    'conflicting-keys',
    'routers:\n  r:\n    external_gateway:\n      network: n\n      ip_address: 192.0.2.4\n      external_fixed_ips: [{ip_address: 192.0.2.5}]\n',
    'routers:\n  r:\n    external_gateway:\n      network: n\n      external_fixed_ips: [{ip_address: 192.0.2.5}]\n',
    true,
  ],
];

for (const [code, given, wanted, isPreferred] of rows)
  test(`${code}: ${given.slice(0, 60).replaceAll('\n', ' ')}`, () => {
    const read = { text: given, ...readTopology(given) };
    const problem = read.problems.find((each) => each.code === code);
    assert.ok(problem, JSON.stringify(read.problems));
    const [fix] = fixesOf(problem, read);
    assert.ok(fix?.edits);
    assert.equal(applyEdits(given, fix.edits), wanted);
    assert.equal(fix.isPreferred === true, isPreferred);
    assert.ok(!readTopology(wanted).problems.some((each) => each.code === code));
  });

const none: [why: string, code: string, given: string][] = [
  ['nothing is near', 'unknown-key', 'nodes: {a: {agent_mode: dvr, colour: red}}'],
  ['no address at all', 'bad-address', 'ports: {a: {network: n, fixed_ips: [{ip_address: ten}]}}'],
  ['of an alias', 'unknown-reference', 'x: &x rde\nnetworks: {red: {}}\nports: {a: {network: *x}}'],
];
for (const [why, code, given] of none)
  test(`no fix: ${why}`, () => {
    const read = { text: given, ...readTopology(given) };
    for (const problem of read.problems.filter((each) => each.code === code))
      assert.deepEqual(
        fixesOf(problem, read).filter(({ edits }) => edits),
        [],
      );
  });
