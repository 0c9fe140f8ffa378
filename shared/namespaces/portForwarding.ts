/** Port forwardings of a router, as chains of its central namespace. `agent/l3/extensions/port_forwarding.py`. */
import { placementOf } from '../placement.ts';
import { pointer } from '../problem.ts';
import type { Because } from '../state.ts';
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

/** First and last port; `undefined` where neither a port nor a range is given. */
export function portsOfForwarding(
  forwarding: PortForwarding,
  side: 'external' | 'internal',
): [number, number] | undefined {
  const [first, last = first] = (forwarding[`${side}_port_range`] ?? '').split(':').map(Number);
  const single = forwarding[`${side}_port`];
  if (first) return [first, last!];
  return single === undefined ? undefined : [single, single];
}

/** `_get_fip_rules, extract_ports`: a range is mapped one to one, from the first external port on. */
export function forwardingSpec(
  { floating_ip_address: address }: FloatingIp,
  forwarding: PortForwarding,
): string | undefined {
  const [external, internal] = [portsOfForwarding(forwarding, 'external'), portsOfForwarding(forwarding, 'internal')];
  if (!external || !internal) return undefined;
  const { protocol, internal_ip_address: inside } = forwarding;
  const dport = external[0] === external[1] ? external[0] : external.join(':');
  const base = external[0] === external[1] ? '' : `/${external[0]}`;
  const to = internal[0] === internal[1] ? internal[0] : `${internal.join('-')}${base}`;
  return `-d ${address}/32 -p ${protocol} -m ${protocol} --dport ${dport} -j DNAT --to-destination ${inside}:${to}`;
}

const textOf = ([first, last]: [number, number]): string =>
  first === last ? `port ${first}` : `ports ${first} to ${last}`;

export function portForwardings({ lookup, allocations }: Context, router: Router): PortForwardingFact[] {
  const served = placementOf(lookup.topology).forwardingsByRouter.get(router.name) ?? [];
  return served.flatMap(({ floating }) =>
    floating.port_forwardings.flatMap((forwarding, index): PortForwardingFact[] => {
      const spec = forwardingSpec(floating, forwarding);
      if (spec === undefined) return [];
      const { protocol, internal_ip_address: inside } = forwarding;
      const [external, internal] = (['external', 'internal'] as const).map((side) =>
        portsOfForwarding(forwarding, side)!,
      );
      const key = forwardingKey(floating, index);
      const id = forwarding.id ?? allocations.ids[key] ?? unknown(`id of ${protocol} ${external![0]}`);
      const sentence = `${protocol} ${textOf(external!)} of ${floating.floating_ip_address} leads to ${textOf(internal!)} of ${inside}`;
      const chain = FORWARDING_CHAIN_PREFIX + (id.includes('<') ? id : id.slice(0, FORWARDING_ID_LENGTH));
      return [{ chain, spec, because: { pointer: key, sentence, neutron: 'port_forwarding.py: _get_fip_rules' } }];
    }),
  );
}

/** Addresses that the gateway device has for port forwardings, each with the reason. */
export function forwardedAddresses({ lookup }: Context, router: Router): [address: string, because: Because][] {
  const served = placementOf(lookup.topology).forwardingsByRouter.get(router.name) ?? [];
  return [...new Set(served.map(({ floating }) => floating))].map(({ floating_ip_address: address, pointer: at }) => [
    `${address}/32`,
    {
      pointer: at,
      sentence: `ports of ${address} are forwarded: it is an address of the gateway device`,
      neutron: 'port_forwarding.py: _process_create',
    },
  ]);
}
