/** `dvrscope check`: is the topology sound, and do its nodes hold what they should? */
import type { Severity } from '../../shared/problem.ts';
import { makeReport, type Report } from '../report.ts';
import { promiseFindings } from '../verified.ts';
import { fixFile } from './fix.ts';
import { reportAsGithub } from './github.ts';
import { reportAsJunit } from './junit.ts';
import {
  type Io,
  UsageError,
  type Verb,
  noteOfNothing,
  noteOfRoot,
  oneOf,
  pickNodes,
  readArgs,
  readTopologyFile,
} from './io.ts';
import { reportAsSarif } from './sarif.ts';
import { SEVERITY_HELP, severityOption, silenced } from './severity.ts';
import { STANDARD_INPUT } from './textFile.ts';
import { SOURCE_HELP, SOURCE_OPTIONS, readSource, sourceWords } from './source.ts';
import { paintReport } from './terminal.ts';
import { reportAsText } from './reportText.ts';

export const check: Verb = {
  name: 'check',
  usage:
    'check TOPOLOGY [--snapshot PATH… | --live] [--node N…] [--format text|json|sarif|junit|github] [--fail-on SEVERITY] [--severity CODE=LEVEL…] [--fix [--dry-run]]',
  summary: 'validate a topology; with snapshots or live nodes also compare them with it',
  help: `${SOURCE_HELP}
  --node N            only this node; may be repeated
  --format F          text (default), json, sarif, junit, or github (annotations)
  --fail-on SEVERITY  error (default), warning, information, hint or never: from which severity on the status is 1
${SEVERITY_HELP}
  --fix               first mend in the file what needs no choice, as "fix all" in an editor; what was done goes to
                      standard error. With --dry-run nothing is written: print a patch and nothing else

Exit status: 0 no findings at or above --fail-on; 1 findings; 2 wrong usage or unreadable input;
3 no findings, but some node could not be collected.`,
  run,
};

const FORMATS = {
  text: reportAsText,
  json: (report: Report) => `${JSON.stringify(report, null, 2)}\n`,
  sarif: reportAsSarif,
  junit: reportAsJunit,
  github: reportAsGithub,
};
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

async function run(args: string[], io: Io): Promise<number> {
  const options = {
    ...SOURCE_OPTIONS,
    node: { type: 'string', multiple: true },
    format: { type: 'string' },
    'fail-on': { type: 'string' },
    severity: { type: 'string', multiple: true },
    fix: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  } as const;
  const { values, positionals } = readArgs(args, options, ['TOPOLOGY']);
  const format = oneOf('--format', values.format, ['text', 'json', 'sarif', 'junit', 'github'], 'text');
  const failOn = oneOf('--fail-on', values['fail-on'], [...SEVERITIES, 'never'], 'error');
  const severities = severityOption(values.severity);
  if (values['dry-run'] && !values.fix) throw new UsageError('--dry-run is for --fix');
  if (positionals[0] === STANDARD_INPUT && values.fix && !values['dry-run'])
    throw new UsageError('--fix writes into files, and - is none; with --dry-run it prints a patch', false);
  let read = await readTopologyFile(positionals[0]!, io);
  noteOfRoot(read, io);
  if (values.fix) read = await fixFile(read, severities, values['dry-run'] === true, io);
  if (values['dry-run']) return 0;
  const reading = silenced(read, severities);
  noteOfNothing(reading, io);
  const nodes = pickNodes(reading.topology, values.node).map(({ name }) => name);
  const live = await readSource(reading.topology, values, nodes, io);
  const states = live?.nodes.flatMap(({ state }) => state ?? []);
  const promised = promiseFindings(read, states, sourceWords(values));
  const report = makeReport(reading, live?.nodes ?? [], { severities }, promised);
  io.out(FORMATS[format](report), format === 'text' ? paintReport : undefined);
  return statusOf(report, failOn);
}

function statusOf(report: Report, failOn: Severity | 'never'): number {
  const counted = failOn === 'never' ? [] : SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  if (counted.some((severity) => report.summary[severity] > 0)) return 1;
  return report.nodes.some(({ status }) => status === 'unreachable' || status === 'not-collected') ? 3 : 0;
}
