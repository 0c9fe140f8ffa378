/** A router's way out must lead out. */
import { quote } from '../topology/describe.ts';
import { relationsOf } from '../topology/relations.ts';
import { unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const externalGatewayNotExternal: Check = {
  code: 'external-gateway-not-external',
  severity: 'error',
  doc: "A router's gateway on a network that is not `router:external` (`db/l3_db.py: _validate_gw_info`).",
  why: 'The snat and fip namespaces stand on the external network: without it there is neither SNAT nor floating IP.',
  check(topology, report) {
    const find = relationsOf(topology);
    const unread = unreadOf(topology);
    for (const { name, external_gateway: gateway } of topology.routers) {
      const network = find.network.get(gateway?.network ?? '');
      if (!gateway || !network || network.external || unread.touches(`${network.pointer}/router:external`)) continue;
      const message = `Network ${quote(network.name)} is not external, so Neutron refuses it as the gateway of router ${quote(name)}. Set \`router:external: true\` on it, or choose another network.`;
      const related = [{ pointer: network.pointer, message: `network ${network.name}` }];
      report({ message, pointer: `${gateway.pointer}/network`, related });
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
routers:
  router1: {external_gateway: {network: red}}
  #                                     ^^^ external-gateway-not-external
`,
  right: `
networks:
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}}
`,
};
