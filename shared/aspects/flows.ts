/** `ovs-ofctl dump-flows`: what the bridges do with frames. Expected ones are made in `shared/ovs/`. */
import { flowOfLine } from '../ovs/flowText.ts';
import { STALE_NAMESPACE, isStaleFlow } from '../ovs/leftovers.ts';
import type { Flow } from '../state.ts';
import type { NodeAspect, Parsed } from './aspect.ts';

const where = ({ bridge, table }: Flow): string => `${bridge} ${table}`;

export const flows: NodeAspect<Flow> = {
  name: 'flows',
  noun: 'flow',
  title: 'ovs-ofctl dump-flows',
  parse: (text) => parseFlows(text, ''),
  identities: [
    explain,
    (flow) => `${where(flow)} ${flow.priority} ${flow.match}`,
    (flow) => `${where(flow)} ${flow.match} ${flow.actions}`,
    (flow) => `${where(flow)} ${flow.priority} ${flow.actions}`,
    (flow) => `${flow.bridge} ${flow.priority} ${flow.match} ${flow.actions}`,
    (flow) => `${flow.table} ${flow.priority} ${flow.match} ${flow.actions}`,
  ],
  explain,
  alike: false,
  dynamic: (flow, expected) => dynamicReason(flow, expected),
  known: (flow, expected, live) =>
    isStaleFlow(flow, expected, live) ? STALE_NAMESPACE : isLeak(flow) ? 'leaked-dvr-flow' : undefined,
  repair: (flow) => ['ovs-ofctl', '-O', 'OpenFlow13', 'add-flow', flow.bridge, addText(flow)],
  remove: ({ bridge, table, priority, match }) => [
    'ovs-ofctl',
    '-O',
    'OpenFlow13',
    '--strict',
    'del-flows',
    bridge,
    [`table=${table}`, `priority=${priority}`, ...(match === '' ? [] : [match])].join(','),
  ],
};

/** As the tool prints it, with the bridge in front and without counters. */
function explain(flow: Flow): string {
  return `bridge=${flow.bridge}, cookie=${flow.cookie}, table=${flow.table}, ${rest(flow)} actions=${flow.actions}`;
}

const addText = (flow: Flow): string =>
  `cookie=${flow.cookie},table=${flow.table},${rest(flow).replaceAll(' ', '')},actions=${flow.actions}`;

function rest({ priority, match, idle_timeout, hard_timeout }: Flow): string {
  const timeouts = Object.entries({ idle_timeout, hard_timeout }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}, `],
  );
  return `${timeouts.join('')}priority=${priority}${match === '' ? '' : `,${match}`}`;
}

const HEADER = /^(OFPST|NXST|OFPT)_\w+ /;

/** A whole dump. Total: what is no flow becomes a problem. */
export function parseFlows(text: string, bridge: string, ofports: Readonly<Record<string, number>> = {}): Parsed<Flow> {
  const parsed: Parsed<Flow> = { items: [], problems: [] };
  for (const line of text.split('\n')) {
    if (line.trim() === '' || HEADER.test(line.trim())) continue;
    const flow = flowOfLine(line, bridge, ofports);
    if (flow) parsed.items.push(flow);
    else parsed.problems.push(`not a flow: ${line.slice(0, 200)}`);
  }
  return parsed;
}

/** Tables of `linux/openvswitch_firewall/constants.py` and of the DHCP extension (`lib: ovs_constants.py`). */
const FIREWALL_TABLES = new Set([71, 72, 73, 81, 82, 91, 92, 93, 94]);
const DHCP_TABLES = new Set([77, 78]);

/** Something beside the agent's own wiring made it; nothing in a topology tells of it. */
function dynamicReason(flow: Flow, expected: readonly Flow[]): string | undefined {
  const { bridge, table, priority, actions, match } = flow;
  if (!expected.some((other) => other.bridge === bridge)) return 'Neutron does not manage this bridge';
  if (table === 20 && priority === 1 && flow.hard_timeout)
    return 'the switch learned this flow from a frame; it ages out';
  if (bridge !== 'br-int') return undefined;
  if (
    FIREWALL_TABLES.has(table) ||
    (table === 60 && /(^|,)goto_table:(71|73|81)$/.test(actions) && actions.includes('reg5'))
  )
    return 'the openvswitch firewall made this flow';
  if (DHCP_TABLES.has(table) || (table === 60 && priority === 101 && /^goto_table:7[78]$/.test(actions)))
    return 'the DHCP extension made this flow';
  if ((table === 58 || table === 59) && /(^|,)meter:/.test(actions))
    return 'a QoS or rate limit extension made this flow';
  if (table === 0 && /(^|,)reg2=/.test(match) && match.includes('in_port='))
    return 'the QoS extension made this flow (DSCP mark)';
  return undefined;
}

/** What `br_int.py: delete_dvr_dst_mac_for_arp` leaves: it deletes with the id of another table. */
const isLeak = ({ bridge, table, priority, match, actions }: Flow): boolean =>
  bridge === 'br-int' &&
  (table === 3 || table === 4) &&
  priority === 5 &&
  /^dl_vlan=\d+,dl_dst=/.test(match) &&
  /^set_field:[0-9a-f:]{17}->eth_dst,pop_vlan,output:\d+$/.test(actions);
