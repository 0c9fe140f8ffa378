/** What is nearly right: the message names what was probably meant, and is short enough to be read. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { dvrscope } from '../../support/cli.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const EXAMPLE = join(ROOT, 'examples/snat-two-subnets.dvr.yaml');
const folder = mkdtempSync(join(tmpdir(), 'dvrscope-usage-'));
after(() => rmSync(folder, { recursive: true }));

const LARGE = join(folder, 'large.dvr.yaml');
writeFileSync(
  LARGE,
  `nodes:\n${Array.from({ length: 1000 }, (_, i) => `  compute${i}: {agent_mode: dvr}\n`).join('')}`,
);
const EMPTY = join(folder, 'empty.dvr.yaml');
writeFileSync(EMPTY, '');

const trace = (...rest: string[]): string[] => ['trace', EXAMPLE, '--from', 'vm1', '--to', '8.8.8.8', ...rest];

const ROWS: [args: string[], says: RegExp][] = [
  [['chek'], /^dvrscope: no verb "chek"\. Did you mean `check`\?\n/],
  [['CHECK'], /Did you mean `check`\?/],
  [['help', 'trce'], /no verb "trce"\. Did you mean `trace`\?/],
  [['check', EXAMPLE, '--snapshots', 'x'], /Unknown option '--snapshots'\. Did you mean `--snapshot`\?\nusage: /],
  [['check', EXAMPLE, '--snap', 'x'], /Did you mean `--snapshot`\?/],
  [['check', EXAMPLE, '-snapshot', 'x'], /Did you mean `--snapshot`\?/],
  [['check', EXAMPLE, '-f', 'json'], /Unknown option '-f'\nusage: /],
  [['format', '--chek', EXAMPLE], /Did you mean `--check`\?/],
  [['check', EXAMPLE, '--format'], /--format needs a value\nusage: /],
  [['check', EXAMPLE, '--node', '--live'], /--node needs a value; one that begins with a dash is written --node=-…\n/],
  [['check', EXAMPLE, '--live=yes'], /--live takes no value\nusage: /],
  [['check', EXAMPLE, '--node', 'compute'], /no node "compute"; it has compute1, compute2, network1\. Did you mean/],
  [['check', LARGE, '--node', 'compute10000'], /compute9 and 990 more\. Did you mean `compute1000?`\?\n$/],
  [['check', EXAMPLE, '--severity', 'subnet-overlp=off'], /Did you mean `subnet-overlap`\?/],
  [['check', EXAMPLE, '--severity', 'zzzzzzzz=off'], /not "zzzzzzzz=off"\nusage: /],
  [['check', EMPTY, '--snapshot', folder], /the topology has no nodes\n$/],
  [['expect', EXAMPLE, '--node', 'compute1', '--namespace', 'qruter'], /no namespace "qruter"; it has qrouter-/],
  [['trace', EXAMPLE, '--from', 'vmm1', '--to', '8.8.8.8'], /no port "vmm1" to start from.* Did you mean `vm1`\?/],
  [['trace', EXAMPLE, '--from', 'vm1', '--to', 'vmm2'], /no port "vmm2".* Did you mean `vm2`\?/],
  [trace('--protocol', 'tcp', '--dport', '65536'), /--dport is a port from 1 to 65535, not "65536"/],
  [trace('--protocol', 'udp', '--sport', '99999'), /--sport is a port from 1 to 65535, not "99999"/],
  [trace('--dport', '443'), /--dport is for --protocol tcp or udp/],
  [trace('--protocol', 'icmp', '--sport', '443'), /--sport is for --protocol tcp or udp/],
  [['check', EXAMPLE, '--live', '--port', '70000'], /--port is a port from 1 to 65535, not "70000"/],
];

describe('nearly right', () => {
  for (const [args, says] of ROWS)
    it(args.map((arg) => arg.replace(/^.*\//, '')).join(' '), async () => {
      const { status, out, err } = await dvrscope(...args);
      assert.deepEqual([status, out], [2, '']);
      assert.match(err, says);
      assert.ok(err.length < 800, `${err.length} characters`);
    });
});

describe('asked for', () => {
  for (const args of [['--version'], ['-V'], ['version']])
    it(args.join(' '), async () => {
      const { status, out, err } = await dvrscope(...args);
      assert.deepEqual([status, err], [0, '']);
      assert.match(out, /^dvrscope \S.*\n$/);
    });

  it('help VERB is VERB --help', async () => {
    assert.deepEqual(await dvrscope('help', 'check'), await dvrscope('check', '--help'));
    assert.equal((await dvrscope('help', 'check')).status, 0);
  });

  it('every verb says its exit status in its help', async () => {
    const { out } = await dvrscope('--help');
    const verbs = [...out.matchAll(/^ {2}dvrscope (\w+)/gm)].map(([, verb]) => verb!);
    assert.ok(verbs.length >= 9);
    for (const verb of verbs.filter((name) => name !== 'lsp'))
      assert.match((await dvrscope(verb, '--help')).out, /Exit status: 0 /, verb);
  });
});

describe('what has no effect is said', () => {
  const rows: [args: string[], says: string][] = [
    [['check', EXAMPLE, '--timeout', '5'], '--timeout has no effect without --live\n'],
    [['check', EXAMPLE, '--user', 'x', '--sudo', 'never'], '--user, --sudo have no effect without --live\n'],
    [['check', EMPTY], `${EMPTY}: there is nothing in this topology to check\n`],
    [['check', EXAMPLE], ''],
  ];
  for (const [args, says] of rows)
    it(args.slice(1).join(' '), async () => {
      const { status, err } = await dvrscope(...args);
      assert.deepEqual([status, err], [0, says]);
    });
});
