/** Ranges that the agents keep for themselves. */
import { DEVICE_OWNER, DVR_FIP_LL_CIDR, METADATA_V4_CIDR } from '../neutron.ts';
import { overlaps } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import { remembered } from '../topology/kept.ts';
import type { Network, Topology } from '../topology/types.ts';
import type { Check } from './check.ts';

/** What the agents use for themselves. `l3_ha_net_cidr` is the default of `conf/db/l3_hamode_db.py`. */
const RANGES = [
  { cidr: DVR_FIP_LL_CIDR, use: 'the links between qrouter and fip namespaces' },
  { cidr: '169.254.192.0/18', use: 'HA networks (`l3_ha_net_cidr`)' },
  { cidr: METADATA_V4_CIDR, use: 'the metadata service' },
];

export const linkLocalClash: Check = {
  code: 'link-local-clash',
  severity: 'warning',
  doc: 'A subnet in a range that the L3 agent uses inside (`lib: constants.py: DVR_FIP_LL_CIDR, METADATA_V4_CIDR`; `l3_ha_net_cidr`).',
  why: 'rfp and fpr devices, HA networks and the metadata service have addresses from these ranges in the same namespaces: a connected route of the subnet would take their packets, or they those of the subnet.',
  check(topology, report) {
    let haNetworks: ReadonlySet<string> | undefined;
    for (const { network, subnet, clashes } of clashing(topology.networks)) {
      haNetworks ??= haNetworksOf(topology);
      if (isHaNetwork(network, haNetworks)) continue;
      const uses = clashes.map((range) => `${range.cidr} for ${range.use}`).join(', ');
      const message = `${subnet.cidr} of subnet ${quote(subnet.name)} meets what the agents use inside: ${uses}. Routes of the two would mix; choose another prefix.`;
      report({ message, pointer: `${subnet.pointer}/cidr` });
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 169.254.100.0/24}}}
  #                              ^^^^^^^^^^^^^^^^ link-local-clash
  blue: {subnets: {blue-v4: {cidr: 169.254.0.0/16}}}
  #                                ^^^^^^^^^^^^^^ link-local-clash
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 169.254.0.0/24}}}
  HA network tenant 5f2a: {subnets: {ha-subnet: {cidr: 169.254.192.0/18, gateway_ip: null}}}
  renamed: {subnets: {renamed-ha: {cidr: 169.254.192.0/18, gateway_ip: null}}}
ports:
  ha1: {network: renamed, device_owner: network:router_ha_interface}
`,
};

/** Subnets that meet a range; which, does not depend on ports, which are edited most. What meets everything is `unspecified-prefix`. */
const clashing = remembered((networks: Network[]) =>
  networks.flatMap((network) =>
    network.subnets.flatMap((subnet) => {
      const { cidr } = subnet;
      const clashes = cidr.endsWith('/0') ? [] : RANGES.filter((range) => overlaps(range.cidr, cidr));
      return clashes.length > 0 ? [{ network, subnet, clashes }] : [];
    }),
  ),
);

/** Neutron's own HA networks: by name (`lib: constants.py: HA_NETWORK_NAME`), or by what is plugged into them. */
const isHaNetwork = ({ name }: Network, known: ReadonlySet<string>): boolean =>
  name.startsWith('HA network tenant ') || known.has(name);

const haNetworksOf = ({ ports }: Topology): Set<string> =>
  new Set(ports.filter((port) => port.device_owner === DEVICE_OWNER.ha).map((port) => port.network));
