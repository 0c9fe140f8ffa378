/** What the collector prints, in each shell that is here: with stand-in tools, with hostile names and files, and in real namespaces. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { scriptFor } from '../../../server/collect/script.ts';
import { readNodeState } from '../../../shared/live.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import { withoutNamespaces } from '../../support/routerNamespaces.ts';
import { runScript } from '../../support/runScript.ts';
import { SHELLS, STAMPS, TOOLS, collect, commandsOf, section, tracking } from '../../support/scriptNode.ts';

const run = promisify(execFile);

test('the shells of Debian, Red Hat and small systems are here', { skip: !process.env['CI'] }, () => {
  const names = SHELLS.map((shell) => shell.join(' '));
  for (const name of ['dash', 'bash', 'busybox sh']) assert.ok(names.includes(name), name);
});

for (const shell of SHELLS) {
  test(`${shell.join(' ')}: sections, statuses, standard error, limits`, async () => {
    const snapshot = await collect({ shell, tools: TOOLS, name: "n'1\nx: y", change: tracking });
    assert.deepEqual({ ...snapshot.header, collected_at: '', uid: '' }, { node: "n'1x: y", collected_at: '', uid: '' });
    assert.match(snapshot.collectedAt!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    for (const namespace of ['-', 'qrouter-a', 'fip-f']) {
      assert.equal(section(snapshot, 'ip -j -4 rule', namespace).stdout, '["-j -4 -batch - rule"]');
      assert.equal(section(snapshot, 'ip -j -d neigh show', namespace).stdout, '["-j -d -batch - neigh show"]');
    }
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
    assert.equal(section(snapshot, 'ovs-vsctl -f json list Port').stdout, '--no-syslog --timeout=5 -f json list Port');
    assert.equal(
      section(snapshot, 'ovs-ofctl -O OpenFlow13 dump-flows br-int').stdout,
      '-vsyslog:off --timeout=20 -O OpenFlow13 dump-flows br-int',
    );
    assert.equal(section(snapshot, 'ovs-appctl fdb/show br-int').stdout, '-vsyslog:off --timeout=5 fdb/show br-int');
    assert.deepEqual(section(snapshot, 'ovs-ofctl -O OpenFlow13 dump-flows').stderr, ['skipped, unusual name']);
    assert.deepEqual(
      snapshot.sections
        .slice(0, 2)
        .concat(snapshot.sections.slice(-3, -1))
        .map(({ command }) => command),
      [...STAMPS, ...STAMPS],
    );
  });

  test(`${shell.join(' ')}: namespaces with strange names are named, never entered`, async () => {
    const snapshot = await collect({ shell, tools: TOOLS });
    const list = section(snapshot, 'ip netns list');
    assert.deepEqual(list.stdout.split('\n'), ['qrouter-a (id: 0)', 'vm-1', 'snat-c', 'xqrouter-d', '-fip-e', 'fip-f']);
    assert.deepEqual(
      list.stderr.map((line) => line.replace('skipped, unusual namespace name: ', '')),
      ['qrouter-b;touch $HOME/x', 'qrouter-$(id)', '@@ end 0', '@@ begin - ip -j addr'],
    );
    assert.deepEqual(
      [...new Set(snapshot.sections.map(({ namespace }) => namespace))],
      ['-', 'qrouter-a', 'snat-c', 'fip-f'],
    );
  });

  test(`${shell.join(' ')}: a namespace that cannot be entered has its sections, with the reason`, async () => {
    for (const [nsenter, reason, status] of [
      [TOOLS.nsenter, 'nsenter: reassociate to namespace failed: Invalid argument', 1],
      ['exit 1', 'setting the network namespace "snat-c" failed: Invalid argument', 255],
    ] as const) {
      const snapshot = await collect({ shell, tools: { ...TOOLS, nsenter } });
      assert.deepEqual(commandsOf(snapshot, 'snat-c'), commandsOf(snapshot, 'qrouter-a'));
      for (const one of snapshot.sections.filter(({ namespace }) => namespace === 'snat-c')) {
        assert.deepEqual(one.stderr, [reason]);
        assert.equal(one.status, status);
      }
    }
  });

  test(`${shell.join(' ')}: an ip without -j, and one that answers less than it was asked`, async () => {
    const old = await collect({
      shell,
      tools: { ...TOOLS, ip: `case "$*" in -j*) echo 'Option "-j" is unknown' >&2; exit 255 ;; esac\n${TOOLS.ip}` },
    });
    assert.equal(section(old, 'ip -d addr').stdout, '["-d addr"]');
    assert.equal(section(old, 'ip -6 route show table all', 'qrouter-a').stdout, '["-6 route show table all"]');
    const mixed = await collect({
      shell,
      tools: {
        ...TOOLS,
        ip: `case "$*" in *" -batch -") printf '0: from all\\n2: from all\\n'; exit ;; esac\n${TOOLS.ip}`,
      },
    });
    assert.equal(
      section(mixed, 'ip -j -4 rule', 'qrouter-a').stdout,
      '["-j -4 rule"]',
      'two rules are not two answers',
    );
    const less = await collect({
      shell,
      tools: {
        ...TOOLS,
        ip: `case "$*" in *" -batch -") echo '[]'; exit ;; "-j -6 rule") echo no >&2; exit 2 ;; esac\n${TOOLS.ip}`,
      },
    });
    assert.equal(section(less, 'ip -j -d link', 'qrouter-a').stdout, '["-j -d link"]');
    assert.deepEqual(section(less, 'ip -j -6 rule').stderr, ['no']);
    assert.equal(section(less, 'ip -j -6 rule').status, 2);
  });

  test(`${shell.join(' ')}: state files, whole or refused`, async () => {
    const state = await mkdtemp(join(tmpdir(), 'dvrscope-state-'));
    for (const name of ['a', 'b', 'c d']) await mkdir(join(state, 'ha_confs', name), { recursive: true });
    await mkdir(join(state, 'external/pids'), { recursive: true });
    await writeFile(join(state, 'fip-priorities'), '192.0.2.1,40000\n@@ end 0\n@@ begin - ip netns list\nforged: 1\n');
    await writeFile(join(state, 'fip-linklocal-networks'), '');
    await writeFile(join(state, 'external/pids/x.pid.haproxy'), '12');
    await writeFile(join(state, 'ha_confs/a/state'), 'primary');
    await writeFile(join(state, 'ha_confs/a/keepalived.conf'), 'authentication {\n    auth_pass secret\n}');
    await symlink('/etc/passwd', join(state, 'ha_confs/b/state'));
    await writeFile(join(state, 'ha_confs/c d/state'), 'backup');
    const snapshot = await collect({ shell, tools: TOOLS, statePath: state });
    const absent = await collect({ shell, tools: TOOLS, statePath: join(state, 'absent') });
    const strange = await collect({ shell, tools: TOOLS, statePath: `${state}/a b'"\n$(id)` });
    await rm(state, { recursive: true });
    assert.equal(section(snapshot, `test -d ${state}`).status, 0);
    assert.equal(
      section(snapshot, `cat ${state}/fip-priorities`).stdout,
      '192.0.2.1,40000\n @@ end 0\n @@ begin - ip netns list\nforged: 1',
    );
    assert.equal(section(snapshot, `cat ${state}/fip-linklocal-networks`).stdout, '');
    assert.equal(section(snapshot, `cat ${state}/fip-linklocal-networks`).status, 0);
    assert.equal(section(snapshot, `cat ${state}/external/pids/x.pid.haproxy`).stdout, '12');
    assert.equal(section(snapshot, `cat ${state}/ha_confs/a/state`).stdout, 'primary');
    assert.equal(
      section(snapshot, `cat ${state}/ha_confs/a/keepalived.conf`).stdout,
      'authentication {\n    auth_pass <hidden>\n}',
    );
    assert.deepEqual(section(snapshot, `cat ${state}/ha_confs/b/state`).stderr, [
      `${state}/ha_confs/b/state: not a regular file`,
    ]);
    assert.equal(section(snapshot, `cat ${state}/ha_confs/b/state`).stdout, '');
    assert.deepEqual(section(snapshot, `cat ${state}`).stderr, ['skipped, unusual name']);
    assert.equal(section(absent, `test -d ${state}/absent`).status, 1);
    assert.equal(section(strange, 'test -d').status, 1);
  });
}

test('without a name it is that of the machine, and a part of the script does nothing', async () => {
  const { stdout: name } = await run('uname', ['-n']);
  const script = scriptFor('x').replace(/^set --.*\n/, '');
  const whole = await runScript(script);
  assert.equal(parseSnapshot(whole.stdout).node, name.trim());
  // Also in the midst of a name that is a command then.
  const ends = [0.3, 0.6, 0.9, 0.99].map((part) => Math.floor(script.length * part));
  for (const end of [...ends, script.indexOf('find_tools()') + 4, script.length - 2])
    assert.equal((await runScript(script.slice(0, end))).stdout, '');
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
    const snapshot = await collect({});
    const json = (command: string): unknown => JSON.parse(section(snapshot, command, own).stdout);
    assert.match(JSON.stringify(json('ip -j -d addr')), /"local":"192.0.2.1","prefixlen":24/);
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
    const state = readNodeState(snapshot);
    assert.deepEqual(
      state.gaps.filter(({ namespace }) => namespace === own),
      [],
      'and everything of it is read',
    );
    const address = state.namespaces[own]?.addresses?.find(({ local }) => local === '192.0.2.1');
    assert.deepEqual([address?.ifname, address?.prefixlen], ['qr-a.5', 24]);
    const refused = section(snapshot, 'ip -j -d addr', stale);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr.join(), /namespace/);
  });
});
