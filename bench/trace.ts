/** What one trace costs in a parsed cloud: packets of every kind, each traced once, so that what a node costs the first time is in it. */
import type { Topology } from '../shared/topology/types.ts';
import { type Trace, type TraceRequest, trace, traceIn } from '../shared/trace/trace.ts';
import { viewOf } from '../shared/trace/view.ts';
import { expectedCloud, expectedCloudOnDemand } from '../shared/wiring.ts';
import { cloud } from './cloud.ts';
import type { Figure } from './figure.ts';

/** Some packets in each process: the first ones are the slow ones, and a person asks for one. */
const PACKETS = 300;

/** @param hasFlows without, nobody knows where tunnels lead, and the engine says nothing of Open vSwitch */
export function traceFigures(computes: number, hasFlows: boolean): Figure[] {
  const topology = hasFlows ? withTunnels(cloud(computes)) : cloud(computes);
  const requests = requestsOf(topology);
  const begun = performance.now();
  const [one] = requests;
  if (!one || !isGood(trace(expectedCloudOnDemand(topology), one))) throw new Error('the first packet is lost');
  const first = performance.now() - begun;
  const parsed = expectedCloud(topology);
  const start = performance.now();
  const view = viewOf(parsed);
  const ready = performance.now() - start;
  const times = requests.map((request): number => {
    const before = performance.now();
    const traced = traceIn(view, request);
    const time = performance.now() - before;
    if (!isGood(traced)) throw new Error(`${JSON.stringify(request)}: ${traced.disposition}`);
    return time;
  });
  const sorted = times.toSorted((a, b) => a - b);
  const name = `trace${hasFlows ? ' with flows' : ''}, ${computes.toLocaleString('en')} nodes`;
  const big = computes >= 1000;
  return [
    { name, value: sorted.at(PACKETS / 2)!, unit: 'ms', ...(big ? { target: hasFlows ? 50 : 5 } : {}) },
    { name: `${name}: slower than 95 of 100`, value: sorted.at(Math.floor(PACKETS * 0.95))!, unit: 'ms' },
    { name: `${name}: the first of all`, value: times.at(0)!, unit: 'ms' },
    { name: `${name}: to make the cloud ready`, value: ready, unit: 'ms' },
    {
      name: `${name}: one packet, from the topology as it was read`,
      value: first / 1000,
      unit: 's',
      ...(big ? { target: 2 } : {}),
    },
  ];
}

const isGood = ({ disposition }: Trace): boolean => disposition === 'delivered' || disposition === 'exits-network';

/** With the addresses that tunnels need, so that the flows of every node are known. */
export const withTunnels = (topology: Topology): Topology => ({
  ...topology,
  nodes: topology.nodes.map((node, i) => ({ ...node, tunnel_ip: `10.250.${i >> 8}.${i & 255}` })),
});

/** To the outside with and without floating IP, to a neighbour on another node, and in from outside, all over the cloud. */
function requestsOf({ ports, floating_ips: floating }: Topology): TraceRequest[] {
  const vms = ports.filter(({ device_owner: owner }) => !owner?.startsWith('network:'));
  return Array.from({ length: PACKETS }, (_, i): TraceRequest => {
    const at = (i * 7919) % (vms.length - 1);
    const from = vms.at(at)!.name;
    const other = vms.at(at % 10 === 9 ? at - 1 : at + 1)!;
    if (i % 3 === 0) return { from, to: '198.51.100.10' };
    if (i % 3 === 1) return { from, to: other.fixed_ips.at(0)!.ip_address };
    const to = floating.at((i * 101) % floating.length)!.floating_ip_address;
    return { from: { address: '198.51.100.10', segment: 'public' }, to, protocol: 'tcp', dport: 22 };
  });
}
