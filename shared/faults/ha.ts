/** Faults of HA routers. */
import type { NodeState } from '../state.ts';
import type { Case, Fact, Fault, NodeView } from './fault.ts';
import { unplugged } from './cutOff.ts';
import { linesOf, withPort } from './lines.ts';

/** `ha_confs/ROUTER/state` of a node that holds the addresses: `primary`, of older agents `master`. */
const isActive = (live: NodeState, router: string): boolean =>
  live.allocations?.some(
    ({ file, key, value }) => file === 'ha-state' && key === router && (value === 'primary' || value === 'master'),
  ) ?? false;

/** The standby that took over though the active node did not go away. */
function twoActive(view: NodeView): Case[] {
  return linesOf(view, 'allocations', 'different').flatMap(({ item, found, difference }): Case[] => {
    const isWrong = item.file === 'ha-state' && item.value === 'backup' && isActive(view.live, item.key);
    const other = isWrong
      ? [...view.nodes].find(([name, live]) => name !== view.node && isActive(live, item.key))?.[0]
      : undefined;
    if (other === undefined || !found) return [];
    const fact: Fact = {
      namespace: '-',
      aspect: 'allocations',
      expected: `ha-state: ${item.key},backup on one of ${other}, ${view.node}`,
      live: `ha-state: ${item.key},${found.value} on both`,
      show: ['cat', `/var/lib/neutron/ha_confs/${item.key}/state`],
    };
    const ofRouter = view.differences.filter(
      (line) =>
        line !== difference &&
        line.namespace !== '-' &&
        line.namespace.endsWith(item.key) &&
        line.namespace.startsWith('snat-'),
    );
    return [{ lines: [difference, ...ofRouter], facts: [fact], other }];
  });
}

export const HA_FAULTS: readonly Fault[] = [
  {
    id: 'H01',
    family: 'HA',
    title: 'an HA router is active on two nodes',
    symptom: 'Addresses are seen twice, packets are doubled, connections by SNAT break.',
    cause: 'The nodes do not hear each other’s VRRP: the HA network is cut, or keepalived hangs.',
    evidence: 'ha_confs/ROUTER/state says primary (older agents: master) on two nodes.',
    breaks: ({ node, other }) =>
      `${node} and ${other} hold the same addresses: connections by SNAT break on every change`,
    fix: ({ facts = [] }) => facts.map(() => ({ namespace: '-', words: ['systemctl', 'restart', 'neutron-l3-agent'] })),
    releases: 'any; the HA network is to be looked at first',
    references: ['LP#1602320', 'phabricator.wikimedia.org/T208916'],
    find: twoActive,
  },
  {
    id: 'H05',
    family: 'HA',
    title: 'a second HA device',
    symptom: 'VRRP is heard twice, or the router changes its node without reason.',
    cause: 'The router was taken from the agent and bound again, and the old HA device was not removed.',
    evidence: 'There are two ha devices in the namespace.',
    breaks: ({ router, node }) =>
      `${router} may be active on two nodes, or on none: ${node} speaks VRRP by an old device too`,
    restart: 'neutron-l3-agent',
    fix: unplugged,
    releases: 'up to Rocky; fixed in Stein',
    references: ['LP#1816698'],
    find: (view) =>
      linesOf(view, 'links', 'unexpected').flatMap((line) =>
        line.item.ifname.startsWith('ha-') ? withPort(view, line) : [],
      ),
  },
];
