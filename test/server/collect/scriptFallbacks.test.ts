/** What the collector prints where something is missing, hangs, or is in another place than usual; and that it ends when nobody reads. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { scriptFor } from '../../../server/collect/script.ts';
import { watched } from '../../../server/collect/watched.ts';
import { readNodeState } from '../../../shared/live.ts';
import type { NodeState } from '../../../shared/state.ts';
import type { Snapshot } from '../../../shared/snapshot.ts';
import { findProgram, until } from '../../support/openssh.ts';
import { SHELLS, TOOLS, collect, commandsOf, section, toolFolder } from '../../support/scriptNode.ts';

test('what hangs is cut, with what it started; the rest of that namespace says so, other namespaces are whole', async () => {
  const marker = `30.${process.pid}`;
  const snapshot = await collect({
    tools: {
      ...TOOLS,
      ss: `[ -z "$HANGS" ] || sleep ${marker}`,
      nsenter: TOOLS.nsenter.replace('*) shift', '*/qrouter-a) HANGS=1; export HANGS; shift; exec "$@" ;;\n*) shift'),
    },
    change: (script) => script.replaceAll('within 20', 'within 1'),
  });
  const hung = section(snapshot, 'ss -Hlntu', 'qrouter-a');
  assert.notEqual(hung.status, 0);
  assert.deepEqual(section(snapshot, 'sysctl -a', 'qrouter-a').stderr, ['cut: this namespace took too long']);
  assert.equal(section(snapshot, 'sysctl -a', 'qrouter-a').status, 124);
  assert.equal(section(snapshot, 'sysctl -a', 'fip-f').status, 0);
  assert.equal(spawnSync('pgrep', ['-f', `sleep ${marker}`]).status, 1, 'nothing is left');
});

for (const shell of SHELLS)
  test(`${shell.join(' ')}: when the connection ends, what hangs ends too`, async () => {
    const marker = `31.${process.pid}`;
    const folder = await toolFolder({ ...TOOLS, ss: `sleep ${marker}` });
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
    // As sshd does: a group of its own, and standard input that stays open as long as the connection.
    const child = spawn(shell[0]!, [...shell.slice(1), '-s'], { env, stdio: 'pipe', detached: true });
    child.stdout.resume();
    const closed = once(child, 'exit');
    const isThere = (): boolean => spawnSync('pgrep', ['-f', `sleep ${marker}`]).status === 0;
    child.stdin.write(watched(scriptFor('n1')));
    await until(async () => Promise.resolve(isThere()), 'tool that hangs');
    child.stdin.end();
    await closed;
    await until(async () => Promise.resolve(!isThere()), 'end of the tool that hangs');
    await rm(folder, { recursive: true });
  });

test('a node that changed while it was read says so', async () => {
  const changing = 'case "$*" in *next_cfg*) date +%N ;; *list-br) ;; *) echo "$@" ;; esac';
  const quiet = readNodeState(await collect({ tools: TOOLS }));
  const torn = readNodeState(await collect({ tools: { ...TOOLS, 'ovs-vsctl': changing } }));
  const told = ({ gaps }: NodeState): string[] =>
    gaps.filter(({ reason }) => reason.startsWith('the node changed')).map(({ aspect }) => aspect);
  assert.deepEqual(told(quiet), []);
  assert.deepEqual(told(torn), ['ports', 'flows']);
});

/** The programs that every node has. */
const BASE = 'awk cat date dpkg-query grep id sed sleep tail timeout tr true uname'
  .split(' ')
  .filter((name) => findProgram(name));

test('nothing but a shell and the usual programs: each section says what is missing', async () => {
  const snapshot = await collect({ only: BASE });
  for (const command of ['ip netns list', 'iptables-save', 'ovs-vsctl show', 'ss -Hlntu']) {
    const { stdout, stderr, status } = section(snapshot, command);
    assert.equal(status, 127);
    assert.equal(stdout, '');
    assert.match(stderr.join(), /not found/);
  }
  assert.equal(section(snapshot, 'ip -4 rule').status, 127);
  assert.equal(section(snapshot, 'ps -eo pid,ppid,comm,args').status, 127);
  assert.match(section(snapshot, 'sysctl -a').stdout, /^net\.ipv4\.ip_forward = \d$/m);
  assert.ok(!snapshot.sections.some(({ command }) => command.startsWith('ovs-ofctl')));
});

test('without nsenter, timeout and ps, and with the programs of busybox', async () => {
  const whole = await collect({ tools: TOOLS });
  const plain = await collect({
    tools: TOOLS,
    only: ['date', 'id', 'uname', 'cat'],
    applets: ['awk', 'grep', 'sed', 'tr', 'sleep', 'true', 'tail'],
  });
  const known = ({ sections }: Snapshot): unknown[] =>
    sections
      .filter(({ command }) => !/^(ip6tables|conntrack|dpkg|ps|date|ls) ?/.test(command))
      .map(({ namespace, command, stdout, status }) => [namespace, command, stdout, status]);
  assert.deepEqual(known(plain), known(whole));
});

test('both back ends of iptables, where the other one holds rules too', async () => {
  const save = (kind: string, rules: string): string =>
    `[ "$1" != -V ] || { echo "iptables v1.8.9 (${kind})"; exit; }; echo "${rules}"`;
  const tools = {
    ...TOOLS,
    'iptables-save': save('legacy', 'legacy'),
    'iptables-legacy-save': 'echo legacy',
    'iptables-nft-save': 'echo "-A nft"',
    'ip6tables-nft-save': 'echo "*filter"',
  };
  // The module need not be loaded here.
  const change = (script: string): string => script.replace('/sys/module/nf_tables', '/proc/self');
  const legacy = await collect({ tools, change });
  assert.equal(section(legacy, 'iptables-save', 'qrouter-a').stdout, 'legacy');
  assert.equal(section(legacy, 'iptables-nft-save', 'qrouter-a').stdout, '-A nft');
  assert.ok(!commandsOf(legacy, 'qrouter-a').includes('ip6tables-nft-save'), 'it holds no rules');
  const nft = await collect({
    tools: { ...tools, 'iptables-save': save('nf_tables', '-A nft') },
    // Names of loaded tables: some for IPv4, none for IPv6.
    change: (script) =>
      script.replace('/proc/net/ip_tables_names', '/proc/self/comm').replace('/proc/net/ip6_tables_names', '/dev/null'),
  });
  assert.equal(section(nft, 'iptables-legacy-save', 'qrouter-a').stdout, 'legacy');
  assert.ok(!commandsOf(nft, 'qrouter-a').includes('ip6tables-legacy-save'));
});

test('Open vSwitch and the agent in containers', async () => {
  const state = await mkdtemp(join(tmpdir(), 'dvrscope-state-'));
  await writeFile(join(state, 'fip-priorities'), '192.0.2.1,40000\n');
  const engine = `case $1 in
    ps) printf 'my;container\\nneutron_l3_agent\\nopenvswitch_vswitchd\\n' ;;
    inspect) echo $PPID ;;
    exec) shift; echo "in $*" ;;
  esac`;
  const { 'ovs-vsctl': _, ...tools } = TOOLS;
  // The container's root is that of a process of this machine, hence of this machine; the node itself has nothing at that path.
  const change = (script: string): string => script.replace('[ ! -e "$1/$item" ] || return 0', ':');
  for (const name of ['docker', 'podman']) {
    const snapshot = await collect({ tools: { ...tools, [name]: engine }, only: BASE, statePath: state, change });
    assert.equal(
      section(snapshot, 'ovs-vsctl show').stdout,
      'in openvswitch_vswitchd ovs-vsctl --no-syslog --timeout=5 show',
    );
    assert.equal(section(snapshot, `cat ${state}/fip-priorities`).stdout, '192.0.2.1,40000');
  }
  await rm(state, { recursive: true });
});

test(
  'without root: what can be had, and why the rest is missing',
  { skip: process.getuid?.() !== 0 && 'not root' },
  async () => {
    const state = await mkdtemp(join(tmpdir(), 'dvrscope-state-'));
    await writeFile(join(state, 'fip-priorities'), '192.0.2.1,40000\n', { mode: 0o600 });
    await chmod(state, 0o755);
    const { 'iptables-save': _, ...tools } = TOOLS;
    const snapshot = await collect({ tools, uid: 65_534, statePath: state });
    await rm(state, { recursive: true });
    assert.equal(snapshot.header['uid'], '65534');
    assert.equal(section(snapshot, 'ip -j -4 rule').status, 0);
    assert.deepEqual(section(snapshot, 'ip -j -4 rule', 'qrouter-a').stderr, [
      'not root: only root can enter a namespace',
    ]);
    assert.deepEqual(section(snapshot, `cat ${state}/fip-priorities`).stderr, [
      `${state}/fip-priorities: no permission to read it`,
    ]);
    assert.notEqual(section(snapshot, 'iptables-save').status, 0);
  },
);

for (const shell of SHELLS)
  for (const ignored of [false, true])
    test(`${shell.join(' ')}: when nobody reads any more it ends, ${ignored ? 'also where SIGPIPE is ignored' : 'by SIGPIPE'}`, async () => {
      const names = Array.from({ length: 40 }, (_, index) => `qrouter-${index}`);
      const folder = await toolFolder({
        ...TOOLS,
        ip: `case "$*" in "netns list") printf '%s\\n' ${names.join(' ')}; exit ;; esac\n${TOOLS.ip}`,
        ss: `echo x >>$0.log; sleep 0.1; head -c 100000 /dev/zero | tr '\\0' x`,
      });
      const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
      const command = [...shell, '-s'].join(' ');
      const child = spawn('bash', ['-c', ignored ? `trap '' PIPE; exec ${command}` : `exec ${command}`], {
        env,
        stdio: 'pipe',
      });
      child.stdin.end(scriptFor('n1'));
      // In the midst of the first namespaces.
      child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('@@ begin qrouter-0')) child.stdout.destroy();
      });
      const closed = once(child, 'exit');
      const slow = globalThis.setTimeout(() => child.kill('SIGKILL'), 60_000);
      const [, signal] = await closed;
      clearTimeout(slow);
      assert.notEqual(signal, 'SIGKILL', 'it went on');
      await setTimeout(300);
      const lines = (await readFile(join(folder, 'ss.log'), 'utf8')).split('\n').length;
      assert.ok(lines < 20, `${lines} namespaces were read all the same`);
      await rm(folder, { recursive: true });
    });
