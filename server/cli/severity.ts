/** `--severity CODE=LEVEL`: what a code is worth to this caller. Comments of the file itself hold as well. */
import { type Severities, LEVELS, severitiesFrom } from '../../shared/silence.ts';
import { didYouMean } from '../../shared/topology/nearest.ts';
import { CODES, isCode } from '../codes.ts';
import { silencedReading } from '../place.ts';
import type { Reading } from '../report.ts';
import { UsageError } from './io.ts';

export const SEVERITY_HELP = `  --severity CODE=LEVEL  instead of the code's own: ${LEVELS.join(', ')}. CODE stands behind each message, or is
                      the id of a fault; may be repeated. In the file, \`# dvrscope: ignore CODE\` silences a line
                      and \`# dvrscope: ignore-file CODE\` all of it. What is silenced is counted`;

/** A code that nothing has is a slip that would silence nothing, so it is a usage error. */
export function severityOption(values: readonly string[] | undefined): Severities {
  const entries = (values ?? [])
    .flatMap((value) => value.split(','))
    .map((value): [string, string] => {
      const [, code = '', level = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
      if (!isCode(code))
        throw new UsageError(
          `--severity needs CODE=LEVEL with a code that messages have, not "${value}"${meant(code)}`,
        );
      return [code, level];
    });
  const { severities, wrong } = severitiesFrom(entries);
  if (wrong[0] !== undefined) throw new UsageError(`--severity: ${wrong[0]}`);
  return severities;
}

function meant(code: string): string {
  const near = didYouMean(code, CODES.ofText);
  return near === '' ? '' : `.${near}`;
}

/** The reading with the problems that are to be told. */
export const silenced = (reading: Reading, severities: Severities): Reading => ({
  ...reading,
  ...silencedReading(reading, severities, CODES),
});
