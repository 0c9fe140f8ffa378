/**
 * What the agents and the cloud chose, read back from a node's live state. Where several things tell the same number
 * (device, rule, route, state file) the most frequent value stands, so that one altered item is one difference.
 * Values outside their range, or used twice, are not taken: then what holds them differs from what is expected.
 */
import { type Allocations, defaultAllocations } from './allocations.ts';
import { namespacesOf } from './expect.ts';
import { contains, ipv4Text, ipv4Value } from './ip.ts';
import { type Device, type Namespace, type QrouterNamespace, devicesOf, isUnknown } from './namespaces/types.ts';
import { DEV_PREFIX, FIP_PR_END, FIP_PR_START, FIP_RT_TBL, NS_PREFIX } from './neutron.ts';
import { readKeepalived } from './keepalived/read.ts';
import { readOldRoutes } from './readOldRoutes.ts';
import { readBareTables } from './readBareTables.ts';
import { readAbsentRouters, readBackports } from './readBackports.ts';
import { readForms } from './readForms.ts';
import { elect, readChoices, readSilentNames } from './readHa.ts';
import { readIds } from './readIds.ts';
import { readIpv6, readIpv6Gateway, readLearned, readScopeMarks } from './readIpv6.ts';
import { readMacs } from './readMacs.ts';
import { readMigration } from './readMigration.ts';
import { readOnlink } from './readOnlink.ts';
import { readOvsAllocations } from './ovs/read.ts';
import { readRelease } from './readRelease.ts';
import { snatIndex } from './snatIndex.ts';
import type { NamespaceState, NodeState } from './state.ts';
import { relationsOf } from './topology/relations.ts';
import type { Topology } from './topology/types.ts';
import { releaseOfVersion } from './versions.ts';

export function readAllocations(topology: Topology, nodeName: string, live: NodeState): Allocations {
  const allocations = defaultAllocations(topology, nodeName);
  readIds(topology, live, allocations);
  const release = topology.release === undefined ? (releaseOfVersion(live.neutron) ?? readRelease(live)) : undefined;
  if (release !== undefined) allocations.release = release;
  readAbsentRouters(topology, nodeName, live, allocations);
  // Names first: they decide in which namespace and device all else is looked for.
  for (const namespace of namespacesOf(topology, nodeName, allocations)) {
    const state = live.namespaces[namespace.name];
    if (state) readDevices(namespace, state, allocations);
  }
  readMigration(topology, namespacesOf(topology, nodeName, allocations), live, allocations);
  for (const namespace of namespacesOf(topology, nodeName, allocations))
    readChoices(topology, namespace, live, allocations);
  readBackports(topology, namespacesOf(topology, nodeName, allocations), live, allocations);
  const namespaces = namespacesOf(topology, nodeName, allocations);
  readSilentNames(topology, namespaces, live, allocations);
  readIpv6(live, allocations);
  readIpv6Gateway(namespaces, live, allocations);
  for (const namespace of namespaces) readLearned(namespace, live, allocations);
  readScopeMarks(namespaces, live, { lookup: relationsOf(topology), allocations });
  readLinkLocals(namespaces, live, allocations);
  readPriorities(namespaces, live, allocations);
  readMacs(namespacesOf(topology, nodeName, allocations), live, allocations);
  for (const namespace of namespacesOf(topology, nodeName, allocations))
    readForms(namespace, live.namespaces[namespace.name] ?? {}, allocations);
  readOnlink(namespaces, live, allocations);
  const settled = namespacesOf(topology, nodeName, allocations);
  readBareTables(settled, live, allocations);
  readOldRoutes(settled, live, allocations);
  readKeepalivedFiles(topology, nodeName, live, allocations);
  readOvsAllocations(
    { lookup: relationsOf(topology), node: relationsOf(topology).node.get(nodeName), allocations },
    namespacesOf(topology, nodeName, allocations),
    live,
  );
  return allocations;
}

function readKeepalivedFiles(topology: Topology, nodeName: string, live: NodeState, allocations: Allocations): void {
  const lookup = relationsOf(topology);
  const node = lookup.node.get(nodeName);
  if (node && topology.routers.some(({ ha }) => ha))
    readKeepalived({ lookup, node, allocations }, namespacesOf(topology, nodeName, allocations), live);
}

/** Names and addresses of devices that the topology leaves out. */
function readDevices(namespace: Namespace, state: NamespaceState, allocations: Allocations): void {
  for (const device of devicesOf(namespace)) {
    if (device.kind === 'rfp' || device.kind === 'fpr') continue;
    const found = liveAddressOf(device, state);
    if (!found) continue;
    if (isUnknown(device.ifname)) allocations.ids[device.key] = found.ifname.slice(DEV_PREFIX[device.kind].length);
    for (const { key, within } of openOf(device)) {
      const own = state.addresses?.find(
        (a) => a.ifname === found.ifname && within.some((cidr) => contains(cidr, a.local)),
      );
      if (own) allocations.addresses[key] = `${own.local}/${own.prefixlen}`;
    }
  }
  if (namespace.kind === 'qrouter') readRedirects(namespace, state, allocations);
}

const openOf = ({ open, addresses, key, within }: Device) =>
  open ?? (addresses.some(isUnknown) ? [{ key, within }] : []);

function liveAddressOf({ kind, ifname, addresses: own4, addresses6 = [], within }: Device, state: NamespaceState) {
  const addresses = [...own4, ...addresses6];
  return state.addresses?.find((address) => {
    const named = isUnknown(ifname) ? address.ifname.startsWith(DEV_PREFIX[kind]) : address.ifname === ifname;
    if (!named) return false;
    const text = `${address.local}/${address.prefixlen}`;
    return (
      addresses.some((own) => !isUnknown(own) && own === text) ||
      // Of an HA device the virtual address is known beforehand, its own is not.
      ((kind === 'ha' ? addresses.some(isUnknown) : addresses.every(isUnknown)) &&
        within.some((cidr) => contains(cidr, address.local)))
    );
  });
}

/** On nodes without the SNAT role only the redirect tables tell the address of the SNAT port. */
function readRedirects({ interfaces }: QrouterNamespace, state: NamespaceState, allocations: Allocations): void {
  for (const { redirects } of interfaces) {
    const gateways = redirects.map(({ family, address }) => {
      const table = String(snatIndex(address));
      return state.routes?.find((route) => route.family === family && route.table === table && route.dst === 'default')
        ?.gateway;
    });
    for (const [i, { address, gateway, key }] of redirects.entries()) {
      const found = gateways[i];
      if (isUnknown(gateway) && found !== undefined && contains(address, found))
        allocations.addresses[key] = `${found}/${address.split('/')[1]}`;
    }
    const choice = redirects[0]?.choice;
    const chosen = choice && elect(gateways.filter((g) => g !== undefined && choice.candidates.includes(g)));
    if (choice && chosen !== undefined) allocations.addresses[choice.key] = chosen;
  }
}

function readLinkLocals(namespaces: Namespace[], live: NodeState, allocations: Allocations): void {
  // Each external network has an allocator of its own, so two of them may have given the same pair.
  const used = new Set<string>();
  for (const namespace of namespaces) {
    if (namespace.kind !== 'qrouter' || !namespace.fipLink) continue;
    const { within } = namespace.fipLink.rfp;
    const chosen = elect(linkLocalVotes(namespace, live).map((value) => validLinkLocal(value, within)));
    const place = `${namespace.router.external_gateway!.network} ${chosen}`;
    if (chosen === undefined || used.has(place)) continue;
    used.add(place);
    allocations.linkLocals[namespace.router.name] = chosen;
  }
}

/** Everything on the node that tells the even address of a router's pair. */
function linkLocalVotes({ name, fipLink }: QrouterNamespace, live: NodeState): (number | undefined)[] {
  const { rfp, fpr } = fipLink!;
  const qrouter = live.namespaces[name] ?? {};
  const value = (text: string | undefined, offset: number) => {
    const number = text === undefined ? undefined : ipv4Value(text);
    return number === undefined ? undefined : number - offset;
  };
  // After a restart that found another pair in the state file both are there: all that tell one of them vote.
  const addresses = (state: NamespaceState, ifname: string) =>
    (state.addresses ?? []).filter((a) => a.ifname === ifname && a.family === 'inet').map(({ local }) => local);
  const fips = Object.entries(live.namespaces).flatMap(([other, state]) =>
    other.startsWith(NS_PREFIX.fip) ? [state] : [],
  );
  const line = live.allocations?.find(({ file, key }) => file === 'fip-linklocal-networks' && name.endsWith(key));
  return [
    ...addresses(qrouter, rfp.ifname).map((local) => value(local, 0)),
    value(qrouter.routes?.find((route) => route.table === String(FIP_RT_TBL) && route.dst === 'default')?.gateway, 1),
    value(line?.value.split('/')[0], 0),
    ...fips.flatMap((fip) => [
      ...addresses(fip, fpr.ifname).map((local) => value(local, 1)),
      ...(fip.rules ?? []).flatMap((rule) => (rule.iif === fpr.ifname ? [rule.priority - 1] : [])),
    ]),
  ];
}

function validLinkLocal(value: number | undefined, ranges: readonly string[]): string | undefined {
  if (value === undefined || value % 2 !== 0 || value < 0 || value > 0xffffffff) return undefined;
  const text = ipv4Text(value);
  return ranges.some((range) => contains(range, text)) ? text : undefined;
}

/**
 * The state file is the agent's own word; without it the rule counts. But with several external networks the file may be another
 * allocator's word, and then only a rule confirms it.
 */
function readPriorities(namespaces: Namespace[], live: NodeState, allocations: Allocations): void {
  const used = new Set<string>();
  const isShared = namespaces.filter(({ kind }) => kind === 'fip').length > 1;
  for (const namespace of namespaces) {
    if (namespace.kind !== 'qrouter') continue;
    const network = namespace.router.external_gateway?.network;
    const rules = live.namespaces[namespace.name]?.rules ?? [];
    for (const { floating_ip_address: floating, fixed_ip_address: fixed } of [
      ...namespace.floatingIps,
      ...namespace.centralFloatingIps,
    ]) {
      const line = live.allocations?.find(({ file, key }) => file === 'fip-priorities' && key === floating);
      const own = rules.filter(({ src, table }) => src === fixed && table === String(FIP_RT_TBL));
      const written = line && /^\d+$/.test(line.value) ? Number(line.value) : undefined;
      const isConfirmed = own.length === 0 || own.some(({ priority }) => priority === written);
      const candidates = [isShared && !isConfirmed ? undefined : written, own[0]?.priority];
      const isFree = (p: number) => p >= FIP_PR_START && p < FIP_PR_END && !used.has(`${network} ${p}`);
      const chosen = candidates.find((p) => p !== undefined && isFree(p));
      if (chosen === undefined) continue;
      used.add(`${network} ${chosen}`);
      allocations.fipPriorities[floating] = chosen;
    }
  }
}
