/**
 * `npm run oracle`: the kernel, Open vSwitch and OpenSSH judge what the engine says. Needs root and their Debian packages; what is missing fails.
 * A sample as in the tests; `-- --full` asks for 100,000 packets of each kind, `-- --count N`, `-- --seed N` for others. Ends with status 0 when
 * nobody disagrees.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const JUDGES = ['test/judges/*.test.ts', 'test/server/collect/openssh.test.ts', 'test/server/collect/fleet.test.ts', 'test/server/collect/sshConfig.test.ts']; // prettier-ignore

const { values } = parseArgs({
  options: { full: { type: 'boolean' }, count: { type: 'string' }, seed: { type: 'string' } },
});
const count = values.count ?? (values.full ? '100000' : '2000');
const seed = values.seed ?? '1';
if (![count, seed].every((text) => /^\d+$/.test(text))) throw new Error('--count and --seed take a number');

const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...JUDGES], {
  cwd: new URL('..', import.meta.url),
  stdio: 'inherit',
  env: { ...process.env, CI: 'true', JUDGE_COUNT: count, JUDGE_SEED: seed },
});
process.exitCode = status ?? 1;
