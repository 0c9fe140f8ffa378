/** Reads a topology file. Total and linear: any text gives a topology, what is wrong with it, and where everything stands. */
import type { Pointer, Problem, Range } from '../problem.ts';
import { RELEASES } from '../releases.ts';
import { type Assembly, assemble, errorsIn, problemsIn, unreadIn, valuesIn } from './assembly.ts';
import { assemblyMap } from './assemblyMap.ts';
import { CODENAMES, buildTopology, knownRelease } from './build.ts';
import { decodeTopology } from './decode.ts';
import { quote } from './describe.ts';
import type { Values } from './fields.ts';
import { didYouMean } from './nearest.ts';
import { blankConflictMarkers, loneReturns, type YamlError } from './repair.ts';
import { gatewayProblems, shortForms } from './shortForms.ts';
import { pointerAt, sourceMapOf, type SourceMap, type TextMap } from './sourceMap.ts';
import type { Topology } from './types.ts';
import { yamlTree } from './yamlTree.ts';

export interface ReadTopology {
  topology: Topology;
  /** In the order of the text. */
  problems: Problem[];
  sourceMap: SourceMap;
  /** What the next version can be made from; of an earlier one, where this could only be read as a whole. */
  assembly?: Assembly;
}

/** Of one text. */
export interface ReadText extends ReadTopology {
  sourceMap: TextMap;
}

/** What one file says, before it is put together with others (`files.ts`) and made a topology. */
export interface ReadFile extends Omit<ReadText, 'topology'> {
  /** Absent when the text is no map of sections at all. */
  values: Values<'topology'> | undefined;
  /** By the name that `releases.ts` has. */
  release: string | undefined;
  /** Each entry once. */
  unread: Pointer[];
}

/**
 * Law: whatever came before, the result is that of reading the text alone. Things that an edit did not touch are the same objects.
 * What the text includes is not looked for: that is `readFiles`.
 * @param previous an earlier version of the same file
 */
export const readTopology = (text: string, previous?: ReadTopology): ReadText =>
  topologyOf(readFile(text, previous), previous?.topology);

/** The same of one file of several. */
export function readFile(text: string, previous?: Pick<ReadFile, 'assembly'>): ReadFile {
  const marked = blankConflictMarkers(text);
  const assembly = assemble(marked.text, previous?.assembly);
  const parts = assembly ? partsOfAssembly(assembly) : partsOfWhole(marked.text);
  const kept = assembly ?? previous?.assembly;
  return { ...readingOf(parts, marked.errors), ...(kept && { assembly: kept }) };
}

/** The topology of a file by itself. */
export function topologyOf(file: ReadFile, previous?: Topology): ReadText {
  const { values, release, unread, problems, sourceMap, assembly } = file;
  const topology = buildTopology(values, release, unread, previous);
  return { topology, problems, sourceMap, ...(assembly && { assembly }) };
}

/** The same in one piece by the YAML library, whatever the text is: the judge of reading block by block. */
export function readWhole(text: string): ReadText {
  const marked = blankConflictMarkers(text);
  return topologyOf(readingOf(partsOfWhole(marked.text), marked.errors));
}

function readingOf(parts: Parts, markers: YamlError[]): ReadFile {
  const { values, problems, sourceMap, unread } = parts;
  for (const hole of parts.holes) unread.push(pointerAt(sourceMap, hole));
  const release = readRelease(values, sourceMap, problems);
  const all = problems.concat(yamlProblems([...markers, ...parts.errors], sourceMap));
  return { values, release, unread: [...new Set(unread)], problems: limited(all), sourceMap };
}

/** What was read, whichever way. */
interface Parts {
  values: Values<'topology'> | undefined;
  problems: Problem[];
  sourceMap: TextMap;
  unread: Pointer[];
  errors: YamlError[];
  holes: number[];
}

function partsOfAssembly(assembly: Assembly): Parts {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table is the type, as in `decode`
  const values = valuesIn(assembly) as unknown as Values<'topology'>;
  const problems = problemsIn(assembly);
  return { values, problems, sourceMap: assemblyMap(assembly), unread: unreadIn(assembly), ...errorsIn(assembly) };
}

function partsOfWhole(text: string): Parts {
  const { tree, errors, holes } = yamlTree(text);
  const { values, problems, places, unread } = decodeTopology(tree);
  const sourceMap = sourceMapOf([...shortForms(values?.routers, places), ...places], text);
  const all = problems.concat(gatewayProblems(values?.routers));
  const broken = [...loneReturns(text), ...errors];
  return { values, problems: all, sourceMap, unread, errors: broken, holes: holes.map(([start]) => start) };
}

/** A file full of errors is some other file; a thousand of them help nobody. */
const MAX_PROBLEMS = 1000;

function limited(problems: Problem[]): Problem[] {
  const sorted = problems.toSorted((a, b) => (a.range?.[0] ?? 0) - (b.range?.[0] ?? 0));
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  const rest = sorted.length - MAX_PROBLEMS;
  const message = `There are ${rest} more problems in this file, from here on. Is it a topology?`;
  return [...sorted.slice(0, MAX_PROBLEMS), { ...sorted[MAX_PROBLEMS]!, code: 'yaml-error', message }];
}

/** Behind so many errors it does not matter which entry they are in, and to find that out takes time. */
const MAX_PLACED = 100;

const yamlProblems = (errors: YamlError[], sourceMap: SourceMap): Problem[] =>
  errors.map(({ range, message }, i) => ({
    code: 'yaml-error',
    severity: 'error',
    message,
    unfinished: true,
    pointer: i < MAX_PLACED ? pointerAt(sourceMap, range[0]) : '',
    range,
  }));

function readRelease(
  values: Values<'topology'> | undefined,
  sourceMap: SourceMap,
  problems: Problem[],
): string | undefined {
  if (values?.release === undefined) return undefined;
  const known = knownRelease(values.release);
  if (known !== undefined) return known;
  const hint = didYouMean(values.release, [...RELEASES, ...CODENAMES.keys()]);
  problems.push({
    code: 'unknown-release',
    severity: 'warning',
    message: `${quote(values.release)} is no known release of OpenStack; it is passed over.${hint} Known are ${RELEASES[0]} to ${RELEASES.at(-1)}.`,
    pointer: '/release',
    ...rangeOf(sourceMap, '/release'),
  });
  return undefined;
}

const rangeOf = (sourceMap: SourceMap, pointer: Pointer): { range?: Range } => {
  const place = sourceMap.get(pointer);
  return place ? { range: place.value } : {};
};
