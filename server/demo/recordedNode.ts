/**
 * A node that is a recording: an SSH server inside this process, on loopback, that answers a command with a text and runs nothing.
 * Real SSH on both ends. Keys are made anew for each node and live in memory, until somebody writes them down.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ParsedKey, ServerChannel } from 'ssh2';
import { END_OF_SCRIPT } from '../collect/watched.ts';

/** OpenSSH texts of a key. */
export interface KeyPair {
  private: string;
  public: string;
}

/** What a node does. */
export interface NodeBehaviour {
  /** Once a command has its input; `hangUp` ends the connection. */
  answer: (channel: ServerChannel, ran: Ran, hangUp: () => void) => Promise<void> | void;
  /** Default: the one key is accepted. @param progress of one connection */
  authenticate?: (context: AuthContext, accepted: ParsedKey, progress: LoginProgress) => void;
}

/** A command, with what came over standard input. */
export interface Ran {
  command: string;
  stdin: string;
}

/** How far one login is. */
export interface LoginProgress {
  hasKey: boolean;
}

/** A node that is running. */
export interface RecordedNode {
  host: string;
  port: number;
  /** For a `known_hosts` file. */
  knownHostsLine: string;
  /** How many connections there were. */
  connections: () => number;
  stop: () => Promise<void>;
}

/** A new Ed25519 key pair. ssh2 1.17 spoils the 1 in 256 whose public key begins with a zero byte (it drops that byte): those are made anew. */
export function newKey(): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** Starts a node on a free port of 127.0.0.1. @param clientKey who may log in, under any name */
export async function startRecordedNode(clientKey: KeyPair, behaviour: NodeBehaviour): Promise<RecordedNode> {
  const { answer, authenticate = acceptKey } = behaviour;
  const hostKey = newKey();
  const accepted = parsed(clientKey.public);
  const connections = new Set<Connection>();
  let count = 0;
  const server = new ssh2.Server({ hostKeys: [hostKey.private], ident: 'dvrscope-node' }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    // A client may go away in the middle.
    connection.on('error', () => undefined);
    const progress = { hasKey: false };
    connection.on('authentication', (context) => authenticate(context, accepted, progress));
    connection.on('session', (accept) => {
      const session = accept();
      session.on('exec', async (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        await answer(channel, { command, stdin: await readInput(channel) }, () => connection.end());
      });
      session.on('pty', (acceptPty) => acceptPty?.());
      session.on('shell', (acceptShell) => sayNoShell(acceptShell()));
    });
  });
  // Without the delays of Nagle's algorithm, as sshd has it.
  const listener = createServer({ noDelay: true }, (socket) => {
    count++;
    server.injectSocket(socket);
  });
  const port = await listenOnLoopback(listener);
  const stop = async (): Promise<void> => {
    for (const connection of connections) connection.end();
    await new Promise<void>((resolve) => listener.close(() => resolve()));
  };
  const [type, key] = hostKey.public.split(' ');
  return {
    host: '127.0.0.1',
    port,
    knownHostsLine: `[127.0.0.1]:${port} ${type} ${key}\n`,
    connections: () => count,
    stop,
  };
}

const NO_SHELL = 'This node is a recording: it answers dvrscope, and has no shell. Press Enter to close.\r\n';

/** A terminal that ended at once would be closed before anybody could read it. */
function sayNoShell(channel: ServerChannel): void {
  channel.on('error', () => undefined);
  channel.write(NO_SHELL);
  channel.once('data', () => leave(channel, '', 0));
}

/** Ends a command with what it printed. */
export function leave(channel: ServerChannel, text: string, status: number): void {
  channel.on('error', () => undefined);
  channel.write(text);
  channel.exit(status);
  channel.end();
}

/** Accepts the one key, after the signature was verified where there is one: a key that is only offered has none yet. */
export function acceptKey(context: AuthContext, accepted: ParsedKey): void {
  if (isProven(context, accepted)) context.accept();
  else context.reject(['publickey']);
}

export function isProven(context: AuthContext, accepted: ParsedKey): boolean {
  if (context.method !== 'publickey' || !accepted.getPublicSSH().equals(context.key.data)) return false;
  const { blob, signature, hashAlgo } = context;
  return !signature || !blob || accepted.verify(blob, signature, hashAlgo);
}

/** Everything up to the last line of what is sent, or to the end of standard input. */
async function readInput(channel: ServerChannel): Promise<string> {
  const chunks: Buffer[] = [];
  channel.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    channel.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks.slice(-2)).toString('utf8').endsWith(`\n${END_OF_SCRIPT}\n`)) resolve();
    });
    for (const event of ['end', 'close']) channel.once(event, resolve);
  });
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

/** The port of a TCP server that has just been started on 127.0.0.1. */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
