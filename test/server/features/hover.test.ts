// Hover, given a topology with a cursor: `$0` stands where the mouse is.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument } from '../../../server/document.ts';
import { hover } from '../../../server/features/hover.ts';

const TOPOLOGY = `
dvr: 1
release: zed
nodes:
  compute1: {agent_mode: dvr, bridge_mappings: {physnet1: br-ex}}
  compute2: {agent_mode: dvr, bridge_mappings: {physnet1: br-ex}}
  net1: {agent_mode: dvr_snat, bridge_mappings: {physnet1: br-ex}}
networks:
  red:
    network_type: vxlan
    subnets:
      red-v4: {cidr: 10.0.0.0/24}
  public:
    id: 15ee9eb7-7491-41b9-86be-25a90cc115b1
    router:external: true # FIPS
    network_type: flat
    physical_network: physnet1
    subnets:
      public-v4: {cidr: 192.168.1.0/24}
routers:
  router1:
    id: ef25020f-012c-41d6-a36e-f2f09cb8ea62
    external_gateway: {network: public, ip_address: 192.168.1.21, node: net1, port_id: 8be609d9-e3}
    interfaces:
      red-v4: {port_id: c2e43983-5c, snat: {ip_address: 10.0.0.3, port_id: 1b9c9c26-38}}
ports:
  vm1: {node: compute1, network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {node: compute2, network: red, fixed_ips: [{ip_address: 10.0.0.6}]}
floating_ips:
  192.168.1.50: {port: vm1}
  192.168.1.51: {}
`;

/** The hover at `$0` has these pieces in this order; none at all means no hover. */
function check(place: string, expected: readonly string[]): void {
  const needle = place.replace('$0', '');
  assert.equal(TOPOLOGY.split(needle).length, 2, `"${needle}" stands in the topology once`);
  const document = makeDocument(TextDocument.create('file:///t.dvr.yaml', 'dvr-topology', 1, TOPOLOGY));
  const found = hover(document, document.text.positionAt(TOPOLOGY.indexOf(needle) + place.indexOf('$0')));
  const text = found && typeof found.contents === 'object' && 'value' in found.contents ? found.contents.value : '';
  if (expected.length === 0) assert.equal(text, '');
  let at = 0;
  for (const piece of expected) {
    const next = text.indexOf(piece, at);
    assert.ok(next >= at, `"${piece}" is missing, or not in order, in:\n${text}`);
    at = next + piece.length;
  }
}

describe('hover', () => {
  it('shows what a router interface causes on all nodes that have it, and on the SNAT node', () => {
    check('red$0-v4: {port_id', [
      '**compute1, compute2, net1** · `qrouter-ef25020f-012c-41d6-a36e-f2f09cb8ea62`',
      '# ip rule\n167772161:\tfrom 10.0.0.1/24 lookup 167772161\n',
      'default via 10.0.0.3 dev qr-c2e43983-5c table 167772161',
      'qr-c2e43983-5c: <UP>',
      '`dvr_local_router.py: ',
      '**net1** · `snat-ef25020f-012c-41d6-a36e-f2f09cb8ea62`',
      'sg-1b9c9c26-38: <UP>',
    ]);
  });

  it('says of a field of an interface both what it means and what it causes', () => {
    check('po$0rt_id: c2e43983-5c', ['**port_id**', 'Id of the Neutron port behind the device', 'lookup 167772161']);
    check('c2e43983-$05c', ['**port_id**', 'lookup 167772161']);
  });

  it('shows rule, NAT and route of a floating IP, and who serves it', () => {
    check('192.168$0.1.50', [
      '**compute1** · `qrouter-ef25020f-012c-41d6-a36e-f2f09cb8ea62`',
      '32768:\tfrom 10.0.0.5 lookup 16',
      '-j DNAT --to-destination 10.0.0.5',
      '-j SNAT --to-source 192.168.1.50',
      'floating IP 192.168.1.50 belongs to vm1 on compute1, which serves it by itself',
      '**compute1** · `fip-15ee9eb7-7491-41b9-86be-25a90cc115b1`',
      '192.168.1.50 via 169.254.64.0 dev fpr-ef25020f-0',
    ]);
  });

  it('says why no node serves a floating IP', () => {
    check('192.168.1.$051', ['No node serves it: it is not associated with a port.']);
  });

  it('documents a field, with its type and default', () => {
    check('agent_$0mode: dvr_snat', ['**agent_mode** (', '`dvr_snat`', 'required', 'agent']);
    check('no$0de: net1', ['**node** (name of a node)']);
  });

  it('is silent between things and in comments', () => {
    check('# FI$0PS', []);
    check('$0dvr: 1\nrelease', ['**dvr**']);
    check('\n  $0  network_type: flat', []);
  });
});
