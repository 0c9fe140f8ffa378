/**
 * The parts of a topology that a check looks at: where none of them changed, neither did what it finds. A check that is not in the table
 * looks at everything; `test/shared/checks/reads.test.ts` watches what each really reads.
 */
import type { Topology } from '../topology/types.ts';

type Part = keyof Topology;

const NETWORKS = ['networks'] as const;
const ROUTERS = ['networks', 'routers', 'unread'] as const;

export const READS: Readonly<Record<string, readonly Part[]>> = {
  'agent-cannot-hold-router': ['nodes', 'routers', 'release'],
  'duplicate-name': ['networks', 'floating_ips'],
  'duplicate-segment': NETWORKS,
  'external-gateway-not-external': ROUTERS,
  'extra-route-nexthop': ROUTERS,
  'floating-ip-duplicate': ['floating_ips'],
  'gateway-address-taken': ROUTERS,
  'gateway-in-pool': NETWORKS,
  'gateway-outside-subnet': NETWORKS,
  'gateway-reserved': NETWORKS,
  'ha-without-standby': ['nodes', 'routers', 'unread'],
  'interface-without-address': ROUTERS,
  'invalid-pool': NETWORKS,
  'ipv6-modes': ROUTERS,
  'l2-population-off': ['nodes', 'networks', 'routers'],
  'migrating-nowhere': ['ports'],
  'mtu-above-external': ROUTERS,
  'mtu-too-small': NETWORKS,
  'network-type-without-dvr': ['networks', 'routers', 'release'],
  'no-snat-node': ['nodes', 'routers', 'unread'],
  'port-forwarding-ports': ['floating_ips', 'unread'],
  'segmentation-id-range': NETWORKS,
  'several-ipv6-interfaces': ROUTERS,
  'snat-port-missing': ROUTERS,
  'subnet-not-for-dhcp': NETWORKS,
  'subnet-overlap': ROUTERS,
  'table-clash': ROUTERS,
  'too-many-routes': ['routers'],
  'unspecified-prefix': NETWORKS,
};
