/** `dvrscope check --fix`: what can be mended without a choice is mended in the files, and said. */
import { FILE_HEADERS_ONLY, createTwoFilesPatch } from 'diff';
import { runChecks } from '../../shared/checks/table.ts';
import { fixAll } from '../../shared/fixes/table.ts';
import type { Severities } from '../../shared/silence.ts';
import { readFiles } from '../../shared/topology/files.ts';
import { withoutControls } from '../collect/shellQuote.ts';
import { slashed } from '../diskLibrary.ts';
import { ownReadings, positionsOf } from '../place.ts';
import type { Reading } from '../report.ts';
import type { Io } from './io.ts';
import { silenced } from './severity.ts';
import { paintDiff } from './terminal.ts';
import { libraryWith, writeOver } from './textFile.ts';

/** One mistake may hide another; so often it is looked again. */
const MOST_ROUNDS = 10;

/**
 * The reading after the fixes; what is silenced is not mended. Files are written where something changed.
 * @param isDryRun nothing is written: a patch goes to standard output, and the reading stays that of the files
 */
export async function fixFile(reading: Reading, severities: Severities, isDryRun: boolean, io: Io): Promise<Reading> {
  let current = reading;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const texts = fixedTexts(current, severities, isDryRun, io);
    if (texts.size === 0) break;
    current = readAgain(current, texts);
  }
  const changed = textsOf(current).filter(({ file, text }) =>
    textsOf(reading).some((old) => old.file === file && old.text !== text),
  );
  for (const { file, text } of changed) {
    const before = textsOf(reading).find((old) => old.file === file)!.text;
    // oxlint-disable-next-line no-await-in-loop -- one file after the other
    if (!isDryRun) await writeOver(file, before, text);
    else
      io.out(
        createTwoFilesPatch(file, file, before, text, '', 'fixed', { headerOptions: FILE_HEADERS_ONLY }),
        paintDiff,
      );
  }
  return isDryRun ? reading : current;
}

/** The texts of files in which something is mended, by their number. */
function fixedTexts(reading: Reading, severities: Severities, isDryRun: boolean, io: Io): Map<number, string> {
  const texts = new Map<number, string>();
  for (const [i, own] of ownReadings(silenced(reading, severities)).entries()) {
    const { done, text } = fixAll(own.problems, { ...own, topology: reading.topology });
    if (done.length > 0) texts.set(i, text);
    const position = positionsOf(own.text);
    for (const { problem, title } of done) {
      const at = position(problem.range ?? own.sourceMap.get(problem.pointer)?.value)?.start;
      const where = at ? `:${at.line + 1}:${at.character + 1}` : '';
      io.err(`${own.file}${where}: ${isDryRun ? 'to fix' : 'fixed'} [${problem.code}] ${withoutControls(title)}\n`);
    }
  }
  return texts;
}

/** The same files, some with other texts. */
function readAgain(reading: Reading, fixed: ReadonlyMap<number, string>): Reading {
  const root = slashed(reading.file);
  const files = reading.files ?? [{ path: root, text: reading.text }];
  const texts = new Map([...fixed].map(([i, text]) => [files[i]!.path, text]));
  for (const { path, text } of files) if (!texts.has(path)) texts.set(path, text);
  const read = readFiles(root, libraryWith(root, texts))!;
  const { topology, problems, sourceMap } = read;
  const all = [...problems, ...runChecks(topology)];
  return { file: reading.file, text: read.files[0]!.text, topology, sourceMap, files: read.files, problems: all };
}

const textsOf = ({ file, text, files }: Reading): { file: string; text: string }[] =>
  files?.map((each, i) => ({ file: i === 0 ? file : each.path, text: each.text })) ?? [{ file, text }];
