/**
 * Running one command somewhere and getting its text: what a transport (SSH today) must be able to do, and how it fails.
 * A failure is a value beside the text that did arrive, since half a snapshot is worth more than none.
 */

/**
 * - `unreachable`: no connection (name not resolved, refused, no route), or the far end is no SSH server.
 * - `host-key`: the node's host key is unknown, changed or revoked; nothing was sent.
 * - `auth`: no key that we may use was accepted.
 * - `timeout`: the connection, the handshake or the next output took too long.
 * - `closed`: the connection ended before the command did.
 * - `garbage`: what arrived is no snapshot, or is too much.
 * - `status`: the command failed, and no snapshot came.
 * - `cancelled`: the caller's signal.
 */
export type CollectErrorKind =
  | 'unreachable'
  | 'host-key'
  | 'auth'
  | 'timeout'
  | 'closed'
  | 'garbage'
  | 'status'
  | 'cancelled';

/** `message` is for a person: what happened, with which node, and what to do. It never holds a secret. */
export interface CollectError {
  kind: CollectErrorKind;
  message: string;
}

export interface ExecRequest {
  /** A constant of ours. Text from a topology or a node goes into `stdin`, never in here. */
  command: string;
  stdin: string;
  /** Keep standard input open behind `stdin` until the command has ended: it may watch for its end, to know that we are gone. */
  keepsInput?: boolean;
  signal?: AbortSignal | undefined;
}

export interface ExecResult {
  /** What arrived, also when `error` is set. */
  stdout: string;
  /** Its first part, enough for a message. */
  stderr: string;
  /** Exit status; absent when the command did not end by itself. */
  status?: number;
  error?: CollectError;
}

/** Runs one command. The promise is never rejected. */
export type Exec = (request: ExecRequest) => Promise<ExecResult>;

/** Milliseconds, and bytes of standard output. A clock waits while a person is being asked something. */
export interface ExecLimits {
  connectTimeout: number;
  handshakeTimeout: number;
  loginTimeout: number;
  /** Longest wait for the first output of the running command. */
  firstOutputTimeout: number;
  /** Longest wait for its next output. */
  idleTimeout: number;
  /** How long the command may run at all. */
  totalTimeout: number;
  maxOutput: number;
}

/** `ovs-ofctl` alone may use 30 seconds of the collector script without a line of output, hence the 60. */
export const DEFAULT_LIMITS: ExecLimits = {
  connectTimeout: 10_000,
  handshakeTimeout: 15_000,
  loginTimeout: 30_000,
  firstOutputTimeout: 30_000,
  idleTimeout: 60_000,
  totalTimeout: 300_000,
  maxOutput: 64 * 1024 * 1024,
};
