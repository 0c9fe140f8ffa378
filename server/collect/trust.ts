/**
 * Host keys: the `known_hosts` files of this machine, read once for all nodes, and the question whether to trust one that is not
 * in them. Only the user's yes makes a key trusted; a changed or revoked one is never asked about.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostKeyAnswer } from '../../shared/protocol.ts';
import type { Ask } from './ask.ts';
import type { SshSettings } from './config/settings.ts';
import { errorCode, fileErrorText } from './errorCode.ts';
import { fingerprint, HOW_TO_COMPARE, judgeHostKey, knownName, whatIsKnown, type HostKeyServer } from './hostKey.ts';
import { expandHome } from './identities.ts';
import { keyTypeOf, mergeKnownHosts, parseKnownHosts, type KnownHosts } from './knownHosts.ts';
import { withoutControls } from './shellQuote.ts';

/** ssh_config(5), UserKnownHostsFile and GlobalKnownHostsFile. */
const KNOWN_HOSTS_FILES = ['known_hosts', 'known_hosts2'];
const GLOBAL_KNOWN_HOSTS_FILES = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

/** What one collection knows of host keys. */
export interface Trust {
  /** @param settings what the SSH configuration says; ignored where the user named the files */
  knownFor: (settings: SshSettings | undefined) => Promise<KnownHosts>;
  /** Why the key is refused, or nothing. May wait for the user's answer. */
  refusal: (
    known: KnownHosts,
    server: HostKeyServer,
    settings: SshSettings | undefined,
    key: Buffer,
    signal?: AbortSignal,
  ) => Promise<string | undefined>;
}

/** @param knownHostsFiles what the user named; they must exist, default ones need not */
export function trustOf(knownHostsFiles: readonly string[] | undefined, ask: Ask | undefined): Trust {
  const texts = new Map<string, Promise<KnownHosts>>();
  const answers = new Map<string, Promise<HostKeyAnswer>>();
  const knownFor: Trust['knownFor'] = async (settings) => {
    const files = filesFor(knownHostsFiles, settings);
    const key = files.join('\0');
    const known = texts.get(key) ?? readAll(files, knownHostsFiles !== undefined);
    texts.set(key, known);
    return known;
  };
  const refusal: Trust['refusal'] = async (known, server, settings, key, signal) => {
    const verdict = judgeHostKey(known, server, key);
    const mayAsk = ask !== undefined && settings?.mayAsk !== false && isPlain(knownName(server));
    if (verdict?.kind !== 'unknown' || !mayAsk) return verdict?.message;
    const [file] = ownFiles(knownHostsFiles, settings);
    const id = `${knownName(server)} ${fingerprint(key)}`;
    const asked = answers.get(id) ?? askFor(ask, known, server, key, file, signal);
    answers.set(id, asked);
    const answer = await asked;
    if (answer === 'refuse') return `${verdict.message} It was not accepted.`;
    // Another node with the same name may have been first.
    if (!judgeHostKey(known, server, key)) return undefined;
    known.entries.push({ file: file ?? '', line: 0, hosts: knownName(server), keyType: keyTypeOf(key), key });
    if (answer === 'remember' && file !== undefined)
      await writeDown(file, server, key, settings?.hashKnownHosts ?? false);
    return undefined;
  };
  return { knownFor, refusal };
}

/** An alias is any word of a configuration: as a pattern or a list, a line for it would be about more hosts than this one. */
const isPlain = (name: string): boolean => /^[^\s,*?!|@#]+$/.test(name);

function filesFor(named: readonly string[] | undefined, settings: SshSettings | undefined): string[] {
  const own = ownFiles(named, settings);
  return named ? own : [...own, ...(settings?.globalKnownHostsFiles ?? GLOBAL_KNOWN_HOSTS_FILES)];
}

/** Those of the user; a key that is remembered is written into the first, where there is one. */
const ownFiles = (named: readonly string[] | undefined, settings: SshSettings | undefined): string[] =>
  named?.map(expandHome) ??
  settings?.userKnownHostsFiles ??
  KNOWN_HOSTS_FILES.map((name) => join(homedir(), '.ssh', name));

/** All files as one; one that cannot be read is a problem, which the message about an unknown key repeats. */
async function readAll(files: readonly string[], required: boolean): Promise<KnownHosts> {
  return mergeKnownHosts(await Promise.all(files.map(async (file) => readKnownHosts(file, required))));
}

async function readKnownHosts(file: string, required: boolean): Promise<KnownHosts> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file);
  } catch (error) {
    const code = errorCode(error);
    const known = parseKnownHosts('', file);
    if (code !== 'ENOENT') known.problems.push(`${file} cannot be read: ${fileErrorText(error)}`);
    else if (required) known.problems.push(`There is no ${file}`);
    return known;
  }
}

async function askFor(
  ask: Ask,
  known: KnownHosts,
  server: HostKeyServer,
  key: Buffer,
  file: string | undefined,
  signal: AbortSignal | undefined,
): Promise<HostKeyAnswer> {
  const question = {
    kind: 'host-key',
    host: withoutControls(knownName(server)),
    keyType: withoutControls(keyTypeOf(key)),
    fingerprint: fingerprint(key),
    file: withoutControls(file ?? ''),
    detail: [...whatIsKnown(known, server), `${HOW_TO_COMPARE}.`].join(' '),
  } as const;
  const [answer] = (await ask(question, signal)) ?? [];
  return answer === 'remember' || answer === 'once' ? answer : 'refuse';
}

/** Adds a line for the key. Where it cannot be written the key is trusted all the same, as by ssh, and asked about the next time. */
async function writeDown(file: string, server: HostKeyServer, key: Buffer, isHashed: boolean): Promise<void> {
  const hosts = isHashed ? hashed(knownName(server)) : knownName(server);
  const line = `${hosts} ${keyTypeOf(key)} ${key.toString('base64')}\n`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const text = await readFile(file, 'utf8').catch(() => '');
    await appendFile(file, text === '' || text.endsWith('\n') ? line : `\n${line}`, { mode: 0o600 });
  } catch {
    // See above.
  }
}

/** `HashKnownHosts` (`host_hash` in OpenSSH's hostfile.c): HMAC-SHA1 under a salt of its own length. */
function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
