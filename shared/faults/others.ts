/** Faults of the host, of netfilter, and things that nobody owns. */
import { contains } from '../ip.ts';
import type { OvsPort } from '../state.ts';
import type { Topology } from '../topology/types.ts';
import type { Case, Fact, Fault, NodeView } from './fault.ts';
import { byKey, each, kindOf, linesOf, namespacesOf, optionOf, sysctlOf } from './lines.ts';

/** Ids of everything in the topology that is a Neutron port, router or network, as far as they are known. */
function idsOf({ ports, routers, networks }: Topology): string[] {
  const ofRouters = routers.flatMap(({ id, external_gateway: gateway, interfaces }) => [
    id,
    gateway?.port_id,
    ...interfaces.flatMap(({ port_id: own, snat }) => [own, snat?.port_id]),
  ]);
  return [...ports.map(({ id }) => id), ...ofRouters, ...networks.map(({ id }) => id)].filter((id) => id !== undefined);
}

const isKnown = (ids: readonly string[], id: string): boolean => ids.some((known) => id.startsWith(known));

/** Namespaces and ports of the switch whose object the API has not. With an object whose id nobody knows, nothing can be said. */
function orphans(view: NodeView): Case[] {
  const namespaces = view.differences.filter(({ aspect, kind }) => aspect === 'namespaces' && kind === 'unexpected');
  const ports = linesOf(view, 'ports', 'unexpected').filter(({ difference }) => difference.known === undefined);
  if (namespaces.length + ports.length === 0) return [];
  const ids = idsOf(view.topology);
  return [
    ...each(
      namespaces.flatMap((difference) => {
        const id = difference.namespace.slice(difference.namespace.indexOf('-') + 1);
        return isKnown(ids, id) ? [] : [{ difference }];
      }),
    ),
    ...each(ports.filter(({ item }) => idOf(item) !== undefined && !isKnown(ids, idOf(item)!))),
  ];
}

const idOf = ({ external_ids: external }: OvsPort): string | undefined => external['iface-id'];

/** `net.ipv4.conf.DEVICE.rp_filter`: the larger of the device's and that of `all` holds (Documentation/networking/ip-sysctl). */
const STRICT = 1;
const ASYMMETRIC = /^(?:fg|rfp|fpr|qr)-/;

function strictDevices(view: NodeView): Case[] {
  return [...namespacesOf(view, 'qrouter'), ...namespacesOf(view, 'fip')].flatMap((namespace): Case[] => {
    const valueOf = (name: string) => Number(sysctlOf(view, namespace, `net.ipv4.conf.${name}.rp_filter`) ?? NaN);
    const all = valueOf('all');
    const strict = (view.live.namespaces[namespace]?.links ?? []).flatMap(({ ifname }) => {
      const value = Math.max(all, valueOf(ifname));
      return ASYMMETRIC.test(ifname) && value === STRICT ? [ifname] : [];
    });
    const keys = all === STRICT ? ['all'] : strict;
    const facts = (strict.length > 0 ? keys : []).map((name): Fact => ({
      namespace,
      aspect: 'sysctls',
      expected: `net.ipv4.conf.${name}.rp_filter = 0`,
      live: `net.ipv4.conf.${name}.rp_filter = ${STRICT}`,
      show: ['sysctl', `net.ipv4.conf.${name}.rp_filter`],
    }));
    return facts.length > 0 ? [{ lines: [], facts }] : [];
  });
}

/** Destinations that conntrack still translates to a fixed address, though no rule does. */
function oldConnections(view: NodeView): Case[] {
  const outside = view.topology.networks.filter(({ external }) => external).flatMap(({ subnets }) => subnets);
  return [...namespacesOf(view, 'qrouter'), ...namespacesOf(view, 'snat')].flatMap((namespace): Case[] => {
    const rules = view.expected.namespaces[namespace]?.iptables;
    const wanted = new Set(
      (rules ?? []).flatMap(({ spec }) => {
        const to = optionOf(spec, '--to-destination')?.split(':')[0];
        return to === undefined ? [] : [`${optionOf(spec, '-d')?.replace('/32', '')} ${to}`];
      }),
    );
    const old = (rules ? (view.live.traffic?.[namespace]?.translations ?? []) : []).filter(
      ({ dst, to }) =>
        outside.some(({ cidr }) => contains(cidr, dst)) &&
        !outside.some(({ cidr }) => contains(cidr, to)) &&
        !wanted.has(`${dst} ${to}`),
    );
    return old.map(({ dst, to, count }) => ({
      lines: [],
      facts: [
        {
          namespace,
          aspect: 'conntrack',
          expected: null,
          live: `${count} connection${count === 1 ? '' : 's'} to ${dst} translated to ${to}`,
          show: ['conntrack', '-L', '-d', dst],
        },
      ],
    }));
  });
}

export const OTHER_FAULTS: readonly Fault[] = [
  {
    id: 'C06',
    family: 'other',
    title: 'a namespace or port of something that Neutron does not know',
    symptom: 'Namespaces and ports pile up on nodes; an address of a deleted router still answers.',
    cause: 'The agent was down when the object was deleted, or ended in the middle of it.',
    evidence:
      'A namespace of an agent, or a port of br-int, has an id that no router, network or port of the topology has.',
    breaks: () => 'nothing by itself; addresses in it may still answer',
    severity: 'warning',
    fix: ({ lines }) =>
      lines.flatMap(({ aspect, namespace, repair }) =>
        aspect === 'namespaces'
          ? [{ namespace: '-', words: ['ip', 'netns', 'delete', namespace] }]
          : aspect === 'ports'
            ? repair.map((words) => ({ namespace: '-', words }))
            : [],
      ),
    releases: 'any',
    references: ['cmd/netns_cleanup.py'],
    find: orphans,
  },
  {
    id: 'X01',
    family: 'other',
    title: 'the kernel drops packets whose way back is another one',
    symptom: 'Answers vanish without a trace in iptables.',
    cause: 'rp_filter is strict. Neutron sets it nowhere, so the host’s default holds.',
    evidence: 'rp_filter of fg, rfp, fpr or qr, or of all in their namespace, is 1 and neither is 2.',
    breaks: ({ namespace, vms, fips }) =>
      namespace.startsWith('fip-')
        ? `packets from outside to ${fips} are dropped on arrival`
        : `packets of ${vms} may be dropped on arrival`,
    fix: ({ facts = [] }) =>
      facts.map(({ namespace, expected }) => ({
        namespace,
        words: ['sysctl', '-w', (expected ?? '').replaceAll(' ', '')],
      })),
    releases: 'any; a setting of the host',
    references: ['Documentation/networking/ip-sysctl.rst: rp_filter'],
    find: strictDevices,
  },
  {
    id: 'X02',
    family: 'other',
    title: 'a namespace does not forward',
    symptom: 'Nothing is routed.',
    cause: 'ip_forward of the namespace was not set, or set back.',
    evidence: 'net.ipv4.ip_forward of a namespace of the L3 agent is not 1.',
    breaks: ({ vms, vmsWithout, fips, namespace }) =>
      namespace.startsWith('fip-')
        ? `${fips} are dead`
        : namespace.startsWith('snat-')
          ? `${vmsWithout} have no way out`
          : `${vms} reach nothing beyond their own subnet`,
    releases: 'any',
    references: ['namespaces.py: Namespace.create'],
    find: (view) => each(linesOf(view, 'sysctls').filter(({ item }) => item.key === 'net.ipv4.ip_forward')),
  },
  {
    id: 'X03',
    family: 'other',
    title: 'the fip namespace tracks connections',
    symptom: 'Floating IPs lose connections under load.',
    cause: 'The rule that keeps conntrack out of the fip namespace is missing.',
    evidence: 'raw PREROUTING of the fip namespace lacks -j CT --notrack.',
    breaks: ({ fips, node }) => `connections of ${fips} on ${node} may be dropped`,
    restart: 'neutron-l3-agent',
    releases: 'Juno; lost rules since',
    references: ['LP#1360395'],
    find: (view) =>
      byKey(
        linesOf(view, 'iptables', 'missing', 'different').filter(
          ({ namespace, wanted }) =>
            kindOf(namespace) === 'fip' && wanted?.table === 'raw' && wanted.spec?.includes('--notrack') === true,
        ),
        ({ namespace }) => namespace,
      ),
  },
  {
    id: 'X04',
    family: 'other',
    title: 'connections outlive the floating IP that they use',
    symptom: 'Sessions go on after a floating IP was taken away, or reach the VM that had it before.',
    cause: 'The agent did not remove the entries of conntrack with the floating IP.',
    evidence: 'conntrack of a router translates an external address to a fixed one, and no DNAT rule should.',
    breaks: ({ node }) => `sessions on ${node} reach a VM that should not have that address any more`,
    severity: 'warning',
    fix: ({ facts = [] }) =>
      facts.map(({ namespace, show }) => ({ namespace, words: show.map((word) => (word === '-L' ? '-D' : word)) })),
    releases: 'up to Stein',
    references: ['LP#1334926', 'LP#1505700', 'LP#1818805', 'LP#1488730'],
    find: oldConnections,
  },
  {
    id: 'X06',
    family: 'other',
    title: 'an iptables rule is there twice',
    symptom: 'The agent warns of duplicate rules.',
    cause: 'The rules were generated twice.',
    evidence: 'One chain has a rule of the agent twice.',
    breaks: ({ node }) => `nothing by itself; a rule that is removed once on ${node} stays`,
    severity: 'warning',
    restart: 'neutron-l3-agent',
    releases: 'up to Liberty; fixed in Mitaka',
    references: ['LP#1535928'],
    find: (view) =>
      byKey(
        linesOf(view, 'iptables', 'unexpected').filter(({ namespace, item }) =>
          view.expected.namespaces[namespace]?.iptables?.some(
            ({ family, table, chain, spec }) =>
              spec !== undefined &&
              family === item.family &&
              table === item.table &&
              chain === item.chain &&
              spec === item.spec,
          ),
        ),
        ({ namespace }) => namespace,
      ),
  },
];
