/** Addresses of an IPv4 subnet that no host can have. */
import { broadcastOf, networkText, nthAddress, type Prefix } from '../ip.ts';

/** What an address is reserved for in a prefix; nothing in /31 and /32 (RFC 3021) and in IPv6. */
export function reservedAs(prefix: Prefix, address: string): 'network' | 'broadcast' | undefined {
  const broadcast = broadcastOf(prefix);
  if (broadcast === undefined) return undefined;
  if (address === broadcast) return 'broadcast';
  return `${address}/${prefix.length}` === networkText(prefix) ? 'network' : undefined;
}

/**
 * The same for a gateway, as Neutron sees it: it makes no exception of /31 and /32, so that none of their addresses can be one
 * (`ipam/utils.py: check_gateway_invalid_in_subnet`).
 */
export function reservedAsGateway(prefix: Prefix, address: string): 'network' | 'broadcast' | undefined {
  if (prefix.family !== 'inet' || prefix.length < 31) return reservedAs(prefix, address);
  if (address === nthAddress(prefix, 0)) return 'network';
  return address === nthAddress(prefix, 1) ? 'broadcast' : undefined;
}

/** The first address of an IPv6 subnet, which is that of any router there (RFC 4291, section 2.6.1); a /128 has no other. */
export const isForRouters = (prefix: Prefix, address: string): boolean =>
  prefix.family === 'inet6' && prefix.length < 128 && address === nthAddress(prefix, 0);
