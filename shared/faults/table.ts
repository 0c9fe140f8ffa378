/** The catalogue. Where several faults could explain a difference the first one does: the more specific stand above. */
import { ARP_FAULTS } from './arp.ts';
import type { Fault } from './fault.ts';
import { FLOATING_IP_FAULTS } from './floatingIp.ts';
import { HA_FAULTS } from './ha.ts';
import { OVS_FAULTS } from './openVswitch.ts';
import { OTHER_FAULTS } from './others.ts';
import { SNAT_FAULTS } from './snat.ts';
import { TENANT_FAULTS } from './tenant.ts';

export const FAULTS: readonly Fault[] = [
  ...HA_FAULTS,
  ...SNAT_FAULTS,
  ...FLOATING_IP_FAULTS,
  ...ARP_FAULTS,
  ...OVS_FAULTS,
  ...TENANT_FAULTS,
  ...OTHER_FAULTS,
];
