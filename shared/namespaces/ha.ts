/**
 * What HA adds to a router's namespace: the `ha-` device, and that keepalived alone sets addresses and routes there.
 * `agent/l3/ha_router.py`, `dvr_edge_ha_router.py`, `agent/linux/keepalived.py`.
 */
import { HA_NET_CIDR, HA_VIP_CIDR, VR_ID_RANGE } from '../neutron.ts';
import { haPortsOf } from '../placement.ts';
import { pointer } from '../problem.ts';
import { isIpv4, subnetOf } from '../topology/relations.ts';
import type { Port, Router } from '../topology/types.ts';
import { type Choice, chosenOf } from './choice.ts';
import { type Context, agentsHave, deviceMtu, macOf, portDevice } from './devices.ts';
import { type Device, type HaFact, type HaRole, unknown } from './types.ts';

/**
 * Whether keepalived guards the router on a node that is bound to it: the server sent an HA port for that agent
 * (`agent.py: _create_router`). A topology without any HA port of the router is one that leaves them out.
 */
export function hasHaPort(context: Known, router: Router): boolean {
  if (!router.ha) return false;
  const ports = portsOf(context, router);
  return ports.length === 0 || ports.some((port) => port.node === context.node.name);
}

type Known = Pick<Context, 'lookup' | 'node' | 'allocations'>;

/** They name their router by its id, which the node may have told. */
const portsOf = ({ lookup, allocations }: Known, { id, name, pointer: at }: Router): Port[] =>
  haPortsOf(lookup.topology, { id: allocations.ids[at] ?? id, name });

/** The HA port of this node, when the topology has it. */
export const haPortOf = (context: Known, router: Router): Port | undefined =>
  portsOf(context, router).find((port) => port.node === context.node.name);

/**
 * Whom the API calls active; `undefined`: it says nothing, or the router is not known to it. The gateway port is bound to the active
 * host (`db/l3_hamode_db.py: _update_router_port_bindings`), which decides where agents contradict each other or none says that it is active.
 */
function activeNodeOf({ l3_agents: agents = [], external_gateway: gateway }: Router): string | undefined {
  const active = agents.filter(({ ha_state }) => ha_state === 'active').map(({ node }) => node);
  if (active.length === 1) return active[0];
  return gateway?.node ?? active[0];
}

/** What the API says of this node; `undefined`: nothing. */
export function apiRoleOf({ node }: Pick<Context, 'node'>, router: Router): HaRole | undefined {
  const active = activeNodeOf(router);
  return active === undefined ? undefined : active === node.name ? 'active' : 'standby';
}

/** @returns undefined on a node that keepalived does not guard */
export function haFact(context: Context, router: Router): HaFact | undefined {
  if (!hasHaPort(context, router)) return undefined;
  const choice = context.allocations.ha[router.name];
  const role = choice?.role ?? apiRoleOf(context, router) ?? 'active';
  const protocol = agentsHave(context, 'keepalived_static') ? 'static' : 'keepalived';
  return {
    device: haDevice(context, router, role),
    role,
    ...(choice?.isRestarted && { isRestarted: true }),
    protocol,
    protocols: choice?.protocols ?? {},
  };
}

function haDevice(context: Context, router: Router, role: HaRole): Device {
  const { lookup, node, allocations } = context;
  const port = haPortOf(context, router);
  const key = port?.pointer ?? router.pointer + pointer('ha', node.name);
  const what = `HA port of ${router.name} on ${node.name}`;
  const known = (port?.fixed_ips ?? []).flatMap((fixed) => {
    const subnet = subnetOf(lookup, port!.network, fixed);
    return subnet && !isIpv4(subnet) ? [] : [`${fixed.ip_address}/${(subnet?.cidr ?? HA_NET_CIDR).split('/')[1]}`];
  });
  const own = known.length > 0 ? known : [allocations.addresses[key] ?? `${unknown(`address of the ${what}`)}/18`];
  const virtual = virtualAddress(allocations.ha[router.name]?.vrid ?? VR_ID_RANGE.first);
  return {
    kind: 'ha',
    ifname: portDevice(context, 'ha', key, port?.id, what),
    mac: macOf(context, key, port?.mac_address, what),
    // Of a port that the topology leaves out the node tells the MTU of its network.
    mtu: port
      ? deviceMtu(context, lookup.network.get(port.network))
      : (allocations.haMtu ?? deviceMtu(context, undefined)),
    ...(port ? { network: port.network } : {}),
    addresses: role === 'active' ? [...own, virtual] : own,
    plain: [virtual],
    key,
    within: [HA_NET_CIDR],
    because: {
      pointer: port?.pointer ?? router.pointer,
      sentence: `${node.name} is one of the nodes that ${router.name} may be active on; here it is ${role}`,
      neutron: 'ha_router.py: ha_network_added',
    },
  };
}

/** `keepalived.py: KeepalivedInstance.get_primary_vip`. */
export const virtualAddress = (vrid: number): string =>
  `${HA_VIP_CIDR.slice(0, HA_VIP_CIDR.lastIndexOf('.'))}.${vrid}/24`;

/**
 * A device whose addresses keepalived sets: none on the standby. It sets no broadcast address; one that is there all the same was
 * there before (a floating IP that the agent added).
 */
export function guarded(context: Context, router: Router, ha: HaFact | undefined, device: Device): Device {
  if (!ha) return device;
  const kept = context.allocations.ha[router.name]?.broadcasts ?? [];
  return {
    ...device,
    plain: device.addresses.filter((address) => !kept.includes(address)),
    ...(ha.role === 'standby' ? { silent: true as const } : {}),
    ...(ha.role === 'standby' && device.kind === 'qg' && isGatewayDown(context) ? { isDown: true as const } : {}),
  };
}

/** `ha_router.py: external_gateway_link_up`, in some releases. */
const isGatewayDown = (context: Context): boolean =>
  agentsHave(context, 'ha_gateway_down') && !agentsHave(context, 'ha_gateway_up');

/**
 * DVR with HA has its snat namespace before the router has a gateway, with no table in it; what an earlier gateway left there stays
 * (`dvr_edge_router.py: _create_dvr_gateway, _external_gateway_removed`).
 */
export const tablesChoice = ({ pointer: at }: Pick<Router, 'pointer'>): Choice => ({
  key: `${at} tables without gateway`,
  candidates: ['left'],
  none: true,
});

export const hasLeftTables = ({ allocations }: Pick<Context, 'allocations'>, router: Router): boolean =>
  chosenOf(allocations, tablesChoice(router), []).length > 0;
