/** `dvrscope format`: topology files as the editor formats them. */
import { parseArgs } from 'node:util';
import { formatted } from '../../shared/format/format.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { positionsOf } from '../place.ts';
import { type Io, UsageError, type Verb } from './io.ts';
import { STANDARD_INPUT, readText, writeOver } from './textFile.ts';
import { wrongArgs } from './wrongArgs.ts';

export const format: Verb = {
  name: 'format',
  usage: 'format [--check] FILE…',
  summary: 'indentation, spaces and blank lines of topology files; nothing else changes',
  help: `  FILE                is written where it changes, and named; - is standard input, which goes to standard output
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
    try {
      // oxlint-disable-next-line no-await-in-loop -- one file after the other
      status = Math.max(status, await formatFile(file, isCheck, io));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      // One that cannot be read does not keep the others from being formatted.
      io.err(`dvrscope format: ${error.message}\n`);
      status = 2;
    }
  }
  return status;
}

async function formatFile(file: string, isCheck: boolean, io: Io): Promise<number> {
  const text = await readText(file, isCheck ? io.err : undefined);
  const isPiped = file === STANDARD_INPUT && !isCheck;
  const error = yamlErrorOf(text);
  if (error !== undefined) {
    io.err(`${file}${error}\n`);
    if (isPiped) io.out(text);
    return 2;
  }
  const after = formatted(text);
  if (isPiped) io.out(after);
  else if (after !== text) {
    if (!isCheck) await writeOver(file, text, after);
    io.out(`${file}\n`);
    return isCheck ? 1 : 0;
  }
  return 0;
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
    throw new UsageError(wrongArgs(error, args, ['check']));
  }
}

/** Where and what, behind the file's name. */
function yamlErrorOf(text: string): string | undefined {
  const error = readTopology(text).problems.find(({ code }) => code === 'yaml-error');
  if (!error) return undefined;
  const start = positionsOf(text)(error.range)?.start ?? { line: 0, character: 0 };
  return `:${start.line + 1}:${start.character + 1}: not formatted: ${error.message}`;
}
