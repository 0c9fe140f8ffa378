/** Which network a port of br-int is on: what the agent writes beside each (`ovs_neutron_agent.py: provision_local_vlan, other_config`). */
import type { OvsPort } from '../state.ts';
import type { Network } from '../topology/types.ts';

/** Of a port; undefined: nothing is written. A flat network has no `segmentation_id`, or the text `None`. */
export const segmentOfPort = ({
  other_config: { network_type: type, physical_network: physical, segmentation_id: id },
}: OvsPort): string | undefined => (type === undefined ? undefined : `${type} ${physical ?? 'None'} ${id ?? 'None'}`);

/** By name of the port. */
export const segmentsOf = (ports: readonly OvsPort[]): Map<string, string> =>
  new Map(
    ports.flatMap((port) => {
      const segment = segmentOfPort(port);
      return segment === undefined ? [] : [[port.name, segment] as const];
    }),
  );

/** The same of a network; undefined: the topology does not say enough. */
export const segmentOf = ({ network_type, physical_network, segmentation_id }: Network): string | undefined =>
  network_type === undefined || (network_type !== 'flat' && segmentation_id === undefined)
    ? undefined
    : `${network_type} ${physical_network ?? 'None'} ${segmentation_id ?? 'None'}`;
