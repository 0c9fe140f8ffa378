/**
 * The way to a node: a TCP connection, or a channel through other hosts (`ProxyJump`). One connection to each of those serves all
 * nodes behind it, with a limit on how many at a time; it lives as long as the collection.
 */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { stageClock } from './clock.ts';
import { failure, failureAt, said, type SshContext } from './context.ts';
import { connectionErrorText, errorCode } from './errorCode.ts';
import { openAndLogin, type LoggedIn, type Opened } from './login.ts';
import { slots, type Slots } from './slots.ts';
import type { Target } from './targets.ts';

/** All ways of one collection. */
export interface Ways {
  /** Waits for a place on the way to a target. */
  enter: (target: Target, signal: AbortSignal | undefined) => Promise<Way>;
  /** Ends the connections to the hosts on the ways. */
  close: () => void;
}

/** A place on the way to a target: `open` makes a stream to it; `leave` is to be called when it is no longer used. */
export interface Way {
  open: () => Promise<Opened>;
  leave: () => void;
}

/** A host on the way, with everything before it. */
interface Bastion {
  login: Promise<LoggedIn>;
  slots: Slots;
}

/**
 * @param perBastion channels at a time through one host
 * @param signal ends all of it: a connection that nodes share must not end with one of them
 */
export function waysOf(context: SshContext, perBastion: number, signal: AbortSignal | undefined): Ways {
  const bastions = new Map<string, Bastion>();
  const clients = new Set<Client>();

  const bastionFor = (hops: readonly Target[]): Bastion => {
    const id = JSON.stringify(hops.map(({ username, host, port }) => [username, host, port]));
    const known = bastions.get(id);
    if (known) return known;
    const made: Bastion = { login: loginTo(hops, id), slots: slots(perBastion) };
    bastions.set(id, made);
    return made;
  };

  const loginTo = async (hops: readonly Target[], id: string): Promise<LoggedIn> => {
    const hop = hops.at(-1)!;
    const made = await openAndLogin(hop, async () => reach(hop, hops.slice(0, -1)), context, signal);
    if (made.error) return made;
    clients.add(made.client);
    // As many as the nodes behind it.
    made.client.setMaxListeners(0);
    made.client.on('error', () => undefined);
    // The next node connects anew.
    made.client.on('close', () => bastions.delete(id));
    return made;
  };

  const reach = async (target: Target, hops: readonly Target[]): Promise<Opened> => {
    if (hops.length === 0) return direct(target, context, signal);
    const made = await bastionFor(hops).login;
    if (made.error) return { error: failure(target, made.error.kind, `on the way, ${made.error.message}`) };
    return through(made.client, hops.at(-1)!, target, context, signal);
  };

  return {
    enter: async (target, ownSignal) => {
      const hops = target.jumps ?? [];
      if (hops.length === 0) return { open: async () => direct(target, context, ownSignal), leave: () => undefined };
      return { open: async () => reach(target, hops), leave: await bastionFor(hops).slots.enter(ownSignal) };
    },
    close: () => {
      for (const client of clients) client.end();
      setTimeout(() => {
        for (const client of clients) client.destroy();
      }, 1000).unref();
    },
  };
}

async function direct(target: Target, context: SshContext, signal: AbortSignal | undefined): Promise<Opened> {
  const { host, port, settings } = target;
  const socket = connect({ host, port, noDelay: true, ...(settings?.family && { family: settings.family }) });
  return opening(target, context, signal, (finish) => {
    socket.once('connect', () => finish({ stream: socket }));
    // Where a name has several addresses, the error of all of them has a code, but no message.
    socket.on('error', (error) => {
      const reason = connectionErrorText(error, said(host)) ?? `connection: ${said(error.message || errorCode(error))}`;
      finish({ error: failureAt(target, 'connection', 'unreachable', reason) });
    });
  }).then((opened) => {
    if (opened.error) socket.destroy();
    return opened;
  });
}

/** `reason` of ssh2's error for a channel that was not opened (RFC 4254, 5.1). */
const ADMINISTRATIVELY_PROHIBITED = 1;

async function through(
  client: Client,
  hop: Target,
  target: Target,
  context: SshContext,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const name = said(hop.node);
  return opening(target, context, signal, (finish) => {
    const closed = (): void =>
      finish({ error: failure(target, 'closed', `connection: ${name}, on the way, closed the connection`) });
    client.once('close', closed);
    try {
      client.forwardOut(
        '127.0.0.1',
        0,
        target.host,
        target.port,
        (error: (Error & { reason?: unknown }) | undefined, stream) => {
          client.off('close', closed);
          const why =
            error?.reason === ADMINISTRATIVELY_PROHIBITED
              ? ` (does ${name} allow it? AllowTcpForwarding, PermitOpen)`
              : '';
          if (!error) finish({ stream: closing(stream) });
          else
            finish({
              error: failureAt(
                target,
                'connection',
                'unreachable',
                `connection from ${name}: ${said(error.message)}${why}`,
              ),
            });
        },
      );
    } catch (error) {
      finish({ error: failure(target, 'closed', `connection: ${name}, on the way: ${said(String(error))}`) });
    }
  });
}

/** A channel may be closed from the far end only; a socket, and what ssh2 expects of one, then closes altogether. */
function closing(stream: Duplex): Duplex {
  stream.once('end', () => stream.destroy());
  return stream;
}

/** Within the time for a connection, until the first answer or the end of the signal. A stream that comes later is closed. */
async function opening(
  target: Target,
  context: SshContext,
  signal: AbortSignal | undefined,
  begin: (finish: (opened: Opened) => void) => void,
): Promise<Opened> {
  return new Promise((resolve) => {
    let isOver = false;
    const finish = (opened: Opened): void => {
      if (isOver && !opened.error) opened.stream.destroy();
      if (isOver) return;
      isOver = true;
      clock.stop();
      signal?.removeEventListener('abort', cancel);
      resolve(opened);
    };
    const cancel = (): void => finish({ error: failure(target, 'cancelled', 'cancelled') });
    const clock = stageClock(context.isAsking, (message) =>
      finish({ error: failureAt(target, 'connection', 'timeout', message) }),
    );
    clock.arm(target.settings?.connectTimeout ?? context.limits.connectTimeout, 'no connection');
    signal?.addEventListener('abort', cancel);
    begin(finish);
    if (signal?.aborted) cancel();
  });
}
