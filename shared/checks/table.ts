/** All checks, in alphabetical order. A new check is its file and a line here. */
import type { Problem } from '../problem.ts';
import type { Topology } from '../topology/types.ts';
import { addressOutsideSubnet } from './address-outside-subnet.ts';
import { addressReserved } from './address-reserved.ts';
import { agentCannotHoldRouter } from './agent-cannot-hold-router.ts';
import { badPromise } from './bad-promise.ts';
import type { Check } from './check.ts';
import { duplicateAddress } from './duplicate-address.ts';
import { duplicateId } from './duplicate-id.ts';
import { duplicateMac } from './duplicate-mac.ts';
import { duplicateName } from './duplicate-name.ts';
import { duplicateSegment } from './duplicate-segment.ts';
import { externalBridgeMissing } from './external-bridge-missing.ts';
import { externalGatewayNotExternal } from './external-gateway-not-external.ts';
import { externalSubnetFull } from './external-subnet-full.ts';
import { extraRouteNexthop } from './extra-route-nexthop.ts';
import { floatingIpDuplicate } from './floating-ip-duplicate.ts';
import { floatingIpOnDirectPort } from './floating-ip-on-direct-port.ts';
import { floatingIpUnserved } from './floating-ip-unserved.ts';
import { gatewayAddressTaken } from './gateway-address-taken.ts';
import { gatewayInPool } from './gateway-in-pool.ts';
import { gatewayNotRouter } from './gateway-not-router.ts';
import { gatewayOutsideSubnet } from './gateway-outside-subnet.ts';
import { gatewayReserved } from './gateway-reserved.ts';
import { haWithoutStandby } from './ha-without-standby.ts';
import { interfaceWithoutAddress } from './interface-without-address.ts';
import { invalidPool } from './invalid-pool.ts';
import { ipv6Modes } from './ipv6-modes.ts';
import { l2PopulationOff } from './l2-population-off.ts';
import { linkLocalClash } from './link-local-clash.ts';
import { migratingNowhere } from './migrating-nowhere.ts';
import { mtuAboveExternal } from './mtu-above-external.ts';
import { mtuTooSmall } from './mtu-too-small.ts';
import { networkTypeWithoutDvr } from './network-type-without-dvr.ts';
import { noSnatNode } from './no-snat-node.ts';
import { notInRelease } from './not-in-release.ts';
import { ovsAgentNotDistributed } from './ovs-agent-not-distributed.ts';
import { portForwardingPorts } from './port-forwarding-ports.ts';
import { READS } from './reads.ts';
import { routerOnNoNode } from './router-on-no-node.ts';
import { segmentationIdRange } from './segmentation-id-range.ts';
import { severalIpv6Interfaces } from './several-ipv6-interfaces.ts';
import { snatPortMissing } from './snat-port-missing.ts';
import { subnetNotForDhcp } from './subnet-not-for-dhcp.ts';
import { subnetOfOtherNetwork } from './subnet-of-other-network.ts';
import { subnetOfTwoRouters } from './subnet-of-two-routers.ts';
import { subnetOverlap } from './subnet-overlap.ts';
import { tableClash } from './table-clash.ts';
import { tooManyRoutes } from './too-many-routes.ts';
import { unknownReference } from './unknown-reference.ts';
import { unspecifiedPrefix } from './unspecified-prefix.ts';

export const CHECKS: readonly Check[] = [
  addressOutsideSubnet,
  addressReserved,
  agentCannotHoldRouter,
  badPromise,
  duplicateAddress,
  duplicateId,
  duplicateMac,
  duplicateName,
  duplicateSegment,
  externalBridgeMissing,
  externalGatewayNotExternal,
  externalSubnetFull,
  extraRouteNexthop,
  floatingIpDuplicate,
  floatingIpOnDirectPort,
  floatingIpUnserved,
  gatewayAddressTaken,
  gatewayInPool,
  gatewayNotRouter,
  gatewayOutsideSubnet,
  gatewayReserved,
  haWithoutStandby,
  interfaceWithoutAddress,
  invalidPool,
  ipv6Modes,
  l2PopulationOff,
  linkLocalClash,
  migratingNowhere,
  mtuAboveExternal,
  mtuTooSmall,
  networkTypeWithoutDvr,
  noSnatNode,
  notInRelease,
  ovsAgentNotDistributed,
  portForwardingPorts,
  routerOnNoNode,
  segmentationIdRange,
  severalIpv6Interfaces,
  snatPortMissing,
  subnetNotForDhcp,
  subnetOfOtherNetwork,
  subnetOfTwoRouters,
  subnetOverlap,
  tableClash,
  tooManyRoutes,
  unknownReference,
  unspecifiedPrefix,
];

/** What all checks find in a topology, check by check. Ranges are left to `locate`, since a topology knows no text. */
export function runChecks(topology: Topology): Problem[] {
  const whole = [topology.nodes, ...Object.entries(topology).flat()];
  return CHECKS.flatMap((check) => run(check, topology, whole));
}

type List = 'nodes' | 'networks' | 'routers' | 'ports' | 'floating_ips';
const LISTS: readonly string[] = ['nodes', 'networks', 'routers', 'ports', 'floating_ips'] satisfies List[];
const isList = (part: string): part is List => LISTS.includes(part);

/** What a check found, by the first list of things that it looks at; and what else it looked at. */
const found = new Map(
  CHECKS.map(({ code }) => [code, new WeakMap<object, { on: readonly unknown[]; problems: Problem[] }>()]),
);

/** @param whole all parts of the topology */
function run({ code, severity, check }: Check, topology: Topology, whole: readonly unknown[]): Problem[] {
  const on: readonly unknown[] = READS[code]?.map((part) => topology[part]) ?? whole;
  const kept = found.get(code)!;
  const list = topology[READS[code]?.find(isList) ?? 'nodes'];
  const last = kept.get(list);
  if (last?.on.length === on.length && on.every((each, i) => each === last.on[i])) return last.problems;
  const problems: Problem[] = [];
  check(topology, (finding) => problems.push({ code, severity, ...finding }));
  kept.set(list, { on, problems });
  return problems;
}
