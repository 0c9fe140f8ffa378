/** What a trace says, and what becomes of packets of all kinds over healthy nodes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTrace } from '../../support/checkTrace.ts';
import { namespaceIn, outsideOf, recordedCloud } from '../../support/recordedCloud.ts';

test('the path says rule, route, devices and translation as the tools print them', () => {
  const traced = checkTrace('S1', () => {}, {}, { disposition: 'exits-network', reason: /as 192\.168\.1\.21/ });
  const [qrouter, snat] = traced.path;
  assert.deepEqual(
    { ...qrouter, namespace: '' },
    {
      node: 'compute1',
      namespace: '',
      in: 'qr-7180d817-00',
      rule: '167772161:\tfrom 10.0.0.1/24 lookup 167772161',
      route: 'default via 10.0.0.3 dev qr-7180d817-00',
      out: 'qr-7180d817-00',
      nat: null,
      packet: { src: '10.0.0.5', dst: '198.51.100.10', protocol: 'icmp' },
    },
  );
  assert.equal(snat!.nat, 'SNAT --to-source 192.168.1.21');
  assert.equal(snat!.packet.src, '192.168.1.21');
  assert.deepEqual(traced.packet, { src: '10.0.0.5', dst: '198.51.100.10', protocol: 'icmp' });
  assert.deepEqual(traced.final, { src: '192.168.1.21', dst: '198.51.100.10', protocol: 'icmp' });
  assert.equal(traced.reply!.path[0]!.nat, 'reverse of SNAT --to-source 192.168.1.21');
  assert.deepEqual(traced.reply!.final, { src: '198.51.100.10', dst: '10.0.0.5', protocol: 'icmp' });
});

test('metadata: redirected to the proxy of the own node, and the answer comes from 169.254.169.254', () => {
  const to = { to: '169.254.169.254', protocol: 'tcp', dport: 80 };
  const traced = checkTrace('S1', () => {}, to, {
    disposition: 'delivered',
    reason: /namespace itself/,
    path: ['compute1 qrouter'],
  });
  assert.equal(traced.path[0]!.nat, 'REDIRECT --to-ports 9697');
  assert.equal(traced.final.dport, 9697);
  assert.ok(traced.answered);
  assert.deepEqual(traced.reply!.final, {
    src: '169.254.169.254',
    dst: '10.0.0.5',
    protocol: 'tcp',
    sport: 80,
    dport: 49152,
  });
});

test('the metadata port itself is closed', () => {
  checkTrace(
    'S1',
    () => {},
    { to: '10.0.0.1', protocol: 'tcp', dport: 9697 },
    { disposition: 'dropped', reason: /--dport 9697 -j DROP/ },
  );
});

test('a rule on ports needs a port', () => {
  checkTrace(
    'S1',
    () => {},
    { to: '10.0.0.1', protocol: 'tcp' },
    { disposition: 'insufficient-info', reason: /no destination port/ },
  );
});

test('what cannot be sent', () => {
  const expected = { disposition: 'insufficient-info' as const, path: [] };
  checkTrace('S1', () => {}, { from: 'nobody' }, { ...expected, reason: /no port "nobody"/ });
  checkTrace('S1', () => {}, { to: 'example.org' }, { ...expected, reason: /not an address/ });
  checkTrace('S1', () => {}, { protocol: 'sctp' }, { ...expected, reason: /"sctp"/ });
  checkTrace('S1', () => {}, { to: '2001:db8::1' }, { ...expected, reason: /no address of the family/ });
  checkTrace(
    'S1',
    () => {},
    { from: { address: '10.9.9.9', segment: '__proto__' } },
    { ...expected, reason: /nobody has the address/ },
  );
});

test('an address on a network stands for the port that has it', () => {
  const cloud = recordedCloud('S1');
  const { segment } = cloud.wiring.endpoints.find(({ name }) => name === 'vm1')!;
  checkTrace(
    'S1',
    () => {},
    { from: { address: '10.0.0.5', segment } },
    { disposition: 'exits-network', reason: /as 192\.168\.1\.21/ },
  );
});

test('addresses on the external network: of Neutron and silent, or of somebody outside', () => {
  checkTrace('S1', () => {}, { to: '192.168.1.77' }, { disposition: 'exits-network', reason: /./ });
  checkTrace(
    'S1',
    (cloud) => void cloud.wiring.segments[outsideOf(cloud)]!.reserved.push('192.168.1.77'),
    { to: '192.168.1.77' },
    { disposition: 'neighbour-unreachable', reason: /192\.168\.1\.77/ },
  );
});

test('host routes of a VM come before its gateway, the longest first', () => {
  checkTrace(
    'S1',
    (cloud) => {
      cloud.wiring.endpoints.find(({ name }) => name === 'vm1')!.addresses[0]!.hostRoutes = [
        { destination: '198.51.0.0/16', nexthop: '10.0.0.1' },
        { destination: '198.51.100.0/24', nexthop: '10.0.0.3' },
      ];
    },
    {},
    { disposition: 'exits-network', reason: /./, path: ['net1 snat'] },
  );
});

test('a port that is given a packet for somebody else may or may not forward it', () => {
  checkTrace(
    'S1',
    (cloud) => {
      namespaceIn(cloud, 'compute1', 'qrouter').routes!.push({
        family: 'inet',
        dst: '172.16.0.0/16',
        gateway: '20.0.0.7',
        dev: 'qr-587204fe-00',
      });
    },
    { to: '172.16.0.1' },
    { disposition: 'insufficient-info', reason: /whether it forwards is not known/ },
  );
});
