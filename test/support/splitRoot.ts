/** The root of a small topology of several files: what its tenants have is in files of their own. */
export const ROOT = `release: zed
include: [tenants/*.dvr.yaml]
nodes:
  compute1: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
networks:
  red: {network_type: vxlan, segmentation_id: 1, subnets: {red-v4: {cidr: 10.0.0.0/24}}}
`;
