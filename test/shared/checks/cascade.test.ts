/** One mistake is one problem: what could not be read is not missed a second time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf } from './markers.ts';

const WHOLE = `
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public, ip_address: 192.0.2.10, node: net1}
    interfaces:
      red-v4:
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.9}]
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
floating_ips:
  192.0.2.50: {port: vm1, router: router1}
`;

/** What is replaced, by what, and the codes of all problems. */
const slips: [from: string, to: string, codes: string[]][] = [
  ['agent_mode: dvr_snat', 'agent_mode: dvr_snatt', ['wrong-type']],
  ['{agent_mode: dvr}', '', ['missing-key']],
  ['cidr: 10.0.0.0/24', 'cidr: 10.0.0.0/', ['bad-prefix']],
  ['cidr: 192.0.2.0/24', 'cidr:', ['missing-key']],
  ['external_gateway:', 'external_gatway:', ['unknown-key']],
  ['interfaces:', 'interface:', ['unknown-key']],
  ['router:external', 'router:externl', ['unknown-key']],
  ['networks:', 'network:', ['unknown-key']],
  ['networks:', 'netw:', ['unknown-key']],
  ['fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]', 'fixed_ips: [{subnet: red-v4}]', ['missing-key']],
  ['ports:', 'por', ['unknown-key', 'yaml-error']],
  ['network: red,', 'network: ,', ['missing-key']],
];

test('the text has no problem as it is', () => assert.deepEqual(problemsOf(WHOLE), []));

for (const [from, to, codes] of slips)
  test(`${from} → ${to || 'nothing'}`, () => {
    assert.ok(WHOLE.includes(from));
    const found = problemsOf(WHOLE.replace(from, to)).map((problem) => problem.split(' ').at(-1)!);
    assert.deepEqual(found.toSorted(), codes);
  });

/** A small cloud on the edge of several checks that conclude from an absence. */
const EDGE = `
nodes:
  compute1: {agent_mode: dvr, enable_distributed_routing: true, l2_population: true}
  net1: {agent_mode: dvr_snat}
  net2: {agent_mode: dvr_snat}
networks:
  red: {network_type: vxlan, subnets: {red-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}}}
  blue: {network_type: vxlan, subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/28, allocation_pools: [{start: 192.0.2.2, end: 192.0.2.6}]}}}
routers:
  router1:
    ha: true
    external_gateway: {network: public, ip_address: 192.0.2.2, node: net1}
    interfaces:
      red-v4: {ip_address: 10.0.0.254, port_id: 11111111-aa, snat: {ip_address: 10.0.0.3, port_id: 33333333-cc}}
      blue-v4: {port_id: 22222222-bb, snat: {ip_address: 10.1.0.3, port_id: 44444444-dd}}
  router2: {interfaces: {red-v4: {ip_address: 10.0.0.1}}}
ports:
  vm1: {network: blue, node: compute1, fixed_ips: [{ip_address: 10.1.0.5}]}
`;

const edgeSlips: [from: string, to: string, codes: string[]][] = [
  ['net2: {agent_mode: dvr_snat}', 'net2: {agent_mode: }', ['missing-key']],
  ['net2: {agent_mode: dvr_snat}', 'net2:', ['missing-key']],
  ['red-v4: {ip_address: 10.0.0.1}', 'red-v4: {ip_address: 10.0.0.}', ['bad-address']],
  [
    '  router2: {interfaces: {red-v4: {ip_address: 10.0.0.1}}}',
    '  router2: {interfaces: {red-v4: {ip_addr',
    ['unknown-key', 'yaml-error'],
  ],
  ['end: 192.0.2.6', 'end: 192.0.2.', ['bad-address']],
  ['snat: {ip_address: 10.1.0.3, port_id: 44444444-dd}', 'snat: 10.1.0.3', ['wrong-type']],
  ['agent_mode: dvr,', 'agent_mode: dv,', ['wrong-type']],
  ['enable_distributed_routing: true', 'enable_distributed_routing: ', ['wrong-type']],
  ['l2_population: true', 'l2_population: tru', ['wrong-type']],
];

test('the text on the edge has no problem as it is', () => assert.deepEqual(problemsOf(EDGE), []));

for (const [from, to, codes] of edgeSlips)
  test(`on the edge: ${from} → ${to || 'nothing'}`, () => {
    assert.ok(EDGE.includes(from));
    const found = problemsOf(EDGE.replace(from, to)).map((problem) => problem.split(' ').at(-1)!);
    assert.deepEqual(found.toSorted(), codes);
  });
