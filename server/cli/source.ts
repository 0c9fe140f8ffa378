/** Where live state comes from: the options that `check`, `diff` and `trace` share. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Question } from '../../shared/protocol.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { type LiveResult, liveFromSnapshots, liveFromSsh } from '../live.ts';
import type { CollectProgress } from '../collect/collect.ts';
import { terminalAsk } from './ask.ts';
import { type Io, UsageError, oneOf } from './io.ts';

export const SSH_OPTIONS = {
  identity: { type: 'string', multiple: true },
  'known-hosts': { type: 'string', multiple: true },
  user: { type: 'string' },
  port: { type: 'string' },
  'ssh-config': { type: 'string' },
  parallel: { type: 'string' },
  sudo: { type: 'string' },
  timeout: { type: 'string' },
} as const;

export const SOURCE_OPTIONS = {
  snapshot: { type: 'string', multiple: true },
  live: { type: 'boolean' },
  ...SSH_OPTIONS,
} as const;

export const SSH_HELP = `  --identity FILE     private key to log in with (default: the SSH configuration's, ssh-agent, ~/.ssh/id_ed25519, id_ecdsa, id_rsa)
  --known-hosts FILE  host keys to trust (default: the SSH configuration's, ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts);
                      an unknown one is asked about on a terminal, as are passphrases and passwords, and refused without
  --user NAME, --port N   instead of the topology's
  --ssh-config FILE   instead of ~/.ssh/config and /etc/ssh/ssh_config; none for none. Jump hosts (ProxyJump) are in there
  --parallel N        nodes at a time (default 16; 10 through one jump host)
  --sudo WHEN         auto (default: for every user but root), always or never
  --timeout SECONDS   how long a node may be silent (default 60; 30 for its first output)`;

export const SOURCE_HELP = `  --snapshot PATH     a snapshot, a sosreport (folder, .tar, .tar.gz, .tar.xz; also of sos collect), or a folder of any of them;
                      may be repeated. Of several of one node the newest is used
  --live              read the nodes now over SSH, at their address, ssh_port and ssh_user in the topology
${SSH_HELP}`;

export interface SourceValues {
  snapshot?: string[] | undefined;
  live?: boolean | undefined;
  identity?: string[] | undefined;
  'known-hosts'?: string[] | undefined;
  user?: string | undefined;
  port?: string | undefined;
  'ssh-config'?: string | undefined;
  parallel?: string | undefined;
  sudo?: string | undefined;
  timeout?: string | undefined;
}

/** Live states of the nodes, or undefined when no source was asked for. Notes go to standard error. */
export async function readSource(
  topology: Topology,
  values: SourceValues,
  nodes: readonly string[],
  io: Io,
): Promise<LiveResult | undefined> {
  if (values.snapshot && values.live) throw new UsageError('--snapshot and --live exclude each other');
  const idle = Object.keys(SSH_OPTIONS).filter((name) => name in values);
  if (!values.live && idle.length > 0)
    io.err(
      `${idle.map((name) => `--${name}`).join(', ')} ${idle.length > 1 ? 'have' : 'has'} no effect without --live\n`,
    );
  if (!values.snapshot && !values.live) return undefined;
  if (nodes.length === 0) throw new UsageError('the topology has no nodes', false);
  const result = values.snapshot
    ? await liveFromSnapshots(topology, values.snapshot, nodes)
    : await interruptible(async (signal) =>
        liveFromSsh(topology, sshOptions(values, io), nodes, signal, progressOf(io)),
      );
  io.progress?.('');
  for (const note of result.notes) io.err(`${note}\n`);
  if (values.snapshot && result.nodes.every(({ state }) => state === undefined))
    throw new UsageError(`no snapshot of ${nodes.join(', ')} in ${values.snapshot.join(', ')}`, false);
  return result;
}

/** Options of `collectNodes` and `targetsOf` from those of the command line. */
export function sshOptions(values: SourceValues, { progress }: Pick<Io, 'progress'>) {
  const ask = terminalAsk();
  const seconds = wholeNumber('--timeout', values.timeout);
  return {
    identityFiles: values.identity,
    knownHostsFiles: values['known-hosts'],
    user: values.user,
    port: portNumber('--port', values.port),
    configFile: configFile(values['ssh-config']),
    parallel: wholeNumber('--parallel', values.parallel),
    sudo: oneOf('--sudo', values.sudo, ['auto', 'always', 'never'], 'auto'),
    limits: seconds === undefined ? undefined : { firstOutputTimeout: seconds * 1000, idleTimeout: seconds * 1000 },
    // A question does not stand behind a half line.
    ask:
      ask &&
      ((question: Question, signal?: AbortSignal) => {
        progress?.('');
        return ask(question, signal);
      }),
  };
}

/** How far a collection is, on a terminal. */
export const progressOf =
  ({ progress }: Pick<Io, 'progress'>) =>
  ({ node, state, done, total }: CollectProgress): void =>
    progress?.(`reading nodes: ${done} of ${total}, ${node} ${state}`);

/** A configuration given by name must be there. */
function configFile(path: string | undefined): string | undefined {
  if (path === undefined || path === 'none') return path;
  if (!existsSync(path)) throw new UsageError(`--ssh-config: there is no ${path}`, false);
  return resolve(path);
}

export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError(`${option} needs a whole number, not "${text}"`);
  return Number(text);
}

/** A port of TCP or UDP. */
export function portNumber(option: string, text: string | undefined): number | undefined {
  const number = wholeNumber(option, text);
  if (number !== undefined && number > 0xff_ff)
    throw new UsageError(`${option} is a port from 1 to 65535, not "${text}"`);
  return number;
}

/**
 * Ctrl-C, or a signal to end, ends the collection of all nodes; a second one ends the program.
 * So does the first one behind it: what is then computed would not hear of it.
 */
export async function interruptible<T>(collection: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => {
    stopListening();
    controller.abort();
  };
  const stopListening = (): void => {
    for (const name of SIGNALS) process.off(name, abort);
  };
  for (const name of SIGNALS) process.on(name, abort);
  try {
    return await collection(controller.signal);
  } finally {
    stopListening();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The options that name the same state to another verb. */
export const sourceWords = ({ snapshot, live }: Pick<SourceValues, 'snapshot' | 'live'>): string[] => [
  ...(snapshot ?? []).flatMap((path) => ['--snapshot', path]),
  ...(live ? ['--live'] : []),
];
