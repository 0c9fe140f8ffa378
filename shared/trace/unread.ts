/** Whom a frame is for may be on a node that nobody read. Then a bad end of those that were read is not known; a good one stays good. */
import type { Taker } from './arp.ts';
import type { Disposition } from './disposition.ts';
import type { End } from './pass.ts';
import { remembered } from './remembered.ts';
import type { Unseen, View } from './view.ts';

/** The nodes that were not read, or not wholly. */
export const unreadNodes = (view: View): ReadonlySet<string> => nodesOf(view.unseen);

const nodesOf = remembered((unseen: readonly Unseen[]): ReadonlySet<string> => new Set(unseen.map(({ node }) => node)));

/** The unread nodes on which somebody else may take what is for an address. @param takers who may take it of those that were read */
export function unreadFor(view: View, takers: readonly Taker[], target: string): Unseen[] {
  if (view.unseen.length === 0) return [];
  const others = takers.map((who) => othersThan(view, who, target));
  // Who surely is whom it is for leaves nothing to ask.
  return others.some((each) => each === undefined) ? [] : [...new Set(others.flatMap((each) => each!))];
}

/**
 * A port is where the topology binds it, a distributed device is on the asker's own node, and who has the address is whom the frame is for. But a
 * highly available router has its devices on several nodes, with one MAC: keepalived says on which of them the addresses are, and where the nodes
 * do not hear each other, they are on several (`ha_router.py: HaRouter`).
 * @returns `undefined`: it is this one
 */
function othersThan({ cloud, unseen }: View, who: Taker, target: string): Unseen[] | undefined {
  if (who.type !== 'namespace') return undefined;
  const { namespace, ifname } = who;
  const { devices } = cloud.wiring;
  const device = Object.hasOwn(devices, ifname) ? devices[ifname] : undefined;
  if (device?.distributed) return undefined;
  const twins = (device?.nodes ?? []).filter((node) => node !== namespace.node);
  if (twins.length > 0) return unseen.filter(({ node }) => twins.includes(node));
  return isOwner(who, target) ? undefined : unseen;
}

/** Whether it has the address itself. */
export const isOwner = (who: Taker, target: string): boolean =>
  who.type !== 'namespace' ||
  who.namespace.state.addresses?.some(({ ifname, local }) => ifname === who.ifname && local === target) === true;

/** More than these are counted. */
const NAMED = 3;

/** Why nothing is known of some nodes, each once; `undefined` when there are none. */
export function missingText(unseen: readonly Unseen[]): string | undefined {
  return unseen.length === 0 ? undefined : reasonsText(unseen.map(({ reason }) => reason));
}

/** Some reasons, each once; of very many the first. */
export function reasonsText(all: readonly string[]): string {
  const reasons = [...new Set(all)];
  const rest = reasons.length - NAMED;
  return rest <= 1 ? reasons.join('; ') : `${reasons.slice(0, NAMED).join('; ')}; and ${rest} more like these`;
}

const KNOWN_ENDS: ReadonlySet<Disposition> = new Set(['delivered', 'exits-network', 'insufficient-info']);

/** An end, where somebody on a node that nobody read may do better. */
export function endBeside(end: End, missing: string | undefined): End {
  if (missing === undefined || KNOWN_ENDS.has(end.disposition)) return end;
  const { disposition, reason } = end;
  return { disposition: 'insufficient-info', reason: `${missing} (without it: ${disposition}: ${reason})`, missing };
}
