/** MACs are unique within a network; between networks they may repeat. */
import { describe, quote } from '../topology/describe.ts';
import { remembered } from '../topology/kept.ts';
import type { Check, Finding } from './check.ts';
import { holdersByNetwork, isSamePort, type Holder } from './holders.ts';

export const duplicateMac: Check = {
  code: 'duplicate-mac',
  severity: 'error',
  doc: 'One MAC on two ports of a network (`lib: exceptions: MacAddressInUse`).',
  why: 'The agents program MACs as permanent neighbours and into flows; frames for two owners of one MAC arrive at one of them.',
  check(topology, report) {
    for (const group of holdersByNetwork(topology).values()) duplicates(group).forEach(report);
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1: {interfaces: {red-v4: {mac_address: 'fa:16:3e:00:00:01'}}}
ports:
  vm1: {network: red, mac_address: 'fa:16:3e:00:00:02'}
  vm2: {network: red, mac_address: 'FA:16:3E:00:00:02'}
  #                                ^^^^^^^^^^^^^^^^^^^ duplicate-mac
  vm3: {network: red, mac_address: 'fa:16:3e:00:00:01'}
  #                                ^^^^^^^^^^^^^^^^^^^ duplicate-mac
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v6a: {cidr: '2001:db8:a::/64'}, blue-v6b: {cidr: '2001:db8:b::/64'}}}
routers:
  router1:
    interfaces:
      blue-v6a: {mac_address: fa:16:3e:00:00:09}
      blue-v6b: {mac_address: fa:16:3e:00:00:09}
ports:
  vm1: {network: red, mac_address: fa:16:3e:00:00:02}
  vm2: {network: blue, mac_address: fa:16:3e:00:00:02}
`,
};

const duplicates = remembered((holders: Holder[]): Finding[] => {
  const findings: Finding[] = [];
  const first = new Map<string, Holder>();
  for (const holder of holders) {
    const { mac_address } = holder;
    if (mac_address === undefined) continue;
    const other = first.get(mac_address);
    if (!other) first.set(mac_address, holder);
    else if (!isSamePort(holder, other)) findings.push(duplicate(holder, other));
  }
  return findings;
});

function duplicate({ mac_address, network, pointer }: Holder, other: Holder): Finding {
  const owner = describe(other.pointer);
  const message = `${mac_address} on network ${quote(network!)} already belongs to ${owner}. Frames would go to either; give one of them another MAC.`;
  const related = [{ pointer: `${other.pointer}/mac_address`, message: owner }];
  return { message, pointer: `${pointer}/mac_address`, related };
}
