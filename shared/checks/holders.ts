/** Who has which address and MAC on which network: ports, the devices of routers, and floating IPs, in one list. */
import type { Pointer } from '../problem.ts';
import { DEVICE_OWNER, ROUTER_INTERFACE_OWNERS } from '../neutron.ts';
import { joined, keptGroups, keptList, remembered } from '../topology/kept.ts';
import type { Lookup } from '../topology/lookup.ts';
import { relationsOf } from '../topology/relations.ts';
import type { DevicePort, FloatingIp, Port, Router, RouterInterface, Topology } from '../topology/types.ts';

export interface Held {
  ip_address: string;
  subnet?: string;
  pointer: Pointer;
  at: 'key' | 'value';
}

export interface Holder {
  role: 'port' | 'interface' | 'snat' | 'gateway' | 'floating_ip';
  pointer: Pointer;
  /** Absent: not known. */
  network?: string;
  addresses: Held[];
  mac_address?: string;
  id?: string;
  router?: string;
  /** Of a port. */
  device_owner?: string;
}

/** In the order of router devices, ports, floating IPs; the same list as long as nobody has anything else. */
export function holders(topology: Topology): Holder[] {
  const { routers, networks, ports, floating_ips } = topology;
  const find = relationsOf(topology);
  const on = [networks];
  return all(
    ofRouters(routers, on, {
      make: (router) => [...gateway(router), ...router.interfaces.flatMap(devices(router, find))],
      on: () => on,
    }),
    ofPorts(ports, [], { make: ofPort, on: () => [] }),
    ofFloatingIps(floating_ips, [], { make: ofFloatingIp, on: () => [] }),
  );
}

const all = remembered((onRouters: Holder[][], onPorts: Holder[], onFloatingIps: Holder[]): Holder[] =>
  joined(onRouters).concat(onPorts, onFloatingIps),
);

/** Those of each network, by its name; one list is the same as long as nobody on that network has anything else. */
export const holdersByNetwork = (topology: Topology): ReadonlyMap<string, Holder[]> => byNetwork(holders(topology));

const byNetwork = remembered(keptGroups(({ network }: Holder) => network));

const ofRouters = keptList<Router, Holder[]>();
const ofPorts = keptList<Port, Holder>();
const ofFloatingIps = keptList<FloatingIp, Holder>();

function ofPort({ pointer, network, device_owner, fixed_ips, mac_address, id }: Port): Holder {
  const addresses = fixed_ips.map((each, i) => held(each, `${pointer}/fixed_ips/${i}/ip_address`));
  return { role: 'port', pointer, network, addresses, device_owner, ...known(mac_address, id) };
}

function ofFloatingIp({ pointer, network, floating_ip_address }: FloatingIp): Holder {
  const address: Held = { ip_address: floating_ip_address, pointer, at: 'key' };
  return { role: 'floating_ip', pointer, addresses: [address], ...(network !== undefined && { network }) };
}

/** Whether two entries speak of one port of Neutron. */
export function isSamePort(a: Holder, b: Holder): boolean {
  if (a.id !== undefined && b.id !== undefined) return a.id.startsWith(b.id) || b.id.startsWith(a.id);
  return isPortOf(a, b) || isPortOf(b, a) || isSharedIpv6Port(a, b);
}

/** Whether a hand-written port is the port behind a floating IP or a device of a router. */
const isPortOf = ({ role, device_owner = '' }: Holder, other: Holder): boolean =>
  role === 'port' &&
  (other.role === 'interface'
    ? ROUTER_INTERFACE_OWNERS.includes(device_owner)
    : { snat: DEVICE_OWNER.snat, gateway: DEVICE_OWNER.gateway, floating_ip: DEVICE_OWNER.floatingIp, port: undefined }[
        other.role
      ] === device_owner);

/** The IPv6 subnets of one network share one interface port and one SNAT port (`db/l3_db.py: _add_interface_by_subnet`). */
const isSharedIpv6Port = (a: Holder, b: Holder): boolean =>
  a.router !== undefined &&
  a.router === b.router &&
  a.role === b.role &&
  [a, b].every(({ addresses }) => addresses.every(({ ip_address }) => ip_address.includes(':')));

const held = (address: { ip_address: string; subnet?: string }, pointer: Pointer): Held => ({
  ...address,
  pointer,
  at: 'value',
});

const known = (mac_address: string | undefined, id: string | undefined) => ({
  ...(mac_address !== undefined && { mac_address }),
  ...(id !== undefined && { id }),
});

function gateway({ name: router, external_gateway: port }: Router): Holder[] {
  if (!port) return [];
  const { pointer, network } = port;
  const addresses = port.external_fixed_ips.map((each, i) =>
    held(each, `${pointer}/external_fixed_ips/${i}/ip_address`),
  );
  return [{ role: 'gateway', pointer, network, addresses, router, ...known(port.mac_address, port.port_id) }];
}

const devices =
  ({ name: router }: Router, find: Lookup) =>
  (port: RouterInterface): Holder[] => {
    const network = find.subnet.get(port.subnet)?.network;
    const device = (
      role: 'interface' | 'snat',
      { pointer, ip_address, ...rest }: DevicePort & { ip_address?: string },
    ) => {
      const addresses =
        ip_address === undefined ? [] : [held({ ip_address, subnet: port.subnet }, `${pointer}/ip_address`)];
      const on = network === undefined ? {} : { network };
      return { role, pointer, addresses, router, ...on, ...known(rest.mac_address, rest.port_id) };
    };
    return [device('interface', port), ...(port.snat ? [device('snat', port.snat)] : [])];
  };
