import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTopology } from '../../../shared/topology/read.ts';
import type { Topology } from '../../../shared/topology/types.ts';

/** A text, what the reader says of it (`code: underlined words`), and the names of what it read. */
interface Case {
  text: string;
  problems: string[];
  read: string;
}

function check({ text, problems, read }: Case): void {
  const result = readTopology(text);
  const said = result.problems.map(({ code, range, pointer }) => `${code}: ${range ? text.slice(...range) : pointer}`);
  assert.deepEqual(said, problems);
  assert.equal(names(result.topology), read);
}

const names = ({ nodes, networks, routers, ports, floating_ips }: Topology): string =>
  [...nodes, ...networks.flatMap((network) => [network, ...network.subnets]), ...routers, ...ports, ...floating_ips]
    .map(({ name }) => name)
    .join(' ');

const NODE = '{agent_mode: dvr}';

const cases: Record<string, Case> = {
  'an empty file': { text: '', problems: [], read: '' },
  'comments alone': { text: '# nothing yet\n', problems: [], read: '' },
  'empty sections': { text: 'nodes:\nports: {}\nrouters: null\n', problems: [], read: '' },
  'byte order mark and CRLF': { text: `\uFEFFnodes:\r\n  a: ${NODE}\r\n  b: ${NODE}\r\n`, problems: [], read: 'a b' },
  'names that are numbers, booleans and prototypes': {
    text: `nodes:\n  1: ${NODE}\n  0x1F: ${NODE}\n  no: ${NODE}\n  1.10: ${NODE}\n  __proto__: ${NODE}\n  constructor: ${NODE}\n`,
    problems: [],
    read: '1 0x1F no 1.10 __proto__ constructor',
  },
  'a file that is no map': { text: 'hello', problems: ['wrong-type: hello'], read: '' },
  'a list instead of names': { text: `nodes:\n  - ${NODE}\n`, problems: ['wrong-type: nodes'], read: '' },
  'a node that is a text': { text: `nodes:\n  a: dvr\n  b: ${NODE}\n`, problems: ['wrong-type: dvr'], read: 'b' },
  'an unknown key': {
    text: `nodes:\n  a: {agent_mode: dvr, tunel_ip: 10.0.0.1}\n`,
    problems: ['unknown-key: tunel_ip'],
    read: 'a',
  },
  'a missing key': {
    text: `nodes:\n  a: {tunnel_ip: 10.0.0.1}\n  b:\n`,
    problems: ['missing-key: a', 'missing-key: b'],
    read: '',
  },
  'a key without value yet': {
    text: `nodes:\n  a:\n    agent_mode: dvr\n    tunnel_ip:\n`,
    problems: ['wrong-type: tunnel_ip'],
    read: 'a',
  },
  'bad values do not cost the thing': {
    text: `nodes:\n  a: {agent_mode: dvr, tunnel_ip: 10.0.0.256, ssh_port: 70000}\nports:\n  p: {network: n, id: c2e43983, mac_address: fa:16:3e:0:0:1, port_security_enabled: yes}\n`,
    problems: [
      'bad-address: 10.0.0.256',
      'wrong-type: 70000',
      'bad-id: c2e43983',
      'bad-mac: fa:16:3e:0:0:1',
      'wrong-type: yes',
    ],
    read: 'a p',
  },
  prefixes: {
    text: `networks:\n  n:\n    subnets:\n      a: {cidr: 10.0.0.1/24}\n      b: {cidr: 10.0.1.0}\n      c: {cidr: 10.0.2.0/33}\n      d: {cidr: '2001:DB8::/64'}\n`,
    problems: ['bad-prefix: 10.0.0.1/24', 'bad-prefix: 10.0.1.0', 'bad-prefix: 10.0.2.0/33'],
    read: 'n a d',
  },
  'numbers and booleans in quotes are used all the same': {
    text: `networks:\n  n: {mtu: '1450', router:external: "true"}\n`,
    problems: [`wrong-type: '1450'`, 'wrong-type: "true"'],
    read: 'n',
  },
  'MACs that no port has': {
    text: `ports:\n  p: {network: n, mac_address: '00:00:00:00:00:00'}\n  q: {network: n, mac_address: fa-16-3e-00-00-01}\n`,
    problems: [`bad-mac: '00:00:00:00:00:00'`, 'bad-mac: fa-16-3e-00-00-01'],
    read: 'p q',
  },
  'a floating IP that is no address': {
    text: `floating_ips:\n  public-ip:\n  192.0.2.1:\n`,
    problems: ['bad-address: public-ip'],
    read: '192.0.2.1',
  },
  'duplicate keys: the first counts': {
    text: `nodes:\n  a: ${NODE}\n  "a": {agent_mode: legacy}\n  b: {agent_mode: dvr, agent_mode: legacy}\n`,
    problems: ['duplicate-key: "a"', 'duplicate-key: agent_mode'],
    read: 'a b',
  },
  'an unknown release and a codename': { text: 'release: bobact\n', problems: ['unknown-release: bobact'], read: '' },
  'another version of the format': { text: 'dvr: 2\n', problems: ['wrong-type: 2'], read: '' },
  'two keys that disagree': {
    text: 'routers:\n  r: {external_gateway: {network: n, ip_address: 192.0.2.1, external_fixed_ips: [{ip_address: 192.0.2.2}]}}\n',
    problems: ['conflicting-keys: /routers/r/external_gateway/ip_address'],
    read: 'r',
  },
  'a list item that cannot be used': {
    text: 'ports:\n  p: {network: n, fixed_ips: [{ip_address: nowhere}, , {ip_address: 10.0.0.5}, {subnet: s}]}\n',
    problems: ['bad-address: nowhere', 'yaml-error: ,', 'missing-key: {subnet: s}'],
    read: 'p',
  },
  'anchors, aliases and merge keys': {
    text: `x-common: &dvr {agent_mode: dvr}\nnodes:\n  a: *dvr\n  b:\n    <<: *dvr\n    agent_mode: dvr_snat\n  c: {<<: [*dvr, {agent_mode: legacy}]}\n`,
    problems: [],
    read: 'a b c',
  },
  'aliases to nothing and to themselves': {
    text: `nodes:\n  a: *nothing\n  b: &b {agent_mode: dvr, bridge_mappings: *b}\n  c: ${NODE}\n`,
    problems: ['missing-key: a', 'yaml-error: *nothing', 'yaml-error: *b'],
    read: 'b c',
  },
  'aliases of what they stand in, from outside': {
    text: `x-a: &a\n  b: &b\n    c: *a\n    *b : d\nx-e: *b\n*b : f\nnodes: {n: ${NODE}}\n`,
    problems: ['yaml-error: *a', 'yaml-error: *b', 'yaml-error: *b', 'yaml-error: *b', 'yaml-error: *b'],
    read: 'n',
  },
  'a merge conflict': {
    text: `nodes:\n<<<<<<< HEAD\n  a: ${NODE}\n=======\n  b: ${NODE}\n>>>>>>> topic\n  c: ${NODE}\n`,
    problems: ['yaml-error: <<<<<<< HEAD', 'yaml-error: =======', 'yaml-error: >>>>>>> topic'],
    read: 'a b c',
  },
  'a second document': { text: `nodes:\n  a: ${NODE}\n---\nnodes: {}\n`, problems: ['yaml-error: ---'], read: 'a' },
  'tabs as indentation': {
    text: `nodes:\n\ta: ${NODE}\n\tb: ${NODE}\nnetworks: {n: {}}\n`,
    problems: ['yaml-error: \t', 'yaml-error: \t'],
    read: 'a b n',
  },
  'a half-typed key in front of others': {
    text: `nodes:\n  a:\n    tunnel\n    agent_mode: dvr\n  b: ${NODE}\n`,
    problems: ['unknown-key: tunnel', 'yaml-error: tunnel'],
    read: 'a b',
  },
  'a half-typed key behind others': {
    text: `nodes:\n  a:\n    agent_mode: dvr\n    tunnel\n  b: ${NODE}\n`,
    problems: ['unknown-key: tunnel', 'yaml-error: tunnel'],
    read: 'a b',
  },
  'a half-typed name': {
    text: `nodes:\n  com\n  b: ${NODE}\nnetworks: {n: {}}\n`,
    problems: ['missing-key: com', 'yaml-error: com'],
    read: 'b n',
  },
  'a half-typed section': {
    text: `nodes:\n  b: ${NODE}\nnetw\nrouters: {r: {}}\n`,
    problems: ['unknown-key: netw', 'yaml-error: netw'],
    read: 'b r',
  },
  'a name that is being changed keeps what it stands for': {
    text: `networks:\n  re\n    mtu: 1450\n    subnets:\n      a: {cidr: 10.0.0.0/24}\n      b\n        cidr: 10.0.1.0/24\n  n: {}\nnodes: {c: ${NODE}}\n`,
    problems: ['yaml-error: re', 'yaml-error: b'],
    read: 'c re a b n',
  },
  'an open brace': { text: `nodes:\n  a: {agent_mode: dvr\n  b: ${NODE}\n`, problems: ['yaml-error: r'], read: 'a b' },
  'an open bracket in an open brace': {
    text: `ports:\n  p: {network: n, fixed_ips: [{ip_address: 10.0.0.5}\n  q: {network: n}\n`,
    problems: ['yaml-error: }', 'yaml-error: }'],
    read: 'p q',
  },
  'an open quote': {
    text: `nodes:\n  a: {address: "x, agent_mode: dvr}\n  b: {address: "y", agent_mode: dvr}\n`,
    problems: ['yaml-error: "x, agent_mode: dvr}'],
    read: 'a b',
  },
  'a line with too little indentation': {
    text: `nodes:\n  a: ${NODE}\n b: ${NODE}\n  c: ${NODE}\nnetworks: {n: {}}\n`,
    problems: [`yaml-error: b: ${NODE}`],
    read: 'a c n',
  },
  'a first section that is indented': {
    text: ` nodes:\n   a: ${NODE}\nnetworks:\n  n: {}\n  m: {}\n`,
    problems: ['yaml-error: networks:'],
    read: 'n m',
  },
  'a key that is a collection': {
    text: `{a: b}: c\n? [x]\n: y\nnodes: {a: ${NODE}}\n`,
    problems: ['yaml-error: {a: b}', 'yaml-error: [x]'],
    read: 'a',
  },
};

for (const [name, each] of Object.entries(cases)) test(name, () => check(each));

test('the gateway of an IPv6 subnet that names none is what its release takes', () => {
  const gatewayIn = (release: string): unknown =>
    readTopology(`${release}\nnetworks: {red: {subnets: {six: {cidr: '2001:db8::/64'}}}}\n`).topology.networks[0]!
      .subnets[0]!.gateway_ip;
  assert.deepEqual(['release: train', 'release: ussuri', 'release: 2025.1', '# no release'].map(gatewayIn), [
    '2001:db8::1',
    '2001:db8::',
    '2001:db8::',
    '2001:db8::',
  ]);
});

test('defaults and short forms are filled in as Neutron would', () => {
  const { topology, problems } = readTopology(`
release: Antelope
networks:
  red:
    subnets: {red-v4: {cidr: 10.0.0.0/24}, none: {cidr: 10.0.1.0/24, gateway_ip: null}, six: {cidr: '2001:DB8:0::/64'}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  other: {external_gateway: {network: public}, interfaces: {red-v4: {ip_address: 10.0.0.254}}}
  router1: {external_gateway: {network: public, ip_address: 192.0.2.10}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, mac_address: FA:16:3E:00:00:0A, fixed_ips: [{ip_address: 10.0.0.5}, {ip_address: '2001:db8:0:0::5'}]}
floating_ips:
  192.0.2.50: {port: vm1}
`);
  assert.deepEqual(problems, []);
  const [red, external] = topology.networks;
  const [, router] = topology.routers;
  assert.equal(topology.release, '2023.1');
  assert.deepEqual(
    red!.subnets.map(({ cidr, gateway_ip, enable_dhcp }) => [cidr, gateway_ip, enable_dhcp]),
    [
      ['10.0.0.0/24', '10.0.0.1', true],
      ['10.0.1.0/24', null, true],
      ['2001:db8::/64', '2001:db8::', true],
    ],
  );
  assert.deepEqual([red!.external, external!.external], [false, true]);
  assert.deepEqual(
    [router!.distributed, router!.ha, router!.admin_state_up, router!.interfaces[0]!.ip_address],
    [true, false, true, '10.0.0.1'],
  );
  const gateway = router!.external_gateway!;
  assert.deepEqual(gateway.external_fixed_ips, [{ subnet: 'public-v4', ip_address: '192.0.2.10' }]);
  assert.equal(gateway.enable_snat, true);
  const [vm] = topology.ports;
  assert.deepEqual([vm!.device_owner, vm!.mac_address], ['compute:nova', 'fa:16:3e:00:00:0a']);
  assert.deepEqual(vm!.fixed_ips, [
    { subnet: 'red-v4', ip_address: '10.0.0.5' },
    { subnet: 'six', ip_address: '2001:db8::5' },
  ]);
  const { network, fixed_ip_address, router: serving } = topology.floating_ips[0]!;
  // Not the first router, but the one that is the subnet's gateway.
  assert.deepEqual([network, fixed_ip_address, serving], ['public', '10.0.0.5', 'router1']);
});

test('what could not be read is listed, so that nothing is concluded from its absence', () => {
  const unread = (text: string) => readTopology(text).topology.unread;
  assert.equal(unread(`nodes:\n  a: ${NODE}\n`), undefined);
  assert.deepEqual(unread('nodes:\n  a: {}\n'), ['/nodes/a']);
  assert.deepEqual(unread('routers:\n  r: {external_gatway: {network: n}}\n'), ['/routers/r/external_gateway']);
  assert.deepEqual(unread('ports:\n  p: {network: n, fixed_ips: [{ip_address: x}]}\n'), ['/ports/p/fixed_ips']);
  assert.deepEqual(unread('routers:\n  r:\n    external_\n    distributed: true\n'), ['/routers/r/external_gateway']);
  assert.deepEqual(unread(`nodes:\n  a: ${NODE}\n b: ${NODE}\n  c: ${NODE}\n`), ['/nodes']);
});
