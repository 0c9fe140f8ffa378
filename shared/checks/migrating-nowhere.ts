/** VMs that migrate to where they are, or from nowhere. */
import { quote } from '../topology/describe.ts';
import type { Check } from './check.ts';

export const migratingNowhere: Check = {
  code: 'migrating-nowhere',
  severity: 'warning',
  doc: '`migrating_to` names the node that the port is bound to, or the port is not bound (`db/l3_dvr_db.py: _get_dvr_sync_data`).',
  why: 'Only the node that a VM comes to may serve its port before the VM is there: here there is no such node, and nothing follows from it.',
  check(topology, report) {
    for (const { name, node, migrating_to: next, pointer } of topology.ports) {
      if (next === undefined || (node !== undefined && node !== next)) continue;
      const message =
        node === undefined
          ? `Port ${quote(name)} migrates to ${quote(next)}, but is bound to no node. Set \`node\` to where the VM is.`
          : `Port ${quote(name)} migrates to ${quote(next)}, where it is bound already. Remove \`migrating_to\`, or set \`node\` to where the VM still is.`;
      const related = node === undefined ? [] : [{ pointer: `${pointer}/node`, message: `where ${quote(name)} is` }];
      report({ message, pointer: `${pointer}/migrating_to`, related });
    }
  },
  wrong: `
nodes:
  compute1: {agent_mode: dvr}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
ports:
  vm1: {network: red, node: compute1, migrating_to: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}
  #                                                 ^^^^^^^^ migrating-nowhere
  vm2: {network: red, migrating_to: compute1, fixed_ips: [{ip_address: 10.0.0.6}]}
  #                                 ^^^^^^^^ migrating-nowhere
`,
  right: `
nodes:
  compute1: {agent_mode: dvr}
  compute2: {agent_mode: dvr}
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
ports:
  vm1: {network: red, node: compute1, migrating_to: compute2, fixed_ips: [{ip_address: 10.0.0.5}]}
`,
};
