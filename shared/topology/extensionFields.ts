/** The vocabulary of what extensions of the L3 agent serve: port forwardings, conntrack helpers, NDP proxies. */
import { IP, PORT_NUMBER } from './commonFields.ts';
import type { Field } from './fields.ts';

const ID = { type: 'id', doc: 'A UUID, or its first 11 characters or more. Chains are named after it.' } as const;
const PORT_RANGE = { type: 'port-range' } as const;

export const EXTENSION_KINDS = {
  port_forwarding: {
    id: ID,
    protocol: { type: 'enum', values: ['tcp', 'udp'], open: true, required: true, doc: 'L4 protocol.' },
    external_port: { ...PORT_NUMBER, doc: 'L4 port of the floating IP.' },
    external_port_range: {
      ...PORT_RANGE,
      doc: 'L4 ports of the floating IP, in place of `external_port` (`lib: api/definitions/fip_pf_port_range.py`).',
    },
    internal_port: { ...PORT_NUMBER, doc: 'L4 port of the internal address.' },
    internal_port_range: {
      ...PORT_RANGE,
      doc: 'L4 ports of the internal address: as many as the external ones, or a single one.',
    },
    internal_ip_address: { ...IP, required: true, doc: 'The address that is reached.' },
    internal_port_id: { type: 'id', doc: 'Id of the Neutron port that has the internal address.' },
  },
  conntrack_helper: {
    id: ID,
    protocol: { type: 'enum', values: ['tcp', 'udp'], open: true, required: true, doc: 'L4 protocol.' },
    port: { ...PORT_NUMBER, required: true, doc: 'L4 port of the control connection.' },
    helper: {
      type: 'enum',
      values: ['amanda', 'ftp', 'h323', 'irc', 'netbios-ns', 'pptp', 'sane', 'sip', 'snmp', 'tftp'],
      open: true,
      required: true,
      doc: "Name of the kernel's helper (`lib: api/definitions/l3_conntrack_helper.py`).",
    },
  },
  ndp_proxy: {
    id: { ...ID, doc: 'A UUID, or its first 11 characters or more.' },
    ip_address: { ...IP, required: true, doc: 'IPv6 address that the router answers for outside.' },
    port: { type: 'reference', to: 'port', doc: 'The port that has the address.' },
  },
} as const satisfies Record<string, Record<string, Field>>;

/** Keys of a router. */
export const ROUTER_EXTENSIONS = {
  conntrack_helpers: {
    type: 'list',
    of: { type: 'record', kind: 'conntrack_helper' },
    default: 'not known',
    doc: 'Protocols whose data connections the router lets through (`lib: api/definitions/l3_conntrack_helper.py`).',
  },
  enable_ndp_proxy: {
    type: 'boolean',
    default: 'not known',
    doc: 'Whether the router answers neighbour solicitations for inside addresses (`lib: api/definitions/l3_ext_ndp_proxy.py`).',
  },
  ndp_proxies: {
    type: 'list',
    of: { type: 'record', kind: 'ndp_proxy' },
    doc: 'The addresses that it answers for.',
  },
} as const satisfies Record<string, Field>;

/** Ours: the other files of a topology. */
export const INCLUDE = {
  type: 'list',
  of: { type: 'string' },
  doc: 'Other files of this cloud (ours), by their paths from the folder of this file: `tenants/red.dvr.yaml`, or all that fit a pattern: `tenants/*.dvr.yaml`. Each has sections of its own; together they are one topology.',
} as const;
