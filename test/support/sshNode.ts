/**
 * A node for tests and for the demo: an SSH server inside this process, on loopback, that answers a command with the text of a recording.
 * Real SSH on both ends; needs nothing installed. Keys are made anew for each node and live in memory only, until `writeLogin`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, KeyboardAuthContext, ParsedKey, ServerChannel } from 'ssh2';
import { END_OF_SCRIPT } from '../../server/collect/watched.ts';

/**
 * - `healthy`: the whole recording, status 0. `slow`: the same, in small pieces with pauses. `banner`: other lines before it.
 * - `hangs`: half of it, then nothing more. `silent`: nothing at all. `closes`: half of it, then the connection ends.
 * - `garbage`: bytes that are no snapshot, status 0. `fails`: standard error and status 1. `huge`: a recording that does not end.
 * - `password-only`: no key is accepted. `asks-password`: only `PASSWORD` is. `asks-code`: it asks for that and for `CODE`;
 *   `key-and-code`: after a key.
 */
export type SshNodeMode =
  | 'healthy'
  | 'slow'
  | 'banner'
  | 'hangs'
  | 'silent'
  | 'closes'
  | 'garbage'
  | 'fails'
  | 'huge'
  | 'password-only'
  | 'asks-password'
  | 'asks-code'
  | 'key-and-code';

/** What the asking nodes want. */
export const PASSWORD = 'open sesame';
export const CODE = '123456';

/** What the node is. */
export interface SshNodeOptions {
  /** Snapshot text. */
  recording: string;
  mode?: SshNodeMode;
  /** Default: a new one. Several nodes may share one, so that one key file opens all. */
  clientKey?: KeyPair;
}

/** OpenSSH texts of a key. */
export interface KeyPair {
  private: string;
  public: string;
}

/** A node that is running. */
export interface SshNode {
  host: string;
  port: number;
  /** For a `known_hosts` file. */
  knownHostsLine: string;
  clientKey: KeyPair;
  /** The commands that ran, with what came over standard input. */
  executed: { command: string; stdin: string }[];
  stop: () => Promise<void>;
}

/** A new Ed25519 key pair. ssh2 1.17 spoils the 1 in 256 whose public key begins with a zero byte (it drops that byte): those are made anew. */
export function newKey(): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** Starts a node on a free port of 127.0.0.1. */
export async function startSshNode(options: SshNodeOptions): Promise<SshNode> {
  const { recording, mode = 'healthy', clientKey = newKey() } = options;
  const hostKey = newKey();
  const accepted = parsed(clientKey.public);
  const connections = new Set<Connection>();
  const executed: SshNode['executed'] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey.private], ident: 'dvrscope-test' }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    // A client that goes away in the middle is part of the tests.
    connection.on('error', () => undefined);
    const progress = { hasKey: false };
    connection.on('authentication', (context) => authenticate(context, accepted, mode, progress));
    connection.on('session', (accept) => {
      accept().on('exec', async (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        executed.push({ command, stdin: await readInput(channel) });
        await ANSWERS[mode](channel, recording, () => connection.end());
      });
    });
  });
  // Without the delays of Nagle's algorithm, as sshd has it.
  const listener = createServer({ noDelay: true }, (socket) => server.injectSocket(socket));
  const port = await listenOnLoopback(listener);
  const stop = async (): Promise<void> => {
    for (const connection of connections) connection.end();
    await new Promise<void>((resolve) => listener.close(() => resolve()));
  };
  const [type, key] = hostKey.public.split(' ');
  return { host: '127.0.0.1', port, knownHostsLine: `[127.0.0.1]:${port} ${type} ${key}\n`, clientKey, executed, stop };
}

/** The two files that a client needs for these nodes, in a new folder below the system's temporary one; `remove` deletes it. */
export async function writeLogin(nodes: readonly SshNode[]): Promise<Login> {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-login-'));
  const knownHostsFile = join(folder, 'known_hosts');
  await writeFile(knownHostsFile, nodes.map((node) => node.knownHostsLine).join(''));
  const privateKeys = [...new Set(nodes.map((node) => node.clientKey.private))];
  const identityFiles = privateKeys.map((_, index) => join(folder, `id_ed25519_${index}`));
  await Promise.all(privateKeys.map(async (key, index) => writeFile(identityFiles[index]!, key, { mode: 0o600 })));
  return { folder, knownHostsFile, identityFiles, remove: async () => rm(folder, { recursive: true, force: true }) };
}

/** Paths of the files of `writeLogin`. */
export interface Login {
  folder: string;
  knownHostsFile: string;
  identityFiles: string[];
  remove: () => Promise<void>;
}

/** What a node does once it has its input; `hangUp` ends the connection. */
type Answer = (channel: ServerChannel, recording: string, hangUp: () => void) => Promise<void> | void;

const ANSWERS: Record<SshNodeMode, Answer> = {
  healthy: (channel, recording) => leave(channel, recording, 0),
  banner: (channel, recording) => leave(channel, `Welcome to this node!\n\nAuthorised use only.\n${recording}`, 0),
  slow: async (channel, recording) => {
    const pieces = 10;
    const size = Math.ceil(recording.length / pieces);
    for (let i = 0; i < pieces; i++) {
      channel.write(recording.slice(i * size, (i + 1) * size));
      // oxlint-disable-next-line no-await-in-loop -- slowness is the point
      await pause(30);
    }
    leave(channel, '', 0);
  },
  hangs: (channel, recording) => void channel.write(half(recording)),
  silent: () => undefined,
  closes: (channel, recording, hangUp) => void channel.write(half(recording), hangUp),
  garbage: (channel) => leave(channel, '\u0000\u0007\u001b[31m@@ end 0\n'.repeat(1000), 0),
  fails: (channel) => {
    channel.stderr.write('sudo: a password is required\n');
    leave(channel, '', 1);
  },
  huge: async (channel, recording) => {
    channel.write(recording);
    const line = `${'x'.repeat(16 * 1024 - 1)}\n`;
    while (channel.writable) {
      // oxlint-disable-next-line no-await-in-loop -- one write after the other
      if (!channel.write(line)) await new Promise<void>((resolve) => onceEither(channel, ['drain', 'close'], resolve));
    }
  },
  'password-only': () => undefined,
  'asks-password': (channel, recording) => leave(channel, recording, 0),
  'asks-code': (channel, recording) => leave(channel, recording, 0),
  'key-and-code': (channel, recording) => leave(channel, recording, 0),
};

function leave(channel: ServerChannel, text: string, status: number): void {
  channel.write(text);
  channel.exit(status);
  channel.end();
}

const half = (text: string): string => text.slice(0, Math.floor(text.length / 2));

const pause = async (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

const onceEither = (channel: ServerChannel, events: string[], then: () => void): void => {
  for (const event of events) channel.once(event, then);
};

/** Everything up to the last line of what is sent, or to the end of standard input. */
async function readInput(channel: ServerChannel): Promise<string> {
  const chunks: Buffer[] = [];
  channel.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    channel.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks.slice(-2)).toString('utf8').endsWith(`\n${END_OF_SCRIPT}\n`)) resolve();
    });
    onceEither(channel, ['end', 'close'], resolve);
  });
  return Buffer.concat(chunks).toString('utf8');
}

/** Accepts the one key, after the signature was verified where there is one. @param progress of one connection */
function authenticate(
  context: AuthContext,
  accepted: ParsedKey,
  mode: SshNodeMode,
  progress: { hasKey: boolean },
): void {
  if (mode === 'password-only') return context.reject(['password']);
  if (mode === 'asks-password')
    return context.method === 'password' && context.password === PASSWORD
      ? context.accept()
      : context.reject(['password']);
  if (context.method === 'keyboard-interactive') return askCode(context);
  if (mode === 'asks-code' || progress.hasKey) return context.reject(['keyboard-interactive']);
  if (context.method !== 'publickey' || !accepted.getPublicSSH().equals(context.key.data))
    return context.reject(['publickey']);
  const { blob, signature, hashAlgo } = context;
  const proven = !signature || !blob || accepted.verify(blob, signature, hashAlgo);
  if (!proven) return context.reject(['publickey']);
  // A key that is only offered has no signature yet.
  progress.hasKey = mode === 'key-and-code' && signature !== undefined;
  return progress.hasKey ? context.reject(['keyboard-interactive'], true) : context.accept();
}

/** With an instruction that would colour a terminal. */
function askCode(context: KeyboardAuthContext): void {
  const prompts = [
    { prompt: 'Password: ', echo: false },
    { prompt: 'Code: ', echo: true },
  ];
  context.prompt(prompts, 'Two steps', '\u001b[31mFor you', ([password, code]) => {
    if (password === PASSWORD && code === CODE) context.accept();
    else context.reject(['keyboard-interactive']);
  });
}

function parsed(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

/** The port of a TCP server that has just been started on 127.0.0.1. */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
