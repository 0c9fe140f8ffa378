/** `dvrscope/compare`: live states from snapshots or over SSH, compared with what is expected; kept until the next one. */
import type { Allocations } from '../../shared/allocations.ts';
import type { CompareParams, CompareResult, Settings } from '../../shared/protocol.ts';
import type { CollectingParams } from '../../shared/protocolNodes.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { allocationsOf } from '../../shared/wiring.ts';
import type { Accepted, Ask } from '../collect/ask.ts';
import type { ExecLimits } from '../collect/exec.ts';
import { expandHome } from '../collect/identities.ts';
import { changedAt, readBefore } from '../changedAt.ts';
import type { Document } from '../document.ts';
import { wholeText } from './diagnostics.ts';
import { liveFromSnapshots, liveFromSsh, type LiveNode, type LiveResult } from '../live.ts';
import { isDifference } from '../isDifference.ts';
import { promiseFindings } from '../verified.ts';
import { makeReport, type Finding } from '../report.ts';

export interface LiveComparison extends CompareResult {
  /** The topology's text that was compared: beside another one the findings are old. */
  text: string;
  /** What is known of each node that was to be read, in the order of the topology. */
  read: readonly LiveNode[];
  /** By node; nodes that could not be read are not in it. */
  live: ReadonlyMap<string, NodeState>;
  allocations: ReadonlyMap<string, Allocations>;
  findings: Finding[];
}

/** What happens meanwhile. */
export interface Meanwhile {
  /** For a person: how far, in percent, and what was done last. */
  progress: (percentage: number, message: string) => void;
  /** One node was begun or finished. */
  step?: (node: string, state: CollectingParams['state']) => void;
  ask?: Ask | undefined;
  /** Told which passphrases were right. */
  accepted?: Accepted;
}

/**
 * Never rejects for what a node or a file does: that becomes the node's status.
 * @param previous the last comparison, asked for when the nodes were read: others may have been read meanwhile
 */
export async function compareLive(
  document: Document,
  params: CompareParams,
  settings: Settings,
  signal: AbortSignal,
  meanwhile: Meanwhile,
  previous: () => LiveComparison | undefined = () => undefined,
): Promise<LiveComparison> {
  const whole = document.whole();
  const { topology } = whole;
  const { nodes: fresh, notes, problems } = await liveOf(topology, params, settings, signal, meanwhile);
  const older = params.source.kind === 'snapshots' ? readBefore(fresh, await changedAt(document)) : [];
  const nodes = together(topology, fresh, params.nodes === undefined ? [] : (previous()?.read ?? []));
  const reading = { ...whole, file: document.parts()[0]!.text.uri, problems: [] };
  const states = nodes.flatMap(({ state }) => state ?? []);
  // What does not hold over the expected state is told of the text itself.
  const promised = promiseFindings(reading, states, [], ['live']);
  const report = makeReport(reading, nodes, undefined, promised);
  return {
    text: wholeText(document),
    read: nodes,
    live: new Map(states.map((state) => [state.node, state])),
    allocations: allocationsOf(topology, states),
    findings: report.findings,
    notes,
    ...(problems && { problems }),
    ...(older.length > 0 && { older }),
    differences: report.summary.differences,
    nodes: report.nodes.map(({ node, status, error }) => ({
      node,
      status,
      ...(error !== null && { error }),
      differences: report.findings.filter((finding) => finding.node === node && isDifference(finding)).length,
    })),
  };
}

/** What was read now, and what is still known of the others. */
function together(topology: Topology, fresh: readonly LiveNode[], known: readonly LiveNode[]): LiveNode[] {
  const byNode = new Map([...known, ...fresh].map((entry) => [entry.node, entry]));
  return topology.nodes.flatMap(({ name }) => byNode.get(name) ?? []);
}

function liveOf(
  topology: Topology,
  { source, nodes }: CompareParams,
  { ssh }: Settings,
  signal: AbortSignal,
  { progress, step, ask, accepted }: Meanwhile,
): Promise<LiveResult> {
  if (source.kind === 'snapshots') return liveFromSnapshots(topology, source.paths, nodes);
  // An empty setting means: look where OpenSSH looks.
  const options = {
    user: ssh.user === '' ? undefined : ssh.user,
    configFile: ssh.configFile === '' ? undefined : expandHome(ssh.configFile),
    ask,
    accepted,
    sudo: ssh.sudo,
    limits: limitsOf(ssh.timeout),
    identityFiles: ssh.identityFiles.length > 0 ? ssh.identityFiles : undefined,
    knownHostsFiles: ssh.knownHostsFiles.length > 0 ? ssh.knownHostsFiles : undefined,
  };
  return liveFromSsh(topology, options, nodes, signal, ({ node, state, done, total }) => {
    step?.(node, state);
    if (state !== 'started') progress(Math.round((100 * done) / total), `${node} ${state} (${done} of ${total})`);
  });
}

/** As `--timeout` of the command line, and no longer for what comes before the first output. */
const limitsOf = (seconds: number): Partial<ExecLimits> => {
  const most = seconds * 1000;
  return seconds === 0 ? {} : { connectTimeout: most, firstOutputTimeout: most, idleTimeout: most };
};
