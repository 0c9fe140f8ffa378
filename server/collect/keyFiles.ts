/**
 * Private keys in files: each is read once for all nodes, and its passphrase asked for once, when a node would accept the key.
 * Nothing of a key's content, and no passphrase, ever goes into a message or is kept beyond the collection.
 */
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import type { Accepted, Ask } from './ask.ts';
import { errorCode, fileErrorText } from './errorCode.ts';
import { withoutControls } from './shellQuote.ts';

/** A key file that can be used, at least for its public half. */
export interface KeyFile {
  file: string;
  publicKey: ParsedKey;
  /** The private key, after its passphrase if it has one; a sentence where there is none. */
  open: (signal?: AbortSignal) => Promise<ParsedKey | string>;
}

/** A key file by its path; a sentence where it cannot be used; nothing where there is no such file. */
export type ReadKeyFile = (file: string) => Promise<KeyFile | string | undefined>;

/** Wrong passphrases that are asked again: `NumberOfPasswordPrompts` of ssh_config(5). */
const MOST_TRIES = 3;

/** A reader that remembers files and what was unlocked. */
export function keyFileReader(ask: Ask | undefined, accepted: Accepted = () => undefined): ReadKeyFile {
  const files = new Map<string, Promise<KeyFile | string | undefined>>();
  return async (file) => {
    const known = files.get(file) ?? readKeyFile(file, ask, accepted);
    files.set(file, known);
    return known;
  };
}

async function readKeyFile(
  file: string,
  ask: Ask | undefined,
  accepted: Accepted,
): Promise<KeyFile | string | undefined> {
  const name = withoutControls(file);
  const text = await readText(file);
  if (text === undefined) return readPublicOnly(file);
  if (typeof text !== 'string') return `${name} cannot be read: ${text.why}.`;
  const key = ssh2.utils.parseKey(text);
  if (!(key instanceof Error)) return key.isPrivateKey() ? opened(file, key) : publicOnly(file, key);
  // Only the class of ssh2's message is used: it may quote what it could not parse.
  if (!/encrypted|passphrase/i.test(key.message)) return `${name} is not a private key of a known format.`;
  const publicKey = publicHalf(text) ?? parsed((await readText(`${file}.pub`)) ?? '');
  if (!publicKey)
    return `${name} is encrypted, and its public half is missing: ssh-keygen -y -f ${name} > ${name}.pub, or add it to an agent (ssh-add ${name}).`;
  return { file, publicKey, open: once(async (signal) => unlock(file, text, ask, accepted, signal)) };
}

const opened = (file: string, key: ParsedKey): KeyFile => ({ file, publicKey: key, open: async () => key });

/** A public key names the private one, which an agent may hold (ssh_config(5), IdentityFile). */
const publicOnly = (file: string, publicKey: ParsedKey): KeyFile => ({
  file,
  publicKey,
  open: async () => `${withoutControls(file)} is a public key; the private one is needed, here or in an agent.`,
});

async function readPublicOnly(file: string): Promise<KeyFile | undefined> {
  const publicKey = parsed((await readText(`${file}.pub`)) ?? '');
  return publicKey && publicOnly(`${file}.pub`, publicKey);
}

const WRONG = 'the passphrase was wrong';

async function unlock(
  file: string,
  text: string,
  ask: Ask | undefined,
  accepted: Accepted,
  signal: AbortSignal | undefined,
): Promise<ParsedKey | string> {
  const name = withoutControls(file);
  if (!ask) return `${name} is encrypted: add it to an agent (ssh-add ${name}).`;
  const refused = (why: string): string =>
    `${name} is encrypted, and ${why}: try again, or add it to an agent with ssh-add.`;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    // oxlint-disable-next-line no-await-in-loop -- one try after the other
    const answer = await ask({ kind: 'passphrase', file: name, isRepeated: tries > 0 }, signal);
    if (answer?.[0] === undefined) return refused(tries === 0 ? 'no passphrase was given' : WRONG);
    const key = ssh2.utils.parseKey(text, answer[0]);
    if (key instanceof Error) continue;
    accepted(name);
    return key;
  }
  return refused(WRONG);
}

function once<T>(make: (signal?: AbortSignal) => Promise<T>): (signal?: AbortSignal) => Promise<T> {
  let made: Promise<T> | undefined;
  return async (signal) => (made ??= make(signal));
}

/** The magic bytes of OpenSSH's own format (PROTOCOL.key in its sources). */
const MAGIC = 'openssh-key-v1\0';

/** The public key that an encrypted file of OpenSSH's own format holds in the clear: after three strings and the number of keys. */
function publicHalf(text: string): ParsedKey | undefined {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  const bytes = Buffer.from(base64 ?? '', 'base64');
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  let at = MAGIC.length;
  for (let i = 0; i < 3; i++) at += 4 + lengthAt(bytes, at);
  at += 4;
  const length = lengthAt(bytes, at);
  return length === 0 || at + 4 + length > bytes.length ? undefined : parsed(bytes.subarray(at + 4, at + 4 + length));
}

const lengthAt = (bytes: Buffer, at: number): number => (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0);

function parsed(text: unknown): ParsedKey | undefined {
  if (typeof text !== 'string' && !Buffer.isBuffer(text)) return undefined;
  const key = ssh2.utils.parseKey(text);
  return key instanceof Error ? undefined : key;
}

/** The text, why it cannot be had, or nothing when the file does not exist. */
async function readText(file: string): Promise<string | { why: string } | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? undefined : { why: fileErrorText(error) };
  }
}
