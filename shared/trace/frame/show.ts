/** The way of a frame as nodes of a trace: each bridge with the flows that led on, as `ovs-ofctl dump-flows` prints them. */
import { extensionOf } from '../../openflow/extensions.ts';
import { field } from '../../openflow/layout.ts';
import type { FlowStep } from '../../openflow/walk.ts';
import type { Flow } from '../../state.ts';
import { type TraceNode, itemNode, traceNode } from '../tree.ts';
import type { Copy, Run } from './carry.ts';
import { INTEGRATION_BRIDGE, type NodeSwitch } from './fabric.ts';

/** The way from where a frame began to a step on a run, with how it came from node to node. */
export function wayNodes(run: Run, last: FlowStep | undefined): TraceNode[] {
  const before = run.from ? wayNodes(run.from.run, run.from.output.from) : [];
  const nodes = [...before, ...(run.by === undefined ? [] : [traceNode('detail', run.by)])];
  return [...nodes, ...bridgeNodes(run, last)];
}

/** The way of a copy up to where it left. */
export const copyNodes = ({ run, output }: Copy): TraceNode[] => wayNodes(run, output.from);

const IN_PORT = field('in_port').word;

/** Without a step the bridge alone. */
function bridgeNodes({ of, port }: Run, last: FlowStep | undefined): TraceNode[] {
  const steps: FlowStep[] = [];
  for (let step = last; step; step = step.from) steps.unshift(step);
  if (steps.length === 0) return [bridgeNode(of, port.bridge, port.name)];
  const nodes: TraceNode[] = [];
  let bridge: string | undefined;
  for (const step of steps) {
    if (step.bridge !== bridge)
      nodes.push(bridgeNode(of, step.bridge, step === steps[0] ? port.name : inPort(of, step)));
    bridge = step.bridge;
    nodes.at(-1)!.children.push(flowNode(step));
  }
  return nodes;
}

const bridgeNode = (of: NodeSwitch, bridge: string, name: string): TraceNode => ({
  ...traceNode('bridge', `${bridge} on ${of.node}, in by ${name}`),
  node: of.node,
});

function inPort({ of }: NodeSwitch, { bridge, after }: FlowStep): string {
  const number = after[IN_PORT] ?? 0;
  return of.bridges.get(bridge)?.ports.get(number)?.name ?? `port ${number}`;
}

function flowNode({ bridge, table, flow }: FlowStep): TraceNode {
  if (!flow) return { ...traceNode('flow', `table=${table} (no flow matches)`), flow: { bridge, table } };
  const apart = extensionOf(flow, bridge === INTEGRATION_BRIDGE ? 'int' : 'physical');
  const isLearned = flow.hard_timeout !== undefined || flow.idle_timeout !== undefined;
  return {
    ...itemNode('flow', flowText(flow), flow),
    flow: {
      bridge,
      table,
      ...(isLearned ? { isLearned: true } : {}),
      ...(flow.match === '' && flow.priority === 0 ? { isDefault: true } : {}),
      ...(apart === undefined ? {} : { apart }),
    },
  };
}

/** `table=60, priority=20,dl_vlan=1,dl_dst=… actions=…`; the cookie is the agent's, and says nothing of the way. */
export function flowText({ table, priority, match, actions, idle_timeout, hard_timeout }: Flow): string {
  const timeouts = Object.entries({ idle_timeout, hard_timeout }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}, `],
  );
  return `table=${table}, ${timeouts.join('')}priority=${priority}${match === '' ? '' : `,${match}`} actions=${actions}`;
}
