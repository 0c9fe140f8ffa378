/** What it costs to read nodes over SSH: one node with many routers, beside one ssh for each command; and many nodes, compared too. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CollectOptions, collectNodes } from '../server/collect/collect.ts';
import { scriptFor } from '../server/collect/script.ts';
import type { Target } from '../server/collect/targets.ts';
import { compare } from '../shared/compare.ts';
import { expect } from '../shared/expect.ts';
import { readNodeState } from '../shared/live.ts';
import { readAllocations } from '../shared/readAllocations.ts';
import { type Snapshot, parseSnapshot } from '../shared/snapshot.ts';
import { type OpenSsh, startOpenSsh, withoutOpenSsh } from '../test/support/openssh.ts';
import { nodeNames, topologyOf } from '../test/support/recordings.ts';
import { makeRouterNamespaces, withoutNamespaces } from '../test/support/routerNamespaces.ts';
import { runScript } from '../test/support/runScript.ts';
import type { Figure } from './figure.ts';
import type { SimulatedNodes } from './sshNodes.ts';

const ROUTERS = 50;

/** Of the commands that make a snapshot every so manieth is run by itself: all of them would take minutes. */
const SAMPLE = 12;

/** Needs root, network namespaces and OpenSSH; without them it says so and has no figures. */
export async function collectNodeFigures(): Promise<Figure[]> {
  const reason = withoutNamespaces() || withoutOpenSsh();
  if (reason) {
    process.stderr.write(`collect, one node: left out, ${reason}\n`);
    return [];
  }
  const routers = await makeRouterNamespaces(ROUTERS);
  const server = await startOpenSsh();
  try {
    return await measureNode(server);
  } finally {
    await server.stop();
    await routers.remove();
  }
}

async function measureNode(server: OpenSsh): Promise<Figure[]> {
  const identity = await server.newLogin('bench');
  const knownHosts = join(server.folder, 'known_hosts');
  await writeFile(knownHosts, server.hostKeys.map((key) => `[${server.host}]:${server.port} ${key}\n`).join(''));
  const target: Target = { node: 'n1', host: server.host, port: server.port, username: server.username };
  const options: CollectOptions = {
    identityFiles: [identity],
    knownHostsFiles: [knownHosts],
    agent: '',
    sudo: 'never',
  };
  const alone = await medianTime(5, async () => void (await runScript(scriptFor('n1'))));
  let text = '';
  const whole = await medianTime(5, async () => {
    const [result] = await collectNodes([target], options);
    text = result?.snapshot ?? '';
  });
  const commands = commandsOf(parseSnapshot(text));
  const sample = commands.filter((_, index) => index % SAMPLE === 0);
  const login = ['-F', 'none', '-i', identity, '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'IdentitiesOnly=yes'];
  const ssh = [...login, '-p', String(server.port), `${server.username}@${server.host}`];
  const start = performance.now();
  for (const command of sample) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is what is measured
    await new Promise<void>((resolve) => {
      execFile('ssh', [...ssh, ...command], { maxBuffer: 2 ** 26 }, () => resolve());
    });
  }
  const each = ((performance.now() - start) * commands.length) / sample.length;
  const name = `collect: one node with ${ROUTERS} routers`;
  return [
    { name: `${name}, the script alone`, value: alone, unit: 'ms', target: 1000 },
    { name: `${name}, for each namespace`, value: alone / ROUTERS, unit: 'ms' },
    { name: `${name}, over SSH`, value: whole, unit: 'ms' },
    {
      name: `${name}, one ssh for each of ${commands.length} commands (${sample.length} run)`,
      value: each,
      unit: 'ms',
    },
    {
      name: `${name}, faster than one ssh for each command`,
      value: each / whole,
      unit: '×',
      target: 30,
      more: true,
      peer: each,
      ratio: each / whole,
    },
  ];
}

/** The commands behind the sections of a snapshot, as words for `ssh`. */
const commandsOf = ({ sections }: Snapshot): string[][] =>
  sections.map(({ namespace, command }) => {
    const words = command.split(' ');
    return namespace === '-' ? words : ['ip', 'netns', 'exec', namespace, ...words];
  });

async function medianTime(runs: number, work: () => Promise<void>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await work();
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)]!;
}

/** So many are read, compared and forgotten before the next ones. */
const SLICE = 32;

/** Nodes are SSH servers in another process, so that only our own memory is counted; each answers with one of the recordings of S3. */
export async function collectFleetFigures(count: number): Promise<Figure[]> {
  const { nodes, stop } = await startNodes(count);
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-bench-'));
  const [identity, knownHosts] = [join(folder, 'id'), join(folder, 'known_hosts')];
  await writeFile(identity, nodes.privateKey, { mode: 0o600 });
  await writeFile(knownHosts, nodes.knownHosts.join(''));
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const start = performance.now();
  let differences = 0;
  try {
    const options = { identityFiles: [identity], knownHostsFiles: [knownHosts], agent: '' };
    differences = await collectAndCompare(nodes, options);
  } finally {
    clearInterval(watch);
    await stop();
    await rm(folder, { recursive: true });
  }
  const seconds = (performance.now() - start) / 1000;
  if (differences > 0)
    process.stderr.write(`collect, ${count} nodes: ${differences} differences in healthy recordings\n`);
  const name = `collect: ${count} simulated nodes, read and compared`;
  return [
    { name, value: count / seconds, unit: 'nodes/s' },
    { name: `${name}: peak memory (RSS)`, value: peak / 2 ** 20, unit: 'MiB' },
  ];
}

async function collectAndCompare({ ports }: SimulatedNodes, options: CollectOptions): Promise<number> {
  const topology = topologyOf('S3');
  const names = nodeNames('S3');
  const targets = ports.map((port, index): Target => ({
    node: names[index % names.length] ?? '',
    host: '127.0.0.1',
    port,
    username: 'root',
  }));
  let differences = 0;
  for (let at = 0; at < targets.length; at += SLICE) {
    // oxlint-disable-next-line no-await-in-loop -- a slice at a time keeps the memory flat
    for (const { node, snapshot, error } of await collectNodes(targets.slice(at, at + SLICE), options)) {
      if (snapshot === undefined) throw new Error(error?.message);
      const live = readNodeState(parseSnapshot(snapshot), node);
      differences += compare(expect(topology, node, readAllocations(topology, node, live)), live).differences.length;
    }
  }
  return differences;
}

async function startNodes(count: number): Promise<{ nodes: SimulatedNodes; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sshNodes.ts'), String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  for await (const line of createInterface(child.stdout)) {
    const nodes: SimulatedNodes = JSON.parse(line);
    return {
      nodes,
      stop: async () => {
        child.stdin.end();
        await ended;
      },
    };
  }
  throw new Error('the simulated nodes did not start');
}
