/** The addresses that MASQUERADE and REDIRECT take. */
import type { Family } from '../state.ts';
import { holds, readyAddress, readyPrefix } from './prefix.ts';
import { type NamespaceView, aspectOf } from './view.ts';

/** `none`: the kernel drops the packet. */
export type OwnAddress = { value: string } | { missing: string } | { none: string };

/** `nf_nat_redirect.c: nf_nat_redirect_ipv4`: the first address of the device that the packet came by; of its own packets the loopback one. */
export function redirectAddress(namespace: NamespaceView, family: Family, ifname: string | undefined): OwnAddress {
  if (ifname === undefined) return { value: family === 'inet' ? '127.0.0.1' : '::1' };
  const addresses = aspectOf(namespace, 'addresses', family);
  if ('missing' in addresses) return addresses;
  const own = addresses.value.filter((address) => address.family === family && address.ifname === ifname);
  const first = own.find(({ scope }) => family === 'inet' || scope !== 'link') ?? own[0];
  return first ? { value: first.local } : { none: `${ifname} has no address to redirect to` };
}

/** `nf_nat_masquerade.c`, `devinet.c: inet_select_addr`: the address of the output device towards the next hop, else its first, else that of another. */
export function masqueradeAddress(
  namespace: NamespaceView,
  family: Family,
  ifname: string,
  nexthop: string,
): OwnAddress {
  const addresses = aspectOf(namespace, 'addresses', family);
  if ('missing' in addresses) return addresses;
  const usable = addresses.value.filter((a) => a.family === family && a.scope !== 'link' && a.scope !== 'host');
  const own = usable.filter((address) => address.ifname === ifname);
  const towards = readyAddress(nexthop);
  const near = own.find((a) => holds(readyPrefix(`${a.local}/${a.prefixlen}`), towards));
  const chosen = near ?? own[0] ?? (family === 'inet' ? usable[0] : undefined);
  return chosen ? { value: chosen.local } : { none: `${ifname} has no address to translate to` };
}
