/**
 * One command on one node over SSH: connect, check the host key, log in by key or agent, run, read everything, disconnect.
 * Thin around `ssh2`; each way to fail is a `CollectError`, and every stage ends by its own timeout or by the caller's signal.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, Client, ClientChannel } from 'ssh2';
import { errorCode } from './errorCode.ts';
import type { CollectError, CollectErrorKind, Exec, ExecLimits, ExecRequest, ExecResult } from './exec.ts';
import { hostKeyAlgorithms, hostKeyProblem } from './hostKey.ts';
import type { Identities } from './identities.ts';
import type { KnownHosts } from './knownHosts.ts';
import { withoutControls } from './shellQuote.ts';
import { targetProblem } from './targets.ts';
import type { Target } from './targets.ts';

/** What is the same for all nodes of one collection. */
export interface SshOptions {
  identities: Identities;
  knownHosts: KnownHosts;
  limits: ExecLimits;
}

/** What of standard error is kept, in bytes: enough for a message. */
const MOST_STDERR = 16 * 1024;

/** How far a connection has come: decides what the same network error means. */
type Stage = 'connection' | 'handshake' | 'login' | 'command';

/** The state of one run. */
interface Run {
  target: Target;
  options: SshOptions;
  request: ExecRequest;
  stage: Stage;
  socket: Socket;
  client: Client;
  stdout: Buffer[];
  size: number;
  stderr: Buffer[];
  stderrSize: number;
  status?: number;
  /** Set by the host key check: ssh2's own message says only that it was refused. */
  refusal?: string;
  /** Login methods that are left to try. */
  methods: AnyAuthMethod[];
  /** Why a login method failed, where it was not the node's decision. */
  notes: string[];
  /** What the node says that it accepts. */
  offered: readonly string[];
  timer?: NodeJS.Timeout;
  /** Called with what ended the run; the first call counts. */
  finish: (error?: CollectError) => void;
}

/** An `Exec` that connects anew for each command: a node is asked once. */
export function sshExec(target: Target, options: SshOptions): Exec {
  return async (request) => {
    const nothing = { stdout: '', stderr: '' };
    const problem = targetProblem(target);
    if (problem) return { ...nothing, error: failure(target, 'unreachable', problem) };
    if (request.signal?.aborted) return { ...nothing, error: failure(target, 'cancelled', 'cancelled') };
    return new Promise((resolve) => start(target, options, request, resolve));
  };
}

function start(target: Target, options: SshOptions, request: ExecRequest, resolve: (result: ExecResult) => void): void {
  const run: Run = {
    target,
    options,
    request,
    stage: 'connection',
    socket: connect({ host: target.host, port: target.port, noDelay: true }),
    client: new ssh2.Client(),
    stdout: [],
    size: 0,
    stderr: [],
    stderrSize: 0,
    methods: loginMethods(target, options.identities),
    notes: [],
    offered: [],
    finish: (error) => {
      run.finish = () => undefined;
      clearTimeout(run.timer);
      // Output that is still on its way must not start the clock again.
      delete run.timer;
      request.signal?.removeEventListener('abort', cancel);
      disconnect(run, error !== undefined);
      resolve(resultOf(run, error));
    },
  };
  const cancel = (): void => run.finish(failure(target, 'cancelled', 'cancelled'));
  request.signal?.addEventListener('abort', cancel);
  arm(run, options.limits.connectTimeout, 'no connection');
  // Where a name has several addresses, the error of all of them has a code, but no message.
  run.socket.on('error', (error) => ended(run, error.message || errorCode(error)));
  run.socket.once('connect', () => shakeHands(run));
}

/** Graceful when the command has ended, so that the node logs no error; but a node that does not hang up then is not waited for. */
function disconnect({ socket, client }: Run, atOnce: boolean): void {
  if (atOnce) socket.destroy();
  else client.end();
  setTimeout(() => socket.destroy(), 1000).unref();
}

/** (Re)starts the clock of the current stage. */
function arm(run: Run, milliseconds: number, what: string): void {
  clearTimeout(run.timer);
  const expire = (): void => run.finish(failure(run.target, 'timeout', `${what} for ${milliseconds / 1000} s`));
  run.timer = setTimeout(expire, milliseconds);
}

function shakeHands(run: Run): void {
  const { client, socket, target, options } = run;
  const { host, port, username } = target;
  run.stage = 'handshake';
  arm(run, options.limits.handshakeTimeout, 'no answer to the handshake or login');
  client.on('error', (error) => failed(run, error));
  client.on('handshake', () => {
    if (run.stage === 'handshake') run.stage = 'login';
  });
  client.on('ready', () => execute(run));
  // Later than the command's own end, where both arrive together.
  client.on('close', () => setImmediate(() => ended(run, 'the node closed the connection')));
  const hostVerifier = (key: Buffer): boolean => {
    const problem = hostKeyProblem(options.knownHosts, host, port, key);
    if (problem) run.refusal = problem;
    return problem === undefined;
  };
  const algorithms = { serverHostKey: hostKeyAlgorithms(options.knownHosts, host, port) };
  const authHandler = (offered: readonly string[] | null, _partial: boolean, next: (m: AnyAuthMethod) => void): void =>
    nextMethod(run, offered, next);
  try {
    // The clock is ours, hence no readyTimeout.
    client.connect({ sock: socket, username, hostVerifier, algorithms, authHandler, readyTimeout: 0 });
  } catch (error) {
    ended(run, String(error));
  }
}

/** Key files named by the user, then the agent, then default key files. */
function loginMethods({ username }: Target, { keys, agent, filesFirst }: Identities): AnyAuthMethod[] {
  const files = keys.map(({ key }): AnyAuthMethod => ({ type: 'publickey', username, key }));
  const agents: AnyAuthMethod[] = agent ? [{ type: 'agent', username, agent }] : [];
  return filesFirst ? [...files, ...agents] : [...agents, ...files];
}

function nextMethod(run: Run, offered: readonly string[] | null, next: (method: AnyAuthMethod) => void): void {
  if (offered) run.offered = offered;
  const method = run.methods.shift();
  if (method) next(method);
  else run.finish(failure(run.target, 'auth', loginRefused(run)));
}

/** What was tried and what could not be: by file name, never by content. */
function loginRefused({ target, options, notes, offered }: Run): string {
  const { keys, agent, notes: unusable } = options.identities;
  const tried = [...(agent ? ['the agent'] : []), ...keys.map(({ file }) => withoutControls(file))];
  return [
    `login as ${target.username} was refused.`,
    tried.length > 0
      ? `Tried: ${tried.join(', ')}.`
      : 'There was no key to try: no agent (SSH_AUTH_SOCK) and no key file.',
    offered.length > 0 && !offered.includes('publickey') ? `The node accepts only: ${said(offered.join(', '))}.` : '',
    ...notes,
    ...unusable,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function execute(run: Run): void {
  const { client, options, request } = run;
  run.stage = 'command';
  arm(run, options.limits.idleTimeout, 'no output');
  client.exec(request.command, (error, channel) => {
    if (error) run.finish(failure(run.target, 'closed', `the node does not run commands: ${said(error.message)}`));
    else read(run, channel);
  });
}

function read(run: Run, channel: ClientChannel): void {
  const { maxOutput } = run.options.limits;
  channel.on('data', (chunk: Buffer) => {
    run.timer?.refresh();
    run.stdout.push(chunk.subarray(0, Math.max(0, maxOutput - run.size)));
    run.size += chunk.length;
    if (run.size > maxOutput) run.finish(failure(run.target, 'garbage', `more than ${maxOutput} bytes of output`));
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    run.timer?.refresh();
    run.stderr.push(chunk.subarray(0, Math.max(0, MOST_STDERR - run.stderrSize)));
    run.stderrSize += chunk.length;
  });
  channel.on('exit', (status: number | null) => {
    if (status !== null) run.status = status;
  });
  // A command that does not read its input is no failure of its own.
  channel.on('error', () => undefined);
  channel.on('close', () =>
    run.status === undefined ? ended(run, 'the command did not end by itself') : run.finish(),
  );
  channel.end(run.request.stdin);
}

/** An error event of ssh2. Those about one login method are not the end: it goes on with the next. */
function failed(run: Run, error: Error & { level?: string }): void {
  if (run.refusal !== undefined) run.finish(failure(run.target, 'host-key', run.refusal));
  else if (error.level === 'agent') run.notes.push(`The agent: ${said(error.message)}.`);
  else if (error.level === 'client-authentication') run.notes.push('A key could not sign.');
  else ended(run, error.message);
}

const KIND_BY_STAGE: Record<Stage, CollectErrorKind> = {
  connection: 'unreachable',
  handshake: 'unreachable',
  login: 'auth',
  command: 'closed',
};

/** The connection is over before the command was. */
function ended(run: Run, reason: string): void {
  const detail =
    run.stage === 'login' ? `the node ended the login: ${said(reason)}. ${loginRefused(run)}` : said(reason);
  run.finish(failure(run.target, KIND_BY_STAGE[run.stage], `${run.stage}: ${detail}`));
}

function resultOf({ stdout, stderr, status }: Run, error: CollectError | undefined): ExecResult {
  return {
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
    ...(status !== undefined && { status }),
    ...(error && { error }),
  };
}

const failure = ({ node, host, port }: Target, kind: CollectErrorKind, message: string): CollectError => ({
  kind,
  message: `${withoutControls(node)} (${withoutControls(host)}, port ${port}): ${message}`,
});

/** What the far end or a library said, fit for one line. */
const said = (text: string): string => withoutControls(text).slice(0, 300);
