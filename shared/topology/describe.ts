/** Names for places of the topology, for messages. */
import { pointerKeys, type Pointer } from '../problem.ts';

/** ``node `compute1` ``, ``the gateway of router `r1` ``: what a pointer points at or into, for a person. */
export function describe(pointer: Pointer): string {
  const [section, name, part, inner, deeper] = pointerKeys(pointer);
  if (section === undefined) return 'the topology';
  if (name === undefined) return `\`${section}\``;
  if (section === 'routers') return router(quote(name), part, inner, deeper);
  if (section === 'networks' && part === 'subnets' && inner !== undefined) return `subnet ${quote(inner)}`;
  const thing = SINGULAR.get(section);
  return thing ? `${thing} ${quote(name)}` : `\`${section}\``;
}

/** Text of a file in a message: in backquotes, on one line, never longer than a line. */
export const quote = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return `\`${line.length > 60 ? `${line.slice(0, 59)}…` : line}\``;
};

/** `a`, `a or b`, `a, b or c`. */
export const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

const SINGULAR = new Map([
  ['nodes', 'node'],
  ['networks', 'network'],
  ['ports', 'port'],
  ['floating_ips', 'floating IP'],
]);

function router(name: string, part?: string, subnet?: string, deeper?: string): string {
  if (part === 'external_gateway') return `the gateway of router ${name}`;
  if (part !== 'interfaces' || subnet === undefined) return `router ${name}`;
  return `the ${deeper === 'snat' ? 'SNAT port' : 'interface'} of router ${name} on subnet ${quote(subnet)}`;
}
