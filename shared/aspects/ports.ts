/** `ovs-vsctl list Port`, `list Interface`: what is plugged into the bridges. Expected ones are made in `shared/ovs/`. */
import { STALE_NAMESPACE, isIdleTunnel, isStalePort } from '../ovs/leftovers.ts';
import { isTrunkBridge } from '../ovs/names.ts';
import type { OvsPort } from '../state.ts';
import type { NodeAspect, Parsed } from './aspect.ts';

/** The keys that Neutron sets, in the order they are shown. Others are for statistics, or somebody else's. */
export const PORT_KEYS = {
  /** `agent/linux/interface.py: _ovs_add_port`. */
  external_ids: ['iface-id', 'attached-mac', 'iface-status'],
  /** `ovs_neutron_agent.py: port_bound`. */
  other_config: ['net_uuid', 'network_type', 'physical_network', 'segmentation_id', 'tag'],
  /** `agent/common/ovs_lib.py: add_tunnel_port, add_patch_port`. */
  options: ['peer', 'local_ip', 'remote_ip', 'in_key', 'out_key'],
} as const;

const COLUMNS = ['external_ids', 'other_config', 'options'] as const;

export const ports: NodeAspect<OvsPort> = {
  name: 'ports',
  noun: 'ovs-port',
  title: 'ovs-vsctl list Port',
  parse: parsePorts,
  identities: [
    explain,
    ({ bridge, name }) => `${bridge} ${name}`,
    ({ name }) => name,
    ({ external_ids, name }) => external_ids['iface-id'] ?? name,
    ({ bridge, options, name }) => `${bridge} ${options['remote_ip'] ?? options['peer'] ?? name}`,
    ({ bridge, ofport, name }) => `${bridge} ${ofport ?? name}`,
  ],
  explain,
  alike: false,
  dynamic: (port, expected) => dynamicReason(port, expected),
  known: (port, expected, live) =>
    isStalePort(port, expected, live) ? STALE_NAMESPACE : isIdleTunnel(port, live) ? 'leaked-tunnel' : undefined,
  remove: ({ bridge, name }) => ['ovs-vsctl', 'del-port', bridge, name],
};

/** Words as `ovs-vsctl set` takes them. */
function explain(port: OvsPort): string {
  const maps = COLUMNS.flatMap((column) =>
    Object.entries(port[column]).map(([key, value]) => `${column}:${key}=${value}`),
  );
  return [
    port.bridge,
    port.name,
    ...(port.tag === undefined ? [] : [`tag=${port.tag}`]),
    ...(port.type === '' ? [] : [`type=${port.type}`]),
    ...(port.ofport === undefined ? [] : [`ofport=${port.ofport}`]),
    ...(port.fail_mode === undefined ? [] : [`fail_mode=${port.fail_mode}`]),
    ...maps,
  ].join(' ');
}

function parsePorts(text: string): Parsed<OvsPort> {
  const parsed: Parsed<OvsPort> = { items: [], problems: [] };
  for (const line of text.split('\n')) {
    const [bridge, name, ...words] = line.trim().split(/\s+/);
    if (!bridge) continue;
    const port: OvsPort = { bridge, name: name ?? '', type: '', external_ids: {}, other_config: {}, options: {} };
    if (name && words.every((word) => takeWord(port, word))) parsed.items.push(port);
    else parsed.problems.push(`not a port: ${line.slice(0, 200)}`);
  }
  return parsed;
}

function takeWord(port: OvsPort, word: string): boolean {
  const [, column, key, value] = /^([a-z_]+)(?::([^=]+))?=(.*)$/.exec(word) ?? [];
  const map = COLUMNS.find((name) => name === column);
  if (map && key !== undefined) port[map][key] = value!;
  else if (column === 'type' || column === 'fail_mode') port[column] = value!;
  else if ((column === 'tag' || column === 'ofport') && /^-?\d+$/.test(value!)) port[column] = Number(value);
  else return false;
  return true;
}

/** What is not of the agents: bridges of the host, and its own devices on a bridge that Neutron shares. */
function dynamicReason({ bridge, name, external_ids }: OvsPort, expected: readonly OvsPort[]): string | undefined {
  if (isTrunkBridge(bridge)) return 'the bridge of a trunk: its ports follow those of br-int';
  if (!expected.some((other) => other.bridge === bridge)) return 'Neutron does not manage this bridge';
  const isOwn =
    bridge === 'br-int' || bridge === 'br-tun' || name.startsWith('phy-') || external_ids['iface-id'] !== undefined;
  return isOwn || name === bridge ? undefined : 'a device of the host on a physical bridge';
}
