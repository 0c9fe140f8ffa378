/** `dvrscope collect`: snapshots of the nodes, or the script that makes them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../collect/errorCode.ts';
import { collectNodes } from '../collect/collect.ts';
import { COLLECTOR_SCRIPT } from '../collect/script.ts';
import { targetsOf } from '../collect/targets.ts';
import { type Io, UsageError, type Verb, pickNodes, readArgs, readTopologyFile } from './io.ts';
import { SSH_HELP, SSH_OPTIONS, interrupt, sshOptions } from './source.ts';

export const collect: Verb = {
  name: 'collect',
  usage: 'collect (TOPOLOGY -o DIR [--node N…] | --print-script)',
  summary: 'read the nodes over SSH into snapshot files; or print the collector script',
  help: `  -o DIR              where the snapshots go, one NODE.snapshot each
  --node N            only this node; may be repeated
${SSH_HELP}
  --print-script      print the script: ssh NODE sudo sh < dvrscope-collect.sh > NODE.snapshot

Nothing is written on a node. Exit status: 0 all nodes; 2 wrong usage; 3 some node could not be collected.`,
  run,
};

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  node: { type: 'string', multiple: true },
  'print-script': { type: 'boolean' },
  ...SSH_OPTIONS,
} as const;

async function run(args: string[], io: Io): Promise<number> {
  const printing = args.includes('--print-script');
  const { values, positionals } = readArgs(args, OPTIONS, printing ? [] : ['TOPOLOGY']);
  if (printing) {
    io.out(COLLECTOR_SCRIPT);
    return 0;
  }
  const directory = values.output;
  if (directory === undefined) throw new UsageError('-o DIR is missing');
  const { topology } = await readTopologyFile(positionals[0]!);
  const nodes = pickNodes(topology, values.node);
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw new UsageError(`${directory} cannot be made: ${errorCode(error)}`, false);
  });
  const options = sshOptions(values);
  const results = await collectNodes(targetsOf(nodes, options), options, interrupt());
  for (const { node, snapshot, error, warnings } of results) {
    for (const warning of warnings) io.err(`${node}: ${warning}\n`);
    if (snapshot === undefined) io.err(`${node}: ${error?.message ?? 'nothing was read'}\n`);
    // oxlint-disable-next-line no-await-in-loop -- a handful of small files
    else await save(directory, node, snapshot, io);
  }
  return results.some(({ error }) => error) ? 3 : 0;
}

/** A node's name is a file's text: only a plain one becomes a file name. */
async function save(directory: string, node: string, snapshot: string, io: Io): Promise<void> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(node)) throw new UsageError(`"${node}" is no name for a file`, false);
  const path = join(directory, `${node}.snapshot`);
  await writeFile(path, snapshot);
  io.out(`${path}\n`);
}
