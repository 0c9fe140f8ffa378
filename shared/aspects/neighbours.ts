/** `ip neigh`: which MAC answers for an address. The agent writes permanent entries; all others the kernel learned. */
import { canonical, familyOf } from '../ip.ts';
import type { Namespace, NeighbourFact } from '../namespaces/types.ts';
import { hasChange } from '../releases.ts';
import type { Neighbour } from '../state.ts';
import { type Aspect, type Parsed, compact, ipFamilies, jsonRecords, textField } from './aspect.ts';

export const neighbours: Aspect<Neighbour> = {
  name: 'neighbours',
  noun: 'neighbour',
  title: 'ip neigh',
  reads: (command) => ipFamilies(command, 'neighbour', ['inet', 'inet6']),
  parse: parseNeighbours,
  expect: expectNeighbours,
  family: (neighbour) => neighbour.family,
  identities: [
    explain,
    (neighbour) => `${neighbour.dev} ${neighbour.dst}`,
    (neighbour) => `${neighbour.dst} ${neighbour.lladdr}`,
    (neighbour) => `${neighbour.dev} ${neighbour.lladdr}`,
  ],
  explain,
  dynamic: (neighbour) => (neighbour.state.includes('PERMANENT') ? undefined : 'the kernel learned this entry'),
  repair: (n) => ['ip', 'neigh', 'replace', n.dst, 'lladdr', n.lladdr ?? 'MAC', 'dev', n.dev, 'nud', 'permanent'],
  remove: (n) => ['ip', 'neigh', 'del', n.dst, 'dev', n.dev],
};

function explain(neighbour: Neighbour): string {
  const { dst, dev, lladdr, state } = neighbour;
  return `${dst} dev ${dev}${lladdr === undefined ? '' : ` lladdr ${lladdr}`} ${state.join(' ')}`.trimEnd();
}

function expectNeighbours(namespace: Namespace): Neighbour[] {
  switch (namespace.kind) {
    case 'qrouter':
      return [
        ...namespace.interfaces.flatMap((i) =>
          i.neighbours.filter(({ isAbsent }) => !isAbsent).map((fact) => permanent(i.device.ifname, fact)),
        ),
        ...(namespace.fipLink && hasChange(namespace, 'link_neighbours')
          ? [linkNeighbour(namespace.fipLink.rfp, namespace.fipLink.fprAddress, namespace.fipLink.fpr.mac)]
          : []),
      ];
    case 'fip':
      return hasChange(namespace, 'link_neighbours')
        ? namespace.routers.map(({ fpr, rfp, rfpAddress }) => linkNeighbour(fpr, rfpAddress, rfp.mac))
        : [];
    case 'snat':
    case 'qdhcp':
      return [];
  }
}

const permanent = (dev: string, { family, dst, mac, because }: Omit<NeighbourFact, 'key'>): Neighbour => ({
  family,
  dst,
  dev,
  lladdr: mac,
  state: ['PERMANENT'],
  because,
});

/** `dvr_fip_ns.py: create_rtr_2_fip_link` writes both ends (`_add_rtr_2_fip_arp_entries`). */
const linkNeighbour = (
  device: { ifname: string; because: NeighbourFact['because'] },
  dst: string,
  mac: string,
): Neighbour =>
  permanent(device.ifname, {
    family: 'inet',
    dst,
    mac,
    because: {
      pointer: device.because.pointer,
      sentence: 'the two ends of the veth pair know each other without ARP',
      neutron: 'dvr_fip_ns.py: create_rtr_2_fip_link',
    },
  });

function parseNeighbours(text: string): Parsed<Neighbour> {
  const json = jsonRecords(text);
  const parsed: Parsed<Neighbour> = { items: [], problems: json?.problems ?? [] };
  const take = (neighbour: Neighbour | undefined, source: string) => {
    if (neighbour) parsed.items.push(neighbour);
    else parsed.problems.push(`not a neighbour: ${source}`);
  };
  if (json) for (const record of json.records) take(neighbourOfRecord(record), JSON.stringify(record));
  else for (const line of text.split('\n')) if (line.trim() !== '') take(neighbourOfLine(line), line);
  return parsed;
}

function neighbourOfRecord(record: Record<string, unknown>): Neighbour | undefined {
  const dst = canonical(textField(record, 'dst') ?? '');
  const dev = textField(record, 'dev');
  const state = record['state'];
  if (dst === undefined || dev === undefined) return undefined;
  return compact({
    family: familyOf(dst)!,
    dst,
    dev,
    lladdr: textField(record, 'lladdr')?.toLowerCase(),
    state: Array.isArray(state) ? state.filter((word): word is string => typeof word === 'string') : [],
  });
}

const STATES = new Set('PERMANENT NOARP REACHABLE STALE NONE INCOMPLETE DELAY PROBE FAILED'.split(' '));

function neighbourOfLine(line: string): Neighbour | undefined {
  const words = line.trim().split(/\s+/);
  const dst = canonical(words[0] ?? '');
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const dev = after('dev');
  if (dst === undefined || dev === undefined) return undefined;
  return compact({
    family: familyOf(dst)!,
    dst,
    dev,
    lladdr: /lladdr (<[^>]*>|\S+)/.exec(line)?.[1]?.toLowerCase(),
    state: words.filter((word) => STATES.has(word)),
  });
}
