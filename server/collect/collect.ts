/**
 * Snapshots of many nodes at once. What one node does, hanging, closing, printing rubbish, concerns that node alone.
 */
import { DEFAULT_LIMITS } from './exec.ts';
import type { CollectError, Exec, ExecLimits, ExecResult } from './exec.ts';
import { readIdentities, readKnownHosts } from './identities.ts';
import type { LoginFiles } from './identities.ts';
import { scriptFor } from './script.ts';
import { withoutControls } from './shellQuote.ts';
import { sshExec } from './ssh.ts';
import type { Target } from './targets.ts';

/** How to log in and how long to wait; everything has a default. */
export interface CollectOptions extends LoginFiles {
  /** `auto`: for every user but root. The node must allow `sudo -n sh`. Default: `auto`. */
  sudo?: 'auto' | 'always' | 'never' | undefined;
  /** Nodes at a time. Default 8: `MaxStartups` of a bastion host allows 10. */
  parallel?: number | undefined;
  limits?: Partial<ExecLimits> | undefined;
  /** Neutron's `state_path` on the nodes. */
  statePath?: string | undefined;
}

/** Either `snapshot` or `error` is set. A snapshot may be incomplete; then `warnings` says so. */
export interface CollectedNode {
  node: string;
  /** Text in the snapshot format, from its first line on. */
  snapshot?: string;
  error?: CollectError;
  warnings: string[];
}

/** One step, for a progress bar or a log. */
export interface CollectProgress {
  node: string;
  state: 'started' | 'collected' | 'failed';
  /** Nodes that are finished, of all. */
  done: number;
  total: number;
}

/** One result a target, in their order, also after a cancel. The promise is never rejected. */
export async function collectNodes(
  targets: readonly Target[],
  options: CollectOptions,
  signal?: AbortSignal,
  onProgress: (progress: CollectProgress) => void = () => undefined,
): Promise<CollectedNode[]> {
  const [identities, knownHosts] = await Promise.all([readIdentities(options), readKnownHosts(options)]);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const results: CollectedNode[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < targets.length; i = next++) {
      const target = targets[i]!;
      onProgress({ node: target.node, state: 'started', done, total: targets.length });
      // oxlint-disable-next-line no-await-in-loop -- one node after the other is what a worker does
      const result = await collectNode(target, sshExec(target, { identities, knownHosts, limits }), options, signal);
      results[i] = result;
      done++;
      onProgress({ node: target.node, state: result.error ? 'failed' : 'collected', done, total: targets.length });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.parallel ?? 8) }, work));
  return results;
}

/** One node over any transport: the script on standard input of a shell, its output judged. */
export async function collectNode(
  target: Target,
  exec: Exec,
  { sudo = 'auto', statePath }: CollectOptions,
  signal?: AbortSignal,
): Promise<CollectedNode> {
  const asRoot = sudo === 'always' || (sudo === 'auto' && target.username !== 'root');
  const result = await exec({
    command: asRoot ? 'sudo -n sh -s' : 'sh -s',
    stdin: scriptFor(target.node, statePath),
    signal,
  });
  return judge(target.node, result, asRoot);
}

function judge(node: string, result: ExecResult, asRoot: boolean): CollectedNode {
  if (result.error?.kind === 'cancelled') return { node, error: result.error, warnings: [] };
  const start = result.stdout.search(/^dvrscope-snapshot \d+\r?$/m);
  if (start < 0) return { node, error: result.error ?? withoutSnapshot(node, result, asRoot), warnings: [] };
  const banner = result.stdout.slice(0, start).split('\n').length - 1;
  const warnings = [
    banner > 0 &&
      `${banner} ${banner === 1 ? 'line' : 'lines'} before the snapshot dropped (a shell profile that prints?)`,
    result.error && `the snapshot is incomplete: ${result.error.message}`,
    !result.error && result.status !== 0 && `the snapshot may be incomplete: status ${result.status}${because(result)}`,
  ];
  return {
    node,
    snapshot: result.stdout.slice(start),
    warnings: warnings.filter((warning) => typeof warning === 'string'),
  };
}

/** The command ended, but printed something else. */
function withoutSnapshot(node: string, result: ExecResult, asRoot: boolean): CollectError {
  const name = withoutControls(node);
  if (result.status === 0)
    return { kind: 'garbage', message: `${name}: ${result.stdout.length} characters, but no snapshot among them` };
  const hint =
    asRoot && /sudo/.test(result.stderr)
      ? '. Allow "sudo -n sh" for this user, or log in as root, or collect without sudo'
      : '';
  return { kind: 'status', message: `${name}: status ${result.status}${because(result)}${hint}` };
}

/** The beginning of standard error, as one line. */
const because = ({ stderr }: ExecResult): string =>
  stderr.trim() ? `: ${withoutControls(stderr.trim()).slice(0, 300)}` : '';
