/**
 * Flows that extensions and drivers beside the wiring make; nothing in a topology tells of them. They are told by the tables,
 * priorities and fields that are theirs alone.
 */
import type { Flow } from '../state.ts';

/** `int`: br-int; `physical`: any bridge but br-int and br-tun. */
export type Side = 'int' | 'physical';

interface Apart {
  reason: string;
  on: Side;
  isOf: (flow: Flow) => boolean;
}

/** `lib: plugins/ml2/ovs_constants.py: OVS_FIREWALL_TABLES`, `ACCEPTED_EGRESS_TRAFFIC_TABLE` and what follows it. */
const FIREWALL_TABLES: readonly number[] = [71, 72, 73, 81, 82, 91, 92, 93, 94];
/** `LOCAL_MAC_DIRECT`: where ports send to each other without learning. */
const LOCAL_MAC_DIRECT = 61;
/** `DHCP_IPV4_TABLE`, `DHCP_IPV6_TABLE`. */
const DHCP_TABLES: readonly number[] = [77, 78];
/** `PACKET_RATE_LIMIT`, `BANDWIDTH_RATE_LIMIT`. */
const METER_TABLES: readonly number[] = [58, 59];
/** `METADATA_EGRESS_NAT`, `METADATA_EGRESS_OUTPUT`, `METADATA_IP_ARP_RESPONDER`, `METADATA_INGRESS_DIRECT`. */
const METADATA_TABLES: readonly number[] = [80, 87, 90, 91];
/** `lib: constants.py: METADATA_V4_IP`. */
const METADATA_IP = /(^|,)nw_(src|dst)=169\.254\.169\.254(,|$)/;

const has = (match: string, ...fields: string[]): boolean => {
  const keys = match.split(',').map((field) => field.split('=', 1)[0]!);
  return fields.every((field) => keys.includes(field));
};

/** Security groups, as the driver `openvswitch` of the firewall has them. */
export const FIREWALL = 'the openvswitch firewall made this flow';

const APART: readonly Apart[] = [
  {
    // `linux/openvswitch_firewall/firewall.py: _initialize_third_party_tables, initialize_port_flows, _initialize_egress, _initialize_ingress`.
    reason: FIREWALL,
    on: 'int',
    isOf: ({ table, actions }) =>
      FIREWALL_TABLES.includes(table) ||
      (table === 60 && /(^|,)goto_table:(71|73|81)$/.test(actions) && /reg5/i.test(actions)),
  },
  {
    // `ovs_neutron_agent.py: install_ingress_direct_goto_flows, install_accepted_egress_direct_flow`.
    reason: 'the option explicitly_egress_direct made this flow',
    on: 'int',
    isOf: ({ table, priority, match, actions }) =>
      table === LOCAL_MAC_DIRECT ||
      (table === 60 && (priority === 4 || priority === 9) && actions.endsWith(`goto_table:${LOCAL_MAC_DIRECT}`)) ||
      (table === 62 && priority === 10 && has(match, 'in_port', 'dl_src', 'dl_dst')),
  },
  {
    // `br_int.py: init_dhcp, add_dhcp_ipv4_flow`.
    reason: 'the DHCP extension made this flow',
    on: 'int',
    isOf: ({ table, priority, actions }) =>
      DHCP_TABLES.includes(table) || (table === 60 && priority === 101 && /^goto_table:7[78]$/.test(actions)),
  },
  {
    // `br_int.py: apply_meter_to_port`.
    reason: 'a QoS or rate limit extension made this flow',
    on: 'int',
    isOf: ({ table, priority, actions }) =>
      METER_TABLES.includes(table) && priority === 100 && /(^|,)meter:/.test(actions),
  },
  {
    // `br_int.py: install_dscp_marking_rule`, and `extension_drivers/qos_driver.py: update_dscp_marking` before it.
    reason: 'the QoS extension made this flow (DSCP mark)',
    on: 'int',
    isOf: ({ table, match }) => table === 0 && has(match, 'reg2', 'in_port'),
  },
  {
    // `ovs_lib.py: set_queue_for_ingress_bandwidth_limit, set_queue_for_minimum_bandwidth`.
    reason: 'the QoS extension made this flow (bandwidth)',
    on: 'int',
    isOf: ({ table, priority, match, actions }) =>
      table === 0 &&
      priority === 200 &&
      ((match === 'reg3=0' && actions.startsWith('set_queue:')) || has(match, 'reg4', 'in_port')),
  },
  {
    reason: 'the QoS extension made this flow (minimum bandwidth)',
    on: 'physical',
    isOf: ({ table, priority, match }) => table === 0 && priority === 200 && has(match, 'reg4', 'pkt_mark'),
  },
  {
    // `l2/extensions/local_ip.py: add_local_ip_flows`, `br_int.py: setup_local_egress_flows, install_garp_blocker`.
    reason: 'the Local IP extension made this flow',
    on: 'int',
    isOf: ({ table, priority, match, actions }) =>
      (table === 0 && priority === 8 && /^in_port=\d+$/.test(match) && actions === 'goto_table:30') ||
      (table === 0 && (priority === 10 || priority === 11) && has(match, 'arp', 'dl_vlan', 'arp_spa')) ||
      (table === 30 && priority === 10 && has(match, 'in_port') && /reg6/i.test(actions)) ||
      (table === 31 && priority > 0 && (has(match, 'reg6') || /reg6/i.test(actions))),
  },
  {
    // `l2/extensions/metadata/metadata_flows_process.py: add_flow_int_br_egress_direct, add_flow_int_br_ingress_output`.
    reason: 'the metadata path extension made this flow',
    on: 'int',
    isOf: ({ table, priority, match }) =>
      priority === 200 &&
      ((table === 0 && has(match, 'ip', 'in_port') && METADATA_IP.test(match)) ||
        (table === 60 && has(match, 'arp', 'in_port', 'arp_tpa', 'arp_op'))),
  },
  {
    // `metadata_flows_process.py: metadata_path_defaults, add_flow_snat_br_meta, add_flow_ingress_dnat_direct_to_int_br`.
    reason: 'the metadata path extension made this flow',
    on: 'physical',
    isOf: ({ table, priority, match, actions }) =>
      METADATA_TABLES.includes(table) ||
      (table === 0 && priority === 201 && has(match, 'in_port') && /goto_table:(80|90|91)$/.test(actions)),
  },
  {
    // `ovs_neutron_agent.py: setup_arp_spoofing_protection` of Kilo, where the option is off unless somebody turns it on.
    reason: 'the option prevent_arp_spoofing of an agent of Kilo made this flow',
    on: 'int',
    isOf: ({ table, priority, match }) =>
      match.includes('arp_op=2') &&
      ((table === 24 && (priority === 2 || priority === 1)) ||
        (table === 0 && priority === 10 && /^arp,in_port=\d+,arp_op=2$/.test(match))),
  },
];

/** Which of them made a flow, as a sentence; `undefined`: none of them. */
export const extensionOf = (flow: Flow, on: Side): string | undefined =>
  APART.find((entry) => entry.on === on && entry.isOf(flow))?.reason;
