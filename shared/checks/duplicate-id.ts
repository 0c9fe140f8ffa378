/** Ids that are the same, or as good as the same: a device name shows only the beginning of one. */
import type { Pointer } from '../problem.ts';
import { DEV_NAME_LEN, DEV_PREFIX } from '../neutron.ts';
import { describe } from '../topology/describe.ts';
import type { Topology } from '../topology/types.ts';
import type { Check } from './check.ts';
import { holders, isSamePort, type Holder } from './holders.ts';

/** What of an id a device name shows: of a router's, in `rfp-`, and of a port's. */
const ROUTER_CHARACTERS = DEV_NAME_LEN - DEV_PREFIX.rfp.length;
const PORT_CHARACTERS = DEV_NAME_LEN - DEV_PREFIX.qr.length;

interface Identified {
  id: string;
  pointer: Pointer;
  key: 'id' | 'port_id';
  holder?: Holder;
}

export const duplicateId: Check = {
  code: 'duplicate-id',
  severity: 'error',
  doc: 'One id for two things, or two ids that give one device name, which is cut to 14 characters (`lib: constants.py: LINUX_DEV_LEN`).',
  why: 'Namespaces and devices are named after the first characters of ids. Two things with one name cannot be told apart on a node.',
  check(topology, report) {
    for (const { things, characters } of kinds(topology)) {
      const first = new Map<string, Identified>();
      for (const thing of things) {
        const start = thing.id.slice(0, characters);
        const other = first.get(start);
        if (!other) first.set(start, thing);
        else if (!mayShare(thing, other)) {
          const owner = describe(other.pointer);
          // Two whole ids that only begin alike are rare, but Neutron accepts them.
          const isMishap = thing.id !== other.id && thing.id.length === other.id.length;
          const todo = isMishap ? 'Create one of the two anew' : 'Correct one of the ids';
          const message = `The id begins with ${start}, as does that of ${owner}: their devices or namespaces would have one name. ${todo}.`;
          const related = [{ pointer: `${other.pointer}/${other.key}`, message: owner }];
          const at = { pointer: `${thing.pointer}/${thing.key}`, related };
          report({ message, ...at, ...(isMishap && { severity: 'warning' as const }) });
        }
      }
    }
  },
  wrong: `
networks:
  red: {id: 11111111-aaaa-4000-8000-000000000001}
  blue: {id: 11111111-aaaa-4000-8000-000000000001}
  #          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ duplicate-id
ports:
  vm1: {network: red, id: 22222222-bb}
  vm2: {network: red, id: 22222222-bbbb-4000-8000-000000000002}
  #                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ duplicate-id
`,
  right: `
networks:
  red: {id: 11111111-aaaa-4000-8000-000000000001}
  blue: {id: 11111111-aaaa-4000-8000-000000000002, subnets: {a: {cidr: '2001:db8:a::/64'}, b: {cidr: '2001:db8:b::/64'}}}
routers:
  router1: {interfaces: {a: {port_id: 22222222-bb}, b: {port_id: 22222222-bb}}}
`,
};

function kinds(topology: Topology): { things: Identified[]; characters: number }[] {
  const subnets = topology.networks.flatMap((network) => network.subnets);
  const devices = holders(topology).flatMap((holder): Identified[] => {
    const key = holder.role === 'port' ? 'id' : 'port_id';
    return holder.id === undefined ? [] : [{ id: holder.id, pointer: holder.pointer, key, holder }];
  });
  return [
    { things: withId(topology.networks), characters: 36 },
    { things: withId(subnets), characters: 36 },
    { things: withId(topology.routers), characters: ROUTER_CHARACTERS },
    { things: devices, characters: PORT_CHARACTERS },
  ];
}

const withId = (things: { id?: string; pointer: Pointer }[]): Identified[] =>
  things.flatMap(({ id, pointer }) => (id === undefined ? [] : [{ id, pointer, key: 'id' as const }]));

/** The ids are the same here, so what counts is whether the two can be one port. */
function mayShare({ holder: a }: Identified, { holder: b }: Identified): boolean {
  if (!a || !b) return false;
  const { id: _, ...withoutId } = a;
  return a.network === b.network && isSamePort(withoutId, b);
}
