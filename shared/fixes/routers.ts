/** Fixes of routers, their gateways and interfaces, and of floating IPs. */
import { releaseNeededAt } from '../checks/not-in-release.ts';
import { familyOf } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import { routerOfFloatingIp, subnetOfFixedIp } from '../topology/floatingIp.ts';
import { relationsOf } from '../topology/relations.ts';
import type { FloatingIp, Router } from '../topology/types.ts';
import { type Edits, parentOf, removeEntries, removeItem, setEntry, together } from './edits.ts';
import { type Fix, type Fixes, type Given, thingsAt } from './fix.ts';
import { dvrOn, dvrSnatOn } from './nodes.ts';
import { anotherAddress } from './addresses.ts';

const MOST_CHOICES = 3;

function externalGateway(given: Given): Fix[] {
  const { router } = thingsAt(given.topology, given.problem.pointer);
  const name = router?.external_gateway?.network;
  const network = relationsOf(given.topology).network.get(name ?? '');
  const others = given.topology.networks.filter(({ external }) => external).slice(0, MOST_CHOICES);
  return [
    ...others.map((other): Fix => ({
      title: `Use external network ${quote(other.name)}`,
      edits: setEntry(given, given.problem.pointer, other.name),
    })),
    ...(network ? [makeExternal(given, network)] : []),
  ];
}

const makeExternal = (given: Given, { name, pointer }: { name: string; pointer: string }): Fix => ({
  title: `Make network ${quote(name)} external`,
  edits: setEntry(given, `${pointer}/router:external`, true),
});

const notDistributed = (given: Given, router: Router | undefined): Fix[] =>
  router
    ? [
        {
          title: `Set \`distributed: false\` on router ${quote(router.name)}`,
          edits: setEntry(given, `${router.pointer}/distributed`, false),
        },
      ]
    : [];

/** What a floating IP lacks is told by where its problem stands (`checks/floating-ip-unserved.ts`). */
function unserved(given: Given): Fix[] {
  const { topology, problem } = given;
  const { floatingIp } = thingsAt(topology, problem.pointer);
  if (!floatingIp) return [];
  const [related] = problem.related ?? [];
  if (problem.at === 'key') return anotherAddress(given);
  if (problem.pointer.endsWith('/router')) return otherRouter(given, floatingIp);
  if (problem.pointer.endsWith('/network')) {
    const network = relationsOf(topology).network.get(floatingIp.network ?? '');
    return network ? [makeExternal(given, network)] : [];
  }
  if (related?.pointer.endsWith('/admin_state_up'))
    return [{ title: 'Set the router up', edits: setEntry(given, related.pointer, true) }];
  const node = related && thingsAt(topology, related.pointer).node;
  if (node) return [dvrOn(given, node)];
  return problem.pointer.endsWith('/port') || problem.pointer.endsWith('/fixed_ip_address')
    ? otherFixedIp(given, floatingIp)
    : [];
}

/** Addresses of the port that a router could serve and no other floating IP stands for. */
function otherFixedIp(given: Given, floatingIp: FloatingIp): Fix[] {
  const { topology } = given;
  const find = relationsOf(topology);
  const port = find.port.get(floatingIp.port ?? '');
  const used = topology.floating_ips.flatMap((each) =>
    each !== floatingIp && each.port === floatingIp.port ? (each.fixed_ip_address ?? []) : [],
  );
  const fit = (port?.fixed_ips ?? []).filter(
    ({ ip_address: address }) =>
      familyOf(address) === 'inet' &&
      address !== floatingIp.fixed_ip_address &&
      !used.includes(address) &&
      routerOfFloatingIp(find, { ...floatingIp, fixed_ip_address: address }) !== undefined,
  );
  return fit.slice(0, MOST_CHOICES).map(({ ip_address: address }): Fix => ({
    title: `Name ${address} of port ${quote(port!.name)} as \`fixed_ip_address\``,
    edits: setEntry(given, `${floatingIp.pointer}/fixed_ip_address`, address),
    ...(fit.length === 1 && { isPreferred: true }),
  }));
}

/** Routers that have both ends, or the choice of Neutron. */
function otherRouter(given: Given, floatingIp: FloatingIp): Fix[] {
  const find = relationsOf(given.topology);
  const subnet = subnetOfFixedIp(find, floatingIp);
  const routers = given.topology.routers.filter(
    ({ external_gateway: gateway, interfaces }) =>
      gateway?.network === floatingIp.network && (!subnet || interfaces.some((each) => each.subnet === subnet.name)),
  );
  const leave: Fix = {
    title: 'Leave the choice of the router to Neutron',
    edits: removeEntries(given, floatingIp.pointer, ['router']),
  };
  return [
    ...routers.slice(0, MOST_CHOICES).map((router): Fix => ({
      title: `Name router ${quote(router.name)}`,
      edits: setEntry(given, `${floatingIp.pointer}/router`, router.name),
    })),
    ...(routers.length > 0 || !subnet ? [leave] : []),
  ];
}

function snatNode(given: Given): Fix[] {
  const { topology, problem } = given;
  const { router } = thingsAt(topology, problem.pointer);
  const named = relationsOf(topology).node.get(router?.external_gateway?.node ?? '');
  const able = topology.nodes.filter(({ agent_mode }) => agent_mode === 'dvr_snat').slice(0, MOST_CHOICES);
  if (problem.pointer.endsWith('/node'))
    return [
      ...able.map((node): Fix => ({
        title: `Name node ${quote(node.name)}`,
        edits: setEntry(given, problem.pointer, node.name),
        ...(able.length === 1 && { isPreferred: true }),
      })),
      ...(named ? [dvrSnatOn(given, named)] : []),
    ];
  return topology.nodes
    .filter(({ agent_mode }) => agent_mode !== 'none')
    .slice(-MOST_CHOICES)
    .map((node) => dvrSnatOn(given, node));
}

/** Bindings to agents: another node, or no binding. */
function binding(given: Given): Fix[] {
  const { pointer } = given.problem;
  const { router } = thingsAt(given.topology, pointer);
  const modes = router?.distributed ? ['dvr_snat'] : ['dvr_snat', 'legacy'];
  const bound = new Set(router?.l3_agents?.map(({ node }) => node));
  const able = given.topology.nodes.filter(({ name, agent_mode }) => modes.includes(agent_mode) && !bound.has(name));
  return [
    ...able.slice(0, MOST_CHOICES).map((node): Fix => ({
      title: `Name node ${quote(node.name)}`,
      edits: setEntry(given, pointer, node.name),
    })),
    { title: 'Take this binding out', edits: removeItem(given, parentOf(pointer)) },
  ];
}

function forwardingPorts(given: Given): Fix[] {
  const { floatingIp } = thingsAt(given.topology, given.problem.pointer);
  const { pointer } = given.problem;
  const forwarding = floatingIp?.port_forwardings[Number(pointer.slice(pointer.lastIndexOf('/') + 1))];
  if (!forwarding) return [];
  for (const side of ['external', 'internal'] as const) {
    const [port, range] = [forwarding[`${side}_port`], forwarding[`${side}_port_range`]];
    if (port !== undefined && range !== undefined && range !== `${port}:${port}`)
      return [`${side}_port_range`, `${side}_port`].map((key): Fix => ({
        title: `Take \`${key}\` out`,
        edits: removeEntries(given, pointer, [key]),
      }));
  }
  const [first] = (forwarding.internal_port_range ?? '').split(':');
  if (first === undefined || first === '' || forwarding.internal_port !== undefined) return [];
  return [
    {
      title: `Lead to the single port ${first}`,
      edits: setEntry(given, `${pointer}/internal_port_range`, `${first}:${first}`),
    },
  ];
}

export const ROUTER_FIXES: Fixes = {
  'agent-cannot-hold-router': binding,
  'external-gateway-not-external': externalGateway,
  'extra-route-nexthop': (given) => [
    { title: 'Take the route out', edits: removeItem(given, parentOf(given.problem.pointer)) },
  ],
  'floating-ip-duplicate': (given) => {
    const { floatingIp } = thingsAt(given.topology, given.problem.pointer);
    if (!floatingIp) return [];
    const edits = removeEntries(given, floatingIp.pointer, ['port', 'fixed_ip_address', 'router']);
    return [{ title: `Take ${floatingIp.name} off the port`, edits }];
  },
  'floating-ip-on-direct-port': (given) => {
    const { floatingIp } = thingsAt(given.topology, given.problem.pointer);
    const find = relationsOf(given.topology);
    const port = find.port.get(floatingIp?.port ?? '');
    const fixes: Fix[] = port
      ? [
          {
            title: `Make port ${quote(port.name)} a normal one`,
            edits: setEntry(given, `${port.pointer}/vnic_type`, 'normal'),
          },
        ]
      : [];
    return [...fixes, ...notDistributed(given, find.router.get(floatingIp?.router ?? ''))];
  },
  'floating-ip-unserved': unserved,
  'gateway-not-router': (given) => {
    const { interface: entry, subnet } = thingsAt(given.topology, given.problem.pointer);
    if (!entry || !subnet || subnet.gateway_ip === null || entry.ip_address === undefined) return [];
    return [
      {
        title: `Give the interface ${subnet.gateway_ip}, the subnet's gateway`,
        edits: setEntry(given, given.problem.pointer, subnet.gateway_ip),
      },
      {
        title: `Set the subnet's \`gateway_ip\` to ${entry.ip_address}`,
        edits: setEntry(given, `${subnet.pointer}/gateway_ip`, entry.ip_address),
      },
    ];
  },
  'network-type-without-dvr': (given) => {
    const { network, router } = thingsAt(given.topology, given.problem.pointer);
    const vxlan: Fix[] = network
      ? [
          {
            title: `Make network ${quote(network.name)} a vxlan network`,
            edits: setEntry(given, `${network.pointer}/network_type`, 'vxlan'),
          },
        ]
      : [];
    return [...notDistributed(given, router), ...vxlan];
  },
  'no-snat-node': snatNode,
  'not-in-release': (given) => {
    const release = releaseNeededAt(given.topology, given.problem.pointer);
    const title = `Set \`release: ${release}\`, the first one that has it`;
    return release === undefined ? [] : [{ title, edits: setEntry(given, '/release', release) }];
  },
  'port-forwarding-ports': forwardingPorts,
  'several-ipv6-interfaces': (given) => {
    const other = thingsAt(given.topology, given.problem.related?.[0]?.pointer ?? '').interface?.port_id;
    const title = 'Put both subnets on one port';
    return other === undefined ? [] : [{ title, edits: setEntry(given, given.problem.pointer, other) }];
  },
  'snat-port-missing': (given) => [
    {
      title: 'Add the SNAT port, without its address',
      edits: setEntry(given, `${given.problem.pointer}/snat`, { yaml: '{}' }),
    },
  ],
  'subnet-overlap': (given) => {
    const { router, interface: entry } = thingsAt(given.topology, given.problem.pointer);
    if (!router || !entry) return [];
    const [key] = [given.problem.pointer.slice(given.problem.pointer.lastIndexOf('/') + 1)];
    const edits: Edits = removeEntries(given, `${router.pointer}/interfaces`, [key]);
    return [
      { title: `Detach subnet ${quote(entry.subnet)} from router ${quote(router.name)}`, edits: together(edits) },
    ];
  },
};
