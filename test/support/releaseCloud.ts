/** The smallest cloud in which a change between releases shows, and what a test may add to it. */
import type { Release } from '../../shared/releases.ts';
import { cloud } from './healthy.ts';

export type Added = Partial<
  Record<'network' | 'public' | 'subnets' | 'router' | 'interfaces' | 'gateway' | 'ports' | 'floating', string>
>;

/** One router with one floating IP, at a release. */
export const cloudAt = (release: Release, added: Added = {}) =>
  cloud(`
release: ${release}
nodes: {compute1: {agent_mode: dvr}, net1: {agent_mode: dvr_snat}, net2: {agent_mode: dvr_snat}}
networks:
  red: {network_type: vxlan, mtu: 1450${added.network ?? ''}, subnets: {red-v4: {cidr: 10.0.1.0/24}${added.subnets ?? ''}}}
  public: {id: 44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa, router:external: true, network_type: flat, mtu: 1500${added.public ?? ', subnets: {public-v4: {cidr: 203.0.113.0/24}}'}}
  hanet: {network_type: vxlan, mtu: 1450, subnets: {ha-v4: {cidr: 169.254.192.0/18, gateway_ip: null}}}
routers:
  r:
    id: 11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa
    external_gateway: {network: public, node: net1, port_id: dddddddd-11, mac_address: 'fa:16:3e:00:00:10', external_fixed_ips: [{subnet: public-v4, ip_address: 203.0.113.10}${added.gateway ?? ''}]}
    interfaces:
      red-v4: {port_id: aaaaaaaa-11, mac_address: 'fa:16:3e:00:00:01', snat: {ip_address: 10.0.1.5, port_id: cccccccc-11, mac_address: 'fa:16:3e:00:00:05'}}
${added.interfaces ?? ''}
${added.router ?? ''}
ports:
  vm1: {node: compute1, network: red, mac_address: 'fa:16:3e:00:00:11', fixed_ips: [{ip_address: 10.0.1.11}]}
  fg1: {node: compute1, network: public, id: ffffffff-11, mac_address: 'fa:16:3e:00:00:21', device_owner: network:floatingip_agent_gateway, fixed_ips: [{ip_address: 203.0.113.21}]}
${added.ports ?? ''}
floating_ips: {203.0.113.50: {port: vm1}${added.floating ?? ''}}
`);

/** HA on both SNAT nodes. */
export const HA = '    ha: true\n    l3_agents: [{node: net1, ha_state: active}, {node: net2, ha_state: standby}]';
export const HA_PORTS = ['net1', 'net2']
  .map(
    (node, i) =>
      `  ha${i}: {network: hanet, node: ${node}, id: eeeeeeee-${i}${i}, mac_address: 'fa:16:3e:00:00:e${i}', device_owner: network:router_ha_interface, device_id: r, fixed_ips: [{ip_address: 169.254.192.${i + 4}}]}`,
  )
  .join('\n');
