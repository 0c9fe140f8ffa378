/** `dvrscope format`: topology files as the editor formats them. */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { formatted } from '../../shared/format/format.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { errorCode } from '../collect/errorCode.ts';
import { positionsOf } from '../place.ts';
import { type Io, UsageError, type Verb } from './io.ts';

export const format: Verb = {
  name: 'format',
  usage: 'format [--check] FILE…',
  summary: 'indentation, spaces and blank lines of topology files; nothing else changes',
  help: `  FILE                is written where it changes, and named
  --check             write nothing: name the files that would change

Two spaces for each level, one behind colons, commas and dashes, none inside of brackets; one blank line at most. Spaces that
line values up stay, as do quotes, comments, the order of keys, and what is on one line. A file with YAML errors is left as it is.

Exit status: 0 done, or nothing to do; 1 with --check: a file would change; 2 wrong usage, unreadable file or YAML errors.`,
  run,
};

async function run(args: string[], io: Io): Promise<number> {
  const { files, isCheck } = argumentsOf(args);
  let status = 0;
  for (const file of files) {
    // oxlint-disable-next-line no-await-in-loop -- one file after the other
    const text = await textOf(file);
    const error = yamlErrorOf(text);
    if (error !== undefined) {
      io.err(`${file}${error}\n`);
      status = 2;
      continue;
    }
    const after = formatted(text);
    if (after === text) continue;
    io.out(`${file}\n`);
    // oxlint-disable-next-line no-await-in-loop -- one file after the other
    if (!isCheck) await write(file, after);
    else status = Math.max(status, 1);
  }
  return status;
}

function argumentsOf(args: string[]): { files: string[]; isCheck: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { check: { type: 'boolean' } },
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length === 0) throw new UsageError('FILE is missing');
    return { files: positionals, isCheck: values.check === true };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message.replace(/\. To specify.*$/s, '') : String(error));
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${errorCode(error)}`, false);
  }
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be written: ${errorCode(error)}`, false);
  });
}

/** Where and what, behind the file's name. */
function yamlErrorOf(text: string): string | undefined {
  const error = readTopology(text).problems.find(({ code }) => code === 'yaml-error');
  if (!error) return undefined;
  const start = positionsOf(text)(error.range)?.start ?? { line: 0, character: 0 };
  return `:${start.line + 1}:${start.character + 1}: not formatted: ${error.message}`;
}
