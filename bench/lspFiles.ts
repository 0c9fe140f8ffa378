/**
 * Two files with the same things in them, the same each time: a topology of ours, and one for yaml-language-server with a JSON Schema
 * of its own. Each has five mistakes that a schema finds, one of a kind, from the beginning to the end.
 */

export interface Files {
  /** Lines of our file. */
  lines: number;
  topology: string;
  yaml: string;
  schema: object;
}

export const MISTAKES = 5;

/** A port takes 11 lines, a floating IP (one on every fourth port) four; with what goes with them there are so many lines a port. */
const LINES_PER_PORT = 12.6;
const PORTS_PER_NETWORK = 60;

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
const mac = (n: number): string => `fa:16:3e:${hex((n >> 16) & 255, 2)}:${hex((n >> 8) & 255, 2)}:${hex(n & 255, 2)}`;
const outside = (n: number): string => `203.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
const inside = (network: number, host: number): string => `10.${(network >> 8) & 255}.${network & 255}.${host}`;

interface Port {
  i: number;
  network: number;
  node: number;
  address: string;
  mistake?: number;
}

export function filesOf(lines: number): Files {
  const count = Math.max(10, Math.round(lines / LINES_PER_PORT));
  const networks = Math.max(2, Math.round(count / PORTS_PER_NETWORK));
  const ports = Array.from({ length: count }, (_, i): Port => {
    const network = i % networks;
    return { i, network, node: i % networks, address: inside(network, 10 + Math.floor(i / networks)) };
  });
  // A port without floating IP, so that a mistake is one.
  for (let mistake = 0; mistake < MISTAKES; mistake++) {
    const port = ports[Math.floor((count * mistake) / MISTAKES / 4) * 4];
    if (port) port.mistake = mistake;
  }
  const topology = topologyText(networks, ports);
  return { lines: topology.split('\n').length - 1, topology, yaml: yamlText(networks, ports), schema: SCHEMA };
}

const times = (count: number, make: (i: number) => string[]): string[] =>
  Array.from({ length: count }, (_, i) => make(i)).flat();

/** The lines of one thing, of which some may be left out. */
const thing = (...lines: (string | false)[]): string[] => lines.filter((line) => line !== false);

const isSnatNode = (i: number): boolean => i % 10 === 0;

function topologyText(networks: number, ports: readonly Port[]): string {
  const nodes = times(networks, (i) => [
    `  node-${i}:`,
    `    agent_mode: ${isSnatNode(i) ? 'dvr_snat' : 'dvr'}`,
    `    address: 192.168.${i >> 8}.${i & 255}`,
    '    bridge_mappings:',
    '      physnet1: br-ex',
  ]);
  const inner = times(networks, (i) => [
    `  net-${i}:`,
    '    network_type: vxlan',
    `    segmentation_id: ${1000 + i}`,
    '    mtu: 1450',
    '    subnets:',
    `      sub-${i}:`,
    `        cidr: ${inside(i, 0)}/24`,
    `        gateway_ip: ${inside(i, 1)}`,
  ]);
  const routers = times(networks, (i) => [
    `  router-${i}:`,
    '    distributed: true',
    '    external_gateway:',
    '      network: public',
    `      ip_address: ${outside(256 + i)}`,
    '      node: node-0',
    '    interfaces:',
    `      sub-${i}:`,
    `        ip_address: ${inside(i, 1)}`,
    `        mac_address: ${mac(9_000_000 + i)}`,
    '        snat:',
    `          ip_address: ${inside(i, 2)}`,
  ]);
  const floating = ports.filter(({ i }) => i % 4 === 1);
  return `${[
    'dvr: 1',
    'release: zed',
    'nodes:',
    ...nodes,
    'networks:',
    '  public:',
    '    router:external: true',
    '    network_type: flat',
    '    physical_network: physnet1',
    '    mtu: 1500',
    '    subnets:',
    '      public-v4:',
    '        cidr: 203.0.0.0/12',
    '        gateway_ip: 203.0.0.1',
    ...inner,
    'routers:',
    ...routers,
    'ports:',
    ...ports.flatMap(portLines),
    'floating_ips:',
    ...floating.flatMap(({ i, network, address }) => [
      `  ${outside(65_536 + i)}:`,
      '    network: public',
      `    port: port-${i}`,
      `    router: router-${network}`,
      `    fixed_ip_address: ${address}`,
    ]),
  ].join('\n')}\n`;
}

const portLines = ({ i, network, node, address, mistake }: Port): string[] =>
  thing(
    `  port-${i}:`,
    mistake !== 3 && `    network: net-${network}`,
    `    node: node-${node}`,
    `    mac_address: ${mistake === 1 ? 'not-a-mac' : mac(i)}`,
    `    device_owner: compute:nova`,
    `    device_id: vm-${i}`,
    '    fixed_ips:',
    `      - subnet: sub-${network}`,
    `        ip_address: ${mistake === 4 ? '17' : address}`,
    `    admin_state_up: ${mistake === 0 ? 'sideways' : 'true'}`,
    mistake === 2 && '    colour: blue',
    '    vnic_type: normal',
  );

function yamlText(networks: number, ports: readonly Port[]): string {
  const nodes = times(networks, (i) => [
    `  - id: node-${i}`,
    `    agentMode: ${isSnatNode(i) ? 'dvr_snat' : 'dvr'}`,
    `    address: 192.168.${i >> 8}.${i & 255}`,
    '    bridges:',
    '      - br-ex',
  ]);
  const inner = times(networks, (i) => [
    `  - id: net-${i}`,
    '    type: vxlan',
    `    segmentation: ${1000 + i}`,
    '    mtu: 1450',
    '    subnets:',
    `      - id: sub-${i}`,
    `        cidr: ${inside(i, 0)}/24`,
    `        gateway: ${inside(i, 1)}`,
  ]);
  const routers = times(networks, (i) => [
    `  - id: router-${i}`,
    '    distributed: true',
    '    gateway:',
    '      network: public',
    `      address: ${outside(256 + i)}`,
    '      node: node-0',
    '    interfaces:',
    `      - subnet: sub-${i}`,
    `        address: ${inside(i, 1)}`,
    `        mac: ${mac(9_000_000 + i)}`,
    '        snat:',
    `          address: ${inside(i, 2)}`,
  ]);
  const floating = ports.filter(({ i }) => i % 4 === 1);
  return `${[
    'version: 1',
    'release: zed',
    'nodes:',
    ...nodes,
    'networks:',
    ...inner,
    'routers:',
    ...routers,
    'ports:',
    ...ports.flatMap(({ i, network, node, address, mistake }) =>
      thing(
        `  - id: port-${i}`,
        mistake !== 3 && `    network: net-${network}`,
        `    node: node-${node}`,
        `    mac: ${mistake === 1 ? 'not-a-mac' : mac(i)}`,
        '    owner: compute',
        `    vm: vm-${i}`,
        '    fixedIps:',
        `      - subnet: sub-${network}`,
        `        address: ${mistake === 4 ? '17' : address}`,
        `    up: ${mistake === 0 ? 'sideways' : 'true'}`,
        mistake === 2 && '    colour: blue',
        '    vnic: normal',
      ),
    ),
    'floatingIps:',
    ...floating.flatMap(({ i, network, address }) => [
      `  - address: ${outside(65_536 + i)}`,
      '    network: public',
      `    port: port-${i}`,
      `    router: router-${network}`,
      `    fixedAddress: ${address}`,
    ]),
  ].join('\n')}\n`;
}

const NAME = { type: 'string', pattern: '^[a-z][a-z0-9-]*$' };
const ADDRESS = { type: 'string', pattern: String.raw`^(\d{1,3}\.){3}\d{1,3}$` };
const PREFIX = { type: 'string', pattern: String.raw`^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$` };
const MAC = { type: 'string', pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$' };

const record = (properties: object, ...required: string[]): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
const listOf = (items: object): object => ({ type: 'array', items });

const SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  ...record(
    {
      version: { const: 1 },
      release: { enum: ['yoga', 'zed'] },
      nodes: listOf(
        record({
          id: NAME,
          agentMode: { enum: ['legacy', 'dvr', 'dvr_snat'] },
          address: ADDRESS,
          bridges: listOf({ type: 'string' }),
        }),
      ),
      networks: listOf(
        record({
          id: NAME,
          type: { enum: ['flat', 'vlan', 'vxlan'] },
          segmentation: { type: 'integer', minimum: 1 },
          mtu: { type: 'integer', minimum: 576, maximum: 9216 },
          subnets: listOf(record({ id: NAME, cidr: PREFIX, gateway: ADDRESS }, 'id', 'cidr')),
        }),
      ),
      routers: listOf(
        record({
          id: NAME,
          distributed: { type: 'boolean' },
          gateway: record({ network: NAME, address: ADDRESS, node: NAME }),
          interfaces: listOf(record({ subnet: NAME, address: ADDRESS, mac: MAC, snat: record({ address: ADDRESS }) })),
        }),
      ),
      ports: listOf(
        record(
          {
            id: NAME,
            network: NAME,
            node: NAME,
            mac: MAC,
            owner: { enum: ['compute', 'dhcp'] },
            vm: NAME,
            fixedIps: listOf(record({ subnet: NAME, address: ADDRESS }, 'address')),
            up: { type: 'boolean' },
            vnic: { enum: ['normal', 'direct'] },
          },
          'id',
          'network',
        ),
      ),
      floatingIps: listOf(
        record({ address: ADDRESS, network: NAME, port: NAME, router: NAME, fixedAddress: ADDRESS }, 'address', 'port'),
      ),
    },
    'version',
  ),
};
