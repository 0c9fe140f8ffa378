/**
 * A fleet of real OpenSSH servers in network namespaces: a client, a bastion, nodes that only the bastion reaches, and one that only
 * a node of those reaches. Each node is an address of the same server with its own way to behave (`Match LocalAddress`).
 * Needs root; makes namespaces with a prefix of its own, and removes them. Nothing of this machine's own network or files is changed.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, until, withoutOpenSsh } from './openssh.ts';

const run = promisify(execFile);

/** Where the hosts are. */
export const BASTION = '10.77.1.2';
/** The same bastion, where it lets nobody through. */
export const NO_FORWARDING = '10.77.1.3';
export const INNER = '10.77.2.20';
export const DEEP = '10.77.3.11';
/** An address that accepts a connection and then says nothing. */
export const MUTE = '10.77.2.18';

/** How a node behaves: lines of sshd_config below its `Match LocalAddress`. */
export interface FleetNode {
  address: string;
  lines: readonly string[];
}

export interface Fleet {
  folder: string;
  /** A private key without passphrase that is let in everywhere. */
  key: string;
  /** The host key that all of them have, as in `known_hosts`. */
  hostKey: string;
  /** Another one. */
  wrongHostKey: string;
  newKey: (name: string, passphrase?: string) => Promise<string>;
  startAgent: (...keys: string[]) => Promise<string>;
  /** Starts a program in the client's namespace. */
  start: (args: readonly string[], env?: NodeJS.ProcessEnv) => ChildProcess;
  /** Logins at the bastion so far. */
  logins: () => number;
  /** Command lines that run on all hosts but the servers' own. */
  running: () => Promise<string[]>;
  stop: () => Promise<void>;
}

/** Why it cannot run here, or false. */
export function withoutFleet(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['ip', 'unshare', 'mount', 'sudo'].filter((name) => !findProgram(name));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : withoutOpenSsh();
}

const PREFIX = `dvrs${process.pid}`;
const names = { client: `${PREFIX}c`, bastion: `${PREFIX}b`, nodes: `${PREFIX}n`, deep: `${PREFIX}d` } as const;

/** Starts all servers. */
export async function startFleet(nodes: readonly FleetNode[]): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-fleet-'));
  await chmod(folder, 0o755);
  const children: ChildProcess[] = [];
  const servers: Record<string, Server> = {};
  await removeLeftovers();
  await makeNetwork(nodes);
  const newKey = async (name: string, passphrase = ''): Promise<string> => {
    const file = join(folder, name);
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', file]);
    return file;
  };
  const [key, host, wrong] = [await newKey('id_fleet'), await newKey('host_key'), await newKey('wrong_key')];
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${key}.pub`));
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  await writeAccounts(folder);
  for (const [name, addresses, own] of [
    ['bastion', [BASTION, NO_FORWARDING], [{ address: NO_FORWARDING, lines: ['AllowTcpForwarding no'] }]],
    ['nodes', [INNER, ...nodes.map(({ address }) => address).filter((address) => address !== DEEP)], nodes],
    ['deep', [DEEP], nodes.filter(({ address }) => address === DEEP)],
  ] as const)
    // oxlint-disable-next-line no-await-in-loop -- three of them
    servers[name] = await startServer(folder, names[name], addresses, own);
  children.push(...Object.values(servers).map(({ child }) => child));
  const mute = `require('net').createServer(() => {}).listen(22, '${MUTE}')`;
  children.push(spawn('ip', ['netns', 'exec', names.nodes, process.execPath, '-e', mute], { stdio: 'ignore' }));
  const own = new Set(children.map(({ pid }) => String(pid)));
  return {
    folder,
    key,
    hostKey: await publicPart(host),
    wrongHostKey: await publicPart(wrong),
    newKey,
    startAgent: async (...keys) => startAgent(folder, children, keys),
    start: (args, env = {}) =>
      spawn('ip', ['netns', 'exec', names.client, ...args], { env: { ...process.env, ...env }, stdio: 'pipe' }),
    logins: () => servers['bastion']!.log().match(/^Accepted /gm)?.length ?? 0,
    running: async () => running(own),
    stop: async () => {
      for (const child of children) child.kill('SIGKILL');
      for (const name of Object.values(names))
        // oxlint-disable-next-line no-await-in-loop -- four of them
        await removeNamespace(name);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function removeNamespace(name: string): Promise<void> {
  for (const pid of await pidsIn(name)) kill(Number(pid), 'SIGKILL');
  await run('ip', ['netns', 'del', name]);
}

/** Namespaces of an earlier run that was itself killed: those whose number is no process any more. */
async function removeLeftovers(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  for (const [name, pid] of stdout.matchAll(/^dvrs(\d+)[bcdn]\b/gm))
    // oxlint-disable-next-line no-await-in-loop -- seldom any
    if (!kill(Number(pid), 0)) await removeNamespace(name);
}

const publicPart = async (file: string): Promise<string> =>
  (await readFile(`${file}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');

/** client 10.77.1.1 - .2 bastion 10.77.2.1 - nodes 10.77.3.1 - .11 deep; nobody forwards, and only neighbours have routes. */
async function makeNetwork(nodes: readonly FleetNode[]): Promise<void> {
  const { client, bastion, nodes: inner, deep } = names;
  const addresses: [namespace: string, device: string, address: string][] = [
    [client, 'a0', '10.77.1.1'],
    [bastion, 'a1', BASTION],
    [bastion, 'a1', NO_FORWARDING],
    [bastion, 'b0', '10.77.2.1'],
    ...[INNER, MUTE, ...nodes.map(({ address }) => address)]
      .filter((address) => address !== DEEP)
      .map((address): [string, string, string] => [inner, 'b1', address]),
    [inner, 'c0', '10.77.3.1'],
    [deep, 'c1', DEEP],
  ];
  const lines = [
    ...Object.values(names).map((name) => `ip netns add ${name}`),
    `ip -n ${client} link add a0 type veth peer name a1 netns ${bastion}`,
    `ip -n ${bastion} link add b0 type veth peer name b1 netns ${inner}`,
    `ip -n ${inner} link add c0 type veth peer name c1 netns ${deep}`,
    ...addresses.map(([namespace, device, address]) => `ip -n ${namespace} address add ${address}/24 dev ${device}`),
    ...[
      [client, 'a0'],
      [bastion, 'a1'],
      [bastion, 'b0'],
      [inner, 'b1'],
      [inner, 'c0'],
      [deep, 'c1'],
    ].map(([namespace, device]) => `ip -n ${namespace} link set ${device} up`),
    ...Object.values(names).flatMap((name) => [
      `ip -n ${name} link set lo up`,
      `ip netns exec ${name} sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'`,
    ]),
  ];
  await run('sh', ['-ec', lines.join('\n')]);
}

/** Accounts for the servers' own view of /etc: `ops`, whom sudo asks for a password, `free`, whom it does not, and `pty`, whom it gives a terminal of its own (as sudo 1.9.14 does). */
async function writeAccounts(folder: string): Promise<void> {
  const users = ['ops', 'free', 'pty'];
  const passwd = `${await readFile('/etc/passwd', 'utf8')}${users.map((user, i) => `${user}:x:${7001 + i}:65534::/:/bin/sh\n`).join('')}`;
  const shadow = `${await readFile('/etc/shadow', 'utf8')}${users.map((user) => `${user}:*:19000:0:99999:7:::\n`).join('')}`;
  const sudoers =
    'Defaults !secure_path, env_keep += "PATH"\nops ALL=(ALL) ALL\nfree,pty ALL=(root) NOPASSWD: /bin/sh -s\nDefaults:pty use_pty\nroot ALL=(ALL) ALL\n';
  await writeFile(join(folder, 'passwd'), passwd, { mode: 0o644 });
  await writeFile(join(folder, 'shadow'), shadow, { mode: 0o600 });
  await writeFile(join(folder, 'sudoers'), sudoers, { mode: 0o440 });
}

interface Server {
  child: ChildProcess;
  log: () => string;
}

async function startServer(
  folder: string,
  namespace: string,
  addresses: readonly string[],
  nodes: readonly FleetNode[],
): Promise<Server> {
  const file = join(folder, `sshd_config.${namespace}`);
  const lines = [
    ...addresses.map((address) => `ListenAddress ${address}:22`),
    `HostKey ${folder}/host_key`,
    'PidFile none',
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'MaxStartups 100',
    // Before the blocks that change it: the first value counts.
    ...nodes.flatMap(({ address, lines: own }) => [`Match LocalAddress ${address}`, ...own.map((line) => `  ${line}`)]),
    'Match all',
    `  AuthorizedKeysFile ${folder}/authorized_keys`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const mounts = ['passwd', 'shadow', 'sudoers'].map((name) => `mount --bind ${folder}/${name} /etc/${name}`);
  const script = [...mounts, `exec ${findProgram('sshd')} -D -e -f ${file}`].join(' && ');
  const child = spawn('ip', ['netns', 'exec', namespace, 'sh', '-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  await until(async () => {
    if (child.exitCode !== null) throw new Error(said);
    return said.includes('Server listening');
  }, `sshd in ${namespace}`);
  return { child, log: () => said };
}

async function startAgent(folder: string, children: ChildProcess[], keys: string[]): Promise<string> {
  const socket = join(folder, `agent-${children.length}`);
  children.push(spawn(findProgram('ssh-agent')!, ['-D', '-a', socket], { stdio: 'ignore' }));
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  await until(
    async () =>
      run('ssh-add', ['-q', ...keys], { env })
        .then(() => true)
        .catch(() => false),
    'ssh-agent',
  );
  return socket;
}

async function pidsIn(namespace: string): Promise<string[]> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace]);
  return stdout.split('\n').filter((pid) => pid !== '');
}

async function running(own: ReadonlySet<string>): Promise<string[]> {
  const pids = (await Promise.all([names.bastion, names.nodes, names.deep].map(pidsIn))).flat();
  const lines = await Promise.all(
    pids.filter((pid) => !own.has(pid)).map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.map((line) => line.replaceAll('\0', ' ').trim()).filter((line) => line !== '');
}

/** False when there is no such process. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
