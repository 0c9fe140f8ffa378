/** Ports that go past the bridges of their node. */
import { quote } from '../topology/describe.ts';
import { routerOfFloatingIp } from '../topology/floatingIp.ts';
import { relationsOf } from '../topology/relations.ts';
import type { Check } from './check.ts';

/** `lib: api/definitions/portbindings.py: VNIC_DIRECT, VNIC_DIRECT_PHYSICAL, VNIC_MACVTAP`. */
const SRIOV: readonly (string | undefined)[] = ['direct', 'direct-physical', 'macvtap'];

export const floatingIpOnDirectPort: Check = {
  code: 'floating-ip-on-direct-port',
  severity: 'error',
  doc: 'A floating IP of a distributed router for an SR-IOV port (`db/l3_db.py: _get_assoc_data`, `lib: plugins/utils.py: can_port_be_bound_to_virtual_bridge`).',
  why: 'The frames of such a port go straight to the network card and never reach the qrouter namespace of their node, where the floating IP would be translated.',
  check(topology, report) {
    const find = relationsOf(topology);
    for (const floatingIp of topology.floating_ips) {
      const port = find.port.get(floatingIp.port ?? '');
      if (!port || !SRIOV.includes(port.vnic_type)) continue;
      const router = find.router.get(floatingIp.router ?? '') ?? routerOfFloatingIp(find, floatingIp);
      if (!router?.distributed) continue;
      const message = `Port ${quote(port.name)} is plugged as ${port.vnic_type} (SR-IOV), and router ${quote(router.name)} is distributed: no node can translate for it, and Neutron refuses it. Use a normal port, or a router that is not distributed.`;
      const related = [{ pointer: `${port.pointer}/vnic_type`, message: `port ${port.name}` }];
      report({ message, pointer: `${floatingIp.pointer}/port`, related });
    }
  },
  wrong: example('direct'),
  right: example('normal'),
};

function example(type: string): string {
  const marker = type === 'direct' ? '\n  #                  ^^^ floating-ip-on-direct-port' : '';
  return `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
routers:
  router1: {external_gateway: {network: public}, interfaces: {red-v4: }}
ports:
  vm1: {network: red, vnic_type: ${type}, fixed_ips: [{ip_address: 10.0.0.5}]}
floating_ips:
  192.0.2.50: {port: vm1}${marker}
`;
}
