/** `check --live` on a fleet behind a bastion, good nodes and every kind of bad one, and what stays of it when it is killed. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Node } from '../../../shared/topology/types.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { RECORDINGS, topologyOf } from '../../support/recordings.ts';
import {
  BASTION,
  DEEP,
  NO_FORWARDING,
  INNER,
  MUTE,
  startFleet,
  withoutFleet,
  type Fleet,
  type FleetNode,
} from '../../support/sshFleet.ts';

const PROGRAM = join(import.meta.dirname, '../../../server/bin.ts');

/** How the bad nodes behave, and what is to be said of them: kind of failure first, then what to do. */
const cat = (node: string): string => `ForceCommand cat ${join(RECORDINGS, 'S3', `${node}.snapshot`)}`;
const HEADER = String.raw`printf 'dvrscope-snapshot 1\nnode: x\n\n'`;
/** What hangs in the place of `ip`: found again by its number. */
const STUCK = 'sleep 4711.25';
const STUCK_FOLDER = join(tmpdir(), `dvrscope-stuck-${process.pid}`);

interface BadNode {
  name: string;
  address: string;
  lines?: readonly string[];
  user?: string;
  /** Of its line in the report. */
  said: RegExp;
}

const BAD: readonly BadNode[] = [
  {
    name: 'hangs',
    address: '10.77.2.13',
    // Until its input ends, as a hanging script does.
    lines: ['ForceCommand cat >/dev/null'],
    said: /no output for 10 s/,
  },
  {
    name: 'closes',
    address: '10.77.2.14',
    lines: ['ForceCommand kill -9 $PPID; sleep 1'],
    said: /command: /,
  },
  {
    name: 'closes-midway',
    address: '10.77.2.32',
    lines: [`ForceCommand ${HEADER}; sleep 0.2; kill -9 $PPID; sleep 1`],
    said: /^closes-midway: not-collected \(the snapshot is incomplete: .*command: /,
  },
  {
    name: 'huge',
    address: '10.77.2.15',
    lines: [`ForceCommand head -c 1000000000 /dev/zero | tr '\\0' x`],
    said: /more than 67108864 bytes of output, the rest was not read/,
  },
  {
    name: 'changed',
    address: '10.77.2.16',
    said: /is not the one in .*known_hosts, line \d+ \(SHA256:.*Either the node was installed anew, or somebody answers in its place.*ssh-keygen -R 10\.77\.2\.16 -f \S+, then ssh -J root@10\.77\.1\.2:22 /,
  },
  {
    name: 'asks-sudo',
    address: '10.77.2.17',
    user: 'ops',
    // Where no resolver knows the machine's own name, sudo says that first.
    said: /sudo wants a password for ops, which dvrscope does not send \(status 1: (sudo: unable to resolve host [^;]*; )?sudo: a password is required\): allow it in sudoers \(ops ALL=\(root\) NOPASSWD: \/bin\/sh -s\), log in as root, or/,
  },
  { name: 'mute', address: MUTE, said: /no answer to the handshake for \d+ s/ },
  {
    name: 'wrong-key',
    address: '10.77.2.19',
    lines: ['AuthorizedKeysFile none'],
    said: /login as root was refused\. Tried: .*id_fleet/,
  },
  { name: 'refuses', address: '10.77.2.99', said: /connection from gate: / },
  {
    name: 'unknown-key',
    address: '10.77.2.21',
    said: /SHA256:\S{43}, is not known\. Compare it on the node .* ssh -J root@10\.77\.1\.2:22 -l root .*10\.77\.2\.21 true/,
  },
  {
    name: 'escapes',
    address: '10.77.2.22',
    lines: [String.raw`ForceCommand printf '\033[2J\033]0;title\007 \033[31mno such thing\n' >&2; exit 9`],
    said: /status 9: \^\[\[2J\^\[\]0;title\^G \^\[\[31mno such thing/,
  },
];

const GOOD: readonly FleetNode[] = [
  { address: '10.77.2.11', lines: [cat('compute1')] },
  { address: '10.77.2.12', lines: [cat('net1')] },
  { address: DEEP, lines: [cat('compute2')] },
];

describe('a fleet', { skip: withoutFleet(), timeout: 900_000 }, () => {
  let fleet: Fleet;
  before(async () => {
    const bad = BAD.filter(({ address }) => ![MUTE, '10.77.2.99'].includes(address));
    const stuck = [
      { address: '10.77.2.30', lines: [`SetEnv PATH=${STUCK_FOLDER}:/usr/sbin:/usr/bin:/sbin:/bin`] },
      { address: '10.77.2.31', lines: [] },
    ];
    fleet = await startFleet([...GOOD, ...bad.map(({ address, lines = [] }) => ({ address, lines })), ...stuck]);
    await writeFile(join(fleet.folder, 'known_hosts'), knownHosts());
    await writeFile(join(fleet.folder, 'ssh_config'), config(), { mode: 0o600 });
  });
  after(async () => {
    await fleet?.stop();
    await rm(STUCK_FOLDER, { recursive: true, force: true });
  });

  const knownHosts = (): string =>
    [
      `${[BASTION, NO_FORWARDING, INNER, DEEP, '10.77.2.1?', '10.77.2.22', '10.77.2.3?'].join(',')},!10.77.2.16 ${fleet.hostKey}`,
      `10.77.2.16 ${fleet.wrongHostKey}`,
      '',
    ].join('\n');

  const config = (): string => `Host gate
  HostName ${BASTION}
Host inner
  HostName ${INNER}
Host 10.77.3.*
  ProxyJump gate,inner
Host 10.77.2.*
  ProxyJump gate
Host *
  User root
  IdentityFile ${fleet.folder}/id_fleet
  IdentitiesOnly yes
  UserKnownHostsFile ${fleet.folder}/known_hosts
  GlobalKnownHostsFile none
`;

  /** The recorded cloud at these addresses, with further nodes that hold nothing. */
  const topology = async (others: readonly Pick<BadNode, 'name' | 'address' | 'user'>[]): Promise<string> => {
    const cloud = topologyOf('S3');
    const addresses: Readonly<Record<string, string>> = { compute1: '10.77.2.11', net1: '10.77.2.12', compute2: DEEP };
    const further = others.map(({ name, address, user }): Node => ({
      name,
      pointer: `/nodes/${name}`,
      agent_mode: 'none',
      bridge_mappings: {},
      address,
      ...(user && { ssh_user: user }),
    }));
    const nodes = [...cloud.nodes.map((node) => ({ ...node, address: addresses[node.name]! })), ...further];
    const file = join(fleet.folder, `cloud${others.length}.dvr.yaml`);
    await writeFile(file, writeTopology({ ...cloud, nodes }));
    return file;
  };

  interface Ran {
    status: number | null;
    out: string;
    err: string;
  }

  const start = (args: readonly string[], env?: NodeJS.ProcessEnv): { child: ChildProcess; ran: Promise<Ran> } => {
    const child = fleet.start([process.execPath, PROGRAM, ...args], { SSH_AUTH_SOCK: '', ...env });
    let [out, err] = ['', ''];
    child.stdout!.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr!.on('data', (data: Buffer) => (err += data.toString()));
    const ran = new Promise<Ran>((resolve) => {
      child.once('close', (status) => resolve({ status, out, err }));
    });
    return { child, ran };
  };

  const check = async (
    file: string,
    { args = [], env }: { args?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Ran> => {
    const sshConfig = args.includes('--ssh-config') ? [] : ['--ssh-config', join(fleet.folder, 'ssh_config')];
    return start(['check', file, '--live', '--timeout', '10', ...sshConfig, ...args], env).ran;
  };

  const nothingStays = async (): Promise<void> => {
    for (let i = 0; i < 600 && (await fleet.running()).length > 0; i++)
      // oxlint-disable-next-line no-await-in-loop -- waiting is what it does
      await sleep(100);
    assert.deepEqual(await fleet.running(), []);
  };

  test('good nodes are compared, one of them through two hosts, and each bad one is told by itself', async () => {
    const started = Date.now();
    const { status, out, err } = await check(await topology(BAD), { args: ['--parallel', '20'] });
    const seconds = (Date.now() - started) / 1000;
    assert.ok(seconds < 120, `${seconds} s`);
    for (const node of ['compute1', 'compute2', 'net1']) assert.match(out, new RegExp(`^${node}: in-sync$`, 'm'), out);
    for (const { name, said } of BAD) {
      const line = `${out}${err}`.split('\n').find((text) => text.startsWith(`${name}: `) && said.test(text));
      assert.match(line ?? out, said, name);
    }
    assert.equal(status, 3);
    assert.doesNotMatch(`${out}${err}`, /[^\P{Cc}\n]/u, 'nothing that a terminal would obey');
    await nothingStays();
  });

  test('nothing is reached without the bastion', async () => {
    const { out, status } = await check(await topology([]), {
      args: [
        '--ssh-config',
        'none',
        '--identity',
        fleet.key,
        '--known-hosts',
        join(fleet.folder, 'known_hosts'),
        '--user',
        'root',
      ],
    });
    assert.match(
      out,
      /compute1: unreachable \(compute1 \(10\.77\.2\.11, port 22\): .*A node behind another host needs ProxyJump/,
    );
    assert.equal(status, 3);
  });

  test('one connection to the bastion serves all nodes behind it', async () => {
    const logins = fleet.logins();
    const { out } = await check(await topology([]), { args: ['--parallel', '3'] });
    assert.equal(out.match(/: in-sync$/gm)?.length, 3, out);
    assert.equal(fleet.logins() - logins, 1);
  });

  test('a bastion that does not forward, and one that is not there', async () => {
    const file = await topology([]);
    const sshConfig = join(fleet.folder, 'other_config');
    for (const [gate, said] of [
      [
        '10.77.1.9',
        /on the way, gate \(10\.77\.1\.9, port 22\): (?:the host does not answer, or there is no route to it|no connection for)/,
      ],
      [NO_FORWARDING, /connection from gate: .*does gate allow it\? AllowTcpForwarding, PermitOpen/],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await writeFile(sshConfig, config().replace(BASTION, gate), { mode: 0o600 });
      // oxlint-disable-next-line no-await-in-loop
      const { out, status } = await check(file, { args: ['--ssh-config', sshConfig] });
      assert.equal(status, 3);
      for (const node of ['compute1', 'net1'])
        assert.match(out.split('\n').find((line) => line.startsWith(node)) ?? out, said);
    }
  });

  test('keys of an agent, and an encrypted one that only the agent opens', async () => {
    const locked = await fleet.newKey('id_locked', 'open sesame');
    const authorized = join(fleet.folder, 'authorized_keys');
    const own = await readFile(authorized, 'utf8');
    const file = await topology([]);
    const args = ['--identity', locked, '--node', 'compute2'];
    await writeFile(authorized, await readFile(`${locked}.pub`, 'utf8'));
    const refused = await check(file, { args });
    assert.equal(refused.status, 3);
    assert.match(
      refused.out,
      /on the way, gate .*login as root was refused\. .*id_locked is encrypted: add it to an agent \(ssh-add /,
    );
    await writeFile(authorized, own);
    const agent = await fleet.startAgent(fleet.key);
    const opened = await check(file, {
      args: ['--identity', `${fleet.key}.pub`, '--node', 'compute2'],
      env: { SSH_AUTH_SOCK: agent },
    });
    assert.match(opened.out, /^compute2: in-sync$/m);
  });

  test('a whole collection of a node that runs the real script as another user, over sudo', async () => {
    const folder = join(fleet.folder, 'snapshots');
    const file = await topology([{ name: 'real', address: '10.77.2.31', user: 'free' }]);
    const options = ['--ssh-config', join(fleet.folder, 'ssh_config'), '--node', 'real', '-o', folder];
    const { status, err } = await start(['collect', file, ...options]).ran;
    assert.deepEqual([status, err], [0, '']);
    assert.match(await readFile(join(folder, 'real.snapshot'), 'utf8'), /^node: real\n.*^uid: 0$.*"ifname":"lo"/ms);
    await nothingStays();
  });

  for (const [user, sudo] of [
    ['root', 'as root'],
    ['free', 'under sudo'],
    ['pty', 'under sudo with a terminal of its own'],
  ] as const)
    for (const signal of user === 'root' ? (['SIGINT', 'SIGTERM', 'SIGKILL'] as const) : (['SIGKILL'] as const))
      test(`${signal} while the script hangs ${sudo}: no process stays on the node`, async () => {
        await mkdir(STUCK_FOLDER, { recursive: true });
        await writeFile(join(STUCK_FOLDER, 'ip'), `#!/bin/sh\n${STUCK}\n`, { mode: 0o755 });
        const file = await topology([{ name: 'stuck', address: '10.77.2.30', user }]);
        const args = ['--ssh-config', join(fleet.folder, 'ssh_config'), '--node', 'stuck'];
        const { child, ran } = start(['check', file, '--live', ...args]);
        for (let i = 0; i < 1200 && !(await hangs()); i++)
          // oxlint-disable-next-line no-await-in-loop -- waiting is what it does
          await sleep(50);
        assert.ok(await hangs(), 'the script has come to the command that hangs');
        child.kill(signal);
        const { status, out } = await ran;
        if (signal !== 'SIGKILL')
          assert.deepEqual([status, /stuck: unreachable .*cancelled/.test(out)], [3, true], out);
        await nothingStays();
      });

  test('killed at any point: no process stays', async () => {
    const file = await topology(BAD);
    const args = ['--ssh-config', join(fleet.folder, 'ssh_config'), '--parallel', '20'];
    for (const delay of [250, 400, 550, 700, 900, 1200]) {
      const { child, ran } = start(['check', file, '--live', ...args]);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await sleep(delay);
      child.kill('SIGKILL');
      // oxlint-disable-next-line no-await-in-loop
      await Promise.all([ran, nothingStays()]);
    }
  });

  const hangs = async (): Promise<boolean> => (await fleet.running()).includes(STUCK);
});
