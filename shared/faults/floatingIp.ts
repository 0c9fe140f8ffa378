/** Faults on the way of floating IPs: `qrouter` – `rfp`/`fpr` – `fip` – `fg`. */
import { FIP_RT_TBL } from '../neutron.ts';
import { placementOf, snatNodes } from '../placement.ts';
import { pointer } from '../problem.ts';
import { RELEASES } from '../releases.ts';
import type { Route, Rule } from '../state.ts';
import { cutOff, rewired } from './cutOff.ts';
import type { Case, Fact, Fault, NodeView } from './fault.ts';
import { byKey, each, kindOf, linesOf, namespacesOf, optionOf, together } from './lines.ts';

/** `from 10.0.0.5 lookup 16` (`dvr_local_router.py: _add_floating_ip_rule`). */
const isFloatingRule = ({ table, src, srclen }: Rule): boolean =>
  table === String(FIP_RT_TBL) && srclen === undefined && src !== 'all';

const floatingRules = (view: NodeView, ...kinds: Parameters<typeof linesOf>[2][]) =>
  linesOf(view, 'rules', ...kinds).filter(
    ({ namespace, item }) => kindOf(namespace) === 'qrouter' && isFloatingRule(item),
  );

/** Rules, each with the lines of `fip-priorities` that have its priority. */
function withPriority(view: NodeView, rules: ReturnType<typeof floatingRules>): Case[] {
  const files = linesOf(view, 'allocations').filter(({ item }) => item.file === 'fip-priorities');
  return rules.map(({ difference, found }) => ({
    lines: [
      difference,
      ...files.flatMap((line) => (line.found?.value === String(found?.priority) ? [line.difference] : [])),
    ],
  }));
}

/** `rfp` and `fpr` are named after the router. */
const VETH = /^(?:rfp|fpr)-(.+)$/;
const vethOf = (ifname: string): string | undefined => VETH.exec(ifname)?.[1];

/** Differences of anything that names one of the two devices. */
const ofVeth = (view: NodeView, router: string) =>
  view.differences
    .filter(
      ({ expected, live, namespace }) =>
        namespace !== '-' && [`rfp-${router}`, `fpr-${router}`].some((name) => `${expected} ${live}`.includes(name)),
    )
    .map((difference) => ({ difference }));

const linkLines = (view: NodeView) =>
  linesOf(view, 'links', 'missing').filter(({ item }) => vethOf(item.ifname) !== undefined);

/** The router's line of `fip-linklocal-networks` is gone: the agent itself took the pair down (`dvr_fip_ns.py: delete_rtr_2_fip_link`). */
const releasedLines = (view: NodeView, router: string) =>
  linesOf(view, 'allocations', 'missing').filter(
    ({ item }) => item.file === 'fip-linklocal-networks' && item.key.startsWith(router),
  );

/** An agent in mode `dvr_snat` beside the router's SNAT node is the one that clears what it has not. */
function isSpareSnatNode({ topology, node }: NodeView, suffix: string): boolean {
  const router = topology.routers.find(({ id }) => id?.startsWith(suffix));
  const mode = topology.nodes.find(({ name }) => name === node)?.agent_mode;
  return mode === 'dvr_snat' && router !== undefined && !snatNodes(topology, router).some(({ name }) => name === node);
}

/** The namespaces that its ends belong in are there. */
const hasHomes = ({ expected, live }: NodeView, suffix: string): boolean =>
  Object.entries(expected.namespaces).every(
    ([name, { links }]) =>
      Object.hasOwn(live.namespaces, name) || links?.some(({ ifname }) => vethOf(ifname) === suffix) !== true,
  );

/** Cases of a veth pair that is gone, by router. */
const lostPairs = (view: NodeView, wants: (suffix: string) => boolean): Case[] =>
  [...new Set(linkLines(view).map(({ item }) => vethOf(item.ifname)!))]
    .filter((suffix) => hasHomes(view, suffix) && wants(suffix))
    .flatMap((suffix) =>
      together([
        ...linkLines(view).filter(({ item }) => vethOf(item.ifname) === suffix),
        ...ofVeth(view, suffix),
        ...releasedLines(view, suffix),
      ]),
    );

const isCleared = (view: NodeView, suffix: string): boolean =>
  releasedLines(view, suffix).length > 0 || isSpareSnatNode(view, suffix);

/** `default … table T` of a `fip` namespace. */
const isOwnDefault = ({ dst, table }: Route): boolean => dst === 'default' && /^\d+$/.test(table ?? '');

/** `dvr_fip_ns.py: _create_gateway_port` sets it from 2023.1 on (d7f68a0ce7). */
const setsProxyDelay = ({ topology: { release } }: NodeView): boolean =>
  RELEASES.findIndex((name) => name === release) >= RELEASES.indexOf('2023.1');

function slowProxies(view: NodeView): Case[] {
  return namespacesOf(view, 'fip').flatMap((namespace): Case[] => {
    const keys = (view.live.namespaces[namespace]?.sysctls ?? []).flatMap(({ key, value }) => {
      const name = /^net\.ipv4\.neigh\.(.+)\.proxy_delay$/.exec(key)?.[1];
      return name === undefined ? [] : [{ key, name, value }];
    });
    return keys.flatMap(({ key, name, value }): Case[] => {
      if (!name.startsWith('fg-') || value === '1') return [];
      // Before the agents set it, a device has what the namespace has.
      const others = keys.filter((other) => !other.name.startsWith('fg-'));
      if (!setsProxyDelay(view) && others.some((other) => other.value === value)) return [];
      const fact: Fact = {
        namespace,
        aspect: 'sysctls',
        expected: `${key} = 1`,
        live: `${key} = ${value}`,
        show: ['sysctl', key],
      };
      return [{ lines: [], facts: [fact] }];
    });
  });
}

/** Floating IPs that another node serves, with the lines about them here. */
function servedTwice(view: NodeView): Case[] {
  const nat = linesOf(view, 'iptables', 'unexpected').flatMap((line) => {
    const address = optionOf(line.item.spec, '-d')?.replace('/32', '');
    const isTranslation = optionOf(line.item.spec, '-j') === 'DNAT' && kindOf(line.namespace) === 'qrouter';
    return isTranslation && address !== undefined ? [{ ...line, address }] : [];
  });
  const served = nat.length > 0 ? [...placementOf(view.topology).floatingIpsByRouter.values()].flat() : [];
  return [...new Set(nat.map(({ address }) => address))].flatMap((own) => {
    const other = served.find(({ floating }) => floating.floating_ip_address === own)?.node;
    if (other === undefined || other === view.node) return [];
    const about = [pointer('floating_ips', own)];
    return together(nat.filter(({ address }) => address === own)).map((found) => ({ ...found, other, about }));
  });
}

export const FLOATING_IP_FAULTS: readonly Fault[] = [
  {
    id: 'F06',
    family: 'floating IP',
    title: 'the agent took the pair of devices between router and fip namespace down',
    symptom: 'Floating IPs are dead on a node after the router was disabled and enabled, or after its SNAT role moved.',
    cause: 'On a node in mode dvr_snat that has not the SNAT role, removing the gateway also removes rfp and fpr.',
    evidence:
      'rfp and fpr are missing, and with them the line of fip-linklocal-networks; or they are missing on a spare dvr_snat node. Rules and NAT may be left.',
    breaks: ({ fips, router, node }) => `${fips} of ${router} are dead on ${node}`,
    restart: 'neutron-l3-agent',
    fix: () => [],
    releases: 'up to Victoria; fixed in Wallaby',
    references: ['LP#1894843', '393d484e07'],
    find: (view) => lostPairs(view, (suffix) => isCleared(view, suffix)),
  },
  {
    id: 'F05',
    family: 'floating IP',
    title: 'the pair of devices between router and fip namespace is missing',
    symptom: 'Floating IPs of a router are dead on one node, though the fip namespace and its fg device look healthy.',
    cause: 'The fg device was lost and the agent made the fip namespace anew, without the pairs to the routers.',
    evidence: 'rfp and fpr are missing, while the agent still remembers their link-local pair.',
    breaks: ({ fips, router, node }) => `${fips} of ${router} are dead on ${node}`,
    restart: 'neutron-l3-agent',
    fix: () => [],
    releases: 'up to Queens; fixed in Rocky',
    references: ['LP#1776984', '5a7c12f245'],
    find: (view) => lostPairs(view, (suffix) => !isCleared(view, suffix)),
  },
  {
    id: 'F04',
    family: 'floating IP',
    title: 'the pair of devices between router and fip namespace has no addresses',
    symptom: 'All floating IPs of one router are dead on one node.',
    cause:
      'The agent ended between making the pair and giving it addresses, and takes the pair for done when it starts.',
    evidence:
      'rfp or fpr is there without its link-local /31, and with it routes, neighbours and the rule by fpr are missing.',
    breaks: ({ fips, router, node }) => `${fips} of ${router} are dead on ${node}`,
    restart: 'neutron-l3-agent',
    fix: () => [],
    releases: 'up to Mitaka; fixed in Newton',
    references: ['LP#1566383', 'a47d22942a'],
    find: (view) =>
      [
        ...new Set(
          linesOf(view, 'addresses', 'missing', 'different').flatMap(({ wanted }) =>
            wanted?.family === 'inet' ? (vethOf(wanted.ifname) ?? []) : [],
          ),
        ),
      ].flatMap((suffix) => together(ofVeth(view, suffix))),
  },
  {
    id: 'F21',
    family: 'floating IP',
    title: 'a floating IP is served by two nodes',
    symptom: 'A floating IP answers now and then; two MACs are seen for it.',
    cause: 'The agent of another node took the floating IP for its own, or a migration was left half done.',
    evidence: 'A node has the DNAT rule of a floating IP that another node serves.',
    breaks: ({ fips, node, other }) => `${fips} belongs to ${other}: ${node} answers for it too, and connections break`,
    restart: 'neutron-l3-agent',
    releases: 'Juno; half-done migrations at any time',
    references: ['LP#1389880'],
    find: servedTwice,
  },
  {
    id: 'F03',
    family: 'floating IP',
    title: 'the rule of a floating IP is for the VM that had it before',
    symptom:
      'A floating IP was moved between two VMs of a node: it can be reached, but what the VM sends leaves with another address.',
    cause: 'The agent took the floating IP for already set up, because it has it.',
    evidence:
      'The rule to table 16 has the old fixed address at the priority of the floating IP; that of the new one is missing.',
    breaks: ({ fips, node }) =>
      `what the VM behind ${fips} on ${node} sends takes another way, and the VM that had it before uses its way`,
    restart: 'neutron-l3-agent',
    releases: 'up to Mitaka; fixed in Newton',
    references: ['LP#1599089', 'b8a2cb8132'],
    find: (view) => {
      const moved = floatingRules(view, 'different').filter(({ wanted, found }) => wanted?.src !== found?.src);
      const lost = floatingRules(view, 'missing');
      const left = floatingRules(view, 'unexpected').filter(({ item }) =>
        lost.some(({ item: other }) => other.priority === item.priority),
      );
      return byKey(
        [
          ...moved,
          ...left,
          ...lost.filter(({ item }) => left.some(({ item: other }) => other.priority === item.priority)),
        ],
        ({ namespace, item }) => `${namespace} ${item.priority}`,
      );
    },
  },
  {
    id: 'F02',
    family: 'floating IP',
    title: 'the rule of a floating IP has another priority than the agent remembers',
    symptom: 'After a restart of the agent a floating IP comes and goes, or two VMs share a way.',
    cause: 'The priority was not read back, and another one was allotted.',
    evidence: 'Two rules to table 16 for one address, one priority for two, or one that is not that of fip-priorities.',
    breaks: ({ fips, node }) => `with the next change on ${node} what is sent from behind ${fips} may take another way`,
    restart: 'neutron-l3-agent',
    releases: 'Juno and Kilo; again up to Wallaby',
    references: ['LP#1414779', 'LP#1929821'],
    find: (view) => {
      const altered = floatingRules(view, 'different');
      const twice = floatingRules(view, 'unexpected').filter(({ namespace, item }) =>
        (view.expected.namespaces[namespace]?.rules ?? []).some(
          (rule) => isFloatingRule(rule) && (rule.src === item.src || rule.priority === item.priority),
        ),
      );
      const files = linesOf(view, 'allocations', 'different').filter(({ item }) => item.file === 'fip-priorities');
      return [...withPriority(view, [...altered, ...twice]), ...each(files)];
    },
  },
  {
    id: 'F01',
    family: 'floating IP',
    title: 'the rule of a floating IP that is gone is left over',
    symptom: 'A VM whose floating IP was removed reaches nothing outside.',
    cause: 'The agent was restarted in between and had forgotten the rule, so it did not remove it.',
    evidence:
      'A rule to table 16 for an address without a floating IP here; fip-priorities may still have its priority.',
    breaks: ({ vms }) => `what ${vms} send outside goes to the fip namespace, which has no way for it`,
    restart: 'neutron-l3-agent',
    releases: 'up to Wallaby; fixed in Victoria and Xena',
    references: ['LP#1891673', '5eca44bfa8', 'a03c240ef4'],
    find: (view) => withPriority(view, floatingRules(view, 'unexpected')),
  },
  {
    id: 'F13',
    family: 'floating IP',
    title: 'floating IPs are addresses of the device to the fip namespace',
    symptom: 'After an upgrade the router itself answers for a floating IP.',
    cause: 'Releases up to Mitaka gave rfp the addresses; later ones do not, and do not remove them.',
    evidence: 'rfp has an address beside its link-local /31.',
    breaks: ({ fips, node }) =>
      `the router on ${node} takes packets to ${fips} for itself when nothing translates them`,
    releases: 'upgrades from Mitaka and before; removed by the agent since Pike',
    references: ['LP#1675187', 'f84ce9a57c'],
    find: (view) =>
      each(
        linesOf(view, 'addresses', 'unexpected').filter(
          ({ item }) => item.ifname.startsWith('rfp-') && item.family === 'inet',
        ),
      ),
  },
  {
    id: 'F10',
    family: 'floating IP',
    title: 'the fg device is cut off from br-int',
    symptom: 'Floating IPs of a whole node cannot be reached, though fg is up.',
    cause: 'The OVS agent could not bind the port and left it on the dead VLAN, or dropped what comes from it.',
    evidence: 'The port fg has tag 4095, or a flow in table 0 drops what comes from it.',
    breaks: ({ fips, node }) => `${fips} on ${node} are dead`,
    restart: 'neutron-openvswitch-agent',
    fix: rewired,
    releases: 'up to Queens; fixed in Rocky',
    references: ['LP#1778643', 'b2b4229696'],
    find: (view) => cutOff(view, (name) => name.startsWith('fg-')),
  },
  {
    id: 'F14',
    family: 'floating IP',
    title: 'the way out of the fip namespace is missing or leads elsewhere',
    symptom: 'A floating IP can be reached from near, but nothing comes back to the outside.',
    cause: 'Gateway and first router were set up at the same time, and the default route of the router was lost.',
    evidence:
      'The table of a router in the fip namespace has no default route by the gateway of the external network, or an old one.',
    breaks: ({ fips, node }) => `answers of ${fips} on ${node} do not get out`,
    releases: 'up to Newton; fixed in Ocata',
    references: ['LP#1631513', 'd40322c7d4'],
    find: (view) =>
      byKey(
        linesOf(view, 'routes').filter(({ namespace, item }) => kindOf(namespace) === 'fip' && isOwnDefault(item)),
        ({ namespace, item }) => `${namespace} ${item.table}`,
      ),
  },
  {
    id: 'F18',
    family: 'floating IP',
    title: 'nobody answers ARP for a floating IP',
    symptom: 'The outside asks for a floating IP and gets no answer.',
    cause: 'proxy_arp of fg is off, or the route to the floating IP, by which the kernel answers, is missing.',
    evidence: 'proxy_arp of fg is not 1, or the fip namespace has no route to the floating IP by fpr.',
    breaks: ({ fips, node }) => `nobody outside reaches ${fips}: ${node} does not answer ARP`,
    releases: 'any; a setting of the host, or a lost update',
    references: ['dvr_fip_ns.py: _create_gateway_port'],
    find: (view) => [
      ...each(
        linesOf(view, 'sysctls', 'missing', 'different').filter(({ item }) =>
          /^net\.ipv4\.conf\.fg-.*\.proxy_arp$/.test(item.key),
        ),
      ),
      ...each(
        linesOf(view, 'routes', 'missing', 'different').filter(
          ({ namespace, wanted }) =>
            kindOf(namespace) === 'fip' &&
            wanted?.table === undefined &&
            wanted?.dev?.startsWith('fpr-') === true &&
            wanted.protocol !== 'kernel' &&
            wanted.family === 'inet',
        ),
      ),
    ],
  },
  {
    id: 'F19',
    family: 'floating IP',
    title: 'ARP for floating IPs is answered late',
    symptom: 'The first packet to a floating IP waits up to 0.8 s.',
    cause: 'The kernel waits a random time before it answers in the name of others, unless told otherwise.',
    evidence:
      'proxy_delay of fg is not 1. Agents before 2023.1 do not set it: there only a value that somebody set is told.',
    breaks: ({ node }) => `the first packet to each floating IP on ${node} waits for a late answer to ARP`,
    severity: 'warning',
    fix: ({ facts = [] }) =>
      facts.map(({ namespace, expected }) => ({
        namespace,
        words: ['sysctl', '-w', (expected ?? '').replaceAll(' ', '')],
      })),
    releases: 'up to Zed; fixed in 2023.1',
    references: ['LP#1920975', 'd7f68a0ce7'],
    find: slowProxies,
  },
];
