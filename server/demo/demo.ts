/**
 * The demo cloud: three nodes of a real cloud that answer over SSH on loopback, from recordings, with one fault among them.
 * A folder holds what a user has of a cloud: the topology, a key, the host keys, and an SSH configuration that says where the nodes are.
 * The nodes live inside this process and end with it.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demoFiles, type DemoPlace } from './files.ts';
import { leave, newKey, startRecordedNode, type KeyPair, type RecordedNode } from './recordedNode.ts';
import { readRecordings, type DemoRecordings } from './recordings.ts';

export interface Demo {
  /** Writes key, host keys and SSH configuration (again: another window may have written those of its own nodes). */
  writeLogin: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts the nodes. */
export async function startDemo({ folder, recordings }: DemoPlace): Promise<Demo> {
  const { snapshots } = await readRecordings(recordings);
  const clientKey = newKey();
  const nodes = await startNodes(snapshots, clientKey);
  return {
    writeLogin: async () => writeLogin(folder, nodes, clientKey),
    stop: async () => {
      await Promise.all([...nodes.values()].map(async (node) => node.stop()));
    },
  };
}

type Nodes = ReadonlyMap<string, RecordedNode>;

async function startNodes(snapshots: DemoRecordings['snapshots'], clientKey: KeyPair): Promise<Nodes> {
  const started = Object.entries(snapshots).map(async ([name, snapshot]): Promise<[string, RecordedNode]> => [
    name,
    await startRecordedNode(clientKey, { answer: (channel) => leave(channel, readNow(snapshot), 0) }),
  ]);
  return new Map(await Promise.all(started));
}

/** A node that answers now says so. */
const readNow = (snapshot: string): string =>
  snapshot.replace(/^collected_at: .*$/m, `collected_at: ${new Date().toISOString().replace(/\.\d+Z$/, 'Z')}`);

const KEY_FILE = 'id_ed25519';

async function writeLogin(folder: string, nodes: Nodes, clientKey: KeyPair): Promise<void> {
  await mkdir(folder, { recursive: true });
  const known = [...nodes.values()].map(({ knownHostsLine }) => knownHostsLine).join('');
  const key = join(folder, KEY_FILE);
  // A key that is written over keeps the rights of the file; it must be nobody else's to read.
  await rm(key, { force: true });
  await Promise.all([
    writeFile(key, clientKey.private, { mode: 0o600 }),
    writeFile(join(folder, 'known_hosts'), known),
    writeFile(demoFiles(folder).sshConfig, sshConfig(folder, nodes), { mode: 0o644 }),
  ]);
}

/** ssh_config(5); nothing of the user's own configuration, agent or host keys plays a part. */
export function sshConfig(folder: string, nodes: ReadonlyMap<string, Pick<RecordedNode, 'host' | 'port'>>): string {
  const hosts = [...nodes].map(([name, { host, port }]) => `Host ${name}\n  HostName ${host}\n  Port ${port}\n`);
  return `${hosts.join('')}Host *
  User root
  IdentityFile ${configPath(join(folder, KEY_FILE))}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${configPath(join(folder, 'known_hosts'))}
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
`;
}

/** In quotes, for spaces; with a backslash before quotes, and `%` as tokens want it. OpenSSH takes slashes on Windows, too. */
export const configPath = (path: string, isWindows = process.platform === 'win32'): string =>
  `"${(isWindows ? path.replaceAll('\\', '/') : path)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('%', '%%')}"`;
