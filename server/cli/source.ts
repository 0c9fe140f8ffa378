/** Where live state comes from: the options that `check`, `diff` and `trace` share. */
import type { Topology } from '../../shared/topology/types.ts';
import { type LiveResult, liveFromSnapshots, liveFromSsh } from '../live.ts';
import { type Io, UsageError, oneOf } from './io.ts';

export const SSH_OPTIONS = {
  identity: { type: 'string', multiple: true },
  'known-hosts': { type: 'string', multiple: true },
  user: { type: 'string' },
  port: { type: 'string' },
  parallel: { type: 'string' },
  sudo: { type: 'string' },
  timeout: { type: 'string' },
} as const;

export const SOURCE_OPTIONS = {
  snapshot: { type: 'string', multiple: true },
  live: { type: 'boolean' },
  ...SSH_OPTIONS,
} as const;

export const SSH_HELP = `  --identity FILE     private key to log in with (default: ssh-agent, then ~/.ssh/id_ed25519, id_ecdsa, id_rsa)
  --known-hosts FILE  host keys to trust (default: ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts)
  --user NAME, --port N   instead of the topology's
  --parallel N        nodes at a time (default 8)
  --sudo WHEN         auto (default: for every user but root), always or never
  --timeout SECONDS   how long a node may be silent (default 60)`;

export const SOURCE_HELP = `  --snapshot PATH     snapshot file, or a folder of them; may be repeated
  --live              read the nodes now over SSH, at their address, ssh_port and ssh_user in the topology
${SSH_HELP}`;

export interface SourceValues {
  snapshot?: string[] | undefined;
  live?: boolean | undefined;
  identity?: string[] | undefined;
  'known-hosts'?: string[] | undefined;
  user?: string | undefined;
  port?: string | undefined;
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
  if (!values.snapshot && !values.live) return undefined;
  const result = values.snapshot
    ? await liveFromSnapshots(topology, values.snapshot, nodes)
    : await liveFromSsh(topology, sshOptions(values), nodes, interrupt());
  for (const note of result.notes) io.err(`${note}\n`);
  if (values.snapshot && result.nodes.every(({ state }) => state === undefined))
    throw new UsageError(`no snapshot of ${nodes.join(', ')} in ${values.snapshot.join(', ')}`, false);
  return result;
}

/** Options of `collectNodes` and `targetsOf` from those of the command line. */
export function sshOptions(values: SourceValues) {
  const seconds = wholeNumber('--timeout', values.timeout);
  return {
    identityFiles: values.identity,
    knownHostsFiles: values['known-hosts'],
    user: values.user,
    port: wholeNumber('--port', values.port),
    parallel: wholeNumber('--parallel', values.parallel),
    sudo: oneOf('--sudo', values.sudo, ['auto', 'always', 'never'], 'auto'),
    limits: seconds === undefined ? undefined : { idleTimeout: seconds * 1000 },
  };
}

export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError(`${option} needs a whole number, not "${text}"`);
  return Number(text);
}

/** Ctrl-C ends the collection of all nodes; a second one ends the program. */
export function interrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
