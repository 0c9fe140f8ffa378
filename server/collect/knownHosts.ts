/**
 * OpenSSH's `known_hosts` (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): plain, hashed and wildcard names, negation, ports, `@revoked`.
 * Pure: text in, entries and verdicts out. Lines that cannot be read are problems and count for nothing.
 */
import { createHmac } from 'node:crypto';

/** One line about one key. */
export interface KnownHost {
  file: string;
  /** From 1. */
  line: number;
  marker?: 'revoked' | 'cert-authority';
  /** As in the file: names and patterns with commas, or one hashed name. */
  hosts: string;
  keyType: string;
  key: Buffer;
}

/** What some `known_hosts` files say. */
export interface KnownHosts {
  /** What was read, in order; a new key belongs into the first. */
  files: string[];
  entries: KnownHost[];
  problems: string[];
}

/** Reads one file's text; `file` is its path, for messages. */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const known: KnownHosts = { files: [file], entries: [], problems: [] };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const entry = parseLine(content, file, index + 1);
    if (entry) known.entries.push(entry);
    else known.problems.push(`${file}, line ${index + 1}: not a line of known_hosts`);
  }
  return known;
}

/** Several files as one: whether a key is known does not depend on the order, a message names file and line. */
export const mergeKnownHosts = (all: readonly KnownHosts[]): KnownHosts => ({
  files: all.flatMap((known) => known.files),
  entries: all.flatMap((known) => known.entries),
  problems: all.flatMap((known) => known.problems),
});

function parseLine(content: string, file: string, line: number): KnownHost | undefined {
  const words = content.split(/[ \t]+/);
  const marker = words[0]!.startsWith('@') ? words.shift()!.slice(1) : undefined;
  const [hosts, keyType, base64] = words;
  if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return undefined;
  if (!hosts || !keyType || !base64 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const key = Buffer.from(base64, 'base64');
  if (keyTypeOf(key) !== keyType) return undefined;
  return { file, line, hosts, keyType, key, ...(marker && { marker }) };
}

/** The type that a public key names in itself (RFC 4253, 6.6: the first string of the blob); empty when it is no key. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > 64 || key.length < 4 + length ? '' : key.toString('latin1', 4, 4 + length);
}

/** How OpenSSH names a host in this file: the bare name for port 22, `[name]:port` for others; lower case. */
export const hostName = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

/** The lines about a host. */
export const entriesFor = (entries: readonly KnownHost[], host: string, port: number): KnownHost[] =>
  entries.filter((entry) => namesHost(entry.hosts, hostName(host, port)));

/** Whether a hosts field is about a name: some pattern matches and no negated one does (`match_hostname` in OpenSSH's match.c). */
function namesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return isHashOf(hosts, name);
  let found = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    if (pattern.startsWith('!')) {
      if (wildcardMatches(pattern.slice(1), name)) return false;
    } else found ||= wildcardMatches(pattern, name);
  }
  return found;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt, both in base64 (`host_hash` in OpenSSH's hostfile.c). */
function isHashOf(field: string, name: string): boolean {
  const [, version, salt, hash, rest] = field.split('|');
  if (version !== '1' || !salt || !hash || rest !== undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest().equals(Buffer.from(hash, 'base64'));
}

/** `*` any run, `?` any one character. Goes back to the last star only, so that no pattern of a strange file takes long. */
export function wildcardMatches(pattern: string, text: string): boolean {
  let [p, star, resume] = [0, -1, 0];
  for (let t = 0; t < text.length;) {
    if (pattern[p] === '*') [star, resume] = [p++, t];
    else if (pattern[p] === '?' || pattern[p] === text[t]) [p, t] = [p + 1, t + 1];
    else if (star >= 0) [p, t] = [star + 1, ++resume];
    else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
