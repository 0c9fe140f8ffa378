/** What a topology does not tell because a part of its file could not be read: who concludes from an absence asks here. */
import { pointer as join, pointerKeys, type Pointer } from '../problem.ts';
import type { ReferenceKind } from './fields.ts';
import type { Topology } from './types.ts';

export interface Unread {
  /** Whether something at, in or around the entry was not read. */
  touches(pointer: Pointer): boolean;
  /** What of some sections was not read, as one text: while it is the same, `touches` says the same of what is in them. */
  among(...sections: Pointer[]): string;
  /** What of it may have had things with names, as one text: while it is the same, `mayHave` says the same. */
  hidden(): string;
  /** Whether the file may have a thing of that name which is not in the topology. */
  mayHave(kind: ReferenceKind, name: string): boolean;
}

export function unreadOf(topology: Topology): Unread {
  const unread = new Set(topology.unread);
  const around = new Set(topology.unread?.flatMap(ancestors));
  const subnets = unreadSubnets(unread);
  const isIn = (pointer: Pointer) => {
    for (let cut = pointer.length; cut > 0; cut = pointer.lastIndexOf('/', cut - 1))
      if (unread.has(cut === pointer.length ? pointer : pointer.slice(0, cut))) return true;
    return unread.has('');
  };
  return {
    touches: (pointer) => unread.size > 0 && (isIn(pointer) || around.has(pointer)),
    among: (...sections) =>
      [...unread]
        .filter((each) => each === '' || sections.some((section) => each.startsWith(section)))
        .map((each) => `${each}\n`)
        .join(''),
    hidden: () =>
      [...unread]
        .filter((each) => each.split('/').length <= (each.startsWith('/networks/') ? SUBNET_DEPTH : THING_DEPTH) + 1)
        .join('\n'),
    mayHave(kind, name) {
      if (unread.size === 0) return false;
      return kind === 'subnet' ? subnets.any || subnets.names.has(name) : isIn(join(`${kind}s`, name));
    },
  };
}

/** `/ports/NAME`; `/networks/NAME/subnets/NAME`. */
const THING_DEPTH = 2;
const SUBNET_DEPTH = 4;

/** A pointer and all that it is inside of. */
function ancestors(pointer: Pointer): Pointer[] {
  const list = [pointer];
  for (let cut = pointer.lastIndexOf('/'); cut >= 0; cut = pointer.lastIndexOf('/', cut - 1)) {
    list.push(pointer.slice(0, cut));
    if (cut === 0) break;
  }
  return list;
}

/** A subnet may be in any network: its name, or that of any when a whole network or its `subnets` are not read. */
function unreadSubnets(unread: Iterable<Pointer>): { any: boolean; names: Set<string> } {
  const names = new Set<string>();
  let any = false;
  for (const pointer of unread) {
    const [section, , part, subnet, deeper] = pointerKeys(pointer);
    if (section !== undefined && section !== 'networks') continue;
    if (part === undefined || (part === 'subnets' && subnet === undefined)) any = true;
    else if (part === 'subnets' && deeper === undefined) names.add(subnet!);
  }
  return { any, names };
}
