/** Names that the file format cannot keep apart, although YAML can. */
import { quote } from '../topology/describe.ts';
import type { Check } from './check.ts';

export const duplicateName: Check = {
  code: 'duplicate-name',
  severity: 'error',
  doc: 'A subnet name used in two networks (interfaces refer to subnets by name alone), or one floating IP written in two ways.',
  why: 'Interfaces and fixed addresses refer to a subnet by its name alone, so that the second one of that name is never meant.',
  check(topology, report) {
    const subnets = topology.networks.flatMap((network) => network.subnets);
    for (const [what, things] of [['A subnet', subnets] as const, ['A floating IP', topology.floating_ips] as const]) {
      const first = new Map<string, string>();
      for (const { name, pointer } of things) {
        const other = first.get(name);
        if (other === undefined) first.set(name, pointer);
        else {
          const message = `${what} with the name ${quote(name)} is already there. What refers to it finds the first one; rename one.`;
          report({ message, pointer, at: 'key', related: [{ pointer: other, message: 'the first one' }] });
        }
      }
    }
  },
  wrong: `
networks:
  red: {subnets: {v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {v4: {cidr: 10.1.0.0/24}}}
  #                ^^ duplicate-name
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.1.0.0/24}}}
`,
};
