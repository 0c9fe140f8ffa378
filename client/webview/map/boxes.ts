/** What kind of box a thing is drawn as, and the name that stands in it. */
import type { Box } from '../../../shared/map/scene.ts';
import type { MapLink, MapThing } from '../../../shared/map/types.ts';

/** Kinds that hold others, whether or not they do. */
export const isContainer = ({ thing, parent }: Box): boolean =>
  parent < 0 && thing.kind !== 'port' && thing.kind !== 'subnet' && thing.kind !== 'floating-ip';

/** Links between things in boxes, which many have: drawn thin, and only where their ends are seen. */
export const isThin = ({ kind }: MapLink): boolean => kind === 'floating' || kind === 'serves';
export const THIN = 0.5;
export const THICK = 0.8;

/** The kind and the beginning of the id, as elsewhere. */
export const shortName = (namespace: string): string => namespace.replace(/^([a-z]+-[0-9a-f]{8})-[0-9a-f-]{27}$/, '$1');

/** Said where the name alone does not tell: not of what is written nowhere. */
export const hasKindText = ({ kind, id }: MapThing): boolean => kind !== 'carrier' && id.startsWith('/');
