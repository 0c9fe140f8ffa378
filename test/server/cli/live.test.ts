/** `check --live` against real OpenSSH servers: one healthy node, and others that hang, close, print garbage, or are not who they were. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeTopology } from '../../../shared/topology/write.ts';
import { type Ran, dvrscope } from '../../support/cli.ts';
import { type OpenSsh, startOpenSsh, withoutOpenSsh } from '../../support/openssh.ts';
import { RECORDINGS, topologyOf } from '../../support/recordings.ts';

const recording = (node: string) => join(RECORDINGS, 'S3', `${node}.snapshot`);

describe('check --live', { skip: withoutOpenSsh(), timeout: 900_000 }, () => {
  let folder: string;
  const servers: OpenSsh[] = [];
  const keys: string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dvrscope-live-'));
  });
  after(async () => {
    await Promise.all(servers.map(async (server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  /** A server for each node, which answers with the command; the topology and the host keys that lead to them. */
  async function cloud(commands: Record<string, string>): Promise<{ file: string; knownHosts: string }> {
    const topology = topologyOf('S3');
    const lines: string[] = [];
    const nodes = [];
    for (const node of topology.nodes) {
      const server = await startOpenSsh();
      servers.push(server);
      keys.push(await server.newLogin(`id_${node.name}`, commands[node.name]));
      lines.push(...server.hostKeys.map((key) => `[${server.host}]:${server.port} ${key}`));
      nodes.push({ ...node, address: server.host, ssh_port: server.port, ssh_user: server.username });
    }
    const file = join(folder, `cloud${servers.length}.dvr.yaml`);
    const knownHosts = join(folder, `known_hosts${servers.length}`);
    await writeFile(file, writeTopology({ ...topology, nodes }));
    await writeFile(knownHosts, `${lines.join('\n')}\n`);
    return { file, knownHosts };
  }

  async function check(file: string, knownHosts: string, ...more: string[]): Promise<Ran> {
    const login = keys.flatMap((key) => ['--identity', key]);
    const ran = await dvrscope(
      'check',
      file,
      '--live',
      '--known-hosts',
      knownHosts,
      '--sudo',
      'never',
      '--timeout',
      '5',
      ...login,
      ...more,
    );
    for (const key of keys)
      for (const line of (await readFile(key, 'utf8')).split('\n').slice(1, -2))
        assert.ok(!`${ran.out}${ran.err}`.includes(line));
    return ran;
  }

  it('compares healthy nodes; refuses unknown and changed host keys; survives nodes that hang, close or print garbage', async () => {
    const healthy = await cloud({
      compute1: `cat ${recording('compute1')}`,
      compute2: `cat ${recording('compute2')}`,
      net1: `cat ${recording('net1')}`,
    });
    const good = await check(healthy.file, healthy.knownHosts);
    assert.deepEqual([good.status, good.err], [0, '']);
    assert.match(good.out, /compute1: in-sync\ncompute2: in-sync\nnet1: in-sync\n/);

    const into = join(folder, 'snapshots');
    const login = keys.flatMap((key) => ['--identity', key]);
    const options = ['--known-hosts', healthy.knownHosts, '--sudo', 'never', ...login];
    const collected = await dvrscope(
      'collect',
      healthy.file,
      '-o',
      into,
      '--node',
      'net1',
      '--node',
      'compute1',
      ...options,
    );
    assert.deepEqual(collected, {
      status: 0,
      out: `${join(into, 'compute1.snapshot')}\n${join(into, 'net1.snapshot')}\n`,
      err: '',
    });
    assert.equal(await readFile(join(into, 'net1.snapshot'), 'utf8'), await readFile(recording('net1'), 'utf8'));

    const empty = join(folder, 'empty');
    await writeFile(empty, '');
    const unknown = await check(healthy.file, empty);
    assert.equal(unknown.status, 3);
    assert.match(unknown.out, /compute1: unreachable \(.*host key.*SHA256:\S+.*ssh-keyscan/);

    const changed = join(folder, 'changed');
    const lines = (await readFile(healthy.knownHosts, 'utf8')).trimEnd().split('\n');
    // Every server's keys under the name of another one.
    const names = lines.map((line) => line.split(' ')[0]!);
    const third = lines.length / 3;
    await writeFile(
      changed,
      `${lines.map((line, i) => line.replace(/^\S+/, names[(i + third) % names.length]!)).join('\n')}\n`,
    );
    const refused = await check(healthy.file, changed, '--node', 'net1');
    assert.equal(refused.status, 3);
    assert.match(refused.out, /net1: unreachable \(.*(changed|differs|not the).*ssh-keygen -R/i);
  });

  it('says of each node what happened to it, and compares the others', async () => {
    const sick = await cloud({
      compute1: 'sleep 1000',
      compute2: `head -c 4000 /dev/urandom; exit 0`,
      net1: `head -c 90000 ${recording('net1')}`,
    });
    const { status, out, err } = await check(sick.file, sick.knownHosts);
    assert.equal(status, 3);
    assert.match(out, /compute1: unreachable \(.*(silent|nothing|no answer|5 s)/i);
    assert.match(out, /compute2: unreachable \(.*no snapshot/);
    assert.match(out, /net1: in-sync\n/);
    assert.match(out, /net1 .*were not collected, so they were not compared: .*cut short/);
    // oxlint-disable-next-line no-control-regex -- what a node says must not reach the terminal
    assert.doesNotMatch(`${out}${err}`, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });
});
