/** Ports of the topology: those of `ports.json` that are no part of a router and no placeholder of a floating IP. */

import { DEVICE_OWNER } from '../../shared/neutron.ts';
import { pointer } from '../../shared/problem.ts';
import type { Network, Port } from '../../shared/topology/types.ts';
import { addressOrPrefix, byText, flag, has, mac, part, parts, text, uuid, type Item } from './answers.ts';
import { dashed, namingAddress, uniqueNames } from './names.ts';
import { fixedIpOf, given, type Networks } from './networks.ts';

/** What ports are made from. */
export interface PortSources {
  ports: Item[];
  networks: Networks;
  routerNameById: Map<string, string>;
  hostOf: (port: Item) => string | undefined;
  notes: string[];
}

/** The ports in the order of their names, and their names by id. */
export function importPorts(sources: PortSources): { ports: Port[]; nameById: Map<string, string> } {
  const usable = sources.ports.flatMap((item) => {
    const network = sources.networks.networkById.get(uuid(item, 'network_id') ?? '');
    if (network) return [{ item, network }];
    sources.notes.push(`${item.where}: port ${item.id} is on no network of networks.json, left out`);
    return [];
  });
  const nameById = uniqueNames(
    usable.map(({ item, network }) => ({
      id: item.id,
      own: text(item, 'name'),
      derived: portName(sources, item, network),
    })),
  );
  const ports = usable.map(({ item, network }) => portOf(sources, item, network, nameById.get(item.id)!));
  return { ports: ports.toSorted((a, b) => byText(a.name, b.name)), nameById };
}

function portOf({ networks, hostOf }: PortSources, item: Item, network: Network, name: string): Port {
  return {
    name,
    pointer: pointer('ports', name),
    id: item.id,
    network: network.name,
    ...given('node', hostOf(item)),
    ...given('migrating_to', migratingTo(item, hostOf(item))),
    ...given('mac_address', mac(item, 'mac_address')),
    fixed_ips: parts(item, 'fixed_ips').flatMap((ip) => fixedIpOf(ip, network, networks) ?? []),
    device_owner: text(item, 'device_owner') ?? '',
    ...given('device_id', text(item, 'device_id')),
    ...given('status', text(item, 'status')),
    allowed_address_pairs: parts(item, 'allowed_address_pairs').flatMap(addressPairOf),
    ...given('port_security_enabled', flag(item, 'port_security_enabled')),
    ...given('admin_state_up', flag(item, 'admin_state_up') === false ? false : undefined),
    ...given('vnic_type', vnicTypeOf(item)),
  };
}

/** Nova leaves the profile of a VM that has arrived as it is until it is done (`migrating_to` is then the port's own node). */
export function migratingTo(item: Item, host: string | undefined): string | undefined {
  const profile = part(item, 'binding:profile');
  const next = profile && text(profile, 'migrating_to');
  return host === undefined || next === host ? undefined : next;
}

/** Nearly all ports are `normal`, which goes without saying. */
const vnicTypeOf = (item: Item): string | undefined => {
  const type = text(item, 'binding:vnic_type');
  return type === 'normal' ? undefined : type;
};

/** An address or a prefix; Neutron fills in the MAC of the port where the user gave none (`db/allowedaddresspairs_db.py`). */
function addressPairOf(item: Item): Port['allowed_address_pairs'] {
  const ip_address = addressOrPrefix(item, 'ip_address');
  if (ip_address !== undefined) return [{ ip_address, ...given('mac_address', mac(item, 'mac_address')) }];
  if (!has(item, 'ip_address')) item.notes.push(`${item.where}: no ip_address, left out`);
  return [];
}

/** The part of a name that tells the device behind a port, by its owner (`lib: constants.py: DEVICE_OWNER_*`). */
function portName({ hostOf, routerNameById }: PortSources, item: Item, network: Network): string {
  const owner = text(item, 'device_owner') ?? '';
  const at = [hostOf(item)].flatMap((host) => (host === undefined ? [] : [`-${host}`])).join('');
  if (owner === DEVICE_OWNER.dhcp) return `dhcp-${network.name}${at}`;
  if (owner === DEVICE_OWNER.agentGateway) return `fg-${network.name}${at}`;
  if (owner === DEVICE_OWNER.ha) return `ha-${routerNameById.get(text(item, 'device_id') ?? '') ?? network.name}${at}`;
  const ip = namingAddress(parts(item, 'fixed_ips').flatMap((fixedIp) => text(fixedIp, 'ip_address') ?? []));
  return `${kindOf(owner)}-${ip === undefined ? item.id.slice(0, 11) : dashed(ip)}`;
}

const KIND_BY_OWNER: readonly (readonly [prefix: string, kind: string])[] = [
  ['compute:', 'vm'],
  ['baremetal:', 'baremetal'],
  ['trunk:subport', 'subport'],
  ['neutron:LOADBALANCER', 'lb'],
  ['Octavia', 'lb'],
];

const kindOf = (owner: string): string => KIND_BY_OWNER.find(([start]) => owner.startsWith(start))?.[1] ?? 'port';
