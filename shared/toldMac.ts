/** What the other namespaces of a node say of a device's MAC. */
import { type Device, type Namespace, devicesOf, isUnknown } from './namespaces/types.ts';
import { DEV_PREFIX } from './neutron.ts';
import type { NodeState } from './state.ts';

/**
 * The MAC that permanent neighbours on the device's own network have for its address: of a veth end those of the other end, else those
 * of devices on the same network. Other networks may have the same prefix, and then the same address with another MAC.
 */
export function toldMac(device: Device, namespaces: readonly Namespace[], live: NodeState): string | undefined {
  const own = new Set([...device.addresses, ...(device.addresses6 ?? [])].map((text) => text.split('/')[0]));
  for (const namespace of namespaces) {
    const there = live.namespaces[namespace.name]?.neighbours;
    if (!there || !isWithin(device, namespace)) continue;
    const devices = devicesOf(namespace).filter((other) => isOnWire(device, other));
    for (const { ifname } of devices) {
      const entry = there.find(
        ({ dst, dev, state }) =>
          dev === ifname && own.has(dst) && state.includes('PERMANENT') && !isOpen(namespace, ifname, dst),
      );
      if (entry?.lladdr !== undefined) return entry.lladdr;
    }
  }
  return undefined;
}

/** The other end of a veth pair is in a namespace of one kind; there may be thousands of the others. */
const isWithin = ({ kind }: Device, namespace: Namespace): boolean =>
  kind === 'rfp' ? namespace.kind === 'fip' : kind !== 'fpr' || namespace.kind === 'qrouter';

function isOnWire({ kind, ifname, network }: Device, other: Device): boolean {
  if (isUnknown(other.ifname)) return false;
  const peer = kind === 'rfp' ? DEV_PREFIX.fpr : kind === 'fpr' ? DEV_PREFIX.rfp : undefined;
  if (peer !== undefined) return other.ifname === peer + ifname.slice(DEV_PREFIX[kind].length);
  return network !== undefined && other.network === network;
}

/** Several ports claim the address (allowed address pairs): the entry tells the MAC of one of them. */
function isOpen(namespace: Namespace, ifname: string, dst: string): boolean {
  if (namespace.kind !== 'qrouter') return false;
  const facts = namespace.interfaces.find(({ device }) => device.ifname === ifname)?.neighbours ?? [];
  return facts.some((fact) => fact.dst === dst && (fact.choice?.candidates.length ?? 0) > 1);
}
