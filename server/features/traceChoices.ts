/** `dvrscope/traceChoices`: what a packet may be sent from and to, and what is under the cursor. */
import type { Position } from 'vscode-languageserver';
import { REQUEST, type FloatingIpChoice, type TraceChoices, type TraceChoicesParams } from '../../shared/protocol.ts';
import { pointerKeys } from '../../shared/problem.ts';
import { relationsOf, type Relations } from '../../shared/topology/relations.ts';
import { pointerAt } from '../../shared/topology/sourceMap.ts';
import type { FloatingIp, Topology } from '../../shared/topology/types.ts';
import type { Document } from '../document.ts';
import { endpoints } from './endpoints.ts';
import { isPosition } from './feature.ts';
import { isText, maybe, type OwnRequest } from './ownRequest.ts';

export const traceChoicesRequest: OwnRequest<TraceChoicesParams> = {
  method: REQUEST.traceChoices,
  params: { uri: isText, position: maybe(isPosition) },
  answer: (params, { document }) => traceChoices(document(params.uri), params),
};

export function traceChoices(document: Document, { position }: TraceChoicesParams): TraceChoices {
  const { topology } = document.reading();
  const at = position && endAt(document, position);
  return {
    ports: endpoints(document),
    floatingIps: topology.floating_ips.map((floating) => floatingIpChoice(relationsOf(topology), floating)),
    outside: outsideOf(topology),
    ...(at ? { at } : {}),
  };
}

function floatingIpChoice({ port: portByName }: Relations, floating: FloatingIp): FloatingIpChoice {
  const { floating_ip_address: address, port, port_forwardings: forwardings, network } = floating;
  const node = port === undefined ? undefined : portByName.get(port)?.node;
  return {
    address,
    ...(port === undefined ? {} : { port }),
    ...(node === undefined ? {} : { node }),
    ...(network === undefined ? {} : { network }),
    forwarded: forwardings.flatMap(({ protocol, external_port: one, external_port_range: range }) => {
      const dport = one ?? Number.parseInt(range ?? '', 10);
      return Number.isNaN(dport) ? [] : [{ protocol, dport }];
    }),
  };
}

const outsideOf = ({ networks, routers }: Topology): TraceChoices['outside'] =>
  networks
    .filter(({ external }) => external)
    .map(({ name, subnets }) => ({
      network: name,
      gateways: subnets.flatMap(({ gateway_ip: gateway }) => gateway ?? []),
      routers: routers.flatMap(({ name: router, external_gateway: gateway }) =>
        gateway?.network === name
          ? gateway.external_fixed_ips.map(({ ip_address: address }) => ({ router, address }))
          : [],
      ),
    }));

/** A packet starts at a port, and goes to a floating IP. */
function endAt(document: Document, position: Position): TraceChoices['at'] {
  const { sourceMap, topology } = document.reading();
  const [section, name] = pointerKeys(pointerAt(sourceMap, document.text.offsetAt(position)));
  if (section === 'ports' && topology.ports.some((port) => port.name === name)) return { from: name! };
  const isFloating =
    section === 'floating_ips' && topology.floating_ips.some((each) => each.floating_ip_address === name);
  return isFloating ? { to: name! } : undefined;
}
