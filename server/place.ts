/** From offsets of a reading to files, lines and columns; and what a reading of several files has of each of them. */
import type { Problem, Range } from '../shared/problem.ts';
import { type Codes, type Severities, type SilencedProblems, silenceProblems } from '../shared/silence.ts';
import { fileMap } from '../shared/topology/filesMap.ts';
import { fileOf, ownRange, rangeIn } from '../shared/topology/fileSpan.ts';
import { locate, type SourceMap } from '../shared/topology/sourceMap.ts';
import type { Finding, Position, Reading } from './report.ts';

export type PositionAt = (range: Range | undefined) => Finding['range'];

/** Offsets of one text into lines and columns. */
export function positionsOf(text: string): PositionAt {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  const position = (offset: number): Position => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: offset - starts[low]! };
  };
  return (range) => (range ? { start: position(range[0]), end: position(range[1]) } : null);
}

/** Which file a range is in, and where; what has no range is in the root. */
export type PlaceAt = (range: Range | undefined) => Pick<Finding, 'file' | 'range'>;

export function placesOf({ file, text, files }: Pick<Reading, 'file' | 'text' | 'files'>): PlaceAt {
  const known = new Map<number, PositionAt>();
  return (range) => {
    const number = range && files ? fileOf(range[0]) : 0;
    const found = files?.[number];
    const position = known.get(number) ?? positionsOf(found?.text ?? text);
    known.set(number, position);
    return { file: number === 0 ? file : found!.path, range: position(range && ownRange(range)) };
  };
}

/** One file of a reading, with offsets of its own text. */
export interface OwnReading {
  file: string;
  text: string;
  sourceMap: SourceMap;
  problems: Problem[];
}

/** What is wrong with each file by itself. */
export function ownReadings({ file, text, files, sourceMap, problems }: Reading): OwnReading[] {
  if (!files || files.length === 1) return [{ file, text, sourceMap, problems }];
  const problemsOf = problemsByFile(sourceMap, problems);
  return files.map((each, i) => ({
    file: i === 0 ? file : each.path,
    text: each.text,
    sourceMap: fileMap(each, 0),
    problems: problemsOf(i),
  }));
}

/** Problems of all files by the number of the one that they are in, with offsets of its text: worked out for those that are asked for. */
export function problemsByFile(sourceMap: SourceMap, problems: readonly Problem[]): (file: number) => Problem[] {
  const rangeOf = ({ range, pointer, at }: Problem): Range => range ?? locate(sourceMap, pointer, at) ?? [0, 0];
  const byFile = new Map<number, Problem[]>();
  for (const problem of problems) {
    const known = problem.range ? undefined : sourceMap.fileAt?.(problem.pointer);
    const file = known ?? fileOf(rangeOf(problem)[0]);
    const list = byFile.get(file);
    if (list) list.push(problem);
    else byFile.set(file, [problem]);
  }
  const placed = new Map<number, Problem[]>();
  return (file) => {
    const known = placed.get(file);
    if (known) return known;
    const own = (byFile.get(file) ?? []).map((problem) => ({ ...problem, range: ownRange(rangeOf(problem)) }));
    placed.set(file, own);
    return own;
  };
}

/** Problems as they are to be told: the comments of each file are about that file. */
export function silencedReading(reading: Reading, severities: Severities, codes: Codes): SilencedProblems {
  if (!reading.files || reading.files.length === 1) return silenceProblems(reading, severities, codes);
  const told = ownReadings(reading).map((own) => silenceProblems(own, severities, codes));
  return {
    problems: told.flatMap(({ problems }, i) =>
      problems.map((problem) => ({ ...problem, ...(problem.range && { range: rangeIn(problem.range, i) }) })),
    ),
    silenced: told.reduce((sum, { silenced }) => sum + silenced, 0),
  };
}
