import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS, type Field, type FieldType } from '../../../shared/topology/fields.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { references } from '../../../shared/topology/references.ts';
import { locate } from '../../../shared/topology/sourceMap.ts';

const TEXT = `
routers:
  r:
    external_gateway: {network: N1, node: H1, external_fixed_ips: [{subnet: S1, ip_address: 192.0.2.1}]}
    interfaces: {S2: {}}
    l3_agents: [{node: H2}]
    ndp_proxies: [{ip_address: '2001:db8::5', port: P2}]
ports:
  p: {network: N2, node: H3, migrating_to: H4, fixed_ips: [{subnet: S3, ip_address: 10.0.0.1}]}
floating_ips:
  192.0.2.5: {network: N3, port: P1, router: R1}
`;

test('every name of a thing is found, at its place', () => {
  const { topology, sourceMap } = readTopology(TEXT);
  const found = references(topology).map(({ pointer, at, name }) => {
    assert.equal(TEXT.slice(...locate(sourceMap, pointer, at)!), name);
    return name;
  });
  assert.deepEqual(found.toSorted(), [...TEXT.matchAll(/\b[NHSPR]\d\b/g)].map(String).toSorted());
});

test('the text above has every reference of the vocabulary', () => {
  const isReference = (type: FieldType): boolean =>
    type.type === 'reference' || (type.type === 'map' && type.key.type === 'reference');
  const keys = Object.entries(KINDS).flatMap(([kind, fields]) =>
    Object.entries<Field>(fields).flatMap(([key, field]) => (isReference(field) ? [`${kind}.${key}`] : [])),
  );
  assert.deepEqual(keys.toSorted(), [
    'external_gateway.network',
    'external_gateway.node',
    'fixed_ip.subnet',
    'floating_ip.network',
    'floating_ip.port',
    'floating_ip.router',
    'l3_agent.node',
    'ndp_proxy.port',
    'port.migrating_to',
    'port.network',
    'port.node',
    'router.interfaces',
  ]);
});
