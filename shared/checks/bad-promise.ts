/** Promises that cannot be read, or that name what is not there. */
import { contains } from '../ip.ts';
import { quote } from '../topology/describe.ts';
import { didYouMean } from '../topology/nearest.ts';
import { type PromiseEnd, type PromiseLine, readPromise } from '../topology/promiseText.ts';
import { type Relations, relationsOf } from '../topology/relations.ts';
import type { Topology } from '../topology/types.ts';
import { type Unread, unreadOf } from '../topology/unread.ts';
import type { Check } from './check.ts';

export const badPromise: Check = {
  code: 'bad-promise',
  severity: 'error',
  doc: 'A line of `promises` that cannot be read, or that is about a port, network or address which is not in the file.',
  why: 'Nobody tests it: what it was written for may break without a word.',
  check(topology, report) {
    const known = { find: relationsOf(topology), unread: unreadOf(topology) };
    for (const { pointer, text } of topology.promises ?? []) {
      const line = readPromise(text);
      const message = 'problem' in line ? line.problem : unknownIn(topology, line, known);
      if (message !== undefined) report({ message, pointer });
    }
  },
  wrong: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
  db1: {network: red, fixed_ips: [{ip_address: 10.0.0.6}]}
promises:
  - reach vm1 -> db2
  # ^^^^^^^^^^^^^^^^ bad-promise
  - reach vm1 8.8.8.8
  # ^^^^^^^^^^^^^^^^^ bad-promise
  - isolated red blue
  # ^^^^^^^^^^^^^^^^^ bad-promise
  - reach outside -> 192.0.3.50
  # ^^^^^^^^^^^^^^^^^^^^^^^^^^^ bad-promise
`,
  right: `
networks:
  red: {subnets: {red-v4: {cidr: 10.0.0.0/24}}}
  blue: {subnets: {blue-v4: {cidr: 10.0.1.0/24}}}
  public: {router:external: true, subnets: {public-v4: {cidr: 192.0.2.0/24}}}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.5}]}
  "vm 2": {network: blue, fixed_ips: [{ip_address: 10.0.1.5}]}
promises:
  - unreachable vm1 -> "vm 2" tcp 22
  - reach vm1 -> 8.8.8.8 as 192.0.2.21
  - isolated red blue
  - reach outside -> 192.0.2.50 tcp 443
  - reach 192.0.2.9@public -> 192.0.2.50
`,
};

interface Known {
  find: Relations;
  unread: Unread;
}

function unknownIn(topology: Topology, line: PromiseLine, known: Known): string | undefined {
  if (line.type === 'isolated')
    return line.networks.map((name) => unknownName('network', name, known)).find((message) => message !== undefined);
  const { from, to } = line;
  return (
    unknownEnd(topology, from, true, known) ??
    unknownEnd(topology, to, false, known) ??
    unreachedFromOutside(topology, line, known)
  );
}

function unknownName(kind: 'network' | 'port', name: string, { find, unread }: Known): string | undefined {
  if (find[kind].has(name) || unread.mayHave(kind, name)) return undefined;
  const hint = didYouMean(name, find[kind].keys()) || ' Define it or correct the name.';
  return `There is no ${kind} ${quote(name)} in this topology.${hint}`;
}

function unknownEnd(topology: Topology, end: PromiseEnd, isSender: boolean, known: Known): string | undefined {
  if (end.type === 'outside') return undefined;
  if (end.type === 'port') return unknownName('port', end.name, known);
  const { network: name, address } = end;
  const network = name === undefined ? undefined : unknownName('network', name, known);
  if (network !== undefined || !isSender) return network;
  const isOutside = known.find.network.get(name ?? '')?.external !== false;
  const isThere = topology.ports.some(
    (port) => port.network === name && port.fixed_ips.some(({ ip_address }) => ip_address === address),
  );
  if (isOutside || isThere || known.unread.touches('/ports')) return undefined;
  return `No port of network ${quote(name ?? '')} has the address ${address}, so nothing sends from it. Name a port, or give it the address.`;
}

/** What is on no external network nobody outside sends to. */
function unreachedFromOutside({ networks }: Topology, line: PromiseLine, { unread }: Known): string | undefined {
  if (line.type === 'isolated' || line.from.type !== 'outside' || line.to.type !== 'address') return undefined;
  const { address } = line.to;
  const isOutside = networks.some(
    ({ external, subnets }) => external && subnets.some(({ cidr }) => contains(cidr, address)),
  );
  if (isOutside || unread.touches('/networks')) return undefined;
  return `${address} is on no external network of this file, so nothing outside is led to it. Write the address of a floating IP.`;
}
