/** Faults of what machines get beside routing: metadata, MTU. */
import { METADATA_PORT } from '../neutron.ts';
import { snatNodes } from '../placement.ts';
import type { Case, Fact, Fault, NodeView } from './fault.ts';
import { byKey, linesOf, namespacesOf, routerOf, together } from './lines.ts';

/** The rules that lead to the proxy (`agent/metadata/driver.py: metadata_nat_rules` and its siblings). */
const lostRules = (view: NodeView): Case[] =>
  byKey(
    linesOf(view, 'iptables', 'missing', 'different').filter(
      ({ wanted }) => wanted?.because?.neutron.startsWith('metadata/driver.py') === true,
    ),
    ({ namespace }) => namespace,
  );

/** The rules are there and nothing listens. Of an HA router only the active node must. */
const silentProxies = (view: NodeView): Case[] =>
  namespacesOf(view, 'qrouter').flatMap((namespace): Case[] => {
    const listening = view.live.traffic?.[namespace]?.listening;
    const router = routerOf(view.topology, namespace);
    const isSpare = router?.ha === true && snatNodes(view.topology, router).some(({ name }) => name === view.node);
    const redirect = `--to-ports ${METADATA_PORT}`;
    const isLed = view.live.namespaces[namespace]?.iptables?.some(
      ({ family, spec }) => family === 'inet' && spec?.endsWith(redirect) === true,
    );
    if (!listening || listening.includes(METADATA_PORT) || !isLed || isSpare) return [];
    const fact: Fact = {
      namespace,
      aspect: 'processes',
      expected: `haproxy listens on ${METADATA_PORT}`,
      live: null,
      show: ['ss', '-lntp'],
    };
    return [{ lines: [], facts: [fact] }];
  });

export const TENANT_FAULTS: readonly Fault[] = [
  {
    id: 'M01',
    family: 'tenant',
    title: 'metadata is not served',
    symptom: 'New VMs get no keys and no name; 169.254.169.254 does not answer.',
    cause: 'A rule that leads to the proxy is missing, or haproxy does not run.',
    evidence:
      'A nat, mangle or filter rule for 169.254.169.254 is missing in the router, or nothing listens on port 9697.',
    breaks: ({ vms }) => `${vms} get no metadata`,
    restart: 'neutron-l3-agent',
    releases: 'any',
    references: ['LP#1353271'],
    find: (view) => [...lostRules(view), ...silentProxies(view)],
  },
  {
    id: 'T01',
    family: 'tenant',
    title: 'devices have another MTU than their network',
    symptom: 'Small packets pass, large ones stall.',
    cause: 'The MTU of the network was changed, and the devices that there were kept theirs.',
    evidence: 'The MTU of devices differs from that of their network, or at both ends of a pair.',
    breaks: ({ vms, namespace }) =>
      namespace.startsWith('fip-') ? 'large packets to and from floating IPs stall' : `large packets of ${vms} stall`,
    releases: 'any; agents follow changes since Ocata, Train and Xena',
    references: ['LP#1933273', 'LP#1823798', 'LP#1649845'],
    find: (view) =>
      together(
        linesOf(view, 'links', 'different').filter(({ wanted, found }) => wanted && found && wanted.mtu !== found.mtu),
      ),
  },
];
