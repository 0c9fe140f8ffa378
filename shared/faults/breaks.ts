/** What a difference breaks that no fault of the catalogue explains, one sentence for each kind of item. */
import type { Difference } from '../compare.ts';
import type { Address, AspectName, Item } from '../state.ts';
import { kindOf } from './lines.ts';
import type { Scope } from './scope.ts';

export function breaksOf({ aspect, kind, namespace, wanted }: Difference, scope: Scope): string {
  if (aspect === 'allocations' && wanted && 'file' in wanted && wanted.file === 'ha-state') return moved(scope);
  if (kind === 'unexpected') return left(aspect, scope);
  if (aspect === 'addresses' && isFloating(wanted)) return `nobody outside reaches ${wanted.local}, a floating IP`;
  return LOST[aspect](scope, kindOf(namespace));
}

/** The topology is as old as the answers of the API that it was made of. */
const moved = ({ node }: Scope): string =>
  `nothing by itself: the HA router moved to another node since the topology was made; ${node} is one of the two`;

/** The gateway's own address has the prefix of its subnet (`dvr_edge_router.py: add_centralized_floatingip`). */
const isFloating = (item: Item | undefined): item is Address =>
  item !== undefined &&
  'ifname' in item &&
  String(item.ifname).startsWith('qg-') &&
  'local' in item &&
  'prefixlen' in item &&
  item.prefixlen === 32;

const left = (aspect: AspectName, { node }: Scope): string =>
  aspect === 'namespaces'
    ? `nothing by itself; addresses in it may still answer on ${node}`
    : `it should not be there, and may take packets on ${node} another way`;

type Sentence = (scope: Scope, kind: string) => string;

/** Whom a namespace serves. */
const served: Sentence = ({ vms, vmsWithout, fips, node }, kind) =>
  kind === 'fip' ? `${fips} on ${node}` : kind === 'snat' ? vmsWithout : vms;

const LOST: Record<AspectName, Sentence> = {
  namespaces: (scope, kind) =>
    kind === 'fip'
      ? `${scope.fips} on ${scope.node} are dead`
      : kind === 'snat'
        ? `${scope.vmsWithout} have no way out`
        : kind === 'qdhcp'
          ? `VMs of that network get no address from ${scope.node}`
          : `${scope.vms} reach nothing beyond their own subnet`,
  links: (scope, kind) => `${served(scope, kind)} are cut off where the device leads`,
  addresses: (scope, kind) => `${served(scope, kind)} find nobody at that address`,
  rules: (scope, kind) => `packets of ${served(scope, kind)} take another way`,
  routes: (scope, kind) => `packets of ${served(scope, kind)} do not get where the route leads`,
  neighbours: (scope, kind) => `packets of ${served(scope, kind)} to that address are lost`,
  sysctls: (scope, kind) => `the kernel treats packets of ${served(scope, kind)} otherwise than Neutron wants`,
  iptables: (scope, kind) =>
    `packets of ${served(scope, kind)} are filtered or translated otherwise than they should be`,
  ports: ({ node }) => `what is behind that port is cut off on ${node}`,
  flows: ({ node, machines }) =>
    machines.length > 0
      ? `frames of ${machines
          .slice(0, 4)
          .map(({ name }) => name)
          .join(', ')} go astray on ${node}`
      : `frames go astray on ${node}`,
  keepalived: ({ node }) => `keepalived on ${node} does not do what the agent wants at the next change`,
  allocations: ({ node }) => `the agent of ${node} may choose other numbers when it starts again`,
};
