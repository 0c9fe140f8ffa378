/** Inventories of Ansible: the way to each host by SSH, whatever is in them, and what becomes of it in a topology. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readInventory } from '../../../server/ansible/inventory.ts';
import { mergeInventory } from '../../../server/ansible/merge.ts';
import { parseSshArguments, splitWords } from '../../../server/ansible/sshArguments.ts';
import { targetsOf } from '../../../server/collect/targets.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { dvrscope } from '../../support/cli.ts';
import { findProgram } from '../../support/openssh.ts';
import { RECORDINGS } from '../../support/recordings.ts';

const words: [text: string, words: string[]][] = [
  [`-o a=b  -J c`, ['-o', 'a=b', '-J', 'c']],
  [`-o 'a b'"c \\"d" e\\ f`, ['-o', 'a bc "d', 'e f']],
  [`'not ended`, ['not ended']],
  [`"not \\`, ['not \\']],
  ['', []],
];
for (const [text, expected] of words) test(`words of ${text}`, () => assert.deepEqual(splitWords(text), expected));

const NO_WAY = 'is not "ssh -W %h:%p HOST", and dvrscope runs no other';
const ways: [text: string, jumps: string, notes?: string[]][] = [
  ['-J bastion', 'bastion'],
  ['-Jops@bastion:2222,second', 'ops@bastion:2222 second'],
  ['-q -o ProxyJump=bastion', 'bastion'],
  ['-oProxyJump=bastion', 'bastion'],
  [`-o "proxyjump bastion"`, 'bastion'],
  ['-o ControlPersist=60s -F /dev/null -J ssh://ops@bastion:22/', 'ops@bastion:22'],
  [`-o ProxyCommand="ssh -W %h:%p -q ops@bastion"`, 'ops@bastion'],
  [`-o 'ProxyCommand=ssh -q -p 2222 -l ops -o StrictHostKeyChecking=no -W [%h]:%p bastion'`, 'ops@bastion:2222'],
  [`-o ProxyCommand='/usr/bin/ssh -W %h:%p -o User=ops bastion'`, 'ops@bastion'],
  [`-o ProxyCommand="ssh -W %h:%p -J first second"`, 'first second'],
  [`-o ProxyCommand="ssh -W %h:%p -o ProxyCommand='ssh -W %h:%p first' second"`, 'first second'],
  [
    `-o ProxyCommand="ssh -W %h:%p -i ~/key bastion"`,
    'bastion',
    ['the key ~/key of bastion belongs into ~/.ssh/config: Host bastion, IdentityFile'],
  ],
  [`-o ProxyCommand="nc -x proxy %h %p"`, '', [`ProxyCommand "nc -x proxy %h %p" ${NO_WAY}`]],
  [`-o ProxyCommand="ssh bastion nc %h %p"`, '', [`ProxyCommand "ssh bastion nc %h %p" ${NO_WAY}`]],
  [`-o ProxyCommand="ssh -W other:22 bastion"`, '', [`ProxyCommand "ssh -W other:22 bastion" ${NO_WAY}`]],
  [`-o ProxyJump=none`, ''],
  [`-o ProxyJump=a -J b`, 'a'],
  ['-J a:0', '', ['ProxyJump "a:0" is no list of [user@]host[:port]']],
  ['-J', '', ['ProxyJump "" is no list of [user@]host[:port]']],
  ['node', '', ['"node" is no option of ssh']],
];
for (const [text, jumps, notes = []] of ways)
  test(`the way of ${text}`, () => {
    const found = parseSshArguments(text);
    const shown = found.jumps.map(
      ({ host, user, port }) => `${user ? `${user}@` : ''}${host}${port ? `:${port}` : ''}`,
    );
    assert.equal(shown.join(' '), jumps);
    assert.deepEqual(found.notes, notes);
  });

const inventory = (hostvars: Record<string, unknown>, groups: Record<string, unknown> = {}): string =>
  JSON.stringify({ _meta: { hostvars }, ...groups });

test('anything at all gives hosts and notes', () => {
  for (const text of ['', 'null', '[]', '{"_meta": 1}', '{"a": {"hosts": 3, "children": [1, null]}}', '['.repeat(1e5)])
    assert.equal(readInventory(text).hosts.length, 0, text.slice(0, 20));
  const circle = inventory({}, { a: { children: ['b'], hosts: ['x'] }, b: { children: ['a'] } });
  assert.deepEqual(readInventory(circle).hosts, [{ name: 'x', groups: ['a', 'b'], jumps: [], notes: [] }]);
});

test('what cannot be used is noted, and no secret is', () => {
  const { hosts } = readInventory(
    inventory({
      a: {
        ansible_host: '{{ addresses[inventory_hostname] }}',
        ansible_user: 'x\u001b[2J',
        ansible_port: '70000',
        ansible_password: 'secret',
        ansible_become_password: { __ansible_vault: 'secret' },
        ansible_ssh_private_key_file: '/keys/a',
      },
      __proto__: { ansible_host: '-oProxyCommand=id' },
    }),
  );
  assert.deepEqual(hosts[0], {
    name: 'a',
    groups: [],
    jumps: [],
    notes: [
      'ansible_host is a template that only Ansible can fill in',
      '"x^[[2J" cannot be its user',
      '"70000" cannot be its port',
      'its key belongs into ~/.ssh/config, or give it with --identity: /keys/a',
    ],
  });
  assert.ok(!JSON.stringify(hosts).includes('secret'));
});

const TOPOLOGY = `dvr: 1
release: zed
nodes:
  compute1.example.org: {agent_mode: dvr, address: 192.0.2.1}
  compute2: {agent_mode: dvr}
  net1: {agent_mode: dvr_snat}
`;

test('hosts find their nodes, and what has no place in a topology is said', () => {
  const text = inventory({
    compute1: {
      ansible_host: '192.0.2.11',
      ansible_user: 'ops',
      ansible_port: 2222,
      ansible_ssh_common_args: '-J ops@bastion',
    },
    c2: { dvrscope_node: 'compute2', ansible_ssh_common_args: '-J ops@bastion' },
    other: { ansible_ssh_common_args: '-J $(id)' },
  });
  const { topology, notes } = mergeInventory(readTopology(TOPOLOGY).topology, readInventory(text));
  assert.deepEqual(
    topology.nodes.map(({ name, address, ssh_port, ssh_user }) => [name, address, ssh_port, ssh_user]),
    [
      ['compute1.example.org', '192.0.2.11', 2222, 'ops'],
      ['compute2', 'c2', undefined, undefined],
      ['net1', undefined, undefined, undefined],
    ],
  );
  assert.deepEqual(notes, [
    'compute1.example.org: address is 192.0.2.11 now, it was 192.0.2.1',
    'not in the inventory: net1',
    'no node of the topology: other',
    'A topology has no jump hosts. These lines belong into ~/.ssh/config:',
    'Host compute1.example.org 192.0.2.11 compute2 c2',
    '  ProxyJump ops@bastion',
  ]);
});

test('the lines for ~/.ssh/config lead through the jump host', async () => {
  const text = inventory({
    net1: { ansible_host: '192.0.2.21', ansible_ssh_common_args: '-J ops@bastion:2222,second' },
  });
  const { topology, notes } = mergeInventory(readTopology(TOPOLOGY).topology, readInventory(text));
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-inventory-'));
  const configFile = join(folder, 'config');
  await writeFile(configFile, `${notes.slice(notes.findIndex((note) => note.startsWith('Host '))).join('\n')}\n`);
  const target = targetsOf(topology.nodes, { configFile }).find(({ node }) => node === 'net1');
  await rm(folder, { recursive: true });
  assert.deepEqual(
    target!.jumps?.map(({ host, port, username }) => [host, port, username]),
    [
      ['bastion', 2222, 'ops'],
      ['second', 22, userInfo().username],
    ],
  );
});

test('names that could say something else in ~/.ssh/config stay out of it', () => {
  for (const jump of ['$(id)', 'a b', '*', '!a', '%h', 'x"y', '-oProxyCommand=id', "a'b", 'u ser@a', 'a#b']) {
    const text = inventory({ net1: { ansible_ssh_common_args: `-J '${jump.replaceAll("'", '"')}'` } });
    const { notes } = mergeInventory(readTopology(TOPOLOGY).topology, readInventory(text));
    assert.ok(!notes.some((note) => note.includes('ProxyJump ') && !note.includes('no list')), jump);
  }
});

describe('on the command line', () => {
  const list = inventory(
    { compute1: { ansible_host: '192.0.2.11', ansible_user: 'ops' }, controller: {} },
    { compute: { hosts: ['compute1'] }, network: { hosts: ['net1'] }, control: { hosts: ['controller'] } },
  );

  test('alone, into a topology, and into that of the API', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dvrscope-inventory-'));
    const file = (name: string): string => join(folder, name);
    await writeFile(file('list.json'), list);
    await writeFile(file('cloud.dvr.yaml'), TOPOLOGY);
    await writeFile(file('bad.dvr.yaml'), 'nodes: 3\n');
    const alone = await dvrscope('import', '--inventory', file('list.json'), '--release', 'zed');
    assert.equal(alone.status, 0, alone.err);
    assert.match(alone.out, /compute1: \{agent_mode: dvr, address: 192\.0\.2\.11, ssh_user: ops\}/);
    assert.match(alone.out, /net1: \{agent_mode: dvr_snat\}/);
    assert.match(alone.err, /agent_mode follows from the groups/);
    assert.deepEqual(readTopology(alone.out).problems, []);
    const merged = await dvrscope(
      'import',
      '--topology',
      file('cloud.dvr.yaml'),
      '--inventory',
      file('list.json'),
      '-o',
      file('new.dvr.yaml'),
    );
    assert.equal(merged.status, 0, merged.err);
    const { topology } = readTopology(await readFile(file('new.dvr.yaml'), 'utf8'));
    assert.equal(targetsOf(topology.nodes, { configFile: 'none' })[0]!.username, 'ops');
    const api = await dvrscope('import', '--api', join(RECORDINGS, 'S3/api'), '--inventory', file('list.json'));
    assert.match(api.out, /compute1:\n +agent_mode: dvr\n +address: 192\.0\.2\.11\n +ssh_user: ops\n/);
    for (const args of [
      ['--topology', file('cloud.dvr.yaml')],
      ['--topology', file('bad.dvr.yaml'), '--inventory', file('list.json')],
      ['--topology', file('absent'), '--inventory', file('list.json')],
      ['--inventory', file('cloud.dvr.yaml')],
      ['--inventory', file('list.json'), '--topology', file('cloud.dvr.yaml'), '--api', folder],
    ])
      // oxlint-disable-next-line no-await-in-loop -- a handful
      assert.equal((await dvrscope('import', ...args)).status, 2, args.join(' '));
    await rm(folder, { recursive: true });
  });

  const program = findProgram('ansible-inventory');
  test(
    'what the real ansible-inventory prints',
    { skip: program || process.env['CI'] ? false : 'ansible is not installed' },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'dvrscope-inventory-'));
      const ini = `[network]\nnet1 ansible_host=192.0.2.21\n[compute]\ncompute[1:2]\n[dvr:children]\nnetwork\ncompute\n[dvr:vars]\nansible_user=ops\nansible_ssh_common_args=-o ProxyCommand="ssh -W %h:%p -q jump@bastion"\n`;
      await writeFile(join(folder, 'hosts'), ini);
      const env = { ...process.env, HOME: folder, ANSIBLE_LOCAL_TEMP: join(folder, 'local') };
      const text = execFileSync(program!, ['-i', join(folder, 'hosts'), '--list'], {
        encoding: 'utf8',
        env,
        cwd: folder,
      });
      await rm(folder, { recursive: true });
      const hosts = readInventory(text).hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(
        hosts.map(({ name, address, user, jumps }) => [name, address, user, jumps]),
        [
          ['compute1', undefined, 'ops', [{ host: 'bastion', user: 'jump' }]],
          ['compute2', undefined, 'ops', [{ host: 'bastion', user: 'jump' }]],
          ['net1', '192.0.2.21', 'ops', [{ host: 'bastion', user: 'jump' }]],
        ],
      );
      assert.ok(hosts.find(({ name }) => name === 'net1')!.groups.includes('dvr'));
    },
  );
});
