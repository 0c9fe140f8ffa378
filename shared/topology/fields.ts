/**
 * The vocabulary of the topology file as one table: what kinds of things there are, their keys, and what each key takes.
 * The reader, the grammar's test, and everything that explains or completes a key read this table, so that they cannot disagree.
 * Keys are those of the Neutron API (`lib: api/definitions/`); a few are our own and say so.
 */
import type { Pointer } from '../problem.ts';
import { EXTENSION_KINDS, INCLUDE, ROUTER_EXTENSIONS } from './extensionFields.ts';

/** What a reference may name. */
export type ReferenceKind = 'node' | 'network' | 'subnet' | 'router' | 'port';

/** What a key takes. */
export type FieldType =
  | { type: 'string' }
  | { type: 'integer'; min: number; max: number }
  | { type: 'boolean' }
  /** One of `values`; `open`: plugins may know more, so another value is no mistake. */
  | { type: 'enum'; values: readonly string[]; open?: true }
  /** An address, read as canonical text (RFC 5952). */
  | { type: 'ip' }
  /** A prefix, read as its network form. */
  | { type: 'cidr' }
  /** An address or a prefix. */
  | { type: 'ip-or-cidr' }
  /** A MAC, read as lower case with colons. */
  | { type: 'mac' }
  /** A UUID or at least its first 11 characters, which is what a device name shows. */
  | { type: 'id' }
  | { type: 'reference'; to: ReferenceKind }
  | { type: 'list'; of: FieldType }
  /** Things by name; `key` is what the name must be. */
  | { type: 'map'; key: FieldType; of: FieldType }
  /** L4 ports, read as `first:last`. */
  | { type: 'port-range' }
  /** A thing with the keys of that kind. */
  | { type: 'record'; kind: string };

export type Field = FieldType & {
  required?: true;
  /** `null` says something other than leaving the key out. */
  nullable?: true;
  /** What holds when the key is left out, for people. */
  default?: string;
  /** One line: what it is, and where it comes from. */
  doc: string;
};

/** `lib: constants.py: L3_AGENT_MODE_*`; `none` is ours. */
export const AGENT_MODES = ['legacy', 'dvr', 'dvr_snat', 'dvr_no_external', 'none'] as const;

const STRING = { type: 'string' } as const;
const IP = { type: 'ip' } as const;
const MAC = { type: 'mac' } as const;
const ID = { type: 'id' } as const;
const SUBNET = { type: 'reference', to: 'subnet' } as const;
const NETWORK = { type: 'reference', to: 'network' } as const;
const NODE = { type: 'reference', to: 'node' } as const;
const PORT_NUMBER = { type: 'integer', min: 1, max: 65_535 } as const;
const FIXED_IPS = { type: 'list', of: { type: 'record', kind: 'fixed_ip' } } as const;
const ROUTES = { type: 'list', of: { type: 'record', kind: 'route' } } as const;

const ID_DOC = 'A UUID, or its first 11 characters or more, which is what a device name shows.';
const PORT_ID = { ...ID, doc: `Id of the Neutron port behind the device. ${ID_DOC}` } as const;
const DEVICE_MAC = { ...MAC, doc: 'MAC of the Neutron port behind the device.' } as const;

/** Kind of thing → its keys. Keys are in the order in which a person would write them. */
export const KINDS = {
  topology: {
    dvr: { type: 'integer', min: 1, max: 1, default: '1', doc: 'Version of this file format (ours).' },
    release: {
      ...STRING,
      default: 'what the live nodes look like, else the newest known release',
      doc: 'Release of the agents: a codename (`zed`) or a number (`2023.1`). What they program differs between releases.',
    },
    include: INCLUDE,
    nodes: {
      type: 'map',
      key: STRING,
      of: { type: 'record', kind: 'node' },
      doc: "Machines that run agents, by Neutron's `host` name, as in `binding:host_id`.",
    },
    networks: { type: 'map', key: STRING, of: { type: 'record', kind: 'network' }, doc: 'Networks, by name.' },
    routers: { type: 'map', key: STRING, of: { type: 'record', kind: 'router' }, doc: 'Routers, by name.' },
    ports: {
      type: 'map',
      key: STRING,
      of: { type: 'record', kind: 'port' },
      doc: "Ports of VMs, DHCP and the like, by name. A router's own ports are written in `routers`.",
    },
    floating_ips: {
      type: 'map',
      key: IP,
      of: { type: 'record', kind: 'floating_ip' },
      doc: 'Floating IPs, by their address.',
    },
    promises: {
      type: 'list',
      of: STRING,
      doc: 'What must hold, a line each (ours): `reach vm1 -> 8.8.8.8 as 192.168.1.21`, `reach vm1 -> vm2 tcp 80`, `reach outside -> 192.168.1.50`, `unreachable vm1 -> vm9`, `isolated red blue`. Names with spaces are put in double quotes.',
    },
  },
  node: {
    agent_mode: {
      type: 'enum',
      values: AGENT_MODES,
      required: true,
      doc: "The L3 agent's mode (`l3_agent.ini: agent_mode`); `none`: no L3 agent. It decides which namespaces the node holds.",
    },
    address: { ...STRING, default: "the node's name", doc: 'Address or name where SSH reaches the node (ours).' },
    ssh_port: { ...PORT_NUMBER, default: '22', doc: 'TCP port of the SSH server (ours).' },
    ssh_user: { ...STRING, default: 'the current user', doc: 'User to log in as (ours).' },
    tunnel_ip: { ...IP, doc: "The OVS agent's `local_ip`: where tunnels to this node end (`openvswitch_agent.ini`)." },
    bridge_mappings: {
      type: 'map',
      key: STRING,
      of: STRING,
      default: 'not known',
      doc: 'Physical network → bridge (`openvswitch_agent.ini: bridge_mappings`). A `dvr` node needs the external one for floating IPs.',
    },
    l3_agent_id: {
      ...ID,
      doc: 'Id of the L3 agent (API: `agents`); its floating IP agent gateway ports have it as `device_id`.',
    },
    enable_distributed_routing: { type: 'boolean', doc: 'The OVS agent has flows for DVR (`openvswitch_agent.ini`).' },
    l2_population: { type: 'boolean', doc: 'The OVS agent is told where each MAC is (`openvswitch_agent.ini`).' },
  },
  network: {
    id: { ...ID, doc: `${ID_DOC} The namespace \`fip-<id>\` is named after it.` },
    'router:external': {
      type: 'boolean',
      default: 'false',
      doc: 'Routers may have their gateway here, and floating IPs come from it (`lib: api/definitions/external_net.py`).',
    },
    network_type: {
      type: 'enum',
      values: ['flat', 'vlan', 'vxlan', 'gre', 'geneve', 'local'],
      doc: '`provider:network_type`: how frames travel between nodes (`lib: constants.py: TYPE_*`).',
    },
    physical_network: {
      ...STRING,
      doc: '`provider:physical_network`: the physical network of a flat or VLAN network; `bridge_mappings` gives its bridge.',
    },
    segmentation_id: {
      type: 'integer',
      min: 0,
      max: 4_294_967_295,
      doc: '`provider:segmentation_id`: VLAN id, VNI or GRE key.',
    },
    mtu: {
      type: 'integer',
      min: 68,
      max: 65_535,
      default: '1500 less the encapsulation',
      doc: 'MTU of every device on the network (`lib: api/definitions/network_mtu.py`).',
    },
    ipv4_address_scope: {
      ...STRING,
      doc: 'Name or id of the IPv4 address scope; same scope as the external network: routed without NAT.',
    },
    ipv6_address_scope: { ...STRING, doc: 'Name or id of the IPv6 address scope.' },
    subnets: {
      type: 'map',
      key: STRING,
      of: { type: 'record', kind: 'subnet' },
      doc: 'Subnets, by name. A name is used once in the whole file, because router interfaces refer to it.',
    },
  },
  subnet: {
    id: { ...ID, doc: ID_DOC },
    cidr: { type: 'cidr', required: true, doc: 'The prefix, without host bits: `10.0.0.0/24`.' },
    gateway_ip: {
      ...IP,
      nullable: true,
      default: 'the first address of the subnet',
      doc: 'The default gateway of hosts on the subnet; `null`: none (`db/ipam_backend_mixin.py: _gateway_ip_str`).',
    },
    allocation_pools: {
      type: 'list',
      of: { type: 'record', kind: 'allocation_pool' },
      default: 'all addresses but the gateway',
      doc: 'Ranges from which Neutron takes addresses.',
    },
    enable_dhcp: { type: 'boolean', default: 'true', doc: 'Whether DHCP agents serve the subnet.' },
    ipv6_ra_mode: {
      type: 'enum',
      values: ['slaac', 'dhcpv6-stateful', 'dhcpv6-stateless'],
      doc: 'Who sends router advertisements: the router when set (`lib: constants.py: IPV6_MODES`).',
    },
    ipv6_address_mode: {
      type: 'enum',
      values: ['slaac', 'dhcpv6-stateful', 'dhcpv6-stateless'],
      doc: 'How hosts get their IPv6 address (`lib: constants.py: IPV6_MODES`).',
    },
    host_routes: { ...ROUTES, doc: 'Routes that DHCP gives to hosts.' },
  },
  allocation_pool: {
    start: { ...IP, required: true, doc: 'First address of the range.' },
    end: { ...IP, required: true, doc: 'Last address of the range.' },
  },
  route: {
    destination: { type: 'cidr', required: true, doc: 'The prefix that is reached.' },
    nexthop: { ...IP, required: true, doc: 'The address that packets are sent to.' },
  },
  router: {
    id: { ...ID, doc: `${ID_DOC} The namespaces \`qrouter-<id>\` and \`snat-<id>\` are named after it.` },
    distributed: {
      type: 'boolean',
      default: 'true',
      doc: 'Whether every node routes for its own VMs (`lib: api/definitions/dvr.py`).',
    },
    ha: {
      type: 'boolean',
      default: 'false',
      doc: 'Whether keepalived guards the SNAT part (`lib: api/definitions/l3_ext_ha_mode.py`).',
    },
    admin_state_up: { type: 'boolean', default: 'true', doc: 'A router that is down forwards nothing.' },
    external_gateway: {
      type: 'record',
      kind: 'external_gateway',
      doc: '`external_gateway_info`: the way out. With it come SNAT and floating IPs.',
    },
    interfaces: {
      type: 'map',
      key: SUBNET,
      of: { type: 'record', kind: 'interface' },
      doc: 'Interfaces, by the name of the subnet that they are on. The value may be empty.',
    },
    routes: { ...ROUTES, doc: 'Extra routes (`lib: api/definitions/extraroute.py`).' },
    l3_agents: {
      type: 'list',
      of: { type: 'record', kind: 'l3_agent' },
      default: 'not known',
      doc: 'The agents that the router is bound to (API: `routers/<id>/l3-agents`).',
    },
    ...ROUTER_EXTENSIONS,
  },
  external_gateway: {
    network: { ...NETWORK, required: true, doc: 'The external network.' },
    ip_address: { ...IP, doc: 'Short for `external_fixed_ips` with one address.' },
    external_fixed_ips: { ...FIXED_IPS, doc: "The gateway port's addresses; SNAT uses the IPv4 one." },
    enable_snat: {
      type: 'boolean',
      default: 'true',
      doc: 'Whether traffic without floating IP is translated (`lib: api/definitions/l3_ext_gw_mode.py`).',
    },
    node: {
      ...NODE,
      doc: 'The node that the gateway port is bound to: there is `snat-<router id>` (`db/l3_dvr_db.py: _get_gateway_port_host`).',
    },
    port_id: PORT_ID,
    mac_address: DEVICE_MAC,
  },
  interface: {
    ip_address: {
      ...IP,
      default: "the subnet's `gateway_ip`",
      doc: 'Address of `qr-`, the same on every node (`db/l3_db.py: _add_interface_by_subnet`).',
    },
    port_id: PORT_ID,
    mac_address: DEVICE_MAC,
    snat: {
      type: 'record',
      kind: 'snat',
      doc: 'The centralised SNAT port of the subnet, device owner `network:router_centralized_snat`.',
    },
  },
  snat: {
    ip_address: { ...IP, doc: 'Address of `sg-` in the snat namespace; `ip rule` tables send packets there.' },
    port_id: PORT_ID,
    mac_address: DEVICE_MAC,
  },
  l3_agent: {
    node: { ...NODE, required: true, doc: 'The node of the agent.' },
    ha_state: {
      type: 'enum',
      values: ['active', 'standby', 'unknown'],
      doc: 'Of an HA router: which agent has the addresses (`lib: constants.py: VALID_HA_STATES`).',
    },
  },
  port: {
    id: { ...ID, doc: ID_DOC },
    network: { ...NETWORK, required: true, doc: 'The network that the port is on.' },
    node: { ...NODE, default: 'not bound', doc: '`binding:host_id`: the node that the port is bound to.' },
    migrating_to: { ...NODE, doc: '`binding:profile`: where the VM migrates to; that node may serve it already.' },
    mac_address: { ...MAC, doc: 'MAC of the port.' },
    fixed_ips: { ...FIXED_IPS, doc: 'Addresses of the port.' },
    device_owner: {
      type: 'enum',
      open: true,
      values: [
        'compute:nova',
        'network:dhcp',
        'network:floatingip_agent_gateway',
        'network:router_ha_interface',
        'trunk:subport',
        '',
      ],
      default: 'compute:nova',
      doc: 'Who uses the port (`lib: constants.py: DEVICE_OWNER_*`); empty: nobody.',
    },
    device_id: { ...STRING, doc: 'Id of what uses the port: instance, router, agent.' },
    status: { ...STRING, doc: 'As Neutron reports it: ACTIVE, DOWN, BUILD, ERROR, N/A.' },
    allowed_address_pairs: {
      type: 'list',
      of: { type: 'record', kind: 'allowed_address_pair' },
      doc: 'Further addresses that the port may use (`lib: api/definitions/allowedaddresspairs.py`).',
    },
    port_security_enabled: { type: 'boolean', doc: '`lib: api/definitions/port_security.py`.' },
    admin_state_up: { type: 'boolean', default: 'true', doc: 'A port that is down is put on the dead VLAN.' },
    vnic_type: {
      type: 'enum',
      open: true,
      values: ['normal', 'direct', 'direct-physical', 'macvtap'],
      doc: '`binding:vnic_type`, `normal` if left out; the others are SR-IOV (`lib: api/definitions/portbindings.py`).',
    },
  },
  fixed_ip: {
    subnet: { ...SUBNET, default: "the network's subnet that holds the address", doc: 'The subnet of the address.' },
    ip_address: { ...IP, required: true, doc: 'The address.' },
  },
  allowed_address_pair: {
    ip_address: { type: 'ip-or-cidr', required: true, doc: 'An address or a prefix.' },
    mac_address: { ...MAC, default: "the port's own", doc: 'MAC that goes with the address.' },
  },
  floating_ip: {
    id: { ...ID, doc: ID_DOC },
    network: {
      ...NETWORK,
      default: 'the external network that holds the address',
      doc: '`floating_network_id`: the external network.',
    },
    port: { type: 'reference', to: 'port', default: 'not associated', doc: 'The port that is reached by it.' },
    fixed_ip_address: {
      ...IP,
      default: "the port's only IPv4 address",
      doc: 'Which address of the port; needed when it has several.',
    },
    router: {
      type: 'reference',
      to: 'router',
      default: 'the one that Neutron would choose',
      doc: 'The router that translates it (`db/l3_db.py: get_router_for_floatingip`).',
    },
    status: { ...STRING, doc: 'As Neutron reports it: ACTIVE, DOWN, ERROR.' },
    port_forwardings: {
      type: 'list',
      of: { type: 'record', kind: 'port_forwarding' },
      doc: 'L4 ports of the address that lead inside (`lib: api/definitions/floating_ip_port_forwarding.py`).',
    },
  },
  ...EXTENSION_KINDS,
} as const satisfies Record<string, Record<string, Field>>;

export type KindName = keyof typeof KINDS;

/** The keys of a kind; `undefined` for a word that is no kind. */
export const fieldsOf = (kind: string): ReadonlyMap<string, Field> | undefined => FIELDS.get(kind);

/** As maps, because the keys that are looked up come from files. */
const FIELDS: ReadonlyMap<string, ReadonlyMap<string, Field>> = new Map(
  Object.entries(KINDS).map(([kind, fields]) => [kind, new Map<string, Field>(Object.entries(fields))]),
);

/** The type of what a field is read as, worked out from the table. */
export type Value<T> = T extends { type: 'integer' }
  ? number
  : T extends { type: 'boolean' }
    ? boolean
    : T extends { type: 'list'; of: infer Item }
      ? Value<Item>[]
      : T extends { type: 'map'; of: infer Item }
        ? Entry<Value<Item>>[]
        : T extends { type: 'record'; kind: infer Kind extends KindName }
          ? Values<Kind>
          : T extends { type: 'enum'; values: readonly (infer Word)[] }
            ? T extends { open: true }
              ? string
              : Word
            : string;

/** One entry of a map of things. */
export interface Entry<T> {
  name: string;
  pointer: Pointer;
  value: T;
}

type RequiredKeys<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends { required: true } ? Key : never;
}[keyof Fields];
type OrNull<T> = T extends { nullable: true } ? null : never;

/** What the reader makes of a thing of a kind: keys that were left out or unusable are absent, required ones are there. */
export type Values<Kind extends KindName> = { pointer: Pointer } & {
  [Key in RequiredKeys<(typeof KINDS)[Kind]>]: Value<(typeof KINDS)[Kind][Key]>;
} & {
  [Key in Exclude<keyof (typeof KINDS)[Kind], RequiredKeys<(typeof KINDS)[Kind]>>]?:
    | Value<(typeof KINDS)[Kind][Key]>
    | OrNull<(typeof KINDS)[Kind][Key]>;
};
