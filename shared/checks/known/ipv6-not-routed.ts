/** The fault that Neutron has had since Zed: distributed routers lead IPv6 to a namespace that knows no way on. */
import { familyOf } from '../../ip.ts';
import { hasExternal, placementOf } from '../../placement.ts';
import { RELEASES, releaseHas } from '../../releases.ts';
import { quote } from '../../topology/describe.ts';
import { relationsOf } from '../../topology/relations.ts';
import type { Router, Topology } from '../../topology/types.ts';
import type { Check } from '../check.ts';

export const ipv6NotRouted: Check = {
  code: 'ipv6-not-routed',
  severity: 'information',
  doc: 'A distributed router with IPv6 inside and outside, run by agents of Zed or later (`dvr_fip_ns.py: create_rtr_2_fip_link`, change 9b27020a65 for bug 1877301).',
  why: 'Since the NDP proxy came, the main table of `qrouter` has an IPv6 default route by `rfp`. It wins over the rules that lead to the SNAT node, and the `fip` namespace that it leads to has no IPv6 route to the outside: packets end there.',
  check(topology, report) {
    const { release } = topology;
    if (!(RELEASES as readonly (string | undefined)[]).includes(release) || !releaseHas(release, 'rfp_ipv6_default'))
      return;
    for (const router of topology.routers) {
      const inside = insideOf(topology, router);
      const nodes = nodesOf(topology, router);
      if (!inside || nodes.length === 0 || router.enable_ndp_proxy) continue;
      const message = `IPv6 to the outside does not work from router ${quote(router.name)} on ${nodes.join(', ')}: a known fault of Neutron ${release}. Put its IPv6 ports on nodes with agent_mode dvr_no_external, or use a router that is not distributed.`;
      const gateway = router.external_gateway!.pointer;
      report({
        message,
        pointer: inside.pointer,
        at: 'key',
        related: [{ pointer: gateway, message: 'the way out that IPv6 does not reach' }],
      });
    }
  },
  wrong: `
release: zed
nodes: {compute1: {agent_mode: dvr}, net1: {agent_mode: dvr_snat}}
networks:
  red: {subnets: {red-v6: {cidr: '2001:db8:a::/64'}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}, public-v6: {cidr: '2001:db8::/64'}}}
routers:
  router1:
    external_gateway: {network: public, node: net1}
    interfaces:
      red-v6: {}
    # ^^^^^^ ipv6-not-routed
ports:
  vm1: {node: compute1, network: red}
`,
  right: `
release: yoga
nodes: {compute1: {agent_mode: dvr}, net1: {agent_mode: dvr_snat}}
networks:
  red: {subnets: {red-v6: {cidr: '2001:db8:a::/64'}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}, public-v6: {cidr: '2001:db8::/64'}}}
routers:
  router1:
    external_gateway: {network: public, node: net1}
    interfaces: {red-v6: {}}
ports:
  vm1: {node: compute1, network: red}
`,
};

const isSix = (cidr: string): boolean => familyOf(cidr.split('/')[0]!) === 'inet6';

/** The first interface on an IPv6 subnet, if there is IPv6 outside as well. */
function insideOf(topology: Topology, { distributed, external_gateway: gateway, interfaces }: Router) {
  const { network, subnet } = relationsOf(topology);
  const outside = network.get(gateway?.network ?? '')?.subnets ?? [];
  if (!distributed || !outside.some(({ cidr }) => isSix(cidr))) return undefined;
  return interfaces.find((each) => isSix(subnet.get(each.subnet)?.cidr ?? ''));
}

/** Nodes that have both the router and its link to a fip namespace. */
const nodesOf = (topology: Topology, { name }: Router): string[] =>
  topology.nodes
    .filter((node) => hasExternal(node))
    .flatMap((node) =>
      placementOf(topology)
        .routersByNode.get(node.name)
        ?.some(({ router }) => router.name === name)
        ? [node.name]
        : [],
    );
