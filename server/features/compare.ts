/** `dvrscope/compare`: live states from snapshots or over SSH, compared with what is expected; kept until the next one. */
import type { Allocations } from '../../shared/allocations.ts';
import type { CompareParams, CompareResult, Settings } from '../../shared/protocol.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { allocationsOf } from '../../shared/wiring.ts';
import type { Ask } from '../collect/ask.ts';
import { expandHome } from '../collect/identities.ts';
import type { Document } from '../document.ts';
import { liveFromSnapshots, liveFromSsh, type LiveResult } from '../live.ts';
import { isDifference } from '../isDifference.ts';
import { promiseFindings } from '../verified.ts';
import { makeReport, type Finding } from '../report.ts';

export interface LiveComparison extends CompareResult {
  /** The topology's text that was compared: beside another one the findings are old. */
  text: string;
  /** By node; nodes that could not be read are not in it. */
  live: ReadonlyMap<string, NodeState>;
  allocations: ReadonlyMap<string, Allocations>;
  findings: Finding[];
}

/** Progress for a person: how far, in percent, and what was done last. */
export type ReportProgress = (percentage: number, message: string) => void;

/** Never rejects for what a node or a file does: that becomes the node's status. */
export async function compareLive(
  document: Document,
  params: CompareParams,
  settings: Settings,
  signal: AbortSignal,
  progress: ReportProgress,
  ask?: Ask,
): Promise<LiveComparison> {
  const { topology, sourceMap } = document.reading();
  const { nodes, notes } = await liveOf(topology, params, settings, signal, progress, ask);
  const text = document.text.getText();
  const reading = { file: document.text.uri, text, topology, sourceMap, problems: [] };
  const states = nodes.flatMap(({ state }) => state ?? []);
  // What does not hold over the expected state is told of the text itself.
  const promised = promiseFindings(reading, states, [], ['live']);
  const report = makeReport(reading, nodes, undefined, promised);
  return {
    text,
    live: new Map(states.map((state) => [state.node, state])),
    allocations: allocationsOf(topology, states),
    findings: report.findings,
    notes,
    differences: report.summary.differences,
    nodes: report.nodes.map(({ node, status, error }) => ({
      node,
      status,
      ...(error !== null && { error }),
      differences: report.findings.filter((finding) => finding.node === node && isDifference(finding)).length,
    })),
  };
}

function liveOf(
  topology: Topology,
  { source, nodes }: CompareParams,
  { ssh }: Settings,
  signal: AbortSignal,
  progress: ReportProgress,
  ask: Ask | undefined,
): Promise<LiveResult> {
  if (source.kind === 'snapshots') return liveFromSnapshots(topology, source.paths, nodes);
  // An empty setting means: look where OpenSSH looks.
  const options = {
    user: ssh.user === '' ? undefined : ssh.user,
    configFile: ssh.configFile === '' ? undefined : expandHome(ssh.configFile),
    ask,
    identityFiles: ssh.identityFiles.length > 0 ? ssh.identityFiles : undefined,
    knownHostsFiles: ssh.knownHostsFiles.length > 0 ? ssh.knownHostsFiles : undefined,
  };
  return liveFromSsh(topology, options, nodes, signal, ({ node, state, done, total }) => {
    if (state !== 'started') progress(Math.round((100 * done) / total), `${node} ${state} (${done} of ${total})`);
  });
}
