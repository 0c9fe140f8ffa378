/** `dvrscope diff` without a topology: what changed between two kept states of a node. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { type Ran, dvrscope } from '../../support/cli.ts';
import { snapshotText } from '../../support/recordings.ts';

const NODE = 'compute1';
const at = (text: string, time: string) => text.replace(/^collected_at: .*$/m, `collected_at: ${time}`);
const before1 = at(snapshotText('S3', NODE), '2026-11-17T08:00:00Z');
/** A rule less, and a neighbour that was only learned. */
const after1 = at(before1, '2026-11-18T08:00:00Z')
  .replace(/,\{"priority":44418[^}]*\}/, '')
  .replaceAll('"state":["STALE"]', '"state":["REACHABLE"]');
const after2 = at(after1, '2026-11-21T22:00:00Z').replace(
  '-A neutron-l3-agent-PREROUTING',
  '-A neutron-l3-agent-PREROUTING -s 192.0.2.66/32',
);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dvrscope-changes-'));
  await mkdir(join(folder, NODE));
  await writeFile(join(folder, 'old.snapshot'), before1);
  await writeFile(join(folder, 'new.snapshot'), after1);
  for (const [name, text] of Object.entries({ 'a.snapshot': before1, 'b.snapshot': after1, 'c.snapshot': after2 }))
    await writeFile(join(folder, NODE, name), text);
  await writeFile(join(folder, 'cut.snapshot'), after1.slice(0, after1.indexOf('ip -j -4 rule')));
  await writeFile(
    join(folder, 'hostile.snapshot'),
    after1.replaceAll('"table":"16"', '"table":"\\u001b]0;owned\\u0007"'),
  );
});
after(async () => rm(folder, { recursive: true }));

const run = async (...args: string[]): Promise<Ran> =>
  dvrscope(
    'diff',
    ...args.map((arg) => (arg.startsWith('-') || !/snapshot$|^compute1$/.test(arg) ? arg : join(folder, arg))),
  );

const changed = (out: string): string[] =>
  out.split('\n').filter((line) => /^[-+]/.test(line) && !/^(---|\+\+\+) /.test(line));

it('an older and a newer one: the rule that went, and not what was learned', async () => {
  const { out, status } = await run('--snapshot', 'old.snapshot', '--snapshot', 'new.snapshot');
  assert.deepEqual(changed(out), ['-44418:\tfrom 10.1.0.11 lookup 16']);
  assert.match(out, /^--- 2026-11-17T08:00:00.000Z compute1 qrouter-\S+ ip rule$/m);
  assert.match(out, /^\+\+\+ 2026-11-18T08:00:00.000Z compute1 qrouter-\S+ ip rule$/m);
  assert.equal(status, 1);
});

it('a folder of several times: the newest with the one before it', async () => {
  const { out, status } = await run('--snapshot', 'compute1');
  assert.equal(changed(out).length, 2);
  assert.match(changed(out)[1]!, /^\+-A neutron-l3-agent-PREROUTING -s 192.0.2.66\/32/);
  assert.equal(status, 1);
});

it('… or with the last one up to a time', async () => {
  const { out } = await run('--snapshot', 'compute1', '--since', '2026-11-17T12:00:00Z');
  assert.equal(changed(out).length, 3);
  assert.ok(changed(out).includes('-44418:\tfrom 10.1.0.11 lookup 16'));
  const none = await run('--snapshot', 'compute1', '--since', '2026-11-01');
  assert.match(none.err, /^compute1: there is no older state of it to compare with$/m);
  assert.equal(none.status, 3);
});

it('a state with itself has no change', async () => {
  const { out, status } = await run('--snapshot', 'old.snapshot', '--snapshot', 'old.snapshot');
  assert.deepEqual([out, status], ['', 0]);
});

it('what one of them does not hold is said, and is no change', async () => {
  const { out, err } = await run('--snapshot', 'old.snapshot', '--snapshot', 'cut.snapshot');
  assert.deepEqual(changed(out), []);
  assert.match(err, /^compute1: not compared: .*ip rule: /m);
});

it('text of a node moves no cursor', async () => {
  const { out } = await run('--snapshot', 'old.snapshot', '--snapshot', 'hostile.snapshot');
  assert.deepEqual(out.match(/\p{Cc}/gu)?.filter((char) => char !== '\n' && char !== '\t') ?? [], []);
  assert.match(out, /lookup {2}\]0;owned|lookup {1}\]0;owned/);
});

for (const [args, message] of [
  [[], /two snapshots are compared/],
  [['--snapshot', 'a', '--snapshot', 'b', '--snapshot', 'c'], /not more/],
  [['--snapshot', 'old.snapshot', '--since', 'Tuesday'], /--since is a time such as/],
  [['--snapshot', 'old.snapshot', '--snapshot', 'new.snapshot', '--since', '2026-11-17'], /--since chooses/],
  [['--live'], /--live needs TOPOLOGY/],
  [
    ['--snapshot', 'old.snapshot', '--snapshot', 'new.snapshot', '--node', 'elsewhere'],
    /no snapshot of elsewhere was found/,
  ],
] as [string[], RegExp][])
  it(`wrong usage: ${args.join(' ') || 'nothing'}`, async () => {
    const { err, status } = await run(...args);
    assert.match(err, message);
    assert.equal(status, 2);
  });
