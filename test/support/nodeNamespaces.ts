/**
 * Nodes of their own: network namespaces of this machine, each with an address and a real OpenSSH server in it. Needs root and OpenSSH.
 * They share the file system and the process list with this machine.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram } from './openssh.ts';

const run = promisify(execFile);

/** Nodes that are running. */
export interface NodeNamespaces {
  folder: string;
  /** In order; the last ones may be down. */
  addresses: string[];
  identityFile: string;
  knownHostsFile: string;
  stop: () => Promise<void>;
}

/** 198.18.0.0/15 is for tests of network devices (RFC 2544). A /30 for each node, by the number of this process. */
const PREFIX = `198.18.${process.pid % 250}`;

/** Starts `up` nodes; `down` more have an address, but nobody answers there. */
export async function startNodeNamespaces(up: number, down = 0): Promise<NodeNamespaces> {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-nodes-'));
  const key = async (name: string): Promise<string> => {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    return join(folder, name);
  };
  const identityFile = await key('id');
  const hostKey = await key('host');
  const [type, text] = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ');
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${identityFile}.pub`), { mode: 0o600 });
  const numbers = Array.from({ length: up + down }, (_, index) => index);
  const addresses = numbers.map((index) => `${PREFIX}.${4 * index + 2}`);
  await writeFile(join(folder, 'known_hosts'), addresses.map((address) => `${address} ${type} ${text}\n`).join(''));
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const names = numbers.map((index) => `dvrnode-${process.pid}-${index}`);
  const servers: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers) server.kill();
    await Promise.allSettled(names.map(async (name) => run('ip', ['netns', 'delete', name])));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const index of numbers.slice(0, up)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      servers.push(await startNode(folder, names[index]!, index, addresses[index]!));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, addresses, identityFile, knownHostsFile: join(folder, 'known_hosts'), stop };
}

async function startNode(folder: string, name: string, index: number, address: string): Promise<ChildProcess> {
  const outside = `dvrn${process.pid % 100_000}-${index}`;
  const lines = [
    `netns add ${name}`,
    `link add ${outside} type veth peer name eth0 netns ${name}`,
    `address add ${PREFIX}.${4 * index + 1}/30 dev ${outside}`,
    `link set ${outside} up`,
    `-n ${name} address add ${address}/30 dev eth0`,
    `-n ${name} link set eth0 up`,
    `-n ${name} link set lo up`,
  ];
  for (const line of lines) {
    // oxlint-disable-next-line no-await-in-loop
    await run('ip', line.split(' '));
  }
  const config = join(folder, `sshd_config_${index}`);
  const settings = [
    `ListenAddress ${address}:22`,
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    'UsePAM no',
  ];
  await writeFile(config, `${settings.join('\n')}\n`);
  const server = spawn('ip', ['netns', 'exec', name, findProgram('sshd')!, '-D', '-e', '-f', config], {
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 2400; tries++) {
    // oxlint-disable-next-line no-await-in-loop -- waiting is what it does
    if (await answers(address)) return server;
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(25);
  }
  server.kill();
  throw new Error(`no sshd on ${address}`);
}

const answers = async (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port: 22 }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
