/** What a quick fix is, and what it is made from. */
import type { Pointer, Problem } from '../problem.ts';
import { pointerKeys } from '../problem.ts';
import { relationsOf } from '../topology/relations.ts';
import type { FloatingIp, Network, Node, Port, Router, RouterInterface, Subnet, Topology } from '../topology/types.ts';
import type { Edits, Source } from './edits.ts';

/** A text as it was read. */
export interface Read extends Source {
  topology: Topology;
}

export interface Given extends Read {
  problem: Problem;
}

/** A change that would mend a problem. */
export interface Fix {
  /** What is done, as an order: "Set …". */
  title: string;
  /** Absent: there is no place for it in the text. */
  edits: Edits;
  /** Nobody has to decide anything: "fix all" does it. */
  isPreferred?: boolean;
}

/** Rows of data: by the code of a check, what mends what it found. */
export type Fixes = Readonly<Record<string, (given: Given) => Fix[]>>;

export interface Things {
  node?: Node;
  network?: Network;
  subnet?: Subnet;
  router?: Router;
  interface?: RouterInterface;
  port?: Port;
  floatingIp?: FloatingIp;
}

/** The things that a pointer points at or into. */
export function thingsAt(topology: Topology, pointer: Pointer): Things {
  const [section, name = '', part, inner] = pointerKeys(pointer);
  const found = <T extends { pointer: Pointer }>(things: readonly T[]): T | undefined =>
    things.find((thing) => pointer === thing.pointer || pointer.startsWith(`${thing.pointer}/`));
  const find = relationsOf(topology);
  if (section === 'nodes') return given({ node: find.node.get(name) });
  if (section === 'networks') {
    const network = find.network.get(name);
    return given({ network, subnet: network && found(network.subnets) });
  }
  if (section === 'ports') return given({ port: find.port.get(name) });
  if (section === 'floating_ips') return given({ floatingIp: found(topology.floating_ips) });
  const router = section === 'routers' ? find.router.get(name) : undefined;
  const entry = part === 'interfaces' && inner !== undefined ? found(router?.interfaces ?? []) : undefined;
  const subnet = entry && find.subnet.get(entry.subnet);
  return given({ router, interface: entry, subnet, network: subnet && find.network.get(subnet.network) });
}

/** Without what is not there. */
const given = (things: { [Key in keyof Things]: Things[Key] | undefined }): Things =>
  Object.fromEntries(Object.entries(things).filter(([, thing]) => thing !== undefined));
