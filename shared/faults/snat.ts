/** Faults on the way of machines without a floating IP: `qrouter` – `sg` – `snat` – `qg`. */
import { FIP_RT_TBL } from '../neutron.ts';
import { snatNodes } from '../placement.ts';
import type { IptablesItem, Route, Rule } from '../state.ts';
import type { Case, Fact, Fault, NodeView } from './fault.ts';
import { unplugged } from './cutOff.ts';
import { byKey, each, kindOf, linesOf, namespacesOf, optionOf, routerOf, sysctlOf, withPort } from './lines.ts';

/** `dvr_local_router.py: _snat_redirect_modify`: priority and table are one number. */
const isRedirectRule = ({ table, priority, src }: Rule): boolean => table === String(priority) && src !== 'all';
const isRedirectRoute = ({ dst, table }: Route): boolean =>
  dst === 'default' && /^\d+$/.test(table ?? '') && table !== String(FIP_RT_TBL);

/** Rules and routes of redirects, of some kinds, by table. */
function redirects(view: NodeView, ...kinds: Parameters<typeof linesOf>[2][]): Case[] {
  const rules = linesOf(view, 'rules', ...kinds).filter(
    ({ item, found }) => isRedirectRule(item) || (found && isRedirectRule(found)),
  );
  const routes = linesOf(view, 'routes', ...kinds).filter(({ item }) => isRedirectRoute(item));
  return byKey(
    [...rules, ...routes].filter(({ namespace }) => kindOf(namespace) === 'qrouter'),
    ({ namespace, item }) => `${namespace} ${item.table}`,
  );
}

/** The same redirect is expected: then it is only there twice. */
const isRedirected = ({ expected }: NodeView, { lines }: Case): boolean =>
  linesOf({ differences: lines }, 'rules').some(
    ({ namespace, item }) => expected.namespaces[namespace]?.rules?.some(({ table }) => table === item.table) === true,
  );

const isSnatDevice = (namespace: string, ifname: string, prefix: string): boolean =>
  kindOf(namespace) === 'snat' && ifname.startsWith(prefix);

/** Devices to the subnets that are missing, with their ports of the switch. */
function lostDevices(view: NodeView): Case[] {
  return linesOf(view, 'links', 'missing').flatMap((line) =>
    isSnatDevice(line.namespace, line.item.ifname, 'sg-') ? withPort(view, line) : [],
  );
}

/** Parts of the NAT that keep translation where it belongs. */
function guardsOf({ wanted, isOrder }: { wanted?: IptablesItem; isOrder?: true }): boolean {
  if (wanted?.table !== 'nat' || wanted.spec === undefined) return false;
  const { spec } = wanted;
  const isDnat = optionOf(spec, '-j') === 'DNAT' && optionOf(spec, '-i') !== undefined;
  const isPrevent = optionOf(spec, '-j') === 'ACCEPT' && spec.includes('! --ctstate DNAT');
  return isPrevent || (isDnat && isOrder !== true) || isOrder === true;
}

/** A DNAT rule that lost its device counts; one that is gone altogether is another fault. */
const isGuard = (line: ReturnType<typeof linesOf<'iptables'>>[number]): boolean => {
  if (kindOf(line.namespace) !== 'qrouter' || !guardsOf({ ...line, ...(line.difference.isOrder && { isOrder: true }) }))
    return false;
  if (optionOf(line.wanted?.spec, '-j') !== 'DNAT' || line.difference.isOrder) return true;
  return (
    line.found !== undefined &&
    optionOf(line.found.spec, '-i') === undefined &&
    line.found.spec?.includes('DNAT') === true
  );
};

/** Namespaces of a router that is held by another node, with its own addresses in both. */
function secondNamespaces(view: NodeView): Case[] {
  return view.differences.flatMap((difference): Case[] => {
    const { aspect, kind, namespace } = difference;
    if (aspect !== 'namespaces' || kind !== 'unexpected' || kindOf(namespace) !== 'snat') return [];
    const router = routerOf(view.topology, namespace);
    const gateways = gatewayAddresses(view.live.namespaces[namespace]);
    const other = (router ? snatNodes(view.topology, router) : []).find(({ name }) => {
      const live = name === view.node ? undefined : view.nodes.get(name);
      return gatewayAddresses(live?.namespaces[namespace]).some((address) => gateways.includes(address));
    })?.name;
    if (other === undefined) return [];
    const links = view.live.namespaces[namespace]?.links ?? [];
    const devices = new Set(links.map(({ ifname }) => ifname));
    const macs = new Set(links.flatMap(({ address }) => (address === undefined ? [] : [`dl_dst=${address}`])));
    const wired = linesOf(view, 'ports', 'unexpected').filter(({ item }) => devices.has(item.name));
    const leads = linesOf(view, 'flows', 'unexpected').filter(
      ({ difference: { known }, item }) =>
        known === 'stale-namespace' || item.match.split(',').some((word) => macs.has(word)),
    );
    const fact: Fact = {
      namespace: '-',
      aspect: 'namespaces',
      expected: `${namespace} on ${other} only`,
      live: `${gateways.join(', ')} on ${other} and ${view.node}`,
      show: ['ip', 'netns', 'exec', namespace, 'ip', 'addr', 'show'],
    };
    return [{ lines: [difference, ...[...wired, ...leads].map((line) => line.difference)], facts: [fact], other }];
  });
}

const gatewayAddresses = (state: NodeView['live']['namespaces'][string] | undefined): string[] =>
  (state?.addresses ?? []).flatMap(({ ifname, local, family }) =>
    ifname.startsWith('qg-') && family === 'inet' ? [local] : [],
  );

/** `dvr_snat_ns.py: create` sets it to 0; where it is not collected nothing is said. */
const TCP_LOOSE = 'net.netfilter.nf_conntrack_tcp_loose';

function pickups(view: NodeView): Case[] {
  const loose = namespacesOf(view, 'snat').flatMap((namespace): Case[] => {
    const value = sysctlOf(view, namespace, TCP_LOOSE);
    if (value === undefined || value === '0') return [];
    const fact: Fact = {
      namespace,
      aspect: 'sysctls',
      expected: `${TCP_LOOSE} = 0`,
      live: `${TCP_LOOSE} = ${value}`,
      show: ['sysctl', TCP_LOOSE],
    };
    return [{ lines: [], facts: [fact] }];
  });
  const strict = linesOf(view, 'sysctls').filter(({ item }) =>
    ['net.netfilter.nf_conntrack_tcp_be_liberal', TCP_LOOSE].includes(item.key),
  );
  return [...loose, ...each(strict)];
}

export const SNAT_FAULTS: readonly Fault[] = [
  {
    id: 'S04',
    family: 'SNAT',
    title: 'the SNAT namespace of a router is on two nodes',
    symptom: 'VMs without a floating IP lose connections at random.',
    cause:
      'The SNAT role moved while the old node was down or its agent restarted, and the namespace there was not removed.',
    evidence:
      'A node that has not the role holds the snat namespace with the address of the gateway, as the right node does.',
    breaks: ({ vmsWithout, router, node, other }) =>
      `${node} and ${other} answer for the gateway of ${router}: ${vmsWithout} lose connections at random`,
    restart: 'neutron-l3-agent',
    fix: ({ lines }) =>
      lines.flatMap(({ aspect, namespace }) =>
        aspect === 'namespaces' ? [{ namespace: '-', words: ['ip', 'netns', 'delete', namespace] }] : [],
      ),
    releases: 'up to Mitaka; fixed in Newton; since then after failures',
    references: ['LP#1557909', 'LP#1472205'],
    find: secondNamespaces,
  },
  {
    id: 'S01',
    family: 'SNAT',
    title: 'the SNAT namespace has not the devices that it should',
    symptom: 'VMs without a floating IP reach nothing outside after the gateway moved to another network.',
    cause: 'SNAT ports were deleted and not made again, or the old gateway device stayed.',
    evidence: 'sg of a subnet is missing in the snat namespace, or there is a second qg.',
    breaks: ({ vmsWithout }) => `${vmsWithout} have no way out`,
    restart: 'neutron-l3-agent',
    fix: unplugged,
    releases: 'up to Newton; fixed in Ocata',
    references: ['LP#1651813'],
    find: (view) => [
      ...lostDevices(view),
      ...linesOf(view, 'links', 'unexpected').flatMap((line) =>
        isSnatDevice(line.namespace, line.item.ifname, 'qg-') ? withPort(view, line) : [],
      ),
    ],
  },
  {
    id: 'S16',
    family: 'SNAT',
    title: 'translation is not kept to the way outside',
    symptom:
      'A VM pings the floating IP of its neighbour and is answered from the fixed address, or local traffic gets the address of a floating IP.',
    cause: 'The rule that keeps local traffic from translation, or the device in a DNAT rule, is missing.',
    evidence:
      'In the nat table of the router: DNAT without -i rfp, no ACCEPT for what does not leave by rfp, or rules in another order.',
    breaks: ({ vms, fips }) =>
      `between ${vms} and other subnets, or ${fips}, addresses are translated that should not be`,
    restart: 'neutron-l3-agent',
    releases: 'up to Mitaka; fixed in Newton',
    references: ['LP#1462154', 'LP#1549311', '1cea77b0aa'],
    find: (view) => byKey(linesOf(view, 'iptables').filter(isGuard), ({ namespace }) => namespace),
  },
  {
    id: 'S03',
    family: 'SNAT',
    title: 'a redirect to a SNAT node that is not there any more',
    symptom: 'After the gateway was cleared, packets to the outside vanish.',
    cause: 'The agent cleared the gateway and left rule and route of the redirect.',
    evidence: 'The router has a rule and a table for a subnet that is not redirected.',
    breaks: ({ vmsWithout }) => `what ${vmsWithout} send outside goes to an address that nobody has`,
    releases: 'up to Mitaka; fixed in Newton',
    references: ['LP#1599287', '34e51cad42'],
    find: (view) => redirects(view, 'unexpected').filter((found) => !isRedirected(view, found)),
  },
  {
    id: 'S02',
    family: 'SNAT',
    title: 'the redirect to the SNAT node is missing',
    symptom: 'VMs without a floating IP have no way out from one node, often after the SNAT role moved.',
    cause: 'The agent removed the redirect and did not set it again.',
    evidence:
      'The rule of the subnet, or the default route of its table by the centralised SNAT port, is missing or another one.',
    breaks: ({ vmsWithout }) => `${vmsWithout} have no way out`,
    releases: 'up to Mitaka; fixed in Newton',
    references: ['LP#1611964', '82c134d6e0'],
    find: (view) => redirects(view, 'missing', 'different'),
  },
  {
    id: 'S12',
    family: 'SNAT',
    title: 'a router does not know the MAC of the SNAT port',
    symptom: 'VMs of one node cannot get out by SNAT; those of others can.',
    cause: 'The neighbour of the centralised SNAT port was not set.',
    evidence: 'The permanent neighbour for the address of the centralised SNAT port is missing, or has another MAC.',
    breaks: ({ vmsWithout }) => `${vmsWithout} have no way out`,
    releases: 'up to Wallaby; fixed in Xena',
    references: ['LP#1933092', 'be7d0bb6ab'],
    find: (view) =>
      each(
        linesOf(view, 'neighbours', 'missing', 'different').filter(
          ({ wanted }) => wanted?.because?.pointer.startsWith('/routers/') === true && wanted.dev.startsWith('qr-'),
        ),
      ),
  },
  {
    id: 'S08',
    family: 'SNAT',
    title: 'conntrack judges TCP other than distributed routing needs',
    symptom: 'Long TCP sessions break, now and then.',
    cause: 'A connection of which a node sees only one half, or the middle, is taken up or refused by conntrack.',
    evidence: `${TCP_LOOSE} of the snat namespace is not 0, or nf_conntrack_tcp_be_liberal not 1 where the agents set it.`,
    breaks: ({ vms }) => `long TCP connections of ${vms} may break`,
    severity: 'warning',
    fix: ({ lines, facts = [] }) => [
      ...facts.map(({ namespace, expected }) => ({
        namespace,
        words: ['sysctl', '-w', (expected ?? '').replaceAll(' ', '')],
      })),
      ...lines.flatMap(({ namespace, repair }) => repair.map((words) => ({ namespace, words }))),
    ],
    releases: 'up to Ocata; fixed in Pike; a setting that failed or was changed since',
    references: ['LP#1620824', '299d08ed3f'],
    find: pickups,
  },
];
