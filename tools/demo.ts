/**
 * `npm run demo`: the whole way through on recordings of real Neutron agents, over SSH on loopback, with nothing but this repository.
 * Three nodes answer; on one of them a rule is taken away. dvrscope must find that fault, and only that. Ends with status 0 if so.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTopology } from '../server/neutron/import.ts';
import { readApiFolder } from '../server/neutron/apiFolder.ts';
import { writeTopology } from '../shared/topology/write.ts';
import { newKey, startSshNode } from '../test/support/sshNode.ts';

const ROOT = join(import.meta.dirname, '..');
const RECORDING = join(ROOT, 'test/recordings/S3');
const NODES = ['compute1', 'compute2', 'net1'];
const FAULTY = 'compute1';
const LOGIN = ['--identity', 'id_ed25519', '--known-hosts', 'known_hosts', '--user', 'root', '--ssh-config', 'none'];
/** The rule that sends packets of VMs without a floating IP to the SNAT node. */
const LOST = '{"priority":167837697,"src":"10.1.0.1","srclen":24,"table":"167837697"}';

const folder = await mkdtemp(join(tmpdir(), 'dvrscope-demo-'));
const clientKey = newKey();
const servers = await Promise.all(
  NODES.map(async (node) => startSshNode({ recording: await recordingOf(node), clientKey })),
);
try {
  process.exitCode = (await tell()) ? 0 : 1;
} finally {
  await Promise.all(servers.map(async (server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
}

async function recordingOf(node: string): Promise<string> {
  const text = await readFile(join(RECORDING, `${node}.snapshot`), 'utf8');
  if (node !== FAULTY) return text;
  if (!text.includes(`,${LOST}`)) throw new Error('the recording has not the rule that the demo takes away');
  return text.replace(`,${LOST}`, '');
}

async function tell(): Promise<boolean> {
  await writeInputs();
  say('Three nodes of a real cloud answer over SSH on loopback. On compute1 one ip rule has been taken away.');
  await run('1. Is the topology sound?', ['check', 'cloud.dvr.yaml']);
  const checked = await run('2. Do the nodes hold what they should?', ['check', 'cloud.dvr.yaml', '--live', ...LOGIN]);
  const diffed = await run('3. The difference', ['diff', 'cloud.dvr.yaml', '--node', FAULTY, '--live', ...LOGIN]);
  const packet = ['--from', 'a3', '--to', '198.51.100.10'];
  const traced = await run('4. Where does a packet of a VM without floating IP die?', [
    'trace',
    'cloud.dvr.yaml',
    ...packet,
    '--live',
    ...LOGIN,
  ]);
  const report = await dvrscope(['check', 'cloud.dvr.yaml', '--live', '--format', 'json', ...LOGIN]);
  return isAsMade(report.stdout, checked.status, diffed.stdout, traced.stdout);
}

/** The topology as the API of that cloud described it, with the addresses of the demo's nodes; a key and the host keys. */
async function writeInputs(): Promise<void> {
  const folderOf = await readApiFolder(join(RECORDING, 'api'));
  if ('error' in folderOf) throw new Error(folderOf.error);
  const { topology } = importTopology(folderOf.answers, { release: 'zed' });
  const nodes = topology.nodes.map((node) => {
    const server = servers[NODES.indexOf(node.name)];
    return server ? { ...node, address: server.host, ssh_port: server.port } : node;
  });
  await writeFile(join(folder, 'cloud.dvr.yaml'), writeTopology({ ...topology, nodes }));
  await writeFile(join(folder, 'known_hosts'), servers.map(({ knownHostsLine }) => knownHostsLine).join(''));
  await writeFile(join(folder, 'id_ed25519'), clientKey.private, { mode: 0o600 });
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
