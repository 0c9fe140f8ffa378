/** One SSH connection over a given stream: handshake, host key, login. A thin wrap of `ssh2`; each way to fail is a `CollectError`. */
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { Client } from 'ssh2';
import { authOf, loginRefused, nextMethod, type Auth } from './auth.ts';
import { stageClock, type StageClock } from './clock.ts';
import { failure, failureAt, said, type SshContext } from './context.ts';
import { connectionErrorText } from './errorCode.ts';
import type { CollectError, CollectErrorKind } from './exec.ts';
import { hostKeyAlgorithms, type HostKeyServer } from './hostKey.ts';
import type { KnownHosts } from './knownHosts.ts';
import type { Target } from './targets.ts';

/** A stream to a target's SSH server. */
export type Opened = { stream: Duplex; error?: undefined } | { error: CollectError };

/** A connection that is logged in, or why there is none; then the stream is destroyed. */
export type LoggedIn = { client: Client; stream: Duplex; error?: undefined } | Failed;

interface Failed {
  error: CollectError;
  /** The far end closed the connection. */
  wasClosed?: boolean;
}

/**
 * Opens a stream and logs in over it. A server closes a login that takes long (`LoginGraceTime` of sshd_config(5)), and people do:
 * once the question is answered, it is tried again.
 */
export async function openAndLogin(
  target: Target,
  open: () => Promise<Opened>,
  context: SshContext,
  signal: AbortSignal | undefined,
): Promise<LoggedIn> {
  const attempt = async (): Promise<LoggedIn> => {
    const opened = await open();
    return opened.error ? opened : login(target, opened.stream, context, signal);
  };
  const started = performance.now();
  const made = await attempt();
  const { handshakeTimeout, loginTimeout } = context.limits;
  // Our own clocks would have ended it before, had nobody been asked.
  const hasWaited = performance.now() - started > Math.max(handshakeTimeout, loginTimeout);
  if (!made.error || !made.wasClosed || !hasWaited) return made;
  await context.answered(signal);
  return signal?.aborted ? made : attempt();
}

/** The state of one login. */
interface Run {
  target: Target;
  context: SshContext;
  signal: AbortSignal | undefined;
  client: Client;
  known: KnownHosts;
  auth: Auth;
  clock: StageClock;
  stage: 'handshake' | 'login';
  /** Set by the host key check: ssh2's own message says only that it was refused. */
  refusal?: string;
  /** What the node says before the login. */
  banner: string;
  /** Called with what ended it; the first call counts. */
  finish: (error?: CollectError, wasClosed?: boolean) => void;
}

/** Logs in over a stream that leads to the target's SSH server. The promise is never rejected. */
async function login(
  target: Target,
  stream: Duplex,
  context: SshContext,
  signal: AbortSignal | undefined,
): Promise<LoggedIn> {
  const known = await context.trust.knownFor(target.settings);
  return new Promise((resolve) => {
    const run: Run = {
      target,
      context,
      signal,
      client: new ssh2.Client(),
      known,
      auth: authOf(target, context.ask, signal),
      clock: stageClock(context.isAsking, (message) => run.finish(failureAt(target, run.stage, 'timeout', message))),
      stage: 'handshake',
      banner: '',
      finish: (error, wasClosed = false) => {
        run.finish = () => undefined;
        run.clock.stop();
        signal?.removeEventListener('abort', cancel);
        if (error) stream.destroy();
        resolve(error ? { error, wasClosed } : { client: run.client, stream });
      },
    };
    const cancel = (): void => run.finish(failure(target, 'cancelled', 'cancelled'));
    if (signal?.aborted) return cancel();
    signal?.addEventListener('abort', cancel);
    shakeHands(run, stream);
  });
}

function shakeHands(run: Run, stream: Duplex): void {
  const { client, target, context, clock } = run;
  clock.arm(context.limits.handshakeTimeout, 'no answer to the handshake');
  client.on('error', (error) => failed(run, error));
  client.on('banner', (message) => (run.banner ||= message));
  client.on('handshake', () => {
    if (run.stage !== 'handshake') return;
    run.stage = 'login';
    clock.arm(context.limits.loginTimeout, 'no answer to the login');
  });
  client.on('ready', () => run.finish());
  // Later than what ended it, where both arrive together.
  client.on('close', () => setImmediate(() => ended(run, 'the node closed the connection')));
  try {
    client.connect({
      sock: stream,
      username: target.username,
      algorithms: { serverHostKey: hostKeyAlgorithms(run.known, serverOf(target)) },
      hostVerifier: (key: Buffer, verify: (isValid: boolean) => void): void => void checkHostKey(run, key, verify),
      authHandler: (offered, _partial, next) => void authenticate(run, offered, next),
      // The clock is ours.
      readyTimeout: 0,
    });
  } catch (error) {
    ended(run, String(error));
  }
}

async function checkHostKey(run: Run, key: Buffer, verify: (isValid: boolean) => void): Promise<void> {
  const { target, context, known, signal } = run;
  const refusal = await context.trust.refusal(known, serverOf(target), target.settings, key, signal);
  if (refusal !== undefined) run.refusal = refusal;
  verify(refusal === undefined);
}

/** How the target is called in `known_hosts`, and how ssh gets there. */
function serverOf({ host, port, username, settings, jumps = [] }: Target): HostKeyServer {
  const hops = jumps.map((jump) => `${jump.username}@${jump.host}:${jump.port}`);
  const way = hops.length === 0 ? [] : ['-J', hops.join(','), '-l', username];
  return { host, port, alias: settings?.hostKeyAlias, way };
}

async function authenticate(
  run: Run,
  offered: Parameters<typeof nextMethod>[1],
  next: (method: NonNullable<Awaited<ReturnType<typeof nextMethod>>>) => void,
): Promise<void> {
  const { auth, context, target } = run;
  if (!auth.keysLeft) auth.identities = await context.identitiesFor(target);
  const method = await nextMethod(auth, offered);
  if (method) next(method);
  else run.finish(failureAt(target, 'login', 'auth', `${loginRefused(auth)}${bannerOf(run)}`));
}

const bannerOf = ({ banner }: Run): string => (banner === '' ? '' : ` The node says: ${said(banner)}`);

/** An error event of ssh2. Those about one login method are not the end: it goes on with the next. */
function failed(run: Run, error: Error & { level?: string }): void {
  if (run.refusal !== undefined) run.finish(failure(run.target, 'host-key', run.refusal));
  else if (error.level === 'agent') run.auth.notes.push(error.message);
  else if (error.level === 'client-authentication') run.auth.notes.push('A key could not sign.');
  else ended(run, connectionErrorText(error) ?? error.message);
}

const KIND_BY_STAGE: Record<Run['stage'], CollectErrorKind> = { handshake: 'unreachable', login: 'auth' };

/** The connection is over before the login was. */
function ended(run: Run, reason: string): void {
  const { stage, auth } = run;
  const detail = stage === 'login' ? `the node ended the login: ${said(reason)}. ${loginRefused(auth)}` : said(reason);
  run.finish(failureAt(run.target, stage, KIND_BY_STAGE[stage], `${stage}: ${detail}`), true);
}
