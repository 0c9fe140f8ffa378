/** MACs that nobody but the node knows: of veth ends always, of ports where the topology leaves them out. */
import type { Allocations } from './allocations.ts';
import { macOfLinkLocal } from './ip.ts';
import { type Namespace, devicesOf, isUnknown } from './namespaces/types.ts';
import { toldMac } from './toldMac.ts';
import { elect } from './readHa.ts';
import type { NodeState } from './state.ts';

export function readMacs(namespaces: readonly Namespace[], live: NodeState, allocations: Allocations): void {
  for (const namespace of namespaces) readDeviceMacs(namespace, namespaces, live, allocations);
  readNeighbours(namespaces, live, allocations, (isPair) => !isPair);
  // Whoever gives a pair no MAC gives it the port's (`db/allowedaddresspairs_db.py`), but a topology may only have left it out.
  readNeighbours(namespaces, live, allocations, (isPair) => isPair);
}

function readDeviceMacs(
  namespace: Namespace,
  namespaces: readonly Namespace[],
  live: NodeState,
  allocations: Allocations,
): void {
  // Of a namespace that is gone the others may still know the MACs.
  const { links, addresses } = live.namespaces[namespace.name] ?? {};
  for (const device of devicesOf(namespace)) {
    if (!isUnknown(device.mac)) continue;
    const linkLocal = addresses?.find((a) => a.ifname === device.ifname && a.local.startsWith('fe80:'))?.local;
    const votes = [
      links?.find(({ ifname }) => ifname === device.ifname)?.address,
      linkLocal === undefined ? undefined : macOfLinkLocal(linkLocal),
      toldMac(device, namespaces, live),
    ];
    const chosen = elect(votes);
    if (chosen !== undefined) allocations.macs[device.key] = chosen;
  }
}

/** MACs of ports by the permanent neighbours that the agent wrote for them. */
function readNeighbours(
  namespaces: readonly Namespace[],
  live: NodeState,
  { macs }: Allocations,
  isTaken: (isPair: boolean) => boolean,
): void {
  for (const namespace of namespaces) {
    const there = live.namespaces[namespace.name]?.neighbours;
    if (namespace.kind !== 'qrouter' || !there) continue;
    for (const { device, neighbours } of namespace.interfaces)
      for (const { dst, mac, key, choice, isPair = false } of neighbours) {
        // Where several MACs are right, none of them is told by the entry.
        if (!isUnknown(mac) || !isTaken(isPair) || (choice && choice.candidates.length > 1)) continue;
        const entry = there.find((n) => n.dst === dst && n.dev === device.ifname && n.state.includes('PERMANENT'));
        if (entry?.lladdr !== undefined) macs[key] ??= entry.lladdr;
      }
  }
}
