/** The two ways to write the address of a router's gateway: `ip_address`, or `external_fixed_ips`, which is what a topology has. */
import type { Pointer, Problem } from '../problem.ts';
import { describe } from './describe.ts';
import type { Entry, Values } from './fields.ts';
import type { Place } from './sourceMap.ts';

/**
 * A gateway's `ip_address` becomes its first `external_fixed_ips`: pointers into that find the short form. They come first among
 * the places of their routers, so that `pointerAt` gives the key that is really there.
 * @param value a router's entry as it was decoded, or the list of all
 */
export function shortForms(value: unknown, places: [Pointer, Place][]): [Pointer, Place][] {
  const short = gatewaysOf(value).filter(
    ({ ip_address, external_fixed_ips }) => ip_address !== undefined && !external_fixed_ips,
  );
  if (short.length === 0) return [];
  const placeOf = new Map(places);
  return short.flatMap(({ pointer }): [Pointer, Place][] => {
    const place = placeOf.get(`${pointer}/ip_address`);
    return place ? [[`${pointer}/external_fixed_ips/0/ip_address`, place]] : [];
  });
}

/** Gateways whose two keys say different things. */
export const gatewayProblems = (value: unknown): Problem[] =>
  gatewaysOf(value)
    .filter(({ ip_address, external_fixed_ips }) => ip_address !== undefined && external_fixed_ips !== undefined)
    .filter(({ ip_address, external_fixed_ips }) => !external_fixed_ips!.some((each) => each.ip_address === ip_address))
    .map(({ pointer }) => ({
      code: 'conflicting-keys',
      severity: 'error' as const,
      message: `\`ip_address\` of ${describe(pointer)} is not among its \`external_fixed_ips\`; those count. Take one of the two keys out.`,
      pointer: `${pointer}/ip_address`,
    }));

function gatewaysOf(value: unknown): Values<'external_gateway'>[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table is the type: what `decode` makes of `routers`
  const routers = (Array.isArray(value) ? value : value === undefined ? [] : [value]) as Entry<Values<'router'>>[];
  return routers.flatMap((router) => router.value.external_gateway ?? []);
}
