/**
 * Whether to trust the key that a node shows: only when `known_hosts` has it. An unknown key is never asked about or learned here;
 * the message says what to compare and which command adds it.
 */
import { createHash } from 'node:crypto';
import type { Algorithms } from 'ssh2';
import { entriesFor, keyTypeOf } from './knownHosts.ts';
import type { KnownHost, KnownHosts } from './knownHosts.ts';
import { shellWord, withoutControls } from './shellQuote.ts';

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
export function hostKeyAlgorithms(known: KnownHosts, host: string, port: number): HostKeyAlgorithm[] {
  const types = new Set(trusted(known, host, port).map((entry) => entry.keyType));
  const [first, rest] = [true, false].map((is) => ALGORITHMS.filter(([type]) => types.has(type) === is));
  return [...first!, ...rest!].flatMap(([, algorithms]) => algorithms);
}

/** `undefined` when the key is trusted, otherwise why not, for a person. */
export function hostKeyProblem(known: KnownHosts, host: string, port: number, key: Buffer): string | undefined {
  const entries = entriesWithFallback(known, host, port, key);
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked)
    return `${shown(host, port, key)} is marked @revoked in ${place(revoked)}. Do not use this node until you know why.`;
  const plain = entries.filter((entry) => !entry.marker);
  if (plain.some((entry) => entry.key.equals(key))) return undefined;
  const changed = plain.find((entry) => entry.keyType === keyTypeOf(key));
  return changed ? changedMessage(changed, host, port, key) : unknownMessage(known, host, port, key);
}

/** A key noted for the bare name is good for another port too, as in OpenSSH (`check_host_key`); a different one there says nothing. */
function entriesWithFallback(known: KnownHosts, host: string, port: number, key: Buffer): KnownHost[] {
  const bare = port === 22 ? [] : entriesFor(known.entries, host, 22).filter((entry) => entry.key.equals(key));
  return [...entriesFor(known.entries, host, port), ...bare];
}

const trusted = (known: KnownHosts, host: string, port: number): KnownHost[] => {
  const own = entriesFor(known.entries, host, port);
  return (own.length > 0 ? own : entriesFor(known.entries, host, 22)).filter((entry) => !entry.marker);
};

const place = (entry: KnownHost): string => `${withoutControls(entry.file)}, line ${entry.line}`;

const address = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`);

const shown = (host: string, port: number, key: Buffer): string =>
  `The host key of ${withoutControls(address(host, port))}, ${withoutControls(keyTypeOf(key))} ${fingerprint(key)},`;

function changedMessage(entry: KnownHost, host: string, port: number, key: Buffer): string {
  const remove = /[*?]/.test(entry.hosts)
    ? 'remove that line (it is a pattern, which ssh-keygen -R leaves alone)'
    : `ssh-keygen -R ${shellWord(address(host, port))} -f ${shellWord(entry.file)}`;
  return (
    `${shown(host, port, key)} is not the one in ${place(entry)} (${fingerprint(entry.key)}). ` +
    'Either the node was installed anew, or somebody answers in its place. ' +
    `Only if you know that its key was changed: ${remove}, then ${scan(host, port, key, entry.file)}`
  );
}

function unknownMessage(known: KnownHosts, host: string, port: number, key: Buffer): string {
  const others = entriesFor(known.entries, host, port);
  const authority = others.find((entry) => entry.marker === 'cert-authority');
  const other = others.find((entry) => !entry.marker);
  return [
    `${shown(host, port, key)} is not known.`,
    other && `There is another type of key for it, ${other.keyType}, in ${place(other)}.`,
    authority && `The @cert-authority in ${place(authority)} cannot be used: host certificates are not supported.`,
    ...known.problems.slice(0, 3).map((problem) => `${withoutControls(problem)}.`),
    `Compare it on the node (for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$f"; done), and if it is there: ${scan(host, port, key, known.files[0] ?? '~/.ssh/known_hosts')}`,
  ]
    .filter((sentence) => sentence !== undefined)
    .join(' ');
}

/** The command that adds exactly this type of key. What it adds is what answers then: the fingerprint has to be compared. */
function scan(host: string, port: number, key: Buffer, file: string): string {
  const type = keyTypeOf(key).replace(/^(?:ssh-|ecdsa-).*$/, (name) =>
    name.startsWith('ecdsa') ? 'ecdsa' : name.slice(4),
  );
  return `ssh-keyscan -t ${shellWord(type)} -p ${port} ${shellWord(host)} >> ${shellWord(file)}`;
}
