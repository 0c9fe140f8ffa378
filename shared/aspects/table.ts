/** The aspects of a namespace in the order in which people look at them. */
import type { Item, NamespaceAspect } from '../state.ts';
import { addresses } from './addresses.ts';
import type { Aspect, NodeAspect } from './aspect.ts';
import { flows } from './flows.ts';
import { iptables } from './iptables.ts';
import { keepalived } from './keepalived.ts';
import { links } from './links.ts';
import { neighbours } from './neighbours.ts';
import { ports } from './ports.ts';
import { routes } from './routes.ts';
import { rules } from './rules.ts';
import { sysctls } from './sysctls.ts';

/** The table is read by code that handles any aspect: there an item is only what the aspect's own functions say of it. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an item goes only to the aspect that it came from
export const ASPECTS = [
  links,
  addresses,
  rules,
  routes,
  neighbours,
  sysctls,
  iptables,
] as unknown as readonly Aspect<Item>[];

export const aspectNamed = (name: NamespaceAspect): Aspect<Item> => ASPECTS.find((aspect) => aspect.name === name)!;

/** The aspects of the node itself. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
export const NODE_ASPECTS = [ports, flows, keepalived] as unknown as readonly NodeAspect<Item>[];
