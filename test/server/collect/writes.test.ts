/** The collector changes nothing: strace(1) watches it on this machine, among real routers. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { scriptFor } from '../../../server/collect/script.ts';
import { parseSnapshot } from '../../../shared/snapshot.ts';
import { findProgram } from '../../support/openssh.ts';
import { makeRouterNamespaces, withoutNamespaces, type RouterNamespaces } from '../../support/routerNamespaces.ts';
import { traceWrites } from '../../support/traceWrites.ts';

/** strace cannot be used everywhere, for example in a container without that right. */
async function withoutStrace(): Promise<string | false> {
  if (!findProgram('strace')) return 'strace is not installed';
  return (await traceWrites('true').catch(() => undefined)) ? false : 'strace does not work here';
}

const reason = withoutNamespaces() || (await withoutStrace());

describe('watched by strace', { skip: reason }, () => {
  let routers: RouterNamespaces;
  before(async () => {
    routers = await makeRouterNamespaces(2);
  });
  after(async () => routers.remove());

  test('a whole run changes nothing', async () => {
    const { stdout, writes } = await traceWrites(scriptFor('n1'));
    assert.deepEqual(writes, []);
    const { sections, problems } = parseSnapshot(stdout);
    assert.deepEqual(problems, []);
    for (const name of routers.names) {
      const tables = sections.find(({ namespace, command }) => namespace === name && command === 'iptables-save');
      assert.ok(tables!.stdout.split('\n').length > 60, 'it read what is there');
    }
  });

  test('the watch sees each kind of change', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dvrscope-writes-'));
    const inside = `nsenter --net=/var/run/netns/${routers.names[0]}`;
    const rows = [
      `printf x >${folder}/a`,
      `: >>${folder}/b`,
      `mkdir ${folder}/c`,
      `touch ${folder}`,
      `rm ${folder}/a`,
      `${inside} ip link set lo down`,
      `${inside} ip rule add from 192.0.2.1 lookup 16`,
      `${inside} ip route flush table 16`,
      `${inside} iptables -A INPUT -j ACCEPT`,
      `${inside} sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'`,
      `ip netns add ${routers.names[0]}x; ip netns delete ${routers.names[0]}x`,
    ];
    for (const row of rows) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the one before
      const { writes, status, stderr } = await traceWrites(row);
      assert.equal(status, 0, `${row}: ${stderr}`);
      assert.ok(writes.length > 0, row);
    }
    await rm(folder, { recursive: true });
  });
});
