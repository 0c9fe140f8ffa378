/** One command on one node over SSH: get there, log in, run, read everything, disconnect. Every stage ends by its own time or the caller's signal. */
import type { Client, ClientChannel } from 'ssh2';
import { stageClock, type StageClock } from './clock.ts';
import { failure, failureAt, said, type SshContext } from './context.ts';
import { connectionErrorText } from './errorCode.ts';
import type { CollectError, Exec, ExecRequest, ExecResult } from './exec.ts';
import type { HintStage } from './hints.ts';
import { openAndLogin } from './login.ts';
import { targetProblem } from './targets.ts';
import type { Target } from './targets.ts';
import type { Ways } from './way.ts';

/** What of standard error is kept, in bytes: enough for a message. */
const MOST_STDERR = 16 * 1024;

const NOTHING = { stdout: '', stderr: '' };

/** An `Exec` that connects anew for each command: a node is asked once. */
export function sshExec(target: Target, context: SshContext, ways: Ways): Exec {
  return async (request) => {
    const problem = targetProblem(target);
    if (problem) return { ...NOTHING, error: failure(target, 'unreachable', problem) };
    const way = await ways.enter(target, request.signal);
    try {
      if (request.signal?.aborted) return { ...NOTHING, error: failure(target, 'cancelled', 'cancelled') };
      const made = await openAndLogin(target, way.open, context, request.signal);
      if (made.error) return { ...NOTHING, error: made.error };
      const result = await runCommand(target, made.client, context, request);
      disconnect(made.client, made.stream, result.error !== undefined);
      return result;
    } finally {
      way.leave();
    }
  };
}

/** Graceful when the command has ended, so that the node logs no error; but a node that does not hang up then is not waited for. */
function disconnect(client: Client, stream: { destroy: () => unknown }, atOnce: boolean): void {
  if (atOnce) stream.destroy();
  else client.end();
  setTimeout(() => stream.destroy(), 1000).unref();
}

/** The state of one command. */
interface Run {
  target: Target;
  context: SshContext;
  request: ExecRequest;
  clock: StageClock;
  stdout: Buffer[];
  size: number;
  stderr: Buffer[];
  stderrSize: number;
  status?: number;
  /** Called with what ended it; the first call counts. */
  finish: (error?: CollectError) => void;
}

async function runCommand(
  target: Target,
  client: Client,
  context: SshContext,
  request: ExecRequest,
): Promise<ExecResult> {
  return new Promise((resolve) => {
    const fail = (kind: CollectError['kind'], message: string): void => run.finish(failure(target, kind, message));
    const cancel = (): void => fail('cancelled', 'cancelled');
    const { totalTimeout } = context.limits;
    const expire = (stage: HintStage, message: string): void =>
      run.finish(failureAt(target, stage, 'timeout', message));
    const total = setTimeout(() => expire('total', `not finished after ${totalTimeout / 1000} s`), totalTimeout);
    const run: Run = {
      target,
      context,
      request,
      clock: stageClock(context.isAsking, (message) => expire('silence', message)),
      stdout: [],
      size: 0,
      stderr: [],
      stderrSize: 0,
      finish: (error) => {
        run.finish = () => undefined;
        run.clock.stop();
        clearTimeout(total);
        request.signal?.removeEventListener('abort', cancel);
        resolve(resultOf(run, error));
      },
    };
    request.signal?.addEventListener('abort', cancel);
    if (request.signal?.aborted) return cancel();
    client.on('error', (error) => ended(run, connectionErrorText(error) ?? error.message));
    // Later than the command's own end, where both arrive together.
    client.on('close', () => setImmediate(() => ended(run, 'the node closed the connection')));
    run.clock.arm(context.limits.firstOutputTimeout, 'no output');
    client.exec(request.command, (error, channel) => {
      if (error) fail('closed', `the node does not run commands: ${said(error.message)}`);
      else read(run, channel);
    });
  });
}

function read(run: Run, channel: ClientChannel): void {
  const { maxOutput, idleTimeout } = run.context.limits;
  // Any output is the first.
  const came = (): void => {
    if (run.size + run.stderrSize === 0) run.clock.arm(idleTimeout, 'no output');
    else run.clock.refresh();
  };
  channel.on('data', (chunk: Buffer) => {
    came();
    run.stdout.push(chunk.subarray(0, Math.max(0, maxOutput - run.size)));
    run.size += chunk.length;
    if (run.size > maxOutput)
      run.finish(
        failureAt(run.target, 'output', 'garbage', `more than ${maxOutput} bytes of output, the rest was not read`),
      );
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    came();
    run.stderr.push(chunk.subarray(0, Math.max(0, MOST_STDERR - run.stderrSize)));
    run.stderrSize += chunk.length;
  });
  channel.on('exit', (status: number | null) => {
    if (status !== null) run.status = status;
    // Some servers wait for the end of our side before they close theirs.
    channel.end();
  });
  // A command that does not read its input is no failure of its own.
  channel.on('error', () => undefined);
  channel.on('close', () =>
    run.status === undefined ? ended(run, 'the command did not end by itself') : run.finish(),
  );
  if (run.request.keepsInput) channel.write(run.request.stdin);
  else channel.end(run.request.stdin);
}

/** The connection is over before the command was. */
const ended = (run: Run, reason: string): void =>
  run.finish(failureAt(run.target, 'closed', 'closed', `command: ${said(reason)}`));

function resultOf({ stdout, stderr, status }: Run, error: CollectError | undefined): ExecResult {
  return {
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
    ...(status !== undefined && { status }),
    ...(error && { error }),
  };
}
