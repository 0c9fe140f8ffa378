/** Names that lead nowhere. Things that the file has but the reader could not read are not missed. */
import { quote } from '../topology/describe.ts';
import { didYouMean } from '../topology/nearest.ts';
import { danglingReferences } from '../topology/references.ts';
import { relationsOf } from '../topology/relations.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

/** To compare a name with all others takes time; a file with more slips than this has another trouble. */
const MAX_SUGGESTIONS = 50;

export const unknownReference: Check = {
  code: 'unknown-reference',
  severity: 'error',
  doc: 'A name that nothing in the file has: of a node, network, subnet, router or port.',
  why: 'What follows from the name (the nodes of a router, neighbours, floating IPs) is silently missing from the expected state.',
  check(topology, report) {
    const find = relationsOf(topology);
    const unread = unreadOf(topology);
    let suggestions = 0;
    for (const { pointer, at, to, name } of danglingReferences(topology)) {
      if (unread.mayHave(to, name)) continue;
      const hint = ++suggestions > MAX_SUGGESTIONS ? '' : didYouMean(name, find[to].keys());
      const todo = hint || ` Define it or correct the name.`;
      report({ message: `There is no ${to} ${quote(name)} in this topology.${todo}`, pointer, at });
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1:
    external_gateway: {network: public, ip_address: 192.0.2.4, node: net1}
    #                           ^^^^^^ unknown-reference
    #                                                                ^^^^ unknown-reference
    interfaces:
      red-v6:
    # ^^^^^^ unknown-reference
    l3_agents: [{node: net1}]
    #                  ^^^^ unknown-reference
ports:
  vm1: {network: rde, node: compute2, fixed_ips: [{subnet: blue, ip_address: 10.0.0.5}]}
  #              ^^^ unknown-reference
  #                         ^^^^^^^^ unknown-reference
  #                                                        ^^^^ unknown-reference
floating_ips:
  192.0.2.9: {network: public, port: vm2, router: router2}
  #                    ^^^^^^ unknown-reference
  #                                  ^^^ unknown-reference
  #                                               ^^^^^^^ unknown-reference
`,
  right: `
nodes:
  compute1: {agent_mode: dvr}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1:
    interfaces:
      red-v4:
ports:
  vm1: {network: red, node: compute1, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
`,
};
