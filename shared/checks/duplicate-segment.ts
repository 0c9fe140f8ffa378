/** Segments belong to one network each. A network whose segment is not known whole is left alone. */
import { quote } from '../topology/describe.ts';
import type { Network } from '../topology/types.ts';
import type { Check } from './check.ts';

export const duplicateSegment: Check = {
  code: 'duplicate-segment',
  severity: 'error',
  doc: 'Two networks on one segment: the same VLAN or flat network of a physical network, or the same VNI (`plugins/ml2/drivers/type_*.py`).',
  why: 'Frames of the two networks would mix on the wire: a router would answer ARP in both.',
  check(topology, report) {
    const first = new Map<string, Network>();
    for (const network of topology.networks) {
      const segment = segmentOf(network);
      if (segment === undefined) continue;
      const other = first.get(segment);
      if (!other) first.set(segment, network);
      else {
        const message = `Networks ${quote(network.name)} and ${quote(other.name)} are both on ${segment}: they would be one. Neutron refuses the second; correct the id.`;
        const key = network.network_type === 'flat' ? 'physical_network' : 'segmentation_id';
        const related = [{ pointer: `${other.pointer}/${key}`, message: `network ${other.name}` }];
        report({ message, pointer: `${network.pointer}/${key}`, related });
      }
    }
  },
  wrong: `
networks:
  red: {network_type: vxlan, segmentation_id: 1001}
  blue: {network_type: vxlan, segmentation_id: 1001}
  #                                            ^^^^ duplicate-segment
  public: {network_type: flat, physical_network: physnet1}
  public2: {network_type: flat, physical_network: physnet1}
  #                                               ^^^^^^^^ duplicate-segment
`,
  right: `
networks:
  red: {network_type: vxlan, segmentation_id: 1001}
  blue: {network_type: geneve, segmentation_id: 1001}
  green: {network_type: vlan, physical_network: physnet1, segmentation_id: 7}
  grey: {network_type: vlan, physical_network: physnet2, segmentation_id: 7}
  unknown: {network_type: vlan, segmentation_id: 7}
`,
};

/** The segment in words, which name it uniquely; `undefined` when it is not known whole. */
function segmentOf({ network_type: type, physical_network, segmentation_id }: Network): string | undefined {
  const on = physical_network === undefined ? undefined : `physical network ${quote(physical_network)}`;
  if (type === 'flat') return on && `flat ${on}`;
  if (segmentation_id === undefined || type === undefined) return undefined;
  if (type === 'vlan') return on && `VLAN ${segmentation_id} of ${on}`;
  return type === 'local' ? undefined : `${type} ${segmentation_id}`;
}
