/** The command line: finds the verb and ends with its status. Everything else is in `cli/`, one file for each verb. */
import { check } from './cli/check.ts';
import { collect } from './cli/collect.ts';
import { diff } from './cli/diff.ts';
import { expectVerb } from './cli/expect.ts';
import { format } from './cli/format.ts';
import { importVerb } from './cli/import.ts';
import { UsageError, type Io, type Verb } from './cli/io.ts';
import { lsp } from './cli/lsp.ts';
import { trace } from './cli/trace.ts';
import { verify } from './cli/verify.ts';
import { didYouMean } from '../shared/topology/nearest.ts';
import { VERSION } from './version.ts';

const VERBS: readonly Verb[] = [check, expectVerb, trace, verify, diff, collect, importVerb, format, lsp];

/**
 * Exit status: 0 nothing at or above `--fail-on`; 1 findings; 2 usage or unreadable input; 3 no findings, but a node could not be collected.
 * @param args without the program's name
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args[0] === 'help' && args[1] !== undefined ? [args[1], '--help'] : args;
  const verb = VERBS.find((candidate) => candidate.name === name);
  if (!verb) return withoutVerb(name, io);
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(`usage: dvrscope ${verb.usage}\n\n${verb.help}\n`);
    return 0;
  }
  try {
    return await verb.run(rest, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`dvrscope ${verb.name}: ${error.message}\n${error.showUsage ? `usage: dvrscope ${verb.usage}\n` : ''}`);
    return 2;
  }
}

function withoutVerb(name: string | undefined, io: Io): number {
  if (name === undefined) {
    io.err(overview());
    return 2;
  }
  if (['--version', '-V', 'version'].includes(name)) io.out(`dvrscope ${VERSION}\n`);
  else if (['--help', '-h', 'help'].includes(name)) io.out(overview());
  else {
    const meant = didYouMean(
      name,
      VERBS.map((verb) => verb.name),
    );
    io.err(`dvrscope: no verb "${name}"${meant === '' ? '' : `.${meant}`}\nAll verbs: dvrscope --help\n`);
    return 2;
  }
  return 0;
}

const overview = (): string =>
  `dvrscope: what OpenStack Neutron DVR nodes should hold, what they do hold, and where packets go\n\n${VERBS.map(
    ({ usage, summary }) => `  dvrscope ${usage}\n      ${summary}\n`,
  ).join(
    '',
  )}\nEach verb explains itself with --help. TOPOLOGY is a file, or - for standard input.\n--color auto|always|never: colours on a terminal (auto), where NO_COLOR and FORCE_COLOR hold.\n`;
