/** The bridges of a recorded node, made again in an Open vSwitch of the test's own. */
import { flowOfLine } from '../../shared/ovs/flowText.ts';
import type { NodeState } from '../../shared/state.ts';
import { parseSnapshot } from '../../shared/snapshot.ts';
import { type LearnedMac, type Switch, switchOf } from '../../shared/openflow/switch.ts';
import { type ScenarioName, liveState, snapshotText } from '../support/recordings.ts';
import type { OpenVswitch } from './openVswitch.ts';

export interface JudgedNode {
  name: string;
  state: NodeState;
  /** The same as our engine sees it; each flow has a cookie of its own. */
  of: Switch;
  macs: readonly LearnedMac[];
  /** Recorded lines with those cookies, by bridge: what the switch is given, in its own words. */
  lines: ReadonlyMap<string, string[]>;
}

/** The bridge through which tunnels leave. */
const UNDERLAY = 'br-under';
export const UNDERLAY_COOKIE = 0xff_ffff;

/** @param macs what the bridges are to have learned; none: empty tables */
export function judgedNode(
  scenario: ScenarioName,
  node: string,
  macsOf: (state: NodeState) => LearnedMac[],
): JudgedNode {
  const state = liveState(scenario, node);
  const lines = new Map<string, string[]>();
  const flows: NonNullable<NodeState['flows']> = [];
  for (const { command, stdout } of parseSnapshot(snapshotText(scenario, node)).sections) {
    const bridge = /^ovs-ofctl .*dump-flows (\S+)$/.exec(command)?.[1];
    if (bridge === undefined || lines.has(bridge)) continue;
    const given: string[] = [];
    lines.set(bridge, given);
    const ofports = state.bridges?.find(({ name }) => name === bridge)?.ofports;
    for (const line of stdout.split('\n')) {
      const cookie = `cookie=0x${(flows.length + 1).toString(16)}`;
      const text = line.trim().replace(/^cookie=0x[0-9a-f]+/, cookie);
      const flow = flowOfLine(text, bridge, ofports);
      if (!flow) continue;
      flows.push(flow);
      given.push(text);
    }
  }
  const own = { ...state, flows };
  const macs = macsOf(own).filter(({ bridge }) => lines.has(bridge));
  return { name: `${scenario}/${node}`, state: own, of: switchOf(own, { macs }), macs, lines };
}

/** Takes away what was there, and makes the node's bridges, ports and flows. */
export async function loadNode(ovs: OpenVswitch, node: JudgedNode, groups: readonly string[] = []): Promise<void> {
  const old = ovs.vsctl(['list-br']).split('\n').filter(Boolean);
  if (old.length > 0) ovs.vsctl(old.flatMap((bridge) => ['--', 'del-br', bridge]).slice(1));
  ovs.vsctl([...addBridge(UNDERLAY), ...addPort(UNDERLAY, 'u0', 1, ['type=dummy']), ...bridgesOf(node)].slice(1));
  ovs.addFlows(UNDERLAY, `cookie=0x${UNDERLAY_COOKIE.toString(16)},actions=output:1\n`);
  const remotes = new Set((node.state.ports ?? []).flatMap(({ options }) => options['remote_ip'] ?? []));
  const local = node.state.ports?.find(({ options }) => options['local_ip'])?.options['local_ip'];
  if (local !== undefined) {
    await ovs.appctl('netdev-dummy/ip4addr', UNDERLAY, `${local}/16`);
    await ovs.appctl('ovs/route/add', `${local.replace(/\.\d+\.\d+$/, '.0.0')}/16`, UNDERLAY);
    for (const remote of remotes) await ovs.appctl('tnl/neigh/set', UNDERLAY, remote, 'aa:aa:aa:aa:aa:aa');
  }
  for (const bridge of groups.length > 0 ? node.lines.keys() : []) ovs.addGroups(bridge, `${groups.join('\n')}\n`);
  for (const [bridge, lines] of node.lines) ovs.addFlows(bridge, `${lines.join('\n')}\n`);
  for (const { bridge, port, vlan, mac } of node.macs) {
    const { name } = node.of.bridges.get(bridge)!.ports.get(port)!;
    await ovs.appctl('fdb/add', bridge, givenName(node, bridge, name), String(vlan), mac);
  }
}

/** The dummy datapath takes a port's number from its name: devices are called by one that is free. */
function givenName({ of, state, lines }: JudgedNode, bridge: string, name: string): string {
  const port = state.ports?.find((each) => each.bridge === bridge && each.name === name);
  if (name === bridge || VIRTUAL.has(port?.type ?? '')) return name;
  const at = [...lines.keys()].indexOf(bridge);
  return `p${1000 * (at + 1) + [...of.bridges.get(bridge)!.ports.values()].findIndex((each) => each.name === name)}`;
}

const VIRTUAL = new Set(['patch', 'vxlan', 'gre', 'geneve']);

function bridgesOf(node: JudgedNode): string[] {
  const { of, state, lines } = node;
  return [...lines.keys()].flatMap((bridge) => {
    const ports = [...(of.bridges.get(bridge)?.ports.values() ?? [])].filter(({ name }) => name !== bridge);
    return [
      ...addBridge(bridge),
      ...ports.flatMap(({ name, ofport }) => {
        const port = state.ports?.find((each) => each.bridge === bridge && each.name === name);
        // An address of its own would have to be one of this machine's.
        const options = Object.entries(port?.options ?? {})
          .filter(([key]) => key !== 'local_ip')
          .map(([key, value]) => `options:${key}=${value}`);
        const settings = VIRTUAL.has(port?.type ?? '') ? [`type=${port!.type}`, ...options] : ['type=dummy'];
        return addPort(bridge, givenName(node, bridge, name), ofport, settings, port?.tag);
      }),
    ];
  });
}

const addBridge = (bridge: string): string[] =>
  ['--', 'add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow10,OpenFlow13']; // prettier-ignore

const addPort = (bridge: string, name: string, ofport: number, settings: readonly string[], tag?: number): string[] =>
  ['--', 'add-port', bridge, name, ...(tag === undefined ? [] : [`tag=${tag}`]), '--', 'set', 'interface', name, `ofport_request=${ofport}`, ...settings]; // prettier-ignore

/** Number on the datapath → bridge and number there (`dpif/show`). */
export async function datapathPorts(ovs: OpenVswitch): Promise<Map<number, string>> {
  const ports = new Map<number, string>();
  let bridge = '';
  for (const line of (await ovs.appctl('dpif/show')).split('\n')) {
    bridge = /^ {2}(\S+):$/.exec(line)?.[1] ?? bridge;
    const [, ofport, datapath] = /^ {4}\S+ (\d+)\/(\d+):/.exec(line) ?? [];
    if (datapath !== undefined && bridge !== UNDERLAY) ports.set(Number(datapath), `${bridge} ${ofport}`);
  }
  return ports;
}

/** `vxlan 10.251.0.12` of a port that is a tunnel. */
export function tunnelOf({ of, state }: JudgedNode, bridge: string, number: number): string | undefined {
  const name = of.bridges.get(bridge)?.ports.get(number)?.name;
  const port = state.ports?.find((each) => each.bridge === bridge && each.name === name);
  return port?.options['remote_ip'] === undefined ? undefined : `${port.type} ${port.options['remote_ip']}`;
}
