/** A valid topology of about so many lines, the same each time: one thing on several lines, one external network that a thousand name. */

export function largeTopology(lines: number): string {
  const ports = Math.round(lines / 12);
  const networks = Math.max(1, Math.round(ports / 100));
  const each = (count: number, make: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => make(i)).join('');
  const prefix = (i: number): string => `10.${i >> 8}.${i & 255}`;
  const outside = (i: number): string => `203.${(i >> 16) & 15}.${(i >> 8) & 255}.${i & 255}`;
  return [
    'dvr: 1\nrelease: zed\nnodes:\n',
    each(
      networks,
      (i) =>
        `  node-${i}:\n    agent_mode: ${i === 0 ? 'dvr_snat' : 'dvr'}\n    bridge_mappings:\n      physnet1: br-ex\n`,
    ),
    'networks:\n  public:\n    router:external: true\n    network_type: flat\n    physical_network: physnet1\n    subnets:\n      public-v4:\n        cidr: 203.0.0.0/12\n',
    each(
      networks,
      (i) =>
        `  net-${i}:\n    network_type: vxlan\n    segmentation_id: ${1001 + i}\n    subnets:\n      sub-${i}:\n        cidr: ${prefix(i)}.0/24\n`,
    ),
    'routers:\n',
    each(
      networks,
      (i) =>
        `  router-${i}:\n    external_gateway:\n      network: public\n      ip_address: ${outside(256 + i)}\n      node: node-0\n    interfaces:\n      sub-${i}:\n        ip_address: ${prefix(i)}.1\n        snat:\n          ip_address: ${prefix(i)}.2\n`,
    ),
    'ports:\n',
    each(
      ports,
      (i) =>
        `  port-${i}:\n    network: net-${i % networks}\n    node: node-${i % networks}\n    device_owner: compute:nova\n    device_id: vm-${i}\n    fixed_ips:\n      - subnet: sub-${i % networks}\n        ip_address: ${prefix(i % networks)}.${10 + Math.floor(i / networks)}\n    status: ACTIVE\n    vnic_type: normal\n`,
    ),
    'floating_ips:\n',
    each(Math.min(1000, ports), (i) => `  ${outside(65_536 + i)}:\n    network: public\n    port: port-${i}\n`),
  ].join('');
}
