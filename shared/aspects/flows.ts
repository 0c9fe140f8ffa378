/** `ovs-ofctl dump-flows`: what the bridges do with frames. Expected ones are made in `shared/ovs/`. */
import { apartReason } from '../ovs/apart.ts';
import { flowOfLine } from '../ovs/flowText.ts';
import { STALE_NAMESPACE, isArpLeak, isPortLeak, isStaleFlow } from '../ovs/leftovers.ts';
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
    isStaleFlow(flow, expected, live)
      ? STALE_NAMESPACE
      : isLeak(flow)
        ? 'leaked-dvr-flow'
        : isPortLeak(flow, live)
          ? 'leaked-port-flow'
          : isArpLeak(flow, live)
            ? 'leaked-arp-flow'
            : undefined,
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

/** Bridges of which something is expected: those that Neutron manages. */
function dynamicReason(flow: Flow, expected: readonly Flow[]): string | undefined {
  const managed = bridgesOf.get(expected) ?? new Set(expected.map(({ bridge }) => bridge));
  bridgesOf.set(expected, managed);
  return apartReason(flow, managed);
}

const bridgesOf = new WeakMap<readonly Flow[], ReadonlySet<string>>();

/** What `br_int.py: delete_dvr_dst_mac_for_arp` leaves: it deletes with the id of another table. */
const isLeak = ({ bridge, table, priority, match, actions }: Flow): boolean =>
  bridge === 'br-int' &&
  (table === 3 || table === 4) &&
  priority === 5 &&
  /^dl_vlan=\d+,dl_dst=/.test(match) &&
  /^set_field:[0-9a-f:]{17}->eth_dst,pop_vlan,output:\d+$/.test(actions);
