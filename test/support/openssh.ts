/**
 * A real OpenSSH server on loopback with its own configuration, host keys and accounts file, all in a temporary folder: the judge of
 * our SSH client. It logs in the user who runs the tests, by keys made for it.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listenOnLoopback } from './sshNode.ts';

/** A server that is running. */
export interface OpenSsh {
  folder: string;
  host: string;
  port: number;
  username: string;
  /** Its host keys, one line a key type, without a host name. */
  hostKeys: string[];
  /** Makes a key pair and lets it in; `command` is what it may run instead of what it asks for. Gives the private key's file. */
  newLogin: (name: string, command?: string, passphrase?: string) => Promise<string>;
  /** Starts an agent with these keys; gives its socket. */
  startAgent: (...identityFiles: string[]) => Promise<string>;
  stop: () => Promise<void>;
}

const run = promisify(execFile);

/** The absolute path of a program; those of servers are often not in a user's PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why the tests with OpenSSH cannot run here, or false. With `CI` set nothing is skipped: they fail instead. */
export function withoutOpenSsh(): string | false {
  const missing = missingPrograms();
  if (/(nologin|false)$/.test(userInfo().shell ?? '')) return `${userInfo().username} has no login shell`;
  return missing.length > 0 && !process.env['CI'] ? `not installed: ${missing.join(', ')}` : false;
}

const missingPrograms = (): string[] =>
  ['sshd', 'ssh-keygen', 'ssh-keyscan', 'ssh-agent', 'ssh-add'].filter((name) => !findProgram(name));

/**
 * Starts sshd on a free port of 127.0.0.1; throws when a program is missing (see `withoutOpenSsh`).
 * @param lines of sshd_config that come first, and so win
 */
export async function startOpenSsh(lines: readonly string[] = []): Promise<OpenSsh> {
  const missing = missingPrograms();
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-sshd-'));
  const port = await freePort();
  const hostKeys = await makeHostKeys(folder);
  await writeFile(join(folder, 'authorized_keys'), '', { mode: 0o600 });
  await writeFile(join(folder, 'sshd_config'), [...lines, configuration(folder, port)].join('\n'));
  // sshd started by root insists on its empty folder, which the service would have made.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const children = [spawn(findProgram('sshd')!, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' })];
  await untilOpen(port);
  return {
    folder,
    host: '127.0.0.1',
    port,
    username: userInfo().username,
    hostKeys,
    newLogin: async (name, command, passphrase) => newLogin(folder, name, command, passphrase),
    startAgent: async (...identityFiles) => startAgent(folder, children, identityFiles),
    stop: async () => {
      for (const child of children) child.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const KEY_TYPES = ['ed25519', 'ecdsa', 'rsa'];

async function makeHostKeys(folder: string): Promise<string[]> {
  return Promise.all(
    KEY_TYPES.map(async (type) => {
      const file = join(folder, `host_${type}`);
      await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
      const [name, key] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
      return `${name} ${key}`;
    }),
  );
}

const configuration = (folder: string, port: number): string =>
  [
    `ListenAddress 127.0.0.1:${port}`,
    ...KEY_TYPES.map((type) => `HostKey ${folder}/host_${type}`),
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PidFile none`,
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    // Without PAM, sshd wants to see that the account is not locked, which only root can read.
    `UsePAM ${process.getuid?.() === 0 ? 'no' : 'yes'}`,
    '',
  ].join('\n');

async function newLogin(folder: string, name: string, command?: string, passphrase = ''): Promise<string> {
  const file = join(folder, name);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', file]);
  const options = command === undefined ? '' : `command="${command.replaceAll('"', '\\"')}" `;
  await appendFile(join(folder, 'authorized_keys'), `${options}${await readFile(`${file}.pub`, 'utf8')}`);
  return file;
}

async function startAgent(folder: string, children: ChildProcess[], identityFiles: string[]): Promise<string> {
  const socket = join(folder, `agent-${children.length}`);
  children.push(spawn(findProgram('ssh-agent')!, ['-D', '-a', socket], { stdio: 'ignore' }));
  await until(async () => connects({ path: socket }), `ssh-agent on ${socket}`);
  await run('ssh-add', ['-q', ...identityFiles], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  return socket;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

const untilOpen = async (port: number): Promise<void> =>
  until(async () => connects({ port, host: '127.0.0.1' }), `sshd on port ${port}`);

const connects = async (address: { path: string } | { port: number; host: string }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

export async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 2400; i++) {
    // oxlint-disable-next-line no-await-in-loop -- waiting is what it does
    if (await isTrue()) return;
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
  throw new Error(`no ${what}`);
}
