/** Keys of ports and floating IPs. */
import { FIXED_IPS, ID, ID_DOC, IP, MAC, NETWORK, NODE, STRING, SUBNET } from './commonFields.ts';
import type { Field } from './fields.ts';

/** As `KINDS`, of which it is a part. */
export const PORT_KINDS = {
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
} as const satisfies Record<string, Record<string, Field>>;
