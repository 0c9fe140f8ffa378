/**
 * What we may log in with and what we trust, read once for all nodes: key files, the agent's socket, `known_hosts`.
 * Nothing of a key's content ever goes into a message; files are named, not quoted.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import { errorCode } from './errorCode.ts';
import { mergeKnownHosts, parseKnownHosts } from './knownHosts.ts';
import type { KnownHosts } from './knownHosts.ts';
import { withoutControls } from './shellQuote.ts';

/** A private key that is ready to sign, and the file it came from. */
export interface Identity {
  file: string;
  key: ParsedKey;
}

/** What a login may try. */
export interface Identities {
  keys: Identity[];
  /** Path of the agent's socket, from `SSH_AUTH_SOCK`. */
  agent?: string;
  /** Key files that were asked for by name go before the agent's keys: servers end a login after a few wrong ones. */
  filesFirst: boolean;
  /** Why a key file cannot be used: one sentence each. */
  notes: string[];
}

/** Whatever is left out is looked for where OpenSSH looks. Paths given by name must exist; default ones need not. */
export interface LoginFiles {
  identityFiles?: readonly string[] | undefined;
  knownHostsFiles?: readonly string[] | undefined;
  /** The agent's socket; an empty string means no agent. Default: `SSH_AUTH_SOCK`. */
  agent?: string | undefined;
}

/** ssh(1), FILES; the security-key types need a touch and are left to the agent. */
const IDENTITY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** ssh_config(5), UserKnownHostsFile and GlobalKnownHostsFile. */
const KNOWN_HOSTS_FILES = ['known_hosts', 'known_hosts2'];
const GLOBAL_KNOWN_HOSTS_FILES = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

/** Reads all key files; one that cannot be used becomes a note. */
export async function readIdentities({ identityFiles, agent }: LoginFiles): Promise<Identities> {
  const files = identityFiles?.map(expandHome) ?? IDENTITY_FILES.map((name) => join(homedir(), '.ssh', name));
  const identities: Identities = { keys: [], notes: [], filesFirst: identityFiles !== undefined };
  for (const file of files) {
    const read = await readIdentity(file);
    if (typeof read === 'string') identities.notes.push(read);
    else if (read) identities.keys.push({ file, key: read });
    else if (identityFiles) identities.notes.push(`There is no ${withoutControls(file)}.`);
  }
  const socket = agent ?? process.env['SSH_AUTH_SOCK'];
  return socket ? { ...identities, agent: socket } : identities;
}

/** The key, a sentence about why it cannot be used, or nothing when there is no such file. */
async function readIdentity(file: string): Promise<ParsedKey | string | undefined> {
  const name = withoutControls(file);
  const text = await readText(file);
  if (text === undefined) return undefined;
  if (typeof text !== 'string') return `${name} cannot be read: ${text.code}.`;
  const key = ssh2.utils.parseKey(text);
  // Only the class of ssh2's message is used: it may quote what it could not parse.
  if (key instanceof Error)
    return /encrypted|passphrase/i.test(key.message)
      ? `${name} is encrypted: add it to an agent (ssh-add ${name}).`
      : `${name} is not a private key of a known format.`;
  return key.isPrivateKey() ? key : `${name} is a public key; the private one is needed.`;
}

/** Reads all `known_hosts` files as one; one that cannot be read is a problem, which the message about an unknown key repeats. */
export async function readKnownHosts({ knownHostsFiles }: LoginFiles): Promise<KnownHosts> {
  const own = knownHostsFiles?.map(expandHome) ?? KNOWN_HOSTS_FILES.map((name) => join(homedir(), '.ssh', name));
  const files = knownHostsFiles ? own : [...own, ...GLOBAL_KNOWN_HOSTS_FILES];
  const all = await Promise.all(files.map(async (file) => readKnownHostsFile(file, knownHostsFiles !== undefined)));
  return mergeKnownHosts(all);
}

async function readKnownHostsFile(file: string, required: boolean): Promise<KnownHosts> {
  const text = await readText(file);
  const known = parseKnownHosts(typeof text === 'string' ? text : '', file);
  if (text === undefined && required) known.problems.push(`There is no ${file}`);
  if (typeof text === 'object') known.problems.push(`${file} cannot be read: ${text.code}`);
  return known;
}

/** The text, the error's code, or nothing when the file does not exist. */
async function readText(file: string): Promise<string | { code: string } | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' ? undefined : { code };
  }
}

/** Settings say `~/.ssh/id_cloud`, as users of ssh do. */
const expandHome = (file: string): string => (file.startsWith('~/') ? join(homedir(), file.slice(2)) : file);
