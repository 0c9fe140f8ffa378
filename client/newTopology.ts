/** What a new topology begins with: a small cloud that checks clean, with what there is to know at first as comments. */
export const NEW_TOPOLOGY = `# What OpenStack Neutron's DVR should make on every node. Keys are the names of the Neutron API.
# Type to get keys, names and free addresses; hover over a name to see what it causes on the nodes.
dvr: 1
# release: zed          # whose agents run; without it the nodes tell

nodes:
  compute1:
    agent_mode: dvr       # VMs run here
    # address: 192.0.2.11 # where SSH finds it; without it by its name, as "ssh compute1" would
  network1:
    agent_mode: dvr_snat  # the way out for VMs without a floating IP

networks:
  tenant:
    network_type: vxlan
    subnets:
      tenant-v4: {cidr: 10.0.0.0/24, gateway_ip: 10.0.0.1}
  public:
    router:external: true
    network_type: flat
    subnets:
      public-v4: {cidr: 203.0.113.0/24, gateway_ip: 203.0.113.1}

routers:
  router1:
    external_gateway: {network: public, ip_address: 203.0.113.10, node: network1}
    interfaces:
      tenant-v4: {snat: {ip_address: 10.0.0.2}}

ports:
  vm1: {node: compute1, network: tenant, fixed_ips: [{subnet: tenant-v4, ip_address: 10.0.0.11}]}
  vm2: {node: compute1, network: tenant, fixed_ips: [{subnet: tenant-v4, ip_address: 10.0.0.12}]}

floating_ips:
  203.0.113.20: {port: vm1}
`;
