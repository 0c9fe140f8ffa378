/** The addresses that MASQUERADE and REDIRECT take. */
import type { Address, Family } from '../state.ts';
import { type Asked, type ReadyAddress, holds, readyAddress, readyPrefix } from './prefix.ts';
import { type NamespaceView, aspectOf } from './view.ts';

/** `none`: the kernel drops the packet. */
export type OwnAddress = { value: string } | { missing: string } | { none: string };

/**
 * `nf_nat_redirect.c: nf_nat_redirect_ipv4`, `nf_nat_redirect_ipv6`: the first address of the device that the packet came by; of its own packets
 * the loopback one.
 * @param isLinkLocal whether the packet is to a link-local address: then it keeps one, as today's kernels have it
 */
export function redirectAddress(
  namespace: NamespaceView,
  family: Family,
  ifname: string | undefined,
  isLinkLocal: boolean,
): OwnAddress {
  if (ifname === undefined) return { value: family === 'inet' ? '127.0.0.1' : '::1' };
  const addresses = aspectOf(namespace, 'addresses', family);
  if ('missing' in addresses) return addresses;
  const own = addresses.value.filter((address) => address.family === family && address.ifname === ifname);
  const first = isLinkLocal ? own.find(({ scope }) => scope === 'link') : own[0];
  return first ? { value: first.local } : { none: `${ifname} has no address to redirect to` };
}

/**
 * `nf_nat_masquerade.c`, `devinet.c: inet_select_addr`: the address of the output device towards the next hop, else its first, else that of another.
 * In IPv6 it is the one most like the destination (`addrconf.c: ipv6_get_saddr_eval`, RFC 6724 rule 8).
 */
export function masqueradeAddress(
  namespace: NamespaceView,
  family: Family,
  ifname: string,
  nexthop: string,
  dst: string,
  asked?: Asked,
): OwnAddress {
  const addresses = aspectOf(namespace, 'addresses', family);
  if ('missing' in addresses) return addresses;
  const usable = addresses.value.filter((a) => a.family === family && a.scope !== 'link' && a.scope !== 'host');
  if (family === 'inet6') return likest(addresses.value, ifname, readyAddress(dst, asked));
  const own = usable.filter((address) => address.ifname === ifname);
  const towards = readyAddress(nexthop, asked);
  const near = own.find((a) => holds(readyPrefix(`${a.local}/${a.prefixlen}`), towards));
  const chosen = near ?? own[0] ?? usable[0];
  return chosen ? { value: chosen.local } : { none: `${ifname} has no address to translate to` };
}

/** The destination itself; of a link its own addresses only; else those of the device before all others. */
function likest(addresses: readonly Address[], ifname: string, dst: ReadyAddress): OwnAddress {
  const same = addresses.find(({ family, local }) => family === 'inet6' && holds(readyPrefix(local), dst));
  if (same) return { value: same.local };
  const isLink = holds(LINK_LOCAL, dst);
  const usable = addresses.filter(
    (a) => a.family === 'inet6' && a.scope !== 'host' && (isLink ? a.ifname === ifname : a.scope !== 'link'),
  );
  const own = usable.filter((address) => address.ifname === ifname);
  const alike = ({ local, prefixlen }: Address): number => {
    let length = prefixlen;
    while (length > 0 && !holds(readyPrefix(`${local}/${length}`), dst)) length--;
    return length;
  };
  const chosen = (own.length > 0 ? own : usable)
    .map((address) => ({ address, isScope: (address.scope === 'link') === isLink, length: alike(address) }))
    .toSorted((a, b) => Number(b.isScope) - Number(a.isScope) || b.length - a.length)[0];
  return chosen ? { value: chosen.address.local } : { none: `${ifname} has no address to translate to` };
}

const LINK_LOCAL = readyPrefix('fe80::/10');
