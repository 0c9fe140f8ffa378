/** The number that Neutron gives to the table and rule of a redirected subnet: `dvr_local_router.py: _get_snat_idx`. */
import { ipv4Value, parsePrefix } from './ip.ts';
import { FIP_PR_START } from './neutron.ts';

/**
 * @param cidr `ip/prefixlen` with host bits
 * @returns IPv4: the address as a number. IPv6: the CRC-32 of the canonical text folded to 30 bits, raised above the floating IP
 *   priorities. `undefined` when it is no address.
 */
export function snatIndex(cidr: string): number | undefined {
  const prefix = parsePrefix(cidr);
  if (!prefix) return undefined;
  if (prefix.family === 'inet') return ipv4Value(prefix.address)!;
  const crc = crc32(`${prefix.address}/${prefix.length}`);
  const folded = ((crc >>> 30) ^ (crc & 0x3fffffff)) >>> 0;
  return folded < FIP_PR_START ? folded + 0x3fffffff : folded;
}

/** CRC-32 of ASCII text as zlib computes it: polynomial 0xEDB88320 reflected, initial value and final xor 0xFFFFFFFF. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const char of text) {
    crc ^= char.charCodeAt(0);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
