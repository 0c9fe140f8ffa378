/** Rules of Neutron that no check looks at, and why. What a topology shows by its form alone is among them, so that the list is whole. */

interface Unchecked {
  rule: string;
  /** Where Neutron has it. */
  neutron: string;
  reason: string;
}

const CHANGE = 'It forbids a change. A topology is one state and does not say what was before.';
const FORM = 'The file format has no way to write it.';

export const UNCHECKED: readonly Unchecked[] = [
  {
    rule: "A subnet's `gateway_ip` cannot be changed while a router port has it.",
    neutron: '`db/db_base_plugin_v2.py: _validate_subnet`',
    reason: CHANGE,
  },
  {
    rule: 'A gateway cannot be taken off or moved while floating IPs use it.',
    neutron: '`db/l3_db.py: _delete_current_gw_port`',
    reason: `${CHANGE} A floating IP whose router has no gateway is \`floating-ip-unserved\`.`,
  },
  {
    rule: 'An interface cannot be detached while floating IPs need it.',
    neutron: '`db/l3_db.py: _confirm_router_interface_not_in_use`',
    reason: `${CHANGE} A floating IP whose router lacks the interface is \`floating-ip-unserved\`.`,
  },
  {
    rule: '`distributed` and `ha` of a router change only while it is down.',
    neutron: '`db/l3_dvr_db.py: _validate_router_migration`, `db/l3_hamode_db.py: _validate_migration`',
    reason: CHANGE,
  },
  {
    rule: 'A router has at most one port on a subnet.',
    neutron: '`db/l3_db.py: _check_for_dup_router_subnets`',
    reason: `${FORM} Interfaces are keyed by their subnet; a key that is there twice is \`duplicate-key\`.`,
  },
  {
    rule: 'A router has one gateway.',
    neutron: '`db/l3_db.py`',
    reason: FORM,
  },
  {
    rule: 'The port of an interface must not be in use.',
    neutron: '`db/l3_db.py: _check_router_port`',
    reason: 'A port that is used twice has its id twice, which is `duplicate-id`.',
  },
  {
    rule: 'A MAC must be one that a port can have, an IPv4 MTU at least 68.',
    neutron: '`lib: api/validators`, `db/models_v2.py`',
    reason: 'The reader refuses others as `bad-mac` and `wrong-type`.',
  },
  {
    rule: "The MTU of a network must fit its segments' maximum.",
    neutron: '`plugins/ml2/plugin.py: _get_network_mtu`',
    reason:
      '`path_mtu`, `global_physnet_mtu` and `physical_network_mtus` are options of the server that are not in the file.',
  },
  {
    rule: 'A project has at most 254 HA routers, one VRID each.',
    neutron: '`db/l3_hamode_db.py`',
    reason: 'The file does not say which project a router is of.',
  },
  {
    rule: 'Each node has a DVR MAC of its own, and `dvr_base_mac` differs from `base_mac`.',
    neutron: '`conf/db/dvr_mac_db.py`',
    reason: 'Neutron allots these MACs; they are not in the file but read back from the nodes.',
  },
  {
    rule: 'IPv6 behind a distributed router with gateway does not get beyond the external subnet in Zed and later.',
    neutron: '`dvr_local_router.py`, `dvr_edge_router.py` (9b27020a65)',
    reason: 'It is a fault of Neutron, not a mistake of the topology, and every healthy dual-stack cloud has it.',
  },
  {
    rule: "An agent's `host` equals `binding:host_id` exactly.",
    neutron: '`plugins/ml2/drivers/mech_agent.py`',
    reason: 'A port names its node, and a name that no node has is `unknown-reference`; so is one in another case.',
  },
];
