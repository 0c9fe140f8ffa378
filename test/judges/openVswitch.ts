/** An Open vSwitch of its own, in a temporary folder: dummy datapath, nothing of the machine is touched. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type Socket, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PROGRAMS = ['ovsdb-server', 'ovs-vswitchd', 'ovsdb-tool', 'ovs-vsctl', 'ovs-ofctl'] as const;
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';

/** `sbin` is not in the path of everybody. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];

function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why the tests with Open vSwitch cannot run here, or false. With `CI` set nothing is skipped: they fail instead. */
export function withoutOpenVswitch(): string | false {
  const missing = PROGRAMS.filter((name) => !findProgram(name));
  return missing.length > 0 && !process.env['CI'] ? `not installed: ${missing.join(', ')}` : false;
}

export interface OpenVswitch {
  vsctl(args: readonly string[]): string;
  /** `ovs-ofctl add-flows` from its standard input. */
  addFlows(bridge: string, flows: string): void;
  addGroups(bridge: string, groups: string): void;
  /** A command of `ovs-appctl`, over one connection. */
  appctl(command: string, ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startOpenVswitch(): Promise<OpenVswitch> {
  const folder = mkdtempSync(join(tmpdir(), 'dvrscope-ovs-'));
  const env = { ...process.env, OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder, OVS_SYSCONFDIR: folder };
  const at = (name: string) => join(folder, name);
  const run = (name: string, args: readonly string[], input?: string) =>
    execFileSync(findProgram(name) ?? name, args, { env, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['pipe', 'pipe', 'inherit'], ...(input !== undefined && { input }) }); // prettier-ignore
  const children: ChildProcess[] = [];
  const start = async (name: string, socket: string, args: readonly string[]) => {
    const child = spawn(findProgram(name) ?? name, ['--no-chdir', '-vconsole:off', '-vfile:off', ...args], { env, stdio: 'ignore' }); // prettier-ignore
    children.push(child);
    // Nothing is left running when a test ends early.
    process.once('exit', () => child.kill());
    await until(() => existsSync(at(socket)), `${name} does not start`);
  };
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      // One that does not come to an end with what it does hears no signal but this one.
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(timer);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run('ovsdb-tool', ['create', at('conf.db'), SCHEMA]);
    await start('ovsdb-server', 'db.sock', [at('conf.db'), `--remote=punix:${at('db.sock')}`, `--unixctl=${at('db.ctl')}`]); // prettier-ignore
    const database = `--db=unix:${at('db.sock')}`;
    run('ovs-vsctl', [database, '--no-wait', 'init']);
    await start('ovs-vswitchd', 'vs.ctl', [`unix:${at('db.sock')}`, '--enable-dummy', '--disable-system', `--unixctl=${at('vs.ctl')}`]); // prettier-ignore
    const connection = await connect(at('vs.ctl'));
    return {
      vsctl: (args) => run('ovs-vsctl', [database, '--timeout=60', ...args]),
      addFlows: (bridge, flows) => void run('ovs-ofctl', ['-O', 'OpenFlow13', 'add-flows', `unix:${at(`${bridge}.mgmt`)}`, '-'], flows), // prettier-ignore
      addGroups: (bridge, groups) => void run('ovs-ofctl', ['-O', 'OpenFlow13', 'add-groups', `unix:${at(`${bridge}.mgmt`)}`, '-'], groups), // prettier-ignore
      appctl: (command, ...args) => connection.call(command, args),
      stop: async () => {
        connection.socket.destroy();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function until(isDone: () => boolean, otherwise: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (isDone()) return;
    await delay(20);
  }
  throw new Error(otherwise);
}

/** The error of a command that the switch does not come to an end with; it takes some thousandth of a second. */
export const NO_ANSWER = 'Open vSwitch gives no answer';
const PATIENCE = 5000;

/** JSON-RPC without framing, as `ovs-appctl` speaks it: one request at a time. */
async function connect(path: string) {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = createConnection(path, () => resolve(opened));
    opened.once('error', reject);
  });
  socket.setEncoding('utf8');
  let [text, id] = ['', 0];
  let waiting: { resolve: (result: string) => void; reject: (error: Error) => void } | undefined;
  socket.on('data', (chunk: string) => {
    text += chunk;
    const reply = completeReply(text);
    if (!reply || !waiting) return;
    const { resolve, reject } = waiting;
    [text, waiting] = ['', undefined];
    if (reply.error === null) resolve(reply.result);
    else reject(new Error(reply.error));
  });
  const call = (method: string, params: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(NO_ANSWER)), PATIENCE);
      const ended =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      waiting = { resolve: ended(resolve), reject: ended(reject) };
      socket.write(JSON.stringify({ id: id++, method, params }));
    });
  return { socket, call };
}

function completeReply(text: string): { result: string; error: string | null } | undefined {
  if (!text.endsWith('}')) return undefined;
  try {
    const reply: { result: string; error: string | null } = JSON.parse(text);
    return reply;
  } catch {
    return undefined;
  }
}
