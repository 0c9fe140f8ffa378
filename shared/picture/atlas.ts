/** What a picture says of the places of a trace, and where the topology has them. */
import { defaultAllocations } from '../allocations.ts';
import { namespacesOf } from '../expect.ts';
import type { Namespace } from '../namespaces/types.ts';
import { type Pointer, pointer } from '../problem.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Topology } from '../topology/types.ts';
import type { TraceNode } from '../trace/tree.ts';
import type { Location } from './types.ts';

export interface Atlas {
  /** Where an entry stands; `undefined` where that is not known. */
  locate: (pointer: Pointer) => Location | undefined;
  /** Of an `endpoint`, a `namespace`, a `bridge` or an `outside`. */
  place: (node: TraceNode) => { pointer?: Pointer; owner?: string };
  /** Of a node by its name. */
  node: (name: string) => Pointer;
}

/** The namespaces of a node are made when a packet comes there. */
export function atlasOf(topology: Topology, locate: Atlas['locate']): Atlas {
  const lookup = relationsOf(topology);
  const known = new Map<string, ReadonlyMap<string, Namespace>>();
  const namespaces = (node: string): ReadonlyMap<string, Namespace> => {
    const found =
      known.get(node) ??
      new Map(namespacesOf(topology, node, defaultAllocations(topology, node)).map((each) => [each.name, each]));
    known.set(node, found);
    return found;
  };
  const ofNamespace = (node: string, name: string): ReturnType<Atlas['place']> => {
    const found = namespaces(node).get(name);
    if (!found) return {};
    const isNetwork = 'network' in found;
    const owner = isNetwork ? found.network : found.router;
    return { pointer: owner.pointer, owner: `${isNetwork ? 'network' : 'router'} ${owner.name}` };
  };
  const nodeNamed = (name: string): Pointer => lookup.node.get(name)?.pointer ?? pointer('nodes', name);
  const place: Atlas['place'] = ({ type, text, node, namespace }) => {
    if (type === 'namespace' && node !== undefined && namespace !== undefined) return ofNamespace(node, namespace);
    if (type === 'bridge' && node !== undefined) return { pointer: nodeNamed(node) };
    if (type === 'outside') return { pointer: pointer('networks', segmentOf(text)) };
    const port = type === 'endpoint' ? lookup.port.get(endpointOf(text, node)) : undefined;
    return port ? { pointer: port.pointer, owner: port.fixed_ips.map((fixed) => fixed.ip_address).join(', ') } : {};
  };
  return { locate, place, node: nodeNamed };
}

/** `outside, on public` → `public` (`trace.ts: placeNode`). */
export const segmentOf = (text: string): string => text.replace(/^outside, on /, '');

/** `vm1 on compute1` → `vm1`. */
export const endpointOf = (text: string, node: string | undefined): string => {
  const behind = ` on ${node ?? 'no node'}`;
  return text.endsWith(behind) ? text.slice(0, -behind.length) : text;
};
