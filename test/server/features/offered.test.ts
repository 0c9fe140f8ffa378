// Completion of numbers and of lines of `promises`: what is offered is free, fits the type, and is the next word of the line.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { makeDocument } from '../../../server/document.ts';
import { complete } from '../../../server/features/completion.ts';
import { textOf } from '../../../server/text.ts';
import { CLIENTS } from '../../support/clients.ts';

/** `$0` is the cursor. */
function offered(marked: string): string[] {
  const offset = marked.indexOf('$0');
  const text = marked.replace('$0', '');
  const document = makeDocument(textOf({ uri: 'file:///t.dvr.yaml', languageId: 'dvr-topology', version: 1 }, text));
  const { items } = complete(document, document.text.positionAt(offset), CLIENTS.full);
  return items.map(({ textEdit }) => (textEdit && 'newText' in textEdit ? textEdit.newText : ''));
}

const IDS: readonly [what: string, networks: string, wanted: string[]][] = [
  ['behind the last one', '{network_type: vxlan, segmentation_id: 7}', ['8']],
  ['of its own type', '{network_type: vlan, segmentation_id: 7}', ['1']],
  ['of any type where none is said', '{network_type: vlan, segmentation_id: 7}', ['8']],
  ['the first free one behind the highest', '{network_type: vlan, segmentation_id: 4094}', ['1']],
  ['none of a type that has none', '{network_type: flat}', []],
];
const TYPES = ['network_type: vxlan, ', 'network_type: vxlan, ', '', 'network_type: vlan, ', 'network_type: flat, '];

for (const [i, [what, network, wanted]] of IDS.entries())
  it(`segmentation ids: ${what}`, () => {
    assert.deepEqual(offered(`networks:\n  a: ${network}\n  b: {${TYPES[i]}segmentation_id: $0}\n`), wanted);
  });

const NETWORKS: readonly [what: string, networks: string, wanted: RegExp][] = [
  ['of a cloud that has none', '  a: {}\n', /network_type: \$\{\d:vxlan\}, segmentation_id: \$\{\d:1001\}/],
  [
    'of the type that has ids, and not behind those of others',
    '  a: {network_type: vlan, segmentation_id: 5}\n  b: {network_type: vxlan, segmentation_id: 70000}\n',
    /network_type: \$\{\d:vlan\}, physical_network: \$\{\d:physnet1\}, segmentation_id: \$\{\d:6\}/,
  ],
  ['and not of one without ids', '  a: {network_type: flat}\n', /network_type: \$\{\d:vxlan\}, segmentation_id: /],
];
for (const [what, networks, wanted] of NETWORKS)
  it(`a whole network ${what}`, () => {
    assert.match(offered(`networks:\n${networks}  $0\n`)[0] ?? '', wanted);
  });

const PORTS = `networks: {n: {subnets: {s: {cidr: 10.0.0.0/24}}}}
ports:
  vm 1: {network: n, fixed_ips: [{ip_address: 10.0.0.5}]}
  vm2: {network: n, fixed_ips: [{ip_address: 10.0.0.6}]}
`;
const PROMISES: readonly [line: string, wanted: string[]][] = [
  [`'reach "vm 1" $0'`, ['->']],
  [`'reach "vm 1"$0'`, ['->']],
  [`'reach "vm 1" -> $0'`, ['vm2', 'outside']],
  [`'reach "vm$0'`, ['"vm 1"', 'vm2', 'outside']],
  [`'reach "vm 1" -> vm2 $0'`, ['tcp', 'udp', 'as']],
];
for (const [line, wanted] of PROMISES)
  it(`promise ${line}`, () => {
    assert.deepEqual(offered(`${PORTS}promises:\n  - ${line}\n`), wanted);
  });
