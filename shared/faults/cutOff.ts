/** Ports of br-int that the OVS agent left cut off, and how they are wired again. */
import { BR_INT } from '../ovs/names.ts';
import type { Flow, OvsPort } from '../state.ts';
import type { Case, Command, NodeView } from './fault.ts';
import { linesOf, together } from './lines.ts';

/** The port that a flow drops everything from. */
const droppedPort = ({ bridge, table, match, actions }: Flow): number | undefined => {
  const port = bridge === BR_INT && table === 0 && actions === 'drop' ? /^in_port=(\d+)$/.exec(match)?.[1] : undefined;
  return port === undefined ? undefined : Number(port);
};

/** `agent/common/ovs_lib.py`: the tag of ports that are not wired; today `lib: plugins/ml2/ovs_constants.py: DEAD_VLAN_TAG`. */
const DEAD_VLAN_TAG = 4095;

/** Ports of br-int that are cut off: on the dead VLAN, or everything from them is dropped. */
export function cutOff(view: NodeView, wants: (name: string) => boolean): Case[] {
  const tagged = linesOf(view, 'ports', 'different').filter(
    ({ found }) => found?.tag === DEAD_VLAN_TAG && wants(found.name),
  );
  const name = (port: number | undefined): string =>
    view.live.ports?.find(({ bridge, ofport }: OvsPort) => bridge === BR_INT && ofport === port)?.name ?? '';
  const drops = linesOf(view, 'flows', 'unexpected').filter(({ item }) => {
    const port = name(droppedPort(item));
    return port !== '' && wants(port);
  });
  const cut = [
    ...tagged.map((line) => ({ ...line, port: line.item.name })),
    ...drops.map((line) => ({ ...line, port: name(droppedPort(line.item)) })),
  ];
  return [...new Set(cut.map(({ port }) => port))].flatMap((own) => {
    const reason = view.expected.ports?.find((port) => port.bridge === BR_INT && port.name === own)?.because;
    return together(cut.filter(({ port }) => port === own)).map((found) => ({
      ...found,
      ...(reason && { about: [reason.pointer] }),
    }));
  });
}

/** The port back on its local VLAN, and no flow that drops. */
export const rewired = ({ lines }: Case): Command[] => [
  ...linesOf({ differences: lines }, 'ports').flatMap(({ wanted }) =>
    wanted?.tag === undefined ? [] : [{ namespace: '-', words: wiring(wanted.name, wanted.tag) }],
  ),
  ...linesOf({ differences: lines }, 'flows').flatMap(({ difference }) =>
    difference.repair.map((words) => ({ namespace: '-', words })),
  ),
];

/** The agent that cuts a port off also makes it a trunk of that VLAN alone (`agent/common/ovs_lib.py: _set_port_dead`). */
const wiring = (name: string, tag: number): string[] => [
  'ovs-vsctl', 'set', 'Port', name, `tag=${tag}`, '--', 'clear', 'Port', name, 'vlan_mode', 'trunks',
]; // prettier-ignore

/** What makes devices go that should not be there: nothing else is needed, the rest goes with them. */
export const unplugged = ({ lines }: Case): Command[] =>
  linesOf({ differences: lines }, 'links', 'unexpected').map(({ item }) => ({
    namespace: '-',
    words: ['ovs-vsctl', 'del-port', item.ifname],
  }));
