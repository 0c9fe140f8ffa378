/** Keys of networks and their subnets. */
import { ID, ID_DOC, IP, ROUTES, STRING } from './commonFields.ts';
import type { Field } from './fields.ts';

/** As `KINDS`, of which it is a part. */
export const NETWORK_KINDS = {
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
      default: 'the first address of the subnet; in IPv6, since Ussuri, the address of the network itself',
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
} as const satisfies Record<string, Record<string, Field>>;
