/** `dvrscope/endpoints`: the ports that a trace may start from or go to, those that a person thinks of first in front. */
import { REQUEST, type EndpointEntry, type TopologyParams } from '../../shared/protocol.ts';
import type { Document } from '../document.ts';
import { isText, type OwnRequest } from './ownRequest.ts';

export const endpointsRequest: OwnRequest<TopologyParams> = {
  method: REQUEST.endpoints,
  params: { uri: isText },
  answer: ({ uri }, { document }) => endpoints(document(uri)),
};

export function endpoints(document: Document): EndpointEntry[] {
  const all = document.reading().topology.ports.map((port): EndpointEntry => ({
    name: port.name,
    addresses: port.fixed_ips.map((fixed) => fixed.ip_address),
    network: port.network,
    ...(port.node !== undefined && { node: port.node }),
    device_owner: port.device_owner,
  }));
  const addressed = all.filter((entry) => entry.addresses.length > 0);
  // VMs in front of the ports of agents; a stable sort keeps the order of the file otherwise.
  return addressed.toSorted((a, b) => Number(isAgents(a)) - Number(isAgents(b)));
}

const isAgents = (entry: EndpointEntry): boolean => entry.device_owner.startsWith('network:');
