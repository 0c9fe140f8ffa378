/** What is wrong with each thing, and what belongs to it: the map's data by id, made once for each map. */
import type { CloudMap, MapFinding, MapLink, MapThing } from '../../../shared/map/types.ts';
import type { Severity } from '../../../shared/problem.ts';

export interface Index {
  things: ReadonlyMap<string, MapThing>;
  findings: ReadonlyMap<string, MapFinding[]>;
  links: ReadonlyMap<string, MapLink[]>;
  /** Namespaces by the router or network that they are of. */
  namespaces: ReadonlyMap<string, MapThing[]>;
}

export function indexOf(map: CloudMap): Index {
  const findings = new Map<string, MapFinding[]>();
  for (const finding of map.findings) for (const id of finding.things) add(findings, id, finding);
  const links = new Map<string, MapLink[]>();
  for (const link of map.links) {
    add(links, link.from, link);
    add(links, link.to, link);
  }
  const namespaces = new Map<string, MapThing[]>();
  for (const thing of map.things) if (thing.of !== undefined) add(namespaces, thing.of, thing);
  return { things: new Map(map.things.map((thing) => [thing.id, thing])), findings, links, namespaces };
}

function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The worst first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

/** The worst of some findings. */
export const worstOf = (findings: readonly Pick<MapFinding, 'severity'>[]): Severity | undefined =>
  SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity));

/** What is shown together with a thing: the other ends of its links, and the namespaces of a router or its router. */
export function relatedTo({ things, links, namespaces }: Index, id: string): Set<string> {
  const of = things.get(id)?.of;
  const ends = (links.get(id) ?? []).flatMap(({ from, to }) => [from, to]);
  const own = [...(namespaces.get(id) ?? []), ...(of === undefined ? [] : (namespaces.get(of) ?? []))];
  const related = new Set([...ends, ...own.map((thing) => thing.id), ...(of === undefined ? [] : [of])]);
  related.delete(id);
  return related;
}
