/**
 * `npm run demo`: the whole way through on recordings of real Neutron agents, over SSH on loopback, with nothing but this repository.
 * Three nodes answer; on one of them a rule is taken away. dvrscope must find that fault, and only that. Ends with status 0 if so.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from '../server/demo/demo.ts';
import { writeDemoTopology } from '../server/demo/files.ts';

const ROOT = join(import.meta.dirname, '..');
const FAULTY = 'compute1';
const TOPOLOGY = 'demo.dvr.yaml';
/** Addresses, the key and the host keys of the nodes. */
const LOGIN = ['--ssh-config', 'ssh_config'];

const folder = await mkdtemp(join(tmpdir(), 'dvrscope-demo-'));
const place = { folder, recordings: join(ROOT, 'dist/demo.br') };
const demo = await startDemo(place);
try {
  await writeDemoTopology(place, true);
  await demo.writeLogin();
  process.exitCode = (await tell()) ? 0 : 1;
} finally {
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
}

async function tell(): Promise<boolean> {
  say('Three nodes of a real cloud answer over SSH on loopback. On compute1 one ip rule has been taken away.');
  await run('1. Is the topology sound?', ['check', TOPOLOGY]);
  const checked = await run('2. Do the nodes hold what they should?', ['check', TOPOLOGY, '--live', ...LOGIN]);
  const diffed = await run('3. The difference', ['diff', TOPOLOGY, '--node', FAULTY, '--live', ...LOGIN]);
  const packet = ['--from', 'a3', '--to', '198.51.100.10'];
  const traced = await run('4. Where does a packet of a VM without floating IP die?', [
    'trace',
    TOPOLOGY,
    ...packet,
    '--live',
    ...LOGIN,
  ]);
  const report = await dvrscope(['check', TOPOLOGY, '--live', '--format', 'json', ...LOGIN]);
  return isAsMade(report.stdout, checked.status, diffed.stdout, traced.stdout);
}

interface Ran {
  stdout: string;
  status: number;
}

async function run(title: string, args: string[]): Promise<Ran> {
  say(`\n── ${title}\n$ dvrscope ${args.filter((arg) => !LOGIN.includes(arg)).join(' ')}`);
  const ran = await dvrscope(args);
  say(ran.stdout.trimEnd());
  return ran;
}

/** The bundled program, as users run it. */
async function dvrscope(args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'dist/cli.cjs'), ...args],
      { cwd: folder, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        if (stderr) say(stderr.trimEnd());
        resolve({ stdout, status: error ? Number(error.code ?? 1) : 0 });
      },
    );
  });
}

function isAsMade(json: string, status: number, diff: string, trace: string): boolean {
  const {
    findings,
  }: { findings: { code: string; fault: string; node: string; pointer: string; live: string | null }[] } =
    JSON.parse(json);
  const differences = findings.filter(({ code }) => code !== 'not-collected');
  const [only] = differences;
  const found = differences.length === 1 && only?.code === 'rule-missing' && only.node === FAULTY && only.live === null;
  const pointed = only?.pointer === '/routers/ra/interfaces/neta-sub' && only.fault === 'S02';
  const shown =
    status === 1 &&
    diff.includes('-167837697:\tfrom 10.1.0.1/24 lookup 167837697') &&
    trace.includes('part in qrouter-');
  const good = found && pointed && shown;
  say(
    good
      ? '\nThe made fault was found, and nothing else.'
      : `\nThis is not what was made: ${JSON.stringify(differences, null, 1)}`,
  );
  return good;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
