/** From which of its IPv6 addresses a port sends when nobody says which: source address selection, RFC 6724. */
import { bigValue, contains, familyOf } from '../ip.ts';
import type { EndpointAddress } from './cloud.ts';

/**
 * Labels of RFC 6724, section 2.1: an address of a kind is used towards addresses of that kind. What is not listed has label 1.
 * Linux has the same rows (`net/ipv6/addrlabel.c: ip6addrlbl_init_table`); only whether two labels are equal counts.
 */
const LABELS: readonly (readonly [prefix: string, label: number])[] = [
  ['2002::/16', 2],
  ['2001::/32', 5],
  ['fc00::/7', 13],
];
const OTHER_LABEL = 1;

const labelOf = (address: string): number => LABELS.find(([prefix]) => contains(prefix, address))?.[1] ?? OTHER_LABEL;

/**
 * The best of the addresses of one device: the destination itself (rule 1), one with its label (rule 6), the one with which it has
 * most leading bits in common (rule 8), which beyond the prefix of the subnet do not count; else the first.
 */
export function bestSource(addresses: readonly EndpointAddress[], dst: string): EndpointAddress | undefined {
  const label = labelOf(dst);
  const ranked = addresses
    .filter(({ local }) => familyOf(local) === 'inet6')
    .map((address) => ({
      address,
      isIt: Number(address.local === dst),
      isAlike: Number(labelOf(address.local) === label),
      common: Math.min(commonBits(address.local, dst), address.prefixlen),
    }));
  return ranked.toSorted((a, b) => b.isIt - a.isIt || b.isAlike - a.isAlike || b.common - a.common)[0]?.address;
}

const BITS = 128;

const commonBits = (a: string, b: string): number => {
  const parted = bigValue(a) ^ bigValue(b);
  return parted === 0n ? BITS : BITS - parted.toString(2).length;
};
