/** What all verbs share: output, arguments, and reading the topology. */
import { relative } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { runChecks } from '../../shared/checks/table.ts';
import { isSnapshot } from '../../shared/snapshot.ts';
import { readFiles } from '../../shared/topology/files.ts';
import type { Node, Topology } from '../../shared/topology/types.ts';
import { slashed } from '../diskLibrary.ts';
import type { Reading } from '../report.ts';
import { rootsNear } from '../roots.ts';
import { STANDARD_INPUT, libraryWith, readText } from './textFile.ts';
import { instead, wrongArgs } from './wrongArgs.ts';

export interface Io {
  /** `paint` gives the text colours, where the user has them. */
  out: (text: string, paint?: (text: string) => string) => void;
  err: (text: string) => void;
  /** Shows a line until the next one comes, the empty one wipes it; absent where nobody would see it. */
  progress?: (line: string) => void;
}

export interface Verb {
  name: string;
  /** With its name: `expect TOPOLOGY --node N`. */
  usage: string;
  /** One line for the overview. */
  summary: string;
  help: string;
  run(args: string[], io: Io): Promise<number>;
}

/** A mistake of the caller: its message is all that is shown, status 2. The one exception that the command line throws, caught in `cli.ts`. */
export class UsageError extends Error {
  readonly showUsage: boolean;
  constructor(message: string, showUsage = true) {
    super(message);
    this.showUsage = showUsage;
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options and exactly the positional arguments that are named. One in brackets, `[TOPOLOGY]`, may be left out. */
export function readArgs<O extends Options>(args: string[], options: O, positionals: readonly string[]) {
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
    const missing = positionals[parsed.positionals.length];
    if (missing !== undefined && !missing.startsWith('[')) throw new UsageError(`${missing} is missing`);
    const extra = parsed.positionals[positionals.length];
    if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many`);
    return { values: parsed.values, positionals: parsed.positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(wrongArgs(error, args, Object.keys(options)));
  }
}

/** With all that it includes; `-` is standard input. Throws a UsageError when it cannot be read; what is wrong inside it is in `problems`. */
export async function readTopologyFile(path: string, io: Pick<Io, 'err'>): Promise<Reading> {
  const root = slashed(path);
  const text = await readText(path, io.err, '. A topology is a text in YAML; snapshots and reports are for --snapshot');
  if (isSnapshot(text)) throw new UsageError(`${path} is a snapshot of a node: give it behind --snapshot`, false);
  // The root is there: its text is given.
  const { topology, problems, sourceMap, files } = readFiles(root, libraryWith(root, new Map([[root, text]])))!;
  return { file: path, text, topology, sourceMap, files, problems: [...problems, ...runChecks(topology)] };
}

/** Whoever names one file of several is told which one is the whole. */
export function noteOfRoot({ file, problems }: Reading, io: Io): void {
  // What is missing here may be elsewhere. A file with nothing wrong is taken at its word.
  if (problems.length === 0 || file === STANDARD_INPUT) return;
  const [root] = rootsNear(file);
  if (root !== undefined)
    io.err(
      `${file} is a part of ${relative('.', root)} (include). It was read by itself; the whole is ${relative('.', root)}\n`,
    );
}

/** A file that was emptied, or not yet written, is not taken for a sound cloud without a word. */
export function noteOfNothing({ file, topology, problems }: Reading, io: Io): void {
  const { nodes, networks, routers, ports } = topology;
  if (problems.length === 0 && [nodes, networks, routers, ports].every(({ length }) => length === 0))
    io.err(`${file}: there is nothing in this topology to check\n`);
}

/** For verbs that go on with a faulty topology: one line on standard error says so. */
export function warnOfProblems(reading: Reading, io: Io): void {
  const { file, problems } = reading;
  noteOfRoot(reading, io);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0)
    io.err(
      `${file}: ${errors} ${errors === 1 ? 'error' : 'errors'}, what depends on them is left out; see dvrscope check ${file}\n`,
    );
}

/** Names of nodes as given, or all; an unknown one is a usage error that lists those there are. */
export function pickNodes(topology: Topology, names: readonly string[] | undefined): Node[] {
  for (const name of names ?? [])
    if (!topology.nodes.some((node) => node.name === name)) throw noSuchNode(topology, name);
  return topology.nodes.filter((node) => !names || names.includes(node.name));
}

const noSuchNode = (topology: Topology, name: string): UsageError =>
  new UsageError(
    `the topology has no node "${name}"; it has ${instead(
      name,
      topology.nodes.map((node) => node.name),
    )}`,
    false,
  );

/** One of a closed set of words. */
export function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  words: readonly T[],
  fallback: T,
): T {
  if (value === undefined) return fallback;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw new UsageError(`${option} is one of ${words.join(', ')}, not "${value}"`);
  return word;
}
