/** `dvrscope import`: a topology from the saved answers of a Neutron API, and how SSH reaches its nodes from an Ansible inventory. */
import { writeFile } from 'node:fs/promises';
import { writeTopology } from '../../shared/topology/write.ts';
import { readFile as readOneFile, topologyOf } from '../../shared/topology/read.ts';
import { readInventory } from '../ansible/inventory.ts';
import { mergeInventory } from '../ansible/merge.ts';
import { fileErrorText } from '../collect/errorCode.ts';
import { importFromFolder } from '../neutron/apiFolder.ts';
import { SAVE_SCRIPT } from '../neutron/saveScript.ts';
import { type Io, UsageError, type Verb, readArgs } from './io.ts';
import { readText } from './textFile.ts';

export const importVerb: Verb = {
  name: 'import',
  usage: 'import [--api DIR | --topology FILE] [--inventory FILE] [-o FILE] [--release R] | --print-script',
  summary:
    'a topology from saved answers of a Neutron API (networks.json, ports.json, …), or addresses from an inventory',
  help: `  --api DIR         folder with the JSON that the API returned: networks, subnets, routers, ports, floatingips, agents,
                    router-l3-agents, …, each as NAME.json
  --inventory FILE  what "ansible-inventory --list" printed: address, port and user of each node. Jump hosts, which have no
                    place in a topology, are printed as lines for ~/.ssh/config. Alone it gives the nodes of the groups
                    "network" and "compute"
  --topology FILE   put the inventory into this topology; comments are not kept
  -o FILE           where the topology goes (default: standard output)
  --print-script    print a script that saves these answers, to be run where the API can be reached
  --release R       whose agents run, which no answer tells: zed, 2023.1, …

Exit status: 0 done; 2 wrong usage, or something cannot be read or written.`,
  run,
};

async function run(args: string[], io: Io): Promise<number> {
  const options = {
    api: { type: 'string' },
    inventory: { type: 'string' },
    topology: { type: 'string' },
    output: { type: 'string', short: 'o' },
    release: { type: 'string' },
    'print-script': { type: 'boolean' },
  } as const;
  const { values } = readArgs(args, options, []);
  if (values['print-script'] === true) {
    io.out(SAVE_SCRIPT);
    return 0;
  }
  const imported = await importTopologyText(values, io);
  const text = values.inventory === undefined ? imported : await withInventory(imported, values.inventory, io);
  if (values.output === undefined) io.out(text);
  else
    await writeFile(values.output, text).catch((error: unknown) => {
      throw new UsageError(`${values.output} cannot be written: ${fileErrorText(error)}`, false);
    });
  return 0;
}

interface Sources {
  api?: string | undefined;
  topology?: string | undefined;
  inventory?: string | undefined;
  release?: string | undefined;
}

/** The topology before the inventory is put into it; an inventory alone starts from an empty one. */
async function importTopologyText({ api, topology, inventory, release }: Sources, io: Io): Promise<string> {
  if (api !== undefined && topology !== undefined) throw new UsageError('--api and --topology exclude each other');
  if (topology !== undefined && inventory === undefined) throw new UsageError('--topology needs --inventory FILE');
  if (topology !== undefined) return readText(topology);
  if (api === undefined && inventory !== undefined)
    return release === undefined ? 'dvr: 1\n' : `dvr: 1\nrelease: ${JSON.stringify(release)}\n`;
  if (api === undefined) throw new UsageError('--api DIR is missing');
  const result = await importFromFolder(api, release === undefined ? {} : { release });
  if ('error' in result) throw new UsageError(result.error, false);
  for (const note of result.notes) io.err(`${note}\n`);
  return result.text;
}

async function withInventory(text: string, file: string, io: Io): Promise<string> {
  const inventory = readInventory(await readText(file, io.err));
  if (inventory.hosts.length === 0) throw new UsageError(`${file}: ${inventory.notes.join('; ')}`, false);
  const own = readOneFile(text);
  if ((own.values?.include ?? []).length > 0)
    throw new UsageError(
      'the topology is made of several files (include), and one is written: give the one that has the nodes',
      false,
    );
  const { topology, problems } = topologyOf(own);
  // What is not understood would be lost when it is written again.
  const error = problems.find(({ severity }) => severity === 'error');
  if (error) throw new UsageError(`the topology has errors, "dvrscope check" shows them: ${error.message}`, false);
  const merged = mergeInventory(topology, inventory);
  for (const note of merged.notes) io.err(`${note}\n`);
  return writeTopology(merged.topology);
}
