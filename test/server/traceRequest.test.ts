// What a person may say for the ends of a trace.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { traceRequest } from '../../server/traceRequest.ts';
import { readTopology } from '../../shared/topology/read.ts';

const { topology } = readTopology(`
dvr: 1
nodes: {compute1: {agent_mode: dvr}}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}, red-v6: {cidr: '2001:db8::/64'}}}
  a@b: {router:external: true, subnets: {out: {cidr: 192.168.1.0/24}}}
ports:
  vm1: {id: a9ef7272-e07a-4501-8890-bf72a5357e13, network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {id: a9ef7272-e07b-4501-8890-bf72a5357e14, network: red, fixed_ips: [{ip_address: '2001:db8::6'}, {ip_address: 10.0.0.6}]}
  bare: {network: red}
`);

/** Two words, and what they mean: an address or place each, or a piece of the complaint. */
const check = (from: string, to: string, expected: object | RegExp): void => {
  const request = traceRequest(topology, { from, to });
  if (expected instanceof RegExp) assert.match('problem' in request ? request.problem : '', expected);
  else assert.deepEqual(request, expected);
};

it('takes names, ids, beginnings of ids and IP@network', () => {
  check('vm1', '8.8.8.8', { from: 'vm1', to: '8.8.8.8' });
  check('a9ef7272-e07a-4501-8890-bf72a5357e13', 'vm2', { from: 'vm1', to: '10.0.0.6' });
  check('a9ef7272-e07a', 'a9ef7272-e07b', { from: 'vm1', to: '10.0.0.6' });
  check('203.0.113.9@a@b', '10.0.0.5@red', { from: { address: '203.0.113.9', segment: 'a@b' }, to: '10.0.0.5' });
  check('vm2', 'vm1', { from: 'vm2', to: '10.0.0.5' });
});

it('passes on protocol and ports, and only those that were given', () => {
  assert.deepEqual(traceRequest(topology, { from: 'vm1', to: '8.8.8.8', protocol: 'tcp', dport: 80 }), {
    from: 'vm1',
    to: '8.8.8.8',
    protocol: 'tcp',
    dport: 80,
  });
});

it('says what is wrong with what is no request at all', () => {
  const wrong = (spoken: object, expected: RegExp): void => {
    const request = traceRequest(topology, { from: 'vm1', to: 'vm2', ...spoken });
    assert.match('problem' in request ? request.problem : '', expected);
  };
  for (const end of [undefined, null, 5, {}]) wrong({ from: end }, /wants two texts/);
  wrong({ to: ['vm2'] }, /wants two texts/);
  wrong({ protocol: 6 }, /protocol of a packet is a word/);
  for (const port of ['80', -1, 65536, 1.5, null, Number.NaN]) {
    wrong({ protocol: 'tcp', dport: port }, /up to 65535/);
    wrong({ protocol: 'tcp', sport: port }, /up to 65535/);
  }
});

it('says what it does not find', () => {
  check('nobody', '8.8.8.8', /no port "nobody"/);
  check('a9ef7272-e0', '8.8.8.8', /no port "a9ef7272-e0"/);
  check('10.0.0.5@blue', '8.8.8.8', /no port "10\.0\.0\.5@blue"/);
  check('vm1', 'nowhere', /no port "nowhere"/);
  check('vm1', 'bare', /"bare" has no address/);
  check('__proto__', 'constructor', /no port "__proto__"/);
});
