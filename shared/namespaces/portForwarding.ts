/** Port forwardings of a router, as chains of its central namespace. `agent/l3/extensions/port_forwarding.py`. */
import { placementOf } from '../placement.ts';
import { pointer } from '../problem.ts';
import type { FloatingIp, PortForwarding, Router } from '../topology/types.ts';
import type { Context } from './devices.ts';
import { type PortForwardingFact, unknown } from './types.ts';

/** `PORT_FORWARDING_CHAIN_PREFIX`, and how much of the id a chain name has room for (`iptables_manager.py: get_chain_name`). */
export const FORWARDING_CHAIN_PREFIX = 'pf-';
export const FORWARDING_ID_LENGTH = 8;
/** `DEFAULT_PORT_FORWARDING_CHAIN`. */
export const FORWARDING_CHAIN = 'fip-pf';

/** Key of a forwarding in `Allocations.ids`. */
export const forwardingKey = (floating: FloatingIp, index: number): string =>
  floating.pointer + pointer('port_forwardings', String(index));

export const forwardingSpec = ({ floating_ip_address: address }: FloatingIp, forwarding: PortForwarding): string => {
  const { protocol, external_port, internal_port, internal_ip_address } = forwarding;
  return `-d ${address}/32 -p ${protocol} -m ${protocol} --dport ${external_port} -j DNAT --to-destination ${internal_ip_address}:${internal_port}`;
};

export function portForwardings({ lookup, allocations }: Context, router: Router): PortForwardingFact[] {
  const served = placementOf(lookup.topology).forwardingsByRouter.get(router.name) ?? [];
  const ranges = (allocations.forwardingRanges[router.name] ?? []).map(({ chain, spec, floating }) => ({
    chain,
    spec,
    because: {
      pointer: pointer('floating_ips', floating),
      sentence: `${floating} has a port forwarding of a range of ports, which is taken as it is`,
      neutron: 'port_forwarding.py: _get_fip_rules',
    },
  }));
  const facts = served.flatMap(({ floating }) =>
    floating.port_forwardings.map((forwarding, index): PortForwardingFact => {
      const { protocol, external_port, internal_port, internal_ip_address } = forwarding;
      const key = forwardingKey(floating, index);
      const id = forwarding.id ?? allocations.ids[key] ?? unknown(`id of ${protocol} ${external_port}`);
      const sentence = `${protocol} port ${external_port} of ${floating.floating_ip_address} leads to ${internal_ip_address}:${internal_port}`;
      return {
        chain: FORWARDING_CHAIN_PREFIX + (id.includes('<') ? id : id.slice(0, FORWARDING_ID_LENGTH)),
        spec: forwardingSpec(floating, forwarding),
        because: { pointer: key, sentence, neutron: 'port_forwarding.py: _get_fip_rules' },
      };
    }),
  );
  return [...facts, ...ranges];
}

/** Addresses that the gateway device has for port forwardings. */
export function forwardedAddresses({ lookup, allocations }: Context, router: Router): string[] {
  const served = placementOf(lookup.topology).forwardingsByRouter.get(router.name) ?? [];
  const ranges = allocations.forwardingRanges[router.name] ?? [];
  const all = [
    ...served.map(({ floating }) => floating.floating_ip_address),
    ...ranges.map(({ floating }) => floating),
  ];
  return [...new Set(all)].map((address) => `${address}/32`);
}
