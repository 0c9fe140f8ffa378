/** `dvrscope check --fix`: what can be mended without a choice is mended in the file, and said. */
import { writeFile } from 'node:fs/promises';
import { FILE_HEADERS_ONLY, createTwoFilesPatch } from 'diff';
import { runChecks } from '../../shared/checks/table.ts';
import { fixAll } from '../../shared/fixes/table.ts';
import type { Severities } from '../../shared/silence.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { errorCode } from '../collect/errorCode.ts';
import { withoutControls } from '../collect/shellQuote.ts';
import { positionsOf } from '../finding.ts';
import type { Reading } from '../report.ts';
import { type Io, UsageError } from './io.ts';
import { silenced } from './severity.ts';
import { paintDiff } from './terminal.ts';

/** One mistake may hide another; so often it is looked again. */
const MOST_ROUNDS = 10;

/**
 * The reading after the fixes; what is silenced is not mended. The file is written when something changed.
 * @param isDryRun nothing is written: a patch goes to standard output, and the reading stays that of the file
 */
export async function fixFile(reading: Reading, severities: Severities, isDryRun: boolean, io: Io): Promise<Reading> {
  let current = reading;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { done, text } = fixAll(silenced(current, severities).problems, current);
    if (done.length === 0) break;
    const position = positionsOf(current.text);
    for (const { problem, title } of done) {
      const place = current.sourceMap.get(problem.pointer);
      const at = position(problem.range ?? place?.value)?.start;
      const where = at ? `:${at.line + 1}:${at.character + 1}` : '';
      io.err(`${reading.file}${where}: ${isDryRun ? 'to fix' : 'fixed'} [${problem.code}] ${withoutControls(title)}\n`);
    }
    const { topology, problems, sourceMap } = readTopology(text);
    current = { file: reading.file, text, topology, sourceMap, problems: [...problems, ...runChecks(topology)] };
  }
  if (current.text === reading.text) return reading;
  if (isDryRun) {
    io.out(
      createTwoFilesPatch(reading.file, reading.file, reading.text, current.text, '', 'fixed', {
        headerOptions: FILE_HEADERS_ONLY,
      }),
      paintDiff,
    );
    return reading;
  }
  await writeFile(reading.file, current.text).catch((error: unknown) => {
    throw new UsageError(`${reading.file} cannot be written: ${errorCode(error)}`, false);
  });
  return current;
}
