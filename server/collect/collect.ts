/**
 * Snapshots of many nodes at once. What one node does, hanging, closing, printing rubbish, concerns that node alone.
 */
import { said, sshContext, type LoginFiles } from './context.ts';
import { DEFAULT_LIMITS } from './exec.ts';
import type { CollectError, Exec, ExecLimits, ExecResult } from './exec.ts';
import { scriptFor } from './script.ts';
import { withoutControls } from './shellQuote.ts';
import { sshExec } from './ssh.ts';
import type { Target } from './targets.ts';
import { watched } from './watched.ts';
import { waysOf } from './way.ts';

/** How to log in and how long to wait; everything has a default. */
export interface CollectOptions extends LoginFiles {
  /** `auto`: for every user but root. The node must allow `sudo -n sh`. Default: `auto`. */
  sudo?: 'auto' | 'always' | 'never' | undefined;
  /** Nodes at a time. Default 16. */
  parallel?: number | undefined;
  /** Of those, through one host on the way. Default 10. */
  perBastion?: number | undefined;
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
  /** Not all of the snapshot came; `warnings` says why. */
  isIncomplete?: boolean;
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
  const context = sshContext(options, { ...DEFAULT_LIMITS, ...options.limits });
  const ways = waysOf(context, options.perBastion ?? 10, signal);
  const results: CollectedNode[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < targets.length; i = next++) {
      const target = targets[i]!;
      onProgress({ node: target.node, state: 'started', done, total: targets.length });
      // oxlint-disable-next-line no-await-in-loop -- one node after the other is what a worker does
      const result = await collectNode(target, sshExec(target, context, ways), options, signal);
      results[i] = result;
      done++;
      onProgress({ node: target.node, state: result.error ? 'failed' : 'collected', done, total: targets.length });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.parallel ?? 16) }, work));
  ways.close();
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
    stdin: watched(scriptFor(target.node, statePath)),
    keepsInput: true,
    signal,
  });
  return judge(target, result, asRoot);
}

function judge(target: Target, result: ExecResult, asRoot: boolean): CollectedNode {
  const { node } = target;
  if (result.error?.kind === 'cancelled') return { node, error: result.error, warnings: [] };
  const start = result.stdout.search(/^dvrscope-snapshot \d+\r?$/m);
  if (start < 0) return { node, error: result.error ?? withoutSnapshot(target, result, asRoot), warnings: [] };
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
    ...((result.error !== undefined || result.status !== 0) && { isIncomplete: true }),
    warnings: warnings.filter((warning) => typeof warning === 'string'),
  };
}

/** The command ended, but printed something else. */
function withoutSnapshot({ node, username }: Target, result: ExecResult, asRoot: boolean): CollectError {
  const name = withoutControls(node);
  if (result.status === 0)
    return {
      kind: 'garbage',
      message: `${name}: ${result.stdout.length} characters, but no snapshot among them${beginning(result.stdout)}`,
    };
  const told = `status ${result.status}${because(result)}`;
  const isSudo = asRoot && /sudo/.test(result.stderr);
  return { kind: 'status', message: `${name}: ${isSudo ? sudoRefused(username, told) : told}` };
}

/** What to do when sudo says no; it may say so in the language of the node. */
function sudoRefused(username: string, told: string): string {
  const user = withoutControls(username);
  const why = /password is required|terminal is required|no tty|must have a tty/i.test(told)
    ? `sudo wants a password for ${user}, which dvrscope does not send (${told})`
    : `sudo does not let ${user} read the node (${told})`;
  const line = `${user} ALL=(root) NOPASSWD: ${SUDO_COMMAND}`;
  return `${why}: allow it in sudoers (${line}), log in as root, or read what can be read without root (--sudo never, or dvrscope.ssh.sudo in the editor)`;
}

/** What `sudo -n` has to be allowed to run. */
const SUDO_COMMAND = '/bin/sh -s';

/** The first line that is not empty, as the node's own words. */
function beginning(text: string): string {
  const line = text
    .slice(0, 1000)
    .split('\n')
    .find((candidate) => candidate.trim() !== '');
  return line === undefined ? '' : `; it begins: ${said(line).slice(0, 100)}`;
}

/** The beginning of standard error, as one line. */
const because = ({ stderr }: ExecResult): string =>
  stderr.trim()
    ? `: ${said(
        stderr
          .trim()
          .split(/\s*\n\s*/)
          .join('; '),
      )}`
    : '';
