/** What the collector prints, in each shell that is here: with tools missing, with hostile names and files, and in real namespaces. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { scriptFor } from '../../../server/collect/script.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import type { Section, Snapshot } from '../../../shared/snapshot.ts';
import { findProgram } from '../../support/openssh.ts';
import { runScript } from '../../support/runScript.ts';

const run = promisify(execFile);

/** A busybox that is built to prefer its own applets never looks for our stand-in tools (Debian's busybox-static is one). */
const obeysPath = ([name, ...args]: string[]): boolean =>
  spawnSync(findProgram(name!)!, [...args, '-c', 'command -v ip'], { encoding: 'utf8' }).stdout !== 'ip\n';

/** Shells that nodes have: name and command line. */
const SHELLS = [['dash'], ['bash', '--posix'], ['bash'], ['busybox', 'sh'], ['mksh'], ['ksh']].filter(
  (shell) => findProgram(shell[0]!) && obeysPath(shell),
);

/** Runs it with `tools` (name → shell text) first in the path, and with the shell under the name `sh` too, for the inner ones. */
async function collect(
  shell: string[],
  tools: Record<string, string>,
  node: string,
  statePath?: string,
): Promise<Snapshot> {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-tools-'));
  for (const [name, text] of Object.entries({
    sh: `exec ${findProgram(shell[0]!)} ${shell.slice(1).join(' ')} "$@"`,
    ...tools,
  })) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  }
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const { stdout, status, stderr } = await runScript(
    scriptFor(node, statePath),
    [findProgram(shell[0]!)!, ...shell.slice(1), '-s'],
    env,
  );
  await rm(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  const snapshot = parseSnapshot(stdout);
  assert.deepEqual(snapshot.problems, []);
  return snapshot;
}

const section = ({ sections }: Snapshot, command: string, namespace = '-'): Section => {
  const found = sections.filter((one) => one.command === command && one.namespace === namespace);
  assert.equal(found.length, 1, `${namespace} ${command}`);
  return found[0]!;
};

/** Tools that say something for certain, in place of those that this machine has or has not. */
const TOOLS = {
  ip: `case "$*" in
    "netns list") printf 'qrouter-a (id: 0)\\nvm-1\\nqrouter-b;touch $HOME/x\\nqrouter-$(id)\\n@@ end 0\\n@@ begin - ip -j addr\\nsnat-c\\nxqrouter-d\\n-fip-e\\n' ;;
    "netns exec snat-c "*) echo 'setting the network namespace "snat-c" failed: Invalid argument' >&2; exit 255 ;;
    "netns exec "*) shift 3; exec "$@" ;;
    *) echo "[\\"$*\\"]" ;;
  esac`,
  'iptables-save': 'echo "# one"; echo warning one >&2; echo "@@ end 0" >&2; echo "# two"; exit 3',
  conntrack:
    'if [ $# = 1 ]; then i=0; while [ $i -lt 20003 ]; do echo "entry $i"; i=$((i + 1)); done; else echo six; exit 5; fi',
  'ovs-vsctl': 'case "$*" in *list-br) printf "br-int\\nbr;x\\n" ;; *) echo "$@" ;; esac',
  'ovs-ofctl': 'echo "$@"',
  ss: 'exit 127',
};

for (const shell of SHELLS) {
  test(`${shell.join(' ')}: sections, statuses, standard error, limits`, async () => {
    const snapshot = await collect(shell, TOOLS, "n'1\nx: y");
    assert.deepEqual({ ...snapshot.header, collected_at: '', uid: '' }, { node: "n'1x: y", collected_at: '', uid: '' });
    assert.match(snapshot.collectedAt!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(section(snapshot, 'ip -j -4 rule').stdout, '["-j -4 rule"]');
    const tables = section(snapshot, 'iptables-save');
    assert.deepEqual(tables, {
      namespace: '-',
      command: 'iptables-save',
      stdout: '# one\n# two',
      stderr: ['warning one', '@@ end 0'],
      status: 3,
    });
    const connections = section(snapshot, 'conntrack -L');
    assert.equal(connections.stdout.split('\n').length, 20_000);
    assert.ok(connections.stdout.endsWith('\nentry 19999'));
    assert.deepEqual(connections.stderr, ['cut: the first 20000 of 20003 lines']);
    assert.equal(connections.status, 0);
    assert.deepEqual(section(snapshot, 'conntrack -L -f ipv6'), {
      namespace: '-',
      command: 'conntrack -L -f ipv6',
      stdout: 'six',
      stderr: [],
      status: 5,
    });
    assert.equal(section(snapshot, 'ovs-vsctl -f json list Port').stdout, '--timeout=10 -f json list Port');
    assert.equal(
      section(snapshot, 'ovs-ofctl -O OpenFlow13 dump-flows br-int').stdout,
      '--timeout=30 -O OpenFlow13 dump-flows br-int',
    );
    assert.deepEqual(section(snapshot, 'ovs-ofctl -O OpenFlow13 dump-flows').stderr, ['skipped, unusual name']);
  });

  test(`${shell.join(' ')}: namespaces with strange names are named, never entered`, async () => {
    const snapshot = await collect(shell, TOOLS, 'n1');
    const list = section(snapshot, 'ip netns list');
    assert.deepEqual(list.stdout.split('\n'), ['qrouter-a (id: 0)', 'vm-1', 'snat-c', 'xqrouter-d', '-fip-e']);
    assert.deepEqual(
      list.stderr.map((line) => line.replace('skipped, unusual namespace name: ', '')),
      ['qrouter-b;touch $HOME/x', 'qrouter-$(id)', '@@ end 0', '@@ begin - ip -j addr'],
    );
    assert.deepEqual([...new Set(snapshot.sections.map(({ namespace }) => namespace))], ['-', 'qrouter-a', 'snat-c']);
    assert.equal(section(snapshot, 'ip -j neigh show', 'qrouter-a').stdout, '["-j neigh show"]');
  });

  test(`${shell.join(' ')}: a namespace that cannot be entered has its sections, with the reason`, async () => {
    const snapshot = await collect(shell, TOOLS, 'n1');
    const commands = (name: string): string[] =>
      snapshot.sections.filter(({ namespace }) => namespace === name).map(({ command }) => command);
    assert.deepEqual(commands('snat-c'), commands('qrouter-a'));
    for (const one of snapshot.sections.filter(({ namespace }) => namespace === 'snat-c')) {
      assert.deepEqual(one.stderr, ['setting the network namespace "snat-c" failed: Invalid argument']);
      assert.equal(one.status, 255);
    }
  });

  test(`${shell.join(' ')}: state files, whole or refused`, async () => {
    const state = await mkdtemp(join(tmpdir(), 'dvrscope-state-'));
    for (const name of ['a', 'b', 'c d']) await mkdir(join(state, 'ha_confs', name), { recursive: true });
    await writeFile(join(state, 'fip-priorities'), '192.0.2.1,40000\n@@ end 0\n@@ begin - ip netns list\nforged\n');
    await writeFile(join(state, 'ha_confs/a/state'), 'primary');
    await symlink('/etc/passwd', join(state, 'ha_confs/b/state'));
    await writeFile(join(state, 'ha_confs/c d/state'), 'backup');
    const snapshot = await collect(shell, TOOLS, 'n1', state);
    const absent = await collect(shell, TOOLS, 'n1', join(state, 'absent'));
    const strange = await collect(shell, TOOLS, 'n1', `${state}/a b'"\n$(id)`);
    await rm(state, { recursive: true });
    assert.equal(section(snapshot, `test -d ${state}`).status, 0);
    assert.equal(
      section(snapshot, `cat ${state}/fip-priorities`).stdout,
      '192.0.2.1,40000\n @@ end 0\n @@ begin - ip netns list\nforged',
    );
    assert.equal(section(snapshot, `cat ${state}/ha_confs/a/state`).stdout, 'primary');
    assert.deepEqual(section(snapshot, `cat ${state}/ha_confs/b/state`).stderr, [
      `${state}/ha_confs/b/state: not a regular file`,
    ]);
    assert.equal(section(snapshot, `cat ${state}/ha_confs/b/state`).stdout, '');
    assert.deepEqual(section(snapshot, `cat ${state}/ha_confs`).stderr, ['skipped, unusual name']);
    assert.equal(section(absent, `test -d ${state}/absent`).status, 1);
    assert.equal(section(strange, 'test -d').status, 1);
  });
}

test(
  'a tool that is not there: status 127 and why',
  { skip: findProgram('conntrack') ? 'conntrack is installed' : false },
  async () => {
    const snapshot = await collect(SHELLS[0]!, {}, 'n1');
    const { stdout, stderr, status } = section(snapshot, 'conntrack -L');
    assert.equal(status, 127);
    assert.equal(stdout, '');
    assert.match(stderr.join(), /conntrack: /);
  },
);

test('without a name it is that of the machine, and a part of the script does nothing', async () => {
  const { stdout: name } = await run('uname', ['-n']);
  const script = scriptFor('x').replace(/^set --.*\n/, '');
  const whole = await runScript(script);
  assert.equal(parseSnapshot(whole.stdout).node, name.trim());
  for (const part of [0.3, 0.6, 0.9, 0.99])
    assert.equal((await runScript(script.slice(0, Math.floor(script.length * part)))).stdout, '');
});

describe('in real namespaces', { skip: withoutNamespaces() }, () => {
  const own = `qrouter-dvrscope-${process.pid}`;
  const hostile = `${own}-a;touch b\n@@ end 0`;
  const stale = `fip-dvrscope-${process.pid}`;
  after(async () => {
    for (const name of [own, hostile]) await run('ip', ['netns', 'delete', name]);
    await unlink(`/run/netns/${stale}`);
  });

  test('what the kernel holds there is in the snapshot', async () => {
    for (const name of [own, hostile]) await run('ip', ['netns', 'add', name]);
    await writeFile(`/run/netns/${stale}`, '');
    const inside = ['-n', own];
    await run('ip', [...inside, 'link', 'add', 'qr-a.5', 'type', 'veth', 'peer', 'name', 'qr-b']);
    await run('ip', [...inside, 'address', 'add', '192.0.2.1/24', 'dev', 'qr-a.5']);
    await run('ip', [...inside, 'link', 'set', 'qr-a.5', 'up']);
    await run('ip', [
      ...inside,
      'rule',
      'add',
      'from',
      '192.0.2.1/24',
      'lookup',
      '3221225985',
      'priority',
      '3221225985',
    ]);
    await run('ip', ['netns', 'exec', own, 'sh', '-c', 'echo 2 > /proc/sys/net/ipv4/conf/qr-a.5/arp_announce']);
    const snapshot = await collect(['sh'], {}, 'n1');
    const json = (command: string): unknown => JSON.parse(section(snapshot, command, own).stdout);
    assert.match(JSON.stringify(json('ip -j addr')), /"local":"192.0.2.1","prefixlen":24/);
    assert.match(JSON.stringify(json('ip -j -d link')), /"ifname":"qr-a.5".*"info_kind":"veth"/);
    assert.match(
      JSON.stringify(json('ip -j -4 rule')),
      /"priority":3221225985,"src":"192.0.2.1","srclen":24,"table":"3221225985"/,
    );
    assert.match(JSON.stringify(json('ip -j -4 route show table all')), /"dst":"192.0.2.0\/24","dev":"qr-a.5"/);
    const sysctls = section(snapshot, 'sysctl -a', own).stdout.split('\n');
    assert.ok(
      sysctls.includes('net.ipv4.conf.qr-a/5.arp_announce = 2'),
      'a dot in a device name is a slash, as sysctl prints it',
    );
    assert.ok(sysctls.every((line) => /^net\.[\w./-]+ = -?\d+$/.test(line)));
    assert.match(section(snapshot, 'ip netns list').stderr.join('\n'), new RegExp(`${own}-a;touch b`));
    assert.ok(!snapshot.sections.some(({ namespace }) => namespace.startsWith(`${own}-a`)));
    const refused = section(snapshot, 'ip -j addr', stale);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr.join(), /namespace/);
  });
});

/** Why namespaces cannot be made here, or false. */
function withoutNamespaces(): string | false {
  if (process.getuid?.() !== 0) return 'not root';
  const name = `dvrscope-probe-${process.pid}`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'exec', name, 'true'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'ip netns add does not work here';
  } finally {
    try {
      execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
    } catch {
      // It was not made.
    }
  }
}
