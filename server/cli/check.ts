/** `dvrscope check`: is the topology sound, and do its nodes hold what they should? */
import type { Severity } from '../../shared/problem.ts';
import { makeReport, type Report } from '../report.ts';
import { reportAsJunit } from './junit.ts';
import { type Io, type Verb, oneOf, pickNodes, readArgs, readTopologyFile } from './io.ts';
import { reportAsSarif } from './sarif.ts';
import { SOURCE_HELP, SOURCE_OPTIONS, readSource } from './source.ts';
import { reportAsText } from './reportText.ts';

export const check: Verb = {
  name: 'check',
  usage: 'check TOPOLOGY [--snapshot PATH… | --live] [--node N…] [--format text|json|sarif|junit] [--fail-on SEVERITY]',
  summary: 'validate a topology; with snapshots or live nodes also compare them with it',
  help: `${SOURCE_HELP}
  --node N            only this node; may be repeated
  --format F          text (default), json, sarif or junit
  --fail-on SEVERITY  error (default), warning, information or never: from which severity on the status is 1

Exit status: 0 no findings at or above --fail-on; 1 findings; 2 wrong usage or unreadable input;
3 no findings, but some node could not be collected.`,
  run,
};

const FORMATS = {
  text: reportAsText,
  json: (report: Report) => `${JSON.stringify(report, null, 2)}\n`,
  sarif: reportAsSarif,
  junit: reportAsJunit,
};
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information'];

async function run(args: string[], io: Io): Promise<number> {
  const options = {
    ...SOURCE_OPTIONS,
    node: { type: 'string', multiple: true },
    format: { type: 'string' },
    'fail-on': { type: 'string' },
  } as const;
  const { values, positionals } = readArgs(args, options, ['TOPOLOGY']);
  const format = oneOf('--format', values.format, ['text', 'json', 'sarif', 'junit'], 'text');
  const failOn = oneOf('--fail-on', values['fail-on'], ['error', 'warning', 'information', 'never'], 'error');
  const reading = await readTopologyFile(positionals[0]!);
  const nodes = pickNodes(reading.topology, values.node).map(({ name }) => name);
  const live = await readSource(reading.topology, values, nodes, io);
  const report = makeReport(reading, live?.nodes ?? []);
  io.out(FORMATS[format](report));
  return statusOf(report, failOn);
}

function statusOf(report: Report, failOn: Severity | 'never'): number {
  const counted = failOn === 'never' ? [] : SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  if (counted.some((severity) => report.summary[severity] > 0)) return 1;
  return report.nodes.some(({ status }) => status === 'unreachable' || status === 'not-collected') ? 3 : 0;
}
