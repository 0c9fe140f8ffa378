/**
 * Whether to trust the key that a node shows: only when `known_hosts` has it. An unknown key may become a question to the user
 * (`trust.ts`); otherwise the message says what to compare and which command adds it.
 */
import { createHash } from 'node:crypto';
import type { Algorithms } from 'ssh2';
import { entriesFor, hostName, keyTypeOf } from './knownHosts.ts';
import type { KnownHost, KnownHosts } from './knownHosts.ts';
import { shellWord, withoutControls } from './shellQuote.ts';

/** Whose key it is. */
export interface HostKeyServer {
  host: string;
  port: number;
  /** The name to look for in `known_hosts` instead: `HostKeyAlias` of ssh_config(5). */
  alias?: string | undefined;
  /** What `ssh` needs before the host to get there, as words for a command: `-J bastion`. Empty where it is reached directly. */
  way?: readonly string[] | undefined;
}

/** Why a key is not trusted; only `unknown` may be asked about. */
export interface HostKeyVerdict {
  kind: 'revoked' | 'changed' | 'unknown';
  message: string;
}

type HostKeyAlgorithm = Extract<Algorithms['serverHostKey'], unknown[]>[number];

/** Signature algorithms by type of host key, best first. SHA-1 (`ssh-rsa`) and DSA are left out, as OpenSSH does since 8.8. */
const ALGORITHMS: [keyType: string, algorithms: HostKeyAlgorithm[]][] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
];

/** OpenSSH's fingerprint: `SHA256:` and the unpadded base64 of the hash. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;

/**
 * Algorithms to offer: those of key types that are known for this host first, so that the node shows the key that can be checked
 * (`order_hostkeyalgs` in OpenSSH's sshconnect2.c).
 */
export function hostKeyAlgorithms(known: KnownHosts, server: HostKeyServer): HostKeyAlgorithm[] {
  const types = new Set(trusted(known, server).map((entry) => entry.keyType));
  const [first, rest] = [true, false].map((is) => ALGORITHMS.filter(([type]) => types.has(type) === is));
  return [...first!, ...rest!].flatMap(([, algorithms]) => algorithms);
}

/** `undefined` when the key is trusted, otherwise why not, for a person. */
export function judgeHostKey(known: KnownHosts, server: HostKeyServer, key: Buffer): HostKeyVerdict | undefined {
  const entries = entriesWithFallback(known, server, key);
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked)
    return {
      kind: 'revoked',
      message: `${shown(server, key)} is marked @revoked in ${place(revoked)}. Do not use this node until you know why.`,
    };
  const plain = entries.filter((entry) => !entry.marker);
  if (plain.some((entry) => entry.key.equals(key))) return undefined;
  const changed = plain.find((entry) => entry.keyType === keyTypeOf(key));
  return changed
    ? { kind: 'changed', message: changedMessage(changed, server, key) }
    : { kind: 'unknown', message: unknownMessage(known, server, key) };
}

/** The name that `known_hosts` has, or is to have. */
export const knownName = ({ host, port, alias }: HostKeyServer): string => alias ?? hostName(host, port);

/** The lines about a server; an alias has no port. */
const entriesOf = (known: KnownHosts, { host, port, alias }: HostKeyServer): KnownHost[] =>
  alias === undefined ? entriesFor(known.entries, host, port) : entriesFor(known.entries, alias, 22);

/** A key noted for the bare name is good for another port too, as in OpenSSH (`check_host_key`); a different one there says nothing. */
function entriesWithFallback(known: KnownHosts, server: HostKeyServer, key: Buffer): KnownHost[] {
  const hasOther = server.port !== 22 && server.alias === undefined;
  const bare = hasOther ? entriesFor(known.entries, server.host, 22).filter((entry) => entry.key.equals(key)) : [];
  return [...entriesOf(known, server), ...bare];
}

const trusted = (known: KnownHosts, server: HostKeyServer): KnownHost[] => {
  const own = entriesOf(known, server);
  const bare = own.length > 0 || server.alias !== undefined ? own : entriesFor(known.entries, server.host, 22);
  return bare.filter((entry) => !entry.marker);
};

const place = (entry: KnownHost): string => `${withoutControls(entry.file)}, line ${entry.line}`;

const address = ({ host, port, alias }: HostKeyServer): string => alias ?? (port === 22 ? host : `[${host}]:${port}`);

const shown = (server: HostKeyServer, key: Buffer): string =>
  `The host key of ${withoutControls(address(server))}, ${withoutControls(keyTypeOf(key))} ${fingerprint(key)},`;

function changedMessage(entry: KnownHost, server: HostKeyServer, key: Buffer): string {
  const remove = /[*?]/.test(entry.hosts)
    ? 'remove that line (it is a pattern, which ssh-keygen -R leaves alone)'
    : `ssh-keygen -R ${shellWord(address(server))} -f ${shellWord(entry.file)}`;
  return (
    `${shown(server, key)} is not the one in ${place(entry)} (${fingerprint(entry.key)}). ` +
    'Either the node was installed anew, or somebody answers in its place. ' +
    `Only if you know that its key was changed: ${remove}, then ${adding(server, key, entry.file)}`
  );
}

function unknownMessage(known: KnownHosts, server: HostKeyServer, key: Buffer): string {
  return [
    `${shown(server, key)} is not known.`,
    ...whatIsKnown(known, server),
    `${HOW_TO_COMPARE}, and if it is there: ${adding(server, key, known.files[0] ?? '~/.ssh/known_hosts')}`,
  ].join(' ');
}

/** How to see on the node itself which keys it has. */
export const HOW_TO_COMPARE =
  'Compare it on the node (for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$f"; done)';

/** What `known_hosts` says about a server whose key it does not have, in sentences. */
export function whatIsKnown(known: KnownHosts, server: HostKeyServer): string[] {
  const others = entriesOf(known, server);
  const authority = others.find((entry) => entry.marker === 'cert-authority');
  const other = others.find((entry) => !entry.marker);
  return [
    other && `There is another type of key for it, ${other.keyType}, in ${place(other)}.`,
    authority && `The @cert-authority in ${place(authority)} cannot be used: host certificates are not supported.`,
    ...known.problems.slice(0, 3).map((problem) => `${withoutControls(problem)}.`),
  ].filter((sentence) => sentence !== undefined);
}

/** The command that adds exactly this type of key. What it adds is what answers then: the fingerprint has to be compared. */
function adding({ host, port, alias, way = [] }: HostKeyServer, key: Buffer, file: string): string {
  const type = keyTypeOf(key).replace(/^(?:ssh-|ecdsa-).*$/, (name) =>
    name.startsWith('ecdsa') ? 'ecdsa' : name.slice(4),
  );
  // ssh-keyscan gets neither through another host nor does it know aliases; ssh shows the fingerprint and asks.
  if (way.length > 0 || alias !== undefined) {
    const options = [
      ...(alias === undefined ? [] : ['-o', `HostKeyAlias=${alias}`]),
      '-o',
      `UserKnownHostsFile=${file}`,
    ];
    return ['ssh', ...way, ...options, '-p', String(port), host, 'true'].map(shellWord).join(' ');
  }
  return `ssh-keyscan -t ${shellWord(type)} -p ${port} ${shellWord(host)} >> ${shellWord(file)}`;
}
