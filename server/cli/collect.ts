/** `dvrscope collect`: snapshots of the nodes, or the script that makes them, or a playbook that runs it everywhere. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ANSIBLE_FILES } from '../ansible/playbook.ts';
import { fileErrorText } from '../collect/errorCode.ts';
import { collectNodes } from '../collect/collect.ts';
import { COLLECTOR_SCRIPT } from '../collect/script.ts';
import { notesOf, targetsOf } from '../collect/targets.ts';
import { visible } from '../collect/visible.ts';
import { type Io, UsageError, type Verb, pickNodes, readArgs, readTopologyFile } from './io.ts';
import { SSH_HELP, SSH_OPTIONS, interruptible, progressOf, sshOptions } from './source.ts';

export const collect: Verb = {
  name: 'collect',
  usage: 'collect (TOPOLOGY -o DIR [--node N…] | --print-script | --ansible DIR)',
  summary: 'read the nodes over SSH into snapshot files; or print the collector script, or write an Ansible playbook',
  help: `  -o DIR              where the snapshots go, one NODE.snapshot each
  --node N            only this node; may be repeated
${SSH_HELP}
  --print-script      print the script: ssh NODE sudo sh < dvrscope-collect.sh > NODE.snapshot
  --ansible DIR       write a playbook that leaves one snapshot for each host of an inventory, and how to run it

Nothing is written on a node. Exit status: 0 all nodes; 2 wrong usage; 3 some node could not be collected.`,
  run,
};

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  node: { type: 'string', multiple: true },
  'print-script': { type: 'boolean' },
  ansible: { type: 'string' },
  ...SSH_OPTIONS,
} as const;

async function run(args: string[], io: Io): Promise<number> {
  const needsNone = args.some((arg) => arg === '--print-script' || /^--ansible(=|$)/.test(arg));
  const { values, positionals } = readArgs(args, OPTIONS, needsNone ? [] : ['TOPOLOGY']);
  if (values.ansible !== undefined) return writeFiles(values.ansible, ANSIBLE_FILES(), io);
  if (values['print-script']) {
    io.out(COLLECTOR_SCRIPT);
    return 0;
  }
  const directory = values.output;
  if (directory === undefined) throw new UsageError('-o DIR is missing');
  const { topology } = await readTopologyFile(positionals[0]!, io);
  const nodes = pickNodes(topology, values.node);
  await makeFolder(directory);
  const options = sshOptions(values, io);
  const targets = targetsOf(nodes, options);
  for (const note of notesOf(targets)) io.err(`${note}\n`);
  const results = await interruptible(async (signal) => collectNodes(targets, options, signal, progressOf(io)));
  io.progress?.('');
  let unsaved = false;
  for (const { node, snapshot, error, warnings } of results) {
    for (const warning of warnings) io.err(`${visible(node)}: ${warning}\n`);
    if (snapshot === undefined) io.err(`${visible(node)}: ${error?.message ?? 'nothing was read'}\n`);
    // oxlint-disable-next-line no-await-in-loop -- a handful of small files
    else if (!(await save(directory, node, snapshot, io))) unsaved = true;
  }
  return unsaved || results.some(({ error }) => error) ? 3 : 0;
}

/** A node's name is a file's text: only a plain one becomes a file name. */
async function save(directory: string, node: string, snapshot: string, io: Io): Promise<boolean> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(node)) {
    io.err(`${visible(node)}: this is no name for a file, so its snapshot is not kept\n`);
    return false;
  }
  await writeFiles(directory, { [`${node}.snapshot`]: snapshot }, io);
  return true;
}

/** Makes the folder and writes the files, and prints their paths. */
async function writeFiles(directory: string, texts: Record<string, string>, io: Io): Promise<number> {
  await makeFolder(directory);
  for (const [name, text] of Object.entries(texts)) {
    const path = join(directory, name);
    // oxlint-disable-next-line no-await-in-loop -- a handful of small files
    await writeFile(path, text).catch((error: unknown) => {
      throw new UsageError(`${path} cannot be written: ${fileErrorText(error)}`, false);
    });
    io.out(`${path}\n`);
  }
  return 0;
}

async function makeFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw new UsageError(`${directory} cannot be made: ${fileErrorText(error)}`, false);
  });
}
