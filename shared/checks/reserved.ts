/** Addresses of an IPv4 subnet that no host can have. */
import { broadcastOf, networkText, type Prefix } from '../ip.ts';

/** What an address is reserved for in a prefix; nothing in /31 and /32 (RFC 3021) and in IPv6. */
export function reservedAs(prefix: Prefix, address: string): 'network' | 'broadcast' | undefined {
  const broadcast = broadcastOf(prefix);
  if (broadcast === undefined) return undefined;
  if (address === broadcast) return 'broadcast';
  return `${address}/${prefix.length}` === networkText(prefix) ? 'network' : undefined;
}
