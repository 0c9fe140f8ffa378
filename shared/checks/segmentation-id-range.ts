/** Segmentation ids by network type. */
import { quote } from '../topology/describe.ts';
import type { Check } from './check.ts';

/** `lib: constants.py: MIN_VLAN_TAG, MAX_VLAN_TAG, MAX_VXLAN_VNI, MAX_GENEVE_VNI, MAX_GRE_ID`. */
export const HIGHEST: ReadonlyMap<string, number> = new Map([
  ['vlan', 4094],
  ['vxlan', 2 ** 24 - 1],
  ['geneve', 2 ** 24 - 1],
  ['gre', 2 ** 32 - 1],
]);

export const segmentationIdRange: Check = {
  code: 'segmentation-id-range',
  severity: 'error',
  doc: 'A segmentation id that the network type cannot have (`lib: constants.py: MAX_VLAN_TAG, MAX_VXLAN_VNI`, …).',
  why: 'The Open vSwitch agent writes the id into flows and frames; one that does not fit is refused, and the network has no wires.',
  check(topology, report) {
    for (const { name, pointer, network_type, segmentation_id } of topology.networks) {
      if (network_type === undefined || segmentation_id === undefined) continue;
      const highest = HIGHEST.get(network_type);
      if (highest !== undefined && segmentation_id >= 1 && segmentation_id <= highest) continue;
      const rule = highest === undefined ? 'has none' : `goes from 1 to ${highest}`;
      const message = `The segmentation id of a ${network_type} network ${rule}, so network ${quote(name)} cannot have ${segmentation_id}. Correct the id or the \`network_type\`.`;
      const related = [{ pointer: `${pointer}/network_type`, message: `network ${name}` }];
      report({ message, pointer: `${pointer}/segmentation_id`, related });
    }
  },
  wrong: `
networks:
  red: {network_type: vlan, physical_network: physnet1, segmentation_id: 4095}
  #                                                                      ^^^^ segmentation-id-range
  blue: {network_type: vxlan, segmentation_id: 0}
  #                                            ^ segmentation-id-range
  public: {network_type: flat, physical_network: physnet1, segmentation_id: 5}
  #                                                                         ^ segmentation-id-range
`,
  right: `
networks:
  red: {network_type: vlan, physical_network: physnet1, segmentation_id: 4094}
  blue: {network_type: vxlan, segmentation_id: 16777215}
  green: {network_type: gre, segmentation_id: 4294967295}
  public: {network_type: flat, physical_network: physnet1}
  unknown: {segmentation_id: 5000}
`,
};
