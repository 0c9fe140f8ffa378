/** `keepalived.conf` as the L3 agent writes it for an HA router, on the active node and on standbys alike. `agent/linux/keepalived.py`. */
import type { Allocations } from '../allocations.ts';
import { gapFor } from '../gaps.ts';
import { isMac, linkLocalOf } from '../ip.ts';
import { type Context, agentsHave, externalDevice, fullId, qrDevice } from '../namespaces/devices.ts';
import { virtualAddress } from '../namespaces/ha.ts';
import { outsideOf } from '../namespaces/outside.ts';
import { portsOf } from '../namespaces/qrouter.ts';
import { type Device, type HaFact, type Namespace, type SnatNamespace, unknown } from '../namespaces/types.ts';
import { VR_ID_RANGE } from '../neutron.ts';
import type { Because, Gap, KeepalivedLine, NodeState } from '../state.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Router, Topology } from '../topology/types.ts';
import { ADVERT_INT, HEALTH_CHECK, type KeepalivedChoice, NO_FILE } from './choice.ts';
import { HIDDEN } from './file.ts';

/** A line with its reason, or a block of them. */
interface Written {
  line: string;
  because: Because;
  inside?: Written[];
}

/** Of a whole node; absent where a gap says that it is not known. */
export function expectKeepalived(
  topology: Topology,
  nodeName: string,
  allocations: Allocations,
  namespaces: readonly Namespace[],
  gaps: readonly Gap[],
): Pick<NodeState, 'keepalived'> {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  if (gapFor(gaps, '-', 'keepalived')) return {};
  const context = node && { lookup, node, allocations };
  return { keepalived: context ? namespaces.flatMap((namespace) => keepalivedLines(context, namespace)) : [] };
}

/** @returns none for a namespace that keepalived does not guard */
function keepalivedLines(context: Context, namespace: Namespace): KeepalivedLine[] {
  if (namespace.kind !== 'snat' || !namespace.ha) return [];
  const { router, ha } = namespace;
  const id = fullId(context, router.pointer, router.id);
  if (id === undefined) return [];
  const choice = context.allocations.keepalived?.[router.name] ?? {};
  if (choice.isAbsent) return [{ router: id, blocks: '', line: NO_FILE, because: ha.device.because }];
  const written = [
    ...(agentsHave(context, 'keepalived_global_defs') ? [globals(ha)] : []),
    ...(choice.healthCheck ? [healthCheck(context, namespace, choice.healthCheck)] : []),
    instance(context, namespace, ha, choice),
  ];
  return flatten(id, '', written);
}

const flatten = (router: string, blocks: string, written: readonly Written[]): KeepalivedLine[] =>
  written.flatMap(({ line, because, inside }) => {
    const own = { router, blocks, line, because };
    const inner = blocks === '' ? line.split(' ')[0]! : `${blocks} / ${line.split(' ')[0]}`;
    return inside ? [{ ...own, line: `${line} {` }, ...flatten(router, inner, inside)] : [own];
  });

function globals({ device: { because } }: HaFact): Written {
  const neutron = 'keepalived.py: KeepalivedConf.build_config';
  const told = { ...because, neutron };
  return {
    line: 'global_defs',
    because: told,
    inside: [
      { line: 'notification_email_from neutron@openstack.local', because: told },
      { line: 'router_id neutron', because: told },
    ],
  };
}

const vridOf = ({ allocations }: Context, router: Router): number =>
  allocations.ha[router.name]?.vrid ?? VR_ID_RANGE.first;

function healthCheck(
  context: Context,
  { router, ha }: SnatNamespace,
  { interval, script }: NonNullable<KeepalivedChoice['healthCheck']>,
): Written {
  const because = {
    ...ha!.device.because,
    sentence: `the agent has the option ha_vrrp_health_check_interval = ${interval}`,
    neutron: 'keepalived.py: KeepalivedTrackScript.build_config_preamble',
  };
  return {
    line: `vrrp_script ${HEALTH_CHECK}_${vridOf(context, router)}`,
    because,
    inside: [`script ${script}`, `interval ${interval}`, 'fall 2', 'rise 2'].map((line) => ({ line, because })),
  };
}

function instance(context: Context, namespace: SnatNamespace, ha: HaFact, choice: KeepalivedChoice): Written {
  const vrid = vridOf(context, namespace.router);
  const because = { ...ha.device.because, neutron: 'keepalived.py: KeepalivedInstance.build_config' };
  const plain = (line: string): Written => ({ line, because });
  const block = (line: string, inside: Written[]): Written[] => (inside.length > 0 ? [{ line, because, inside }] : []);
  const { ifname } = ha.device;
  const { gateways, others } = virtualRoutes(context, namespace, choice);
  const auth = choice.authType === undefined ? [] : [`auth_type ${choice.authType}`, `auth_pass ${HIDDEN}`];
  return {
    line: `vrrp_instance VR_${vrid}`,
    because,
    inside: [
      plain('state BACKUP'),
      plain(`interface ${ifname}`),
      plain(`virtual_router_id ${vrid}`),
      plain('priority 50'),
      plain('garp_master_delay 60'),
      plain('nopreempt'),
      plain(`advert_int ${choice.advertInt ?? ADVERT_INT}`),
      ...block('authentication', auth.map(plain)),
      ...block('track_interface', [plain(ifname)]),
      ...block('virtual_ipaddress', [plain(`${virtualAddress(vrid)} dev ${ifname}`)]),
      ...block('virtual_ipaddress_excluded', virtualAddresses(context, namespace, choice)),
      ...block('virtual_routes', [...gateways, ...others]),
      ...block('track_script', choice.healthCheck && gateways.length > 0 ? [plain(`${HEALTH_CHECK}_${vrid}`)] : []),
    ],
  };
}

const tracking = (context: Context, { noTrack }: KeepalivedChoice): string =>
  (noTrack ?? agentsHave(context, 'keepalived_no_track')) ? ' no_track' : '';

/** The devices whose addresses the file has: those that it guards, and inside ones that were updated since. */
function guardedDevices(context: Context, namespace: SnatNamespace, updated: readonly string[]): Device[] {
  return [
    ...namespace.sg,
    ...(namespace.qg ? [namespace.qg] : []),
    ...innerDevices(context, namespace).filter(({ ifname }) => updated.includes(ifname)),
  ];
}

/** The `qr-` devices of a distributed router: its addresses are not keepalived's, but an update puts them into the file. */
export const innerDevices = (context: Context, { router, legacy }: SnatNamespace): Device[] =>
  legacy ? [] : portsOf(context, router, ({ port_id }) => port_id).map((port) => qrDevice(context, router, port));

/** Addresses of one device as the file has them, the link-local one last. `ha_router.py: _add_vips, _disable_ipv6_addressing_on_interface`. */
export function virtualAddressesOf({ addresses, addresses6 = [], mac, ifname }: Device): string[] {
  const linkLocal = isMac(mac) ? linkLocalOf(mac) : unknown(`link-local address of ${ifname}`);
  const own = [...new Set([...addresses, ...addresses6])].map((address) => `${address} dev ${ifname}`);
  return [...own, `${linkLocal}/64 dev ${ifname} scope link`];
}

const virtualAddresses = (context: Context, namespace: SnatNamespace, choice: KeepalivedChoice): Written[] =>
  guardedDevices(context, namespace, choice.updated ?? []).flatMap((device) =>
    virtualAddressesOf(device).map((line) => ({
      line: line + tracking(context, choice),
      because: { ...(device.reasons?.[line.split(' ')[0]!] ?? device.because), neutron: 'ha_router.py: _add_vips' },
    })),
  );

/** `ha_router.py: _add_default_gw_virtual_route, _add_extra_subnet_onlink_routes, routes_updated`. */
function virtualRoutes(
  context: Context,
  { router }: SnatNamespace,
  choice: KeepalivedChoice,
): { gateways: Written[]; others: Written[] } {
  const isStatic = choice.isStatic ?? agentsHave(context, 'keepalived_static');
  const end = `${tracking(context, choice)}${isStatic ? ' protocol static' : ''}`;
  const extra = router.routes.map(({ destination, nexthop }): Written => ({
    line: `${destination} via ${nexthop}${end}`,
    because: {
      pointer: `${router.pointer}/routes`,
      sentence: `${router.name} has an extra route to ${destination} by ${nexthop}`,
      neutron: 'ha_router.py: routes_updated',
    },
  }));
  const { defaults, links, subnets } = outsideRoutes(context, router);
  const ended = (written: Written[]) => written.map(({ line, because }) => ({ line: line + end, because }));
  return { gateways: ended([...links, ...defaults]), others: [...extra, ...ended(subnets)] };
}

function outsideRoutes(
  context: Context,
  { external_gateway: gateway, name }: Router,
): { defaults: Written[]; links: Written[]; subnets: Written[] } {
  const network = gateway && context.lookup.network.get(gateway.network);
  if (!gateway || !network) return { defaults: [], links: [], subnets: [] };
  const because = { pointer: gateway.pointer, sentence: `${name} has a gateway`, neutron: '' };
  const port = { ...gateway, fixed_ips: gateway.external_fixed_ips };
  const qg = externalDevice(context, 'qg', port, network, because, `${name} on ${network.name}`);
  const { gateways, onlink } = outsideOf(context, network, qg, gateway.external_fixed_ips);
  const { ipv6Gateway } = context.allocations;
  const hasSix = gateways.some(({ address }) => address.includes(':'));
  const all = [...gateways, ...(ipv6Gateway === undefined || hasSix ? [] : [{ address: ipv6Gateway, because }])];
  const neutron = 'ha_router.py: _add_default_gw_virtual_route';
  const links = onlink.filter(({ dst }) => !dst.includes('/'));
  const subnets = onlink.filter(({ dst }) => dst.includes('/'));
  return {
    defaults: all.map(({ address, because: own }) => ({
      line: `${address.includes(':') ? '::/0' : '0.0.0.0/0'} via ${address} dev ${qg.ifname}`,
      because: { ...own, neutron },
    })),
    links: links.map(({ dst, because: own }) => ({
      line: `${dst} dev ${qg.ifname} scope link`,
      because: { ...own, neutron },
    })),
    subnets: subnets.map(({ dst, because: own }) => ({
      line: `${dst} dev ${qg.ifname} scope link`,
      because: { ...own, neutron: 'ha_router.py: _add_extra_subnet_onlink_routes' },
    })),
  };
}
