/** What a topology uses and its release does not have yet. */
import { type Change, FIRST, releaseHas, releaseMayHave } from '../releases.ts';
import type { Pointer } from '../problem.ts';
import { quote } from '../topology/describe.ts';
import { isIpv4, relationsOf } from '../topology/relations.ts';
import type { Router, Topology } from '../topology/types.ts';
import type { Check } from './check.ts';

export const notInRelease: Check = {
  code: 'not-in-release',
  severity: 'warning',
  doc: 'A feature that the release of the cloud does not have (`agent/l3/`, `db/l3_dvr_db.py` of that release).',
  why: 'Agents of that release know nothing of it: what it asks for is on no node, and is not expected on any. Either the release is not the one that runs, or the feature does nothing.',
  check(topology, report) {
    const { release } = topology;
    if (release === undefined) return;
    for (const { change, what, pointer, instead } of usesOf(topology)) {
      if (releaseHas(release, change) || releaseMayHave(release, change)) continue;
      const related = [{ pointer: '/release', message: `release ${release}` }];
      report({
        message: `${what}, which agents have since ${FIRST[change]}, not in ${release}. ${instead} If \`release\` is wrong, correct it.`,
        pointer,
        related,
      });
    }
  },
  wrong: `
release: mitaka
nodes:
  compute1: {agent_mode: dvr}
  compute2: {agent_mode: dvr_no_external}
  #                      ^^^^^^^^^^^^^^^ not-in-release
  net1: {agent_mode: dvr_snat}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public}
    interfaces: {red-v4: }
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.8}, {destination: 172.16.0.0/16, nexthop: 10.0.0.9}]
    #                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not-in-release
ports:
  vip: {network: red, device_owner: '', fixed_ips: [{ip_address: 10.0.0.9}]}
floating_ips:
  192.0.2.50: {port: vip}
  #                  ^^^ not-in-release
  192.0.2.51: {router: router1, port_forwardings: [{protocol: tcp, external_port: 80, internal_port: 80, internal_ip_address: 10.0.0.5}]}
  #                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not-in-release
`,
  right: `
release: rocky
nodes:
  compute1: {agent_mode: dvr}
  compute2: {agent_mode: dvr_no_external}
  net1: {agent_mode: dvr_snat}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1:
    external_gateway: {network: public}
    interfaces: {red-v4: }
    routes: [{destination: 172.16.0.0/16, nexthop: 10.0.0.8}, {destination: 172.17.0.0/16, nexthop: 10.0.0.9}]
ports:
  vip: {network: red, device_owner: '', fixed_ips: [{ip_address: 10.0.0.9}]}
floating_ips:
  192.0.2.50: {port: vip}
  192.0.2.51: {router: router1, port_forwardings: [{protocol: tcp, external_port: 80, internal_port: 80, internal_ip_address: 10.0.0.5}]}
`,
};

interface Use {
  change: Change;
  what: string;
  pointer: Pointer;
  instead: string;
}

/** The first release that has what a place of a topology uses, where that is not in its own. */
export const releaseNeededAt = (topology: Topology, pointer: Pointer): string | undefined => {
  const use = usesOf(topology).find((each) => each.pointer === pointer);
  return use && FIRST[use.change];
};

const usesOf = (topology: Topology): Use[] => [
  ...nodeUses(topology),
  ...topology.routers.flatMap((router) => routerUses(topology, router)),
  ...scopeUses(topology),
  ...floatingUses(topology),
];

const nodeUses = ({ nodes }: Topology): Use[] =>
  nodes
    .filter(({ agent_mode: mode }) => mode === 'dvr_no_external')
    .map(({ name, pointer }) => ({
      change: 'dvr_no_external',
      what: `Node ${quote(name)} is in mode dvr_no_external`,
      pointer: `${pointer}/agent_mode`,
      instead: 'Name the mode that the agent really has, or another release.',
    }));

function routerUses(topology: Topology, router: Router): Use[] {
  if (!router.distributed) return hopUses(router);
  const { subnet: subnets } = relationsOf(topology);
  const six = router.interfaces.filter(({ subnet: name }) => {
    const subnet = subnets.get(name);
    return subnet !== undefined && !isIpv4(subnet);
  });
  return [
    ...(router.ha
      ? [
          {
            change: 'dvr_ha' as const,
            what: `Router ${quote(router.name)} is distributed and has HA`,
            pointer: `${router.pointer}/ha`,
            instead: 'It can have only one of both.',
          },
        ]
      : []),
    ...six.map(({ subnet, pointer }): Use => ({
      change: 'dvr_ipv6',
      what: `Distributed router ${quote(router.name)} has an interface on IPv6 subnet ${quote(subnet)}`,
      pointer,
      instead: 'IPv6 needs a router that is not distributed.',
    })),
    ...hopUses(router),
  ];
}

/** Of several next hops for one destination each replaced the one before. */
const hopUses = ({ routes, name, pointer }: Router): Use[] =>
  routes.flatMap(({ destination }, i): Use[] =>
    routes.findIndex((route) => route.destination === destination) < i
      ? [
          {
            change: 'ecmp',
            what: `Router ${quote(name)} has several next hops for ${destination}`,
            pointer: `${pointer}/routes/${i}`,
            instead: 'Only one of them is installed, and which is left to chance.',
          },
        ]
      : [],
  );

const scopeUses = ({ networks }: Topology): Use[] =>
  networks.flatMap(({ name, pointer, ...network }): Use[] =>
    (['ipv4_address_scope', 'ipv6_address_scope'] as const)
      .filter((key) => network[key] !== undefined)
      .map((key) => ({
        change: 'address_scopes',
        what: `Network ${quote(name)} is in an address scope`,
        pointer: `${pointer}/${key}`,
        instead: 'Take it out, or name another release.',
      })),
  );

function floatingUses(topology: Topology): Use[] {
  if (topology.floating_ips.length === 0) return [];
  const { port: ports, router: routers, node: nodes } = relationsOf(topology);
  return topology.floating_ips.flatMap((floating): Use[] => {
    const port = ports.get(floating.port ?? '');
    const node = port?.node === undefined ? undefined : nodes.get(port.node);
    const isCentral = port?.node === undefined || node?.agent_mode === 'dvr_no_external';
    const instead = 'Nobody serves this floating IP.';
    return [
      ...(port && isCentral && routers.get(floating.router ?? '')?.distributed
        ? [
            {
              change: 'central_floating_ips' as const,
              what: `Port ${quote(port.name)} is on no node with an external network, so that the SNAT node would have to serve its floating IP`,
              pointer: `${floating.pointer}/port`,
              instead,
            },
          ]
        : []),
      ...(floating.port_forwardings.length > 0
        ? [
            {
              change: 'port_forwarding' as const,
              what: `Floating IP ${floating.floating_ip_address} has port forwardings`,
              pointer: `${floating.pointer}/port_forwardings`,
              instead,
            },
          ]
        : []),
    ];
  });
}
