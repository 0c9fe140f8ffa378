/** The physical view: what joins nodes on top, below it the nodes with their namespaces and ports. */
import { grouped } from '../topology/lookup.ts';
import { besideWires } from './beside.ts';
import { containerPart } from './scene.ts';
import type { Bar, Block } from './shelves.ts';
import { type MapLink, type MapThing, UNBOUND } from './types.ts';

/** Network nodes first, ports on no node last. */
const MODES = ['dvr_snat', 'legacy', 'dvr', 'dvr_no_external', 'none'];

export function physicalBlocks(
  things: readonly MapThing[],
  links: readonly MapLink[],
): { bars: Bar[]; blocks: Block[] } {
  const held = grouped(things.map((thing) => [thing.inside.physical ?? '', thing] as const));
  const linksOf = grouped(links.map((link) => [link.from, link] as const));
  const bars = things.filter(({ kind }) => kind === 'carrier').map((thing) => ({ thing, holds: [] }));
  const nodes = things.filter(({ kind }) => kind === 'node');
  const rank = ({ id, mode = '' }: MapThing): number => (id === UNBOUND ? MODES.length : MODES.indexOf(mode));
  const ordered = nodes.map((node, i) => ({ node, i })).toSorted((a, b) => rank(a.node) - rank(b.node) || a.i - b.i);
  return { bars, blocks: ordered.map(({ node }) => nodeBlock(node, held.get(node.id) ?? [], linksOf)) };
}

function nodeBlock(node: MapThing, held: readonly MapThing[], linksOf: ReadonlyMap<string, MapLink[]>): Block {
  const namespaces = held.filter(({ kind }) => kind === 'namespace');
  const part = containerPart(node, [namespaces, held.filter(({ kind }) => kind === 'port')]);
  const out = linksOf.get(node.id) ?? [];
  const hangs = out.map((link, i) => ({ link, bar: link.to, x: (part.width * (i + 1)) / (out.length + 1), y: 0 }));
  const wires = besideWires(
    part,
    namespaces.flatMap(({ id }) => linksOf.get(id) ?? []),
  );
  return { part, hangs, wires, group: node.id === UNBOUND ? UNBOUND : (node.mode ?? '') };
}
