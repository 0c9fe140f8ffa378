/**
 * Keys that a login may try, in order, wherever the private half is: in a file or in an agent.
 * ssh2 asks for them as an agent of ours, so that a passphrase is asked for only when the node would accept the key.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { BaseAgent, ParsedKey, PublicKeyEntry, SigningRequestOptions } from 'ssh2';
import { connectionErrorText } from './errorCode.ts';
import { keyFileReader, type ReadKeyFile } from './keyFiles.ts';
import type { Accepted, Ask } from './ask.ts';
import { withoutControls } from './shellQuote.ts';
import { visible } from './visible.ts';

/** A key that may be tried. */
export interface Identity {
  /** Where it is from, for a message: a file, or the agent. */
  name: string;
  publicKey: ParsedKey;
  /** A sentence where it cannot. */
  sign: (data: Buffer, options: SigningRequestOptions, signal?: AbortSignal) => Promise<Buffer | string>;
}

/** What one login may try. */
export interface Identities {
  keys: Identity[];
  /** Why a key or the agent cannot be used: one sentence each. */
  notes: string[];
}

/** What to try. Whatever is left out is looked for where OpenSSH looks. */
export interface KeyChoice {
  /** Paths given by name must exist; default ones need not. */
  identityFiles?: readonly string[] | undefined;
  /** Of the agent's keys only those of the files: `IdentitiesOnly` of ssh_config(5). */
  identitiesOnly?: boolean | undefined;
  /** The agent's socket; an empty string means no agent. Default: `SSH_AUTH_SOCK`. */
  agent?: string | undefined;
}

/** Finds the keys of a login; files and agents are asked once for all nodes. */
export type FindIdentities = (choice: KeyChoice) => Promise<Identities>;

/** ssh(1), FILES; the security-key types need a touch and are left to the agent. */
const IDENTITY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Where OpenSSH for Windows has its agent. */
const WINDOWS_AGENT = String.raw`\\.\pipe\openssh-ssh-agent`;

export function identityFinder(ask: Ask | undefined, accepted?: Accepted): FindIdentities {
  const readKey = keyFileReader(ask, accepted);
  const agents = new Map<string, Promise<AgentKeys>>();
  return async (choice) => {
    const socket = choice.agent ?? process.env['SSH_AUTH_SOCK'] ?? (process.platform === 'win32' ? WINDOWS_AGENT : '');
    const agent = socket === '' ? undefined : (agents.get(socket) ?? agentKeys(socket));
    if (agent) agents.set(socket, agent);
    return findIdentities(choice, readKey, (await agent) ?? { keys: [] });
  };
}

async function findIdentities(choice: KeyChoice, readKey: ReadKeyFile, agent: AgentKeys): Promise<Identities> {
  const { identityFiles, identitiesOnly } = choice;
  const files = identityFiles?.map(expandHome) ?? IDENTITY_FILES.map((name) => join(homedir(), '.ssh', name));
  const inFiles: Identity[] = [];
  const notes = agent.problem === undefined ? [] : [agent.problem];
  for (const file of files) {
    // oxlint-disable-next-line no-await-in-loop -- a handful of files, read once
    const key = await readKey(file);
    if (typeof key === 'string') notes.push(key);
    else if (key) inFiles.push(agent.keys.find((other) => isSame(other, key)) ?? ofFile(key));
    else if (identityFiles) notes.push(`There is no ${withoutControls(file)}.`);
  }
  const others = agent.keys.filter((key) => !inFiles.some((inFile) => isSame(inFile, key)));
  const fromAgent = identitiesOnly ? [] : others;
  // Servers end a login after a few wrong keys: those that were asked for by name go first.
  return { keys: identityFiles ? [...inFiles, ...fromAgent] : [...fromAgent, ...inFiles], notes };
}

type HasPublicKey = Pick<Identity, 'publicKey'>;

const isSame = (one: HasPublicKey, other: HasPublicKey): boolean =>
  one.publicKey.getPublicSSH().equals(other.publicKey.getPublicSSH());

const ofFile = ({
  file,
  publicKey,
  open,
}: Exclude<Awaited<ReturnType<ReadKeyFile>>, string | undefined>): Identity => ({
  name: withoutControls(file),
  publicKey,
  sign: async (data, { hash }, signal) => {
    const key = await open(signal);
    if (typeof key === 'string') return key;
    const signature: unknown = key.sign(data, hash);
    return Buffer.isBuffer(signature) ? signature : `${withoutControls(file)} could not sign.`;
  },
});

/** The keys that an agent holds, or why they cannot be had. */
interface AgentKeys {
  keys: Identity[];
  problem?: string;
}

async function agentKeys(socket: string): Promise<AgentKeys> {
  const agent = ssh2.createAgent(socket);
  const problem = (error: Error): string =>
    `The agent (${visible(socket)}): ${visible(connectionErrorText(error) ?? error.message)}.`;
  return new Promise((resolve) => {
    agent.getIdentities((error, keys = []) => {
      if (error) return resolve({ keys: [], problem: problem(error) });
      const usable = keys.flatMap((key) => parsedKey(key) ?? []);
      resolve({ keys: usable.map((publicKey) => ofAgent(agent, publicKey, problem)) });
    });
  });
}

const ofAgent = (agent: BaseAgent, publicKey: ParsedKey, problem: (error: Error) => string): Identity => ({
  name: 'the agent',
  publicKey,
  sign: async (data, options) =>
    new Promise((resolve) => {
      agent.sign(publicKey, data, options, (error, signature) =>
        resolve(error ? problem(error) : (signature ?? 'The agent gave no signature.')),
      );
    }),
});

/** Certificates and key types that ssh2 does not know are no keys for us. */
function parsedKey(key: PublicKeyEntry | ParsedKey | Buffer | string): ParsedKey | undefined {
  if (typeof key === 'object' && 'getPublicSSH' in key) return key;
  if (typeof key === 'object' && 'pubKey' in key) return undefined;
  const parsed = ssh2.utils.parseKey(key);
  return parsed instanceof Error ? undefined : parsed;
}

/** What ssh2 wants to be handed: an agent that holds this one key. */
export class IdentityAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #identity: Identity;
  readonly #signal: AbortSignal | undefined;
  readonly #onSigned: () => void;

  constructor(identity: Identity, signal: AbortSignal | undefined, onSigned: () => void) {
    super();
    this.#identity = identity;
    this.#signal = signal;
    this.#onSigned = onSigned;
  }

  override getIdentities(done: (error?: Error, keys?: ParsedKey[]) => void): void {
    done(undefined, [this.#identity.publicKey]);
  }

  override sign(_publicKey: ParsedKey, data: Buffer, options: SigningRequestOptions | Done, callback?: Done): void {
    const done = typeof options === 'function' ? options : callback!;
    const hash = typeof options === 'function' ? {} : options;
    void this.#identity.sign(data, hash, this.#signal).then((signature) => {
      if (typeof signature === 'string') return done(new Error(signature));
      this.#onSigned();
      done(undefined, signature);
    });
  }
}

type Done = (error?: Error, signature?: Buffer) => void;

/** Settings say `~/.ssh/id_cloud`, as users of ssh do; on Windows also with backslashes. */
export const expandHome = (file: string): string =>
  file.startsWith('~/') || (process.platform === 'win32' && file.startsWith('~\\'))
    ? join(homedir(), file.slice(2))
    : file;
