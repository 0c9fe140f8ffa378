/** Completion of whole entries in maps of things: the next node, network or port with what it needs, and names that only refer. */
import { ipv4Value, parsePrefix } from '../../shared/ip.ts';
import type { FieldType } from '../../shared/topology/fields.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { yamlScalar } from '../../shared/topology/yamlText.ts';
import type { Document } from '../document.ts';
import type { Choice } from './completion.ts';
import { referenceChoices } from './completionValues.ts';
import type { Cursor } from './cursor.ts';
import { freeAddresses, nextAddress, nextPrefixes, nextSegmentationId } from './freeAddresses.ts';

/** What may be a new entry of the map around the cursor. Whole entries are for clients that know snippets. */
export function entries(
  document: Document,
  cursor: Cursor,
  type: FieldType & { type: 'map' },
  canSnippets: boolean,
): Choice[] {
  const { topology } = document.reading();
  const isNew = ({ label }: Choice): boolean => !cursor.siblings.has(label);
  if (type.key.type === 'reference')
    return referenceChoices(document, cursor, type.key.to)
      .filter(isNew)
      .map((choice) => (cursor.hasColon ? choice : { ...choice, text: `${yamlScalar(choice.label)}: {}` }));
  if (cursor.path.at(-1) === 'bridge_mappings') {
    const names = new Set([
      ...topology.networks.flatMap(({ physical_network: name }) => name ?? []),
      ...topology.nodes.flatMap((node) => Object.keys(node.bridge_mappings)),
    ]);
    const choices = [...names].map((label): Choice => ({ label, kind: 'word', text: `${yamlScalar(label)}: ` }));
    return choices.filter(isNew);
  }
  if (cursor.hasColon || !canSnippets || type.of.type !== 'record') return [];
  return (SNIPPETS[type.of.kind]?.(topology, cursor) ?? []).map(({ label, fields, name }) => ({
    label,
    kind: 'snippet',
    detail: 'a whole entry',
    isSnippet: true,
    text: snippetText(name, fields),
  }));
}

/** A value to be filled in, or a map of them. */
type Part = Hole | Record<string, unknown>;

interface Hole {
  /** What stands there until something is typed. */
  hole: string;
}

interface Entry {
  label: string;
  name: string;
  fields: Record<string, unknown>;
}

/** Of a cloud that has none yet, as people count them. */
const FIRST_ID = 1001;

const hole = (text: string | undefined): Hole => ({ hole: text ?? '' });

/** Kind of thing → what a new one of it is made of. */
const SNIPPETS: Record<string, (topology: Topology, cursor: Cursor) => Entry[]> = {
  node: (topology) => {
    const like = topology.nodes.findLast((node) => Object.keys(node.bridge_mappings).length > 0);
    const tunnel = nextAddress(topology.nodes.flatMap(({ tunnel_ip }) => tunnel_ip ?? []))[0];
    const mappings = Object.entries(like?.bridge_mappings ?? { physnet1: 'br-ex' });
    const entry = (label: string, name: string, mode: string): Entry => ({
      label,
      name: nextName(topology.nodes, name),
      fields: {
        agent_mode: mode,
        ...(tunnel !== undefined && { tunnel_ip: hole(tunnel) }),
        bridge_mappings: Object.fromEntries(mappings.map(([network, bridge]) => [network, hole(bridge)])),
      },
    });
    return [entry('compute node', 'compute', 'dvr'), entry('network node', 'network', 'dvr_snat')];
  },
  network: (topology) => {
    const subnet = (name: string, cidr: string | undefined) => ({ [name]: { cidr: hole(cidr ?? '10.0.0.0/24') } });
    const name = nextName(topology.networks, 'net');
    const physical = topology.nodes.flatMap((node) => Object.keys(node.bridge_mappings))[0] ?? 'physnet1';
    const known = topology.networks.find(({ external, segmentation_id: id }) => !external && id !== undefined);
    const type = known?.network_type ?? 'vxlan';
    const id = nextSegmentationId(topology, type, type === 'vlan' ? 1 : FIRST_ID);
    return [
      {
        label: 'tenant network',
        name,
        fields: {
          network_type: hole(type),
          // Neutron refuses the id of a VLAN without it (`type_vlan.py: validate_provider_segment`).
          ...(type === 'vlan' && { physical_network: hole(known?.physical_network ?? physical) }),
          ...(id !== undefined && { segmentation_id: hole(String(id)) }),
          subnets: subnet(`${name}-v4`, prefixOf(topology)),
        },
      },
      {
        label: 'external network',
        name: nextName(topology.networks, 'public'),
        fields: {
          'router:external': 'true',
          network_type: hole('flat'),
          physical_network: hole(physical),
          subnets: subnet(nextName(subnetsOf(topology), 'public-v4-'), '203.0.113.0/24'),
        },
      },
    ];
  },
  subnet: (topology, { path }) => [
    {
      label: 'subnet',
      name: nextName(subnetsOf(topology), `${path[1] ?? 'net'}-v4-`),
      fields: { cidr: hole(prefixOf(topology)) },
    },
  ],
  router: (topology) => {
    const external = topology.networks.find((network) => network.external);
    const snat = topology.nodes.find((node) => node.agent_mode === 'dvr_snat');
    const inside = topology.networks.filter((network) => !network.external).flatMap(({ subnets }) => subnets);
    const free = inside.find(({ name }) => !isAttached(topology, name));
    const outside = external && (external.subnets.find(isFour) ?? external.subnets[0]);
    return [
      {
        label: 'router',
        name: nextName(topology.routers, 'router'),
        fields: {
          ...(external && {
            external_gateway: {
              network: hole(external.name),
              ip_address: hole(outside && freeAddresses(topology, outside, 1)[0]),
              ...(snat && { node: hole(snat.name) }),
            },
          }),
          interfaces: { [free?.name ?? 'subnet']: {} },
        },
      },
    ];
  },
  port: (topology) => {
    const network = topology.networks.find(({ external }) => !external);
    const node = topology.nodes.find(({ agent_mode }) => agent_mode === 'dvr') ?? topology.nodes[0];
    const address = network?.subnets[0] && freeAddresses(topology, network.subnets[0], 1)[0];
    return [
      {
        label: 'VM port',
        name: nextName(topology.ports, 'vm'),
        fields: {
          ...(node && { node: hole(node.name) }),
          network: hole(network?.name),
          ...(address !== undefined && { fixed_ips: [{ ip_address: hole(address) }] }),
        },
      },
    ];
  },
  floating_ip: (topology) => {
    const external = topology.networks.filter((network) => network.external).flatMap(({ subnets }) => subnets);
    const address = external.filter(isFour).flatMap((subnet) => freeAddresses(topology, subnet, 1))[0];
    const taken = new Set(topology.floating_ips.map(({ port }) => port));
    const port = topology.ports.find(
      ({ name, device_owner: owner, fixed_ips: addresses }) =>
        !taken.has(name) && !owner.startsWith('network:') && addresses.some(isFourAddress),
    );
    return address === undefined ? [] : [{ label: 'floating IP', name: address, fields: { port: hole(port?.name) } }];
  },
};

/** Floating IPs and what SNAT sends with are IPv4. */
const isFour = ({ cidr }: { cidr: string }): boolean => parsePrefix(cidr)?.family === 'inet';
const isFourAddress = ({ ip_address: address }: { ip_address: string }): boolean => ipv4Value(address) !== undefined;

const subnetsOf = (topology: Topology) => topology.networks.flatMap(({ subnets }) => subnets);

const isAttached = (topology: Topology, name: string): boolean =>
  topology.routers.some(({ interfaces }) => interfaces.some(({ subnet }) => subnet === name));

const prefixOf = (topology: Topology): string | undefined =>
  nextPrefixes(
    topology.networks.flatMap(({ external, subnets }) => subnets.map(({ cidr }) => ({ cidr, external }))),
  )[0];

/** `compute4` where there are `compute1` to `compute3`; the first that nothing is called. */
function nextName(things: readonly { name: string }[], stem: string): string {
  const taken = new Set(things.map(({ name }) => name));
  let n = things.filter(({ name }) => name.startsWith(stem)).length + 1;
  while (taken.has(`${stem}${n}`)) n++;
  return `${stem}${n}`;
}

/** On one line, so that no editor has to indent it: `${1:vm3}: {network: ${2:red}}`. */
function snippetText(name: string, fields: Record<string, unknown>): string {
  let stops = 1;
  // Numbers stay numbers; a name may be one as well, since the reader takes names as they are written.
  const stop = (text: string): string => `\${${++stops}:${escaped(/^\d*$/.test(text) ? text : yamlScalar(text))}}`;
  const write = (value: unknown): string => {
    if (typeof value === 'string') return escaped(value);
    if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
    if (isHole(value)) return stop(value.hole);
    const pairs = Object.entries(value ?? {}).map(([key, inner]) => `${escaped(yamlScalar(key))}: ${write(inner)}`);
    return `{${pairs.join(', ')}}`;
  };
  return `\${1:${escaped(yamlScalar(name))}}: ${write(fields)}$0`;
}

const isHole = (value: unknown): value is Hole & Part => typeof value === 'object' && value !== null && 'hole' in value;

/** LSP, "Snippet Syntax": `$`, `}` and `\` are escaped. */
const escaped = (text: string): string => text.replace(/[\\$}]/g, '\\$&');
