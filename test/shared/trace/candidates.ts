/** Packets that a topology lets one think of, and what the kernel and Open vSwitch do by themselves in an altered state. */
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import type { TraceRequest } from '../../../shared/trace/trace.ts';

/** An address of the world outside that no recording has a host route for. */
const FAR = { inet: '198.51.100.10', inet6: '2001:db8:ffff::10' };

/**
 * From each VM to the world, metadata, every port and every floating IP; from the world to every floating IP, forwarded port and gateway address;
 * and to whatever the nodes know a neighbour for.
 */
export function candidatesOf(topology: Topology, states: readonly NodeState[]): TraceRequest[] {
  const senders = topology.ports.filter(
    ({ node, device_owner: owner }) => node !== undefined && owner.startsWith('compute'),
  );
  return [...senders.flatMap((sender) => fromVm(topology, states, sender)), ...fromOutside(topology)];
}

type Port = Topology['ports'][number];

function fromVm(topology: Topology, states: readonly NodeState[], sender: Port): TraceRequest[] {
  const from = sender.name;
  const isFour = sender.fixed_ips.some(({ ip_address: address }) => address.includes('.'));
  const others = topology.ports.filter(
    (port) => port !== sender && !port.device_owner.startsWith('network:floatingip'),
  );
  const addresses = [
    ...others.flatMap(({ fixed_ips: fixed }) => fixed.map(({ ip_address: address }) => address)),
    ...topology.floating_ips.map(({ floating_ip_address: address }) => address),
    ...neighboursOf(states),
  ];
  const isOwn = (address: string) => sender.fixed_ips.some(({ ip_address: own }) => own === address);
  return [
    { from, to: isFour ? FAR.inet : FAR.inet6 },
    ...(isFour ? [{ from, to: '169.254.169.254', protocol: 'tcp', dport: 80 }] : []),
    ...[...new Set(addresses)].flatMap((to) => (isOwn(to) ? [] : [{ from, to }])),
  ];
}

/** Not those of the links between routers and `fip` namespaces. */
const neighboursOf = (states: readonly NodeState[]): string[] =>
  states.flatMap(({ namespaces }) =>
    Object.entries(namespaces).flatMap(([name, { neighbours = [] }]) =>
      name.startsWith('qrouter-')
        ? neighbours.flatMap(({ dst, dev, state }) =>
            dev.startsWith('qr-') && state.includes('PERMANENT') ? [dst] : [],
          )
        : [],
    ),
  );

function fromOutside({ networks, floating_ips: floating, routers }: Topology): TraceRequest[] {
  return networks
    .filter(({ external }) => external)
    .flatMap(({ name: segment }) => {
      const from = { address: FAR.inet, segment };
      const served = floating.filter(({ network }) => network === segment);
      const gateways = routers.flatMap(({ external_gateway: gateway }) =>
        gateway?.network === segment ? gateway.external_fixed_ips.map(({ ip_address: address }) => address) : [],
      );
      const forwarded = served.flatMap(({ floating_ip_address: to, port_forwardings: forwardings }) =>
        forwardings.map(({ protocol, external_port: dport }) => ({ from, to, protocol, dport })),
      );
      const addresses = [...served.map(({ floating_ip_address: address }) => address), ...gateways];
      return [...addresses.filter((to) => to.includes('.')).map((to) => ({ from, to })), ...forwarded];
    });
}

/**
 * What follows by itself: `ip_forward` is the setting of every device (`devinet.c: devinet_sysctl_forward`), and a port that is gone, or that Open vSwitch
 * could not open, has no number (`ovs-ofctl show` lists what the datapath has).
 */
export function settle(live: NodeState): void {
  for (const { sysctls = [] } of Object.values(live.namespaces)) {
    if (sysctls.find(({ key }) => key === 'net.ipv4.ip_forward')?.value !== '0') continue;
    for (const setting of sysctls) if (/^net\.ipv4\.conf\..*\.forwarding$/.test(setting.key)) setting.value = '0';
  }
  for (const { name: bridge, ofports } of live.bridges ?? [])
    for (const name of Object.keys(ofports)) {
      const port = live.ports?.find((entry) => entry.bridge === bridge && entry.name === name);
      if (!port || port.ofport === -1) delete ofports[name];
    }
}
