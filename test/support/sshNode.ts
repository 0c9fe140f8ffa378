/** A node for tests: a recorded node (`server/demo/recordedNode.ts`) that may also misbehave. Needs nothing installed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthContext, KeyboardAuthContext, ParsedKey, ServerChannel } from 'ssh2';
import {
  acceptKey,
  isProven,
  leave,
  newKey,
  startRecordedNode,
  type KeyPair,
  type LoginProgress,
  type Ran,
  type RecordedNode,
} from '../../server/demo/recordedNode.ts';

export { listenOnLoopback, newKey } from '../../server/demo/recordedNode.ts';

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

/** A node that is running. */
export interface SshNode extends RecordedNode {
  clientKey: KeyPair;
  /** The commands that ran, with what came over standard input. */
  executed: Ran[];
}

/** Starts a node on a free port of 127.0.0.1. */
export async function startSshNode(options: SshNodeOptions): Promise<SshNode> {
  const { recording, mode = 'healthy', clientKey = newKey() } = options;
  const executed: Ran[] = [];
  const node = await startRecordedNode(clientKey, {
    authenticate: (context, accepted, progress) => authenticate(context, accepted, mode, progress),
    answer: async (channel, ran, hangUp) => {
      executed.push(ran);
      await ANSWERS[mode](channel, recording, hangUp);
    },
  });
  return { ...node, clientKey, executed };
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

const half = (text: string): string => text.slice(0, Math.floor(text.length / 2));

const pause = async (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

const onceEither = (channel: ServerChannel, events: string[], then: () => void): void => {
  for (const event of events) channel.once(event, then);
};

/** @param progress of one connection */
function authenticate(context: AuthContext, accepted: ParsedKey, mode: SshNodeMode, progress: LoginProgress): void {
  if (mode === 'password-only') return context.reject(['password']);
  if (mode === 'asks-password')
    return context.method === 'password' && context.password === PASSWORD
      ? context.accept()
      : context.reject(['password']);
  if (context.method === 'keyboard-interactive') return askCode(context);
  if (mode === 'asks-code' || progress.hasKey) return context.reject(['keyboard-interactive']);
  if (mode !== 'key-and-code' || context.method !== 'publickey') return acceptKey(context, accepted);
  if (!isProven(context, accepted)) return context.reject(['publickey']);
  // A key that is only offered has no signature yet.
  progress.hasKey = context.signature !== undefined;
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
