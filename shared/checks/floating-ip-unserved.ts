/** Whether somebody would translate a floating IP, as Neutron decides it: address, fixed address, router, host, in this order. */
import type { Pointer } from '../problem.ts';
import { familyOf } from '../ip.ts';
import { DEVICE_OWNER } from '../neutron.ts';
import { quote } from '../topology/describe.ts';
import { routerOfFloatingIp, subnetOfFixedIp } from '../topology/floatingIp.ts';
import { keptList } from '../topology/kept.ts';
import type { Lookup } from '../topology/lookup.ts';
import { relationsOf } from '../topology/relations.ts';
import type { FloatingIp, Port, Topology } from '../topology/types.ts';
import { unreadOf, type Unread } from '../topology/unread.ts';
import type { Check, Finding } from './check.ts';

export const floatingIpUnserved: Check = {
  code: 'floating-ip-unserved',
  severity: 'error',
  doc: 'A floating IP that no router can serve, or that no node would (`db/l3_db.py: get_router_for_floatingip`, `db/l3_dvr_db.py: _skip_floating_ip_for_mismatched_agent_or_host`).',
  why: 'A floating IP is programmed by the node of its port (distributed), or by the SNAT node (centralised). Where neither can do it the address stays DOWN and nobody answers ARP for it.',
  check(topology, report) {
    const known: Known = { topology, find: relationsOf(topology), unread: unreadOf(topology) };
    const { nodes, networks, routers, ports, floating_ips, unread } = topology;
    const others = [nodes, networks, routers, known.unread.among('/networks', '/routers')];
    const making = {
      make: (floatingIp: FloatingIp) => whyUnserved(floatingIp, known),
      on: ({ pointer, port: name }: FloatingIp) => {
        const port = known.find.port.get(name ?? '');
        return [...others, port, known.unread.touches(pointer), port && known.unread.touches(port.pointer)];
      },
    };
    for (const finding of findingsOf(floating_ips, [...others, ports, unread], making)) if (finding) report(finding);
  },
  wrong: `
nodes:
  compute1: {agent_mode: legacy}
  net1: {agent_mode: dvr_snat}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
  green: {subnets: {green-v4: {cidr: 10.2.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}, interfaces: {red-v4: }}
  router2: {interfaces: {blue-v4: }}
  router3: {admin_state_up: false, external_gateway: {network: public}, interfaces: {green-v4: }}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}, {ip_address: 10.0.0.6}]}
  vm2: {network: blue, fixed_ips: [{ip_address: 10.1.0.5}]}
  vm3: {network: green, fixed_ips: [{ip_address: 10.2.0.5}]}
floating_ips:
  192.0.2.57: {port: vm3}
  #                  ^^^ floating-ip-unserved
  192.0.3.50: {network: public}
# ^^^^^^^^^^ floating-ip-unserved
  10.0.0.51: {network: red}
  #                    ^^^ floating-ip-unserved
  192.0.2.52: {port: vm1}
  #                  ^^^ floating-ip-unserved
  192.0.2.53: {port: vm1, fixed_ip_address: 10.0.0.7}
  #                                         ^^^^^^^^ floating-ip-unserved
  192.0.2.54: {port: vm2}
  #                  ^^^ floating-ip-unserved
  192.0.2.55: {port: vm1, fixed_ip_address: 10.0.0.5, router: router2}
  #                                                           ^^^^^^^ floating-ip-unserved
  192.0.2.56: {port: vm1, fixed_ip_address: 10.0.0.6}
  #                  ^^^ floating-ip-unserved
`,
  right: `
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
  unbound: {network: red, device_owner: '', fixed_ips: [{ip_address: 10.0.0.9}]}
  unknown: {network: red}
floating_ips:
  192.0.2.50: {port: vm1, router: router1}
  192.0.2.51: {port: unbound}
  192.0.2.52:
  192.0.2.53: {port: unknown}
  192.0.2.54: {router: router1, port_forwardings: [{protocol: tcp, external_port: 80, internal_port: 8080, internal_ip_address: 10.0.0.5}]}
`,
};

const findingsOf = keptList<FloatingIp, Finding | undefined>();

/** One reason is enough; the later ones mostly follow from it. */
const whyUnserved = (floatingIp: FloatingIp, known: Known): Finding | undefined =>
  known.unread.touches(floatingIp.pointer)
    ? undefined
    : (wrongAddress(floatingIp, known) ??
      wrongFixedIp(floatingIp, known) ??
      wrongRouter(floatingIp, known) ??
      wrongHost(floatingIp, known));

interface Known {
  topology: Topology;
  find: Lookup;
  unread: Unread;
}

function wrongAddress(floatingIp: FloatingIp, { topology, find, unread }: Known): Finding | undefined {
  const { floating_ip_address: address, pointer, network: name } = floatingIp;
  const key = { pointer, at: 'key' as const };
  if (familyOf(address) !== 'inet')
    return {
      ...key,
      message: `${address} is no IPv4 address; routers translate only those. Choose an address of an external IPv4 subnet.`,
    };
  if (unread.touches('/networks')) return undefined;
  const network = find.network.get(name ?? '');
  if (!network && name !== undefined) return undefined;
  if (!network) {
    const message = `No external network has a subnet with ${address}, so nobody would answer for it. Correct the address, or add its network with \`router:external: true\`.`;
    // Without a single subnet to look into, nothing is known about them.
    const isKnown = topology.networks.some((each) => each.external && each.subnets.length > 0);
    return isKnown || floatingIp.port !== undefined ? { ...key, message } : undefined;
  }
  if (!network.external) {
    const message = `Floating IPs come from external networks, and ${quote(network.name)} is not one. Name another, or set \`router:external: true\` on it.`;
    return { pointer: `${pointer}/network`, message };
  }
  if (network.subnets.length === 0 || find.holding(network.name, address)) return undefined;
  const message = `${address} is in no subnet of network ${quote(network.name)} (${network.subnets.map(({ cidr }) => cidr).join(', ')}). Neutron refuses it; choose an address of one of them.`;
  return { ...key, message };
}

function wrongFixedIp({ port: name, fixed_ip_address: fixed, pointer }: FloatingIp, known: Known): Finding | undefined {
  const port = known.find.port.get(name ?? '');
  if (!port || known.unread.touches(port.pointer)) return undefined;
  const at = `${pointer}/port`;
  if (port.device_owner === DEVICE_OWNER.dhcp)
    return {
      pointer: at,
      message: `Port ${quote(port.name)} is a DHCP port, for which no router translates; Neutron gives it no floating IP. Name the port of a VM.`,
    };
  return fixed === undefined ? unnamedAddress(port, at) : unfitAddress(port, fixed, `${pointer}/fixed_ip_address`);
}

function unnamedAddress(port: Port, pointer: Pointer): Finding | undefined {
  const addresses = port.fixed_ips.filter(({ ip_address }) => familyOf(ip_address) === 'inet');
  if (port.fixed_ips.length === 0 || addresses.length === 1) return undefined;
  const message =
    addresses.length === 0
      ? `Port ${quote(port.name)} has no IPv4 address for the floating IP to stand for, so no router would translate it. Give the port one, or name another port.`
      : `Port ${quote(port.name)} has several IPv4 addresses, and a router translates to one. Name it as \`fixed_ip_address\`.`;
  return { pointer, message };
}

function unfitAddress(port: Port, fixed: string, pointer: Pointer): Finding | undefined {
  if (familyOf(fixed) !== 'inet')
    return {
      pointer,
      message: `A floating IP stands for an IPv4 address, not ${fixed}; routers translate no other. Name an IPv4 address of the port.`,
    };
  if (port.fixed_ips.length === 0 || port.fixed_ips.some(({ ip_address }) => ip_address === fixed)) return undefined;
  const addresses = port.fixed_ips.map(({ ip_address }) => ip_address).join(', ');
  return {
    pointer,
    message: `Port ${quote(port.name)} does not have ${fixed}, but ${addresses}. Neutron refuses it; name one of these.`,
  };
}

function wrongRouter(floatingIp: FloatingIp, { find, unread }: Known): Finding | undefined {
  const { network, port, router: name, pointer } = floatingIp;
  const subnet = subnetOfFixedIp(find, floatingIp);
  if (network === undefined || unread.touches('/routers')) return undefined;
  const named = name === undefined ? undefined : find.router.get(name);
  if (name !== undefined) {
    if (!named) return undefined;
    const why =
      named.external_gateway?.network !== network
        ? `has no gateway on network ${quote(network)}`
        : subnet && !named.interfaces.some((each) => each.subnet === subnet.name)
          ? `has no interface on subnet ${quote(subnet.name)}`
          : undefined;
    const message = `Router ${quote(name)} ${why}, so it cannot serve this floating IP. Name one that has both, or leave the choice to Neutron.`;
    return why === undefined ? undefined : { pointer: `${pointer}/router`, message };
  }
  if (!subnet || routerOfFloatingIp(find, floatingIp)) return undefined;
  const message = `No router has an interface on subnet ${quote(subnet.name)} of port ${quote(port!)} and a gateway on network ${quote(network)}, so nobody can serve this floating IP. Attach one to both.`;
  return { pointer: `${pointer}/port`, message };
}

function wrongHost(floatingIp: FloatingIp, { find }: Known): Finding | undefined {
  const node = find.node.get(find.port.get(floatingIp.port ?? '')?.node ?? '');
  const router = find.router.get(floatingIp.router ?? '') ?? routerOfFloatingIp(find, floatingIp);
  if (router?.admin_state_up === false && floatingIp.port !== undefined) {
    const message = `Router ${quote(router.name)} is down (\`admin_state_up: false\`): no node holds it, and nobody serves this floating IP. Set the router up.`;
    const related = [{ pointer: `${router.pointer}/admin_state_up`, message: `router ${router.name}` }];
    return { severity: 'warning', pointer: `${floatingIp.pointer}/port`, message, related };
  }
  if (!node || !router?.distributed || (node.agent_mode !== 'legacy' && node.agent_mode !== 'none')) return undefined;
  const agent = node.agent_mode === 'none' ? 'has no L3 agent' : 'has an L3 agent in mode legacy';
  const message = `Port ${quote(floatingIp.port!)} is on node ${quote(node.name)}, which ${agent}: of a distributed router no node serves this floating IP, and it stays DOWN. Set a DVR mode there.`;
  const related = [{ pointer: node.pointer, message: `node ${node.name}` }];
  return { severity: 'warning', pointer: `${floatingIp.pointer}/port`, message, related };
}
