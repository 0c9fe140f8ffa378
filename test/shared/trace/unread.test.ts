/**
 * The law of what nobody read: whichever nodes are missing, a packet ends as it does over all of them, or its end is not known; and then the
 * reason names a node that is missing. An end that is good only because a wire is taken as Neutron makes it is one that says so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeState } from '../../../shared/state.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import type { Cloud } from '../../../shared/trace/cloud.ts';
import { renderTrace } from '../../../shared/trace/render.ts';
import { type Trace, type TraceRequest, trace, traceIn } from '../../../shared/trace/trace.ts';
import { viewOf } from '../../../shared/trace/view.ts';
import { resultOfTrace } from '../../../shared/verify/promise.ts';
import { liveCloud } from '../../../shared/wiring.ts';
import { type Random, randomOf } from '../../judges/random.ts';
import { SCENARIOS, type ScenarioName, liveState, nodeNames, topologyOf } from '../../support/recordings.ts';
import { type Loss, leftOf, lossText, lossesOf } from '../../support/unread.ts';
import { alter } from '../verify/clouds.ts';
import { candidatesOf, settle } from './candidates.ts';

const statesOf = (name: ScenarioName): NodeState[] => nodeNames(name).map((node) => liveState(name, node));

/** Every packet that somebody may think of, and every VM's question for an address. */
const requestsOf = (topology: Topology, states: readonly NodeState[]): TraceRequest[] => [
  ...candidatesOf(topology, states),
  ...topology.ports
    .filter(({ node, device_owner: owner }) => node !== undefined && owner.startsWith('compute'))
    .map(({ name: from }) => ({ from, to: '255.255.255.255', protocol: 'udp', dport: 67 })),
];

const GOOD: ReadonlySet<string> = new Set(['delivered', 'exits-network']);
const isKnown = (disposition: string | undefined): boolean => disposition !== 'insufficient-info';
const isBad = (disposition: string | undefined): boolean =>
  disposition !== undefined && isKnown(disposition) && !GOOD.has(disposition);

/** Both ends as far as they are known. */
function told(traced: Trace, { wiring }: Cloud): string {
  const { disposition, end, sourceSeen, answered, reply } = resultOfTrace(traced, wiring.endpoints);
  const place = end === null ? '' : `${end.type} ${end.name} ${end.node}`;
  const back = isKnown(reply ?? undefined) ? `${reply} ${answered}` : '?';
  return [disposition, place, sourceSeen, back].join(' | ');
}

const lastEnd = (traced: Trace): string => {
  const back = traced.tree.children.find(({ type }) => type === 'reply');
  return (back?.children ?? traced.tree.children).findLast(({ type }) => type === 'end')?.text ?? '';
};

/** What is wrong with a trace over less; `undefined`: nothing. */
function wrongWith(whole: Trace, traced: Trace, cloud: Cloud, { nodes }: Loss): string | undefined {
  const isUnknown = !isKnown(traced.disposition) || !isKnown(traced.reply?.disposition);
  const wasUnknown = !isKnown(whole.disposition) || !isKnown(whole.reply?.disposition);
  if (isUnknown && !wasUnknown && !nodes.some((node) => lastEnd(traced).includes(node)))
    return `the reason names no node that is missing: ${lastEnd(traced)}`;
  if (!isKnown(traced.disposition)) return undefined;
  const [before, now] = [told(whole, cloud), told(traced, cloud)];
  const isSame = before.startsWith(now.replace(/\?$/, ''));
  return isSame ? undefined : `${before} → ${now}: ${lastEnd(traced)}`;
}

/** With faults the ways part more often: a bad end is never made of a good one, and a good one of a bad one only by a wire that is taken on trust. */
function wrongWithFault(whole: Trace, traced: Trace, { nodes }: Loss): string | undefined {
  const [before, now] = [whole.disposition, traced.disposition];
  if (isBad(now)) return isBad(before) ? undefined : `${before} → ${now}: ${lastEnd(traced)}`;
  if (isBad(traced.reply?.disposition) && whole.answered) return `answered → ${lastEnd(traced)}`;
  const text = JSON.stringify(traced.tree);
  const isOnTrust = nodes.some((node) => text.includes(`Open vSwitch of ${node} is not looked at`));
  return GOOD.has(now) && !GOOD.has(before) && !isOnTrust ? `${before} → ${now}` : undefined;
}

const SEED = Number(process.env['JUDGE_SEED'] ?? 1);
/** How many losses of each recording are tried; all when there are no more. */
const LOSSES = Number(process.env['UNREAD_LOSSES'] ?? 6);
const FAULTS = Number(process.env['UNREAD_FAULTS'] ?? 1);

const someOf = <T>(all: readonly T[], count: number, random: Random): T[] =>
  all.length <= count ? [...all] : Array.from({ length: count }, () => random.pick(all));

for (const name of SCENARIOS)
  test(`${name}: with nodes missing a packet ends the same way, or it is not known`, () => {
    const random = randomOf(SEED + SCENARIOS.indexOf(name));
    const topology = topologyOf(name);
    const states = statesOf(name);
    const requests = requestsOf(topology, states);
    const whole = liveCloud(topology, states);
    const view = viewOf(whole);
    const before = requests.map((request) => traceIn(view, request));
    for (const loss of someOf(lossesOf(states), LOSSES, random)) {
      const less = viewOf(liveCloud(topology, leftOf(states, loss)));
      for (const [i, request] of requests.entries()) {
        const traced = traceIn(less, request);
        const wrong = wrongWith(before[i]!, traced, whole, loss);
        if (wrong !== undefined && !isWithoutSwitches(loss, states))
          assert.fail(`${lossText(loss)}: ${JSON.stringify(request)}: ${wrong}\n${renderTrace(traced)}`);
      }
    }
  });

/** Whether security groups are flows is not known where no flows are. */
const isWithoutSwitches = ({ nodes, how }: Loss, states: readonly NodeState[]): boolean =>
  how === 'without Open vSwitch' && nodes.length === states.length;

for (const name of SCENARIOS)
  test(`${name}: with nodes missing and something broken no other thing is said to be broken`, () => {
    const random = randomOf(SEED + 100 + SCENARIOS.indexOf(name));
    const topology = topologyOf(name);
    for (let i = 0; i < FAULTS; i++) {
      const states = statesOf(name);
      const said = alter(random.pick(states), random);
      for (const state of states) settle(state);
      const requests = requestsOf(topology, states);
      const view = viewOf(liveCloud(topology, states));
      const loss = random.pick(lossesOf(states));
      const less = viewOf(liveCloud(topology, leftOf(states, loss)));
      for (const request of requests) {
        const traced = traceIn(less, request);
        const wrong = wrongWithFault(traceIn(view, request), traced, loss);
        const title = `${said}; ${lossText(loss)}: ${JSON.stringify(request)}: ${wrong}`;
        if (wrong !== undefined) assert.fail(`${title}\n${renderTrace(traced)}`);
      }
    }
  });

interface Row {
  about: string;
  scenario: ScenarioName;
  missing: readonly string[];
  alter?: (states: NodeState[]) => void;
  request: TraceRequest;
  disposition: Trace['disposition'];
  reason: RegExp;
}

const stateOf = (states: readonly NodeState[], node: string): NodeState => states.find((each) => each.node === node)!;

/** A default route of the `snat` namespaces of a node goes. */
const withoutDefault = (node: string) => (states: NodeState[]) => {
  for (const [name, namespace] of Object.entries(stateOf(states, node).namespaces))
    if (name.startsWith('snat-')) namespace.routes = namespace.routes!.filter(({ dst }) => dst !== 'default');
};

const OUT = '198.51.100.10';

const ROWS: readonly Row[] = [
  {
    about: 'the active node of a highly available router is missing, and the flood comes to the standby as well',
    scenario: 'S6ha',
    missing: ['net2'],
    request: { from: 'h3', to: OUT },
    disposition: 'insufficient-info',
    reason: /^insufficient-info: there is no state of node net2: collect it and ask again \(without it: no-route: /,
  },
  {
    about: 'the frame goes to the active node alone',
    scenario: 'S6ha',
    missing: ['net2'],
    request: { from: 'h2', to: OUT },
    disposition: 'insufficient-info',
    reason: /no state of node net2: .*\(without it: dropped: br-tun table 20 of compute2 sends it to other nodes/,
  },
  {
    about: 'the standby is missing: what the active one does is known, where it does well',
    scenario: 'S6ha',
    missing: ['net1'],
    request: { from: 'h3', to: OUT },
    disposition: 'exits-network',
    reason: /^exits-network/,
  },
  {
    about: 'a node is missing that has nothing to do with a router that is no highly available one',
    scenario: 'S3',
    missing: ['compute2'],
    alter: withoutDefault('net1'),
    request: { from: 'a3', to: OUT },
    disposition: 'no-route',
    reason: /^no-route: no rule leads to a route/,
  },
  {
    about: 'a node is missing, and a flow to another one',
    scenario: 'S3',
    missing: ['net1'],
    alter: (states) => {
      const state = stateOf(states, 'compute1');
      state.flows = state.flows!.filter(({ table, bridge }) => !(bridge === 'br-tun' && [20, 21, 22].includes(table)));
    },
    request: { from: 'a1', to: '10.1.0.12' },
    disposition: 'neighbour-unreachable',
    reason: /compute1/,
  },
  {
    about: 'the node of the sender is missing, and the receiver is not plugged in',
    scenario: 'L4',
    missing: ['compute1'],
    request: { from: 'a1', to: '10.1.0.31' },
    disposition: 'neighbour-unreachable',
    reason: /early-bound on compute2 has no port in Open vSwitch of compute2$/,
  },
  {
    about: 'the node of the sender is missing, and security groups are flows',
    scenario: 'L12',
    missing: ['compute2'],
    request: { from: 'db1', to: '10.20.0.12' },
    disposition: 'insufficient-info',
    reason: /whether the openvswitch firewall permits it is not known: .*no state of node compute2: collect it/,
  },
];

for (const { about, scenario, missing, alter: change, request, disposition, reason } of ROWS)
  test(about, () => {
    const states = statesOf(scenario);
    change?.(states);
    const loss: Loss = { nodes: missing, how: 'without a state' };
    const traced = trace(liveCloud(topologyOf(scenario), leftOf(states, loss)), request);
    assert.equal(traced.disposition, disposition, renderTrace(traced));
    assert.match(traced.tree.children.find(({ type }) => type === 'end')?.text ?? '', reason);
  });

test('where a tunnel leads is not known, when neither topology nor node says whose address that is', () => {
  const states = statesOf('S3');
  const topology = topologyOf('S3');
  for (const node of topology.nodes) delete node.tunnel_ip;
  const missing = leftOf(states, { nodes: ['net1'], how: 'without Open vSwitch' });
  const out = trace(liveCloud(topology, missing), { from: 'a3', to: OUT });
  assert.equal(out.disposition, 'exits-network', renderTrace(out));
  const gone = leftOf(states, { nodes: ['compute2'], how: 'without a state' });
  const inside = trace(liveCloud(topology, gone), { from: 'a1', to: '10.1.0.12' });
  assert.equal(inside.disposition, 'delivered', renderTrace(inside));
  const without = leftOf(states, { nodes: ['net1'], how: 'without a state' });
  const away = trace(liveCloud(topology, without), { from: 'a3', to: OUT });
  assert.match(lastEnd(away), /^insufficient-info: there is no state of node net1/);
});

test('a port is known by the beginning of its id; without id and MAC nobody knows which it is', () => {
  const states = statesOf('S4');
  const withPorts = (id: (whole: string) => string | undefined) => {
    const topology = topologyOf('S4');
    for (const port of topology.ports) {
      const short = id(port.id!);
      if (short === undefined) delete port.id;
      else port.id = short;
      delete port.mac_address;
    }
    const loss: Loss = { nodes: ['compute2', 'net1'], how: 'without a state' };
    return trace(liveCloud(topology, leftOf(states, loss)), { from: 'v3b', to: '10.4.0.11' });
  };
  for (const found of [withPorts((id) => id.slice(0, 11)), withPorts(() => undefined)])
    assert.equal(found.disposition, 'delivered', renderTrace(found));
});

test('whether the DHCP namespace serves metadata is not known, when it is on a node that is missing', () => {
  const states = statesOf('S3');
  const request = { from: 'a1', to: '169.254.169.254', protocol: 'tcp', dport: 80 };
  for (const [gateway, disposition] of [
    [undefined, 'insufficient-info'],
    ['10.1.0.1', 'delivered'],
  ] as const) {
    const cloud = liveCloud(topologyOf('S3'), leftOf(states, { nodes: ['net1'], how: 'without a state' }));
    if (gateway === undefined)
      for (const { addresses } of cloud.wiring.endpoints) for (const address of addresses) delete address.gateway;
    const traced = trace(cloud, request);
    assert.equal(traced.disposition, disposition, renderTrace(traced));
    if (gateway === undefined) assert.match(lastEnd(traced), /no state of node net1: collect it/);
  }
});

test('many missing nodes are not all named, and all counted', () => {
  const topology = topologyOf('S1');
  const cloud = liveCloud(topology, []);
  cloud.wiring.nodes = Array.from({ length: 500 }, (_, i) => `c${i}`);
  const end = lastEnd(trace(cloud, { from: { address: OUT, segment: 'public' }, to: '192.168.1.21' }));
  assert.match(end, /no state of node c0: .*; and 497 more like these$/);
});
