/** Keys of routers, and of what belongs to them. Those of extensions: `extensionFields.ts`. */
import { DEVICE_MAC, FIXED_IPS, ID, ID_DOC, IP, NETWORK, NODE, PORT_ID, ROUTES, SUBNET } from './commonFields.ts';
import { ROUTER_EXTENSIONS } from './extensionFields.ts';
import type { Field } from './fields.ts';

/** As `KINDS`, of which it is a part. */
export const ROUTER_KINDS = {
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
} as const satisfies Record<string, Record<string, Field>>;
