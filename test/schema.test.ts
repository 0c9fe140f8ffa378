/** The JSON Schema: current, of draft-07, true of all good topologies, and not of wrong ones. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { CHECKS } from '../shared/checks/table.ts';
import { readTopology } from '../shared/topology/read.ts';
import { writeTopology } from '../shared/topology/write.ts';
import { schemaText } from '../tools/schema.ts';
import { SCENARIOS, topologyOf } from './support/recordings.ts';

const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true });
const isTopology = ajv.compile(JSON.parse(schemaText()) as object);

const errorsOf = (text: string): string[] => {
  isTopology(parse(text, { merge: true, uniqueKeys: false }));
  return (isTopology.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

describe('the schema', () => {
  it('is what `npm run docs` makes', () => assert.equal(textOf('schemas/dvr-topology.schema.json'), schemaText()));

  it('is a schema of draft-07', () => assert.ok(ajv.validateSchema(JSON.parse(schemaText()) as object)));

  it('is contributed to YAML editors', () => {
    const { contributes, files } = JSON.parse(textOf('package.json')) as {
      contributes: { yamlValidation: { fileMatch: string[]; url: string }[] };
      files: string[];
    };
    assert.deepEqual(contributes.yamlValidation, [
      { fileMatch: ['*.dvr.yaml', '*.dvr.yml'], url: './schemas/dvr-topology.schema.json' },
    ]);
    assert.ok(files.includes('schemas'));
  });

  for (const name of SCENARIOS)
    it(`is true of recording ${name}`, () => assert.deepEqual(errorsOf(writeTopology(topologyOf(name))), []));
  for (const name of readdirSync(new URL('../examples/', import.meta.url)))
    it(`is true of ${name}`, () => assert.deepEqual(errorsOf(textOf(`examples/${name}`)), []));

  it('is true of all examples of checks that the reader has nothing against', () => {
    let count = 0;
    for (const text of CHECKS.flatMap(({ wrong, right }) => [wrong, right])) {
      if (readTopology(text).problems.length > 0) continue;
      count++;
      assert.deepEqual(errorsOf(text), [], text);
    }
    assert.ok(count > 80);
  });

  const wrong: [what: string, text: string][] = [
    ['an unknown section', 'netwoks: {}'],
    ['an unknown key', 'nodes: {a: {agent_mode: dvr, adress: 10.0.0.1}}'],
    ['a mode that is none', 'nodes: {a: {agent_mode: dvrr}}'],
    ['a node without its mode', 'nodes: {a: {address: 10.0.0.1}}'],
    ['a node alone', 'nodes: {a: }'],
    ['an address with too much', 'ports: {a: {network: n, fixed_ips: [{ip_address: 10.0.0.256}]}}'],
    ['an address with a prefix length', 'ports: {a: {network: n, fixed_ips: [{ip_address: 10.0.0.1/24}]}}'],
    ['a prefix without length', 'networks: {n: {subnets: {s: {cidr: 10.0.0.0}}}}'],
    ['a MAC with dashes', 'ports: {a: {network: n, mac_address: fa-16-3e-00-00-01}}'],
    ['an id that is too short', 'networks: {n: {id: 11111111}}'],
    ['a number out of range', 'networks: {n: {mtu: 20}}'],
    ['a number in quotes', 'networks: {n: {mtu: "1500"}}'],
    ['a boolean that is a text', 'networks: {n: {router:external: "true"}}'],
    ['a list that is none', 'ports: {a: {network: n, fixed_ips: 10.0.0.1}}'],
    ['a floating IP that is no address', 'floating_ips: {vm1: {}}'],
  ];
  for (const [what, text] of wrong)
    it(`is not true of ${what}`, () => {
      assert.notDeepEqual(errorsOf(text), []);
      assert.notDeepEqual(readTopology(text).problems, []);
    });

  const odd: [what: string, text: string][] = [
    ['nothing', ''],
    ['a release that looks like a number', 'release: 2023.1'],
    [
      'names that look like numbers',
      'nodes: {1: {agent_mode: dvr}}\nports: {2: {network: 3, node: 1}}\nnetworks: {3: {}}',
    ],
    ['anchors and merge keys', 'x-node: &x {agent_mode: dvr}\nnodes: {a: *x, b: {<<: *x, ssh_port: 2222}}'],
    ['explicit nothing', 'networks: {n: {mtu: null, subnets: {s: {cidr: 10.0.0.0/24, gateway_ip: null}}}}'],
    ['things of which nothing is said', 'networks: {n: }\nrouters: {r: }\nfloating_ips: {10.0.0.1: }'],
  ];
  for (const [what, text] of odd) it(`is true of ${what}`, () => assert.deepEqual(errorsOf(text), []));
});
