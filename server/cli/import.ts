/** `dvrscope import`: a topology from the saved answers of a Neutron API. */
import { writeFile } from 'node:fs/promises';
import { errorCode } from '../collect/errorCode.ts';
import { importFromFolder } from '../neutron/apiFolder.ts';
import { type Io, UsageError, type Verb, readArgs } from './io.ts';

export const importVerb: Verb = {
  name: 'import',
  usage: 'import --api DIR [-o FILE] [--release R]',
  summary: 'a topology from saved answers of a Neutron API (networks.json, ports.json, …)',
  help: `  --api DIR      folder with the JSON that the API returned: networks, subnets, routers, ports, floatingips, agents,
                 router-l3-agents, …, each as NAME.json
  -o FILE        where the topology goes (default: standard output)
  --release R    whose agents run, which no answer tells: zed, 2023.1, …`,
  run,
};

async function run(args: string[], io: Io): Promise<number> {
  const options = {
    api: { type: 'string' },
    output: { type: 'string', short: 'o' },
    release: { type: 'string' },
  } as const;
  const { values } = readArgs(args, options, []);
  if (values.api === undefined) throw new UsageError('--api DIR is missing');
  const result = await importFromFolder(values.api, values.release === undefined ? {} : { release: values.release });
  if ('error' in result) throw new UsageError(result.error, false);
  for (const note of result.notes) io.err(`${note}\n`);
  if (values.output === undefined) io.out(result.text);
  else
    await writeFile(values.output, result.text).catch((error: unknown) => {
      throw new UsageError(`${values.output} cannot be written: ${errorCode(error)}`, false);
    });
  return 0;
}
