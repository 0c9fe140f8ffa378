/** All checks, in alphabetical order. A new check is its file and a line here. */
import type { Problem } from '../problem.ts';
import type { Topology } from '../topology/types.ts';
import { addressOutsideSubnet } from './address-outside-subnet.ts';
import { addressReserved } from './address-reserved.ts';
import type { Check } from './check.ts';
import { duplicateAddress } from './duplicate-address.ts';
import { duplicateId } from './duplicate-id.ts';
import { duplicateMac } from './duplicate-mac.ts';
import { duplicateName } from './duplicate-name.ts';
import { duplicateSegment } from './duplicate-segment.ts';
import { externalBridgeMissing } from './external-bridge-missing.ts';
import { externalGatewayNotExternal } from './external-gateway-not-external.ts';
import { extraRouteNexthop } from './extra-route-nexthop.ts';
import { floatingIpDuplicate } from './floating-ip-duplicate.ts';
import { floatingIpUnserved } from './floating-ip-unserved.ts';
import { gatewayAddressTaken } from './gateway-address-taken.ts';
import { gatewayInPool } from './gateway-in-pool.ts';
import { gatewayOutsideSubnet } from './gateway-outside-subnet.ts';
import { gatewayReserved } from './gateway-reserved.ts';
import { interfaceWithoutAddress } from './interface-without-address.ts';
import { invalidPool } from './invalid-pool.ts';
import { linkLocalClash } from './link-local-clash.ts';
import { noSnatNode } from './no-snat-node.ts';
import { segmentationIdRange } from './segmentation-id-range.ts';
import { subnetOfOtherNetwork } from './subnet-of-other-network.ts';
import { subnetOverlap } from './subnet-overlap.ts';
import { unknownReference } from './unknown-reference.ts';

export const CHECKS: readonly Check[] = [
  addressOutsideSubnet,
  addressReserved,
  duplicateAddress,
  duplicateId,
  duplicateMac,
  duplicateName,
  duplicateSegment,
  externalBridgeMissing,
  externalGatewayNotExternal,
  extraRouteNexthop,
  floatingIpDuplicate,
  floatingIpUnserved,
  gatewayAddressTaken,
  gatewayInPool,
  gatewayOutsideSubnet,
  gatewayReserved,
  interfaceWithoutAddress,
  invalidPool,
  linkLocalClash,
  noSnatNode,
  segmentationIdRange,
  subnetOfOtherNetwork,
  subnetOverlap,
  unknownReference,
];

/** What all checks find in a topology, check by check. Ranges are left to `locate`, since a topology knows no text. */
export const runChecks = (topology: Topology): Problem[] =>
  CHECKS.flatMap(({ code, severity, check }) => {
    const problems: Problem[] = [];
    check(topology, (finding) => problems.push({ code, severity, ...finding }));
    return problems;
  });
