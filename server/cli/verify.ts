/** `dvrscope verify`: does the cloud keep what its topology promises? And what changed since? */
import { readPromise } from '../../shared/topology/promiseText.ts';
import type { Topology } from '../../shared/topology/types.ts';
import type { Cloud } from '../../shared/trace/cloud.ts';
import { NOT_PERMITTED } from '../../shared/verify/tally.ts';
import { verify as verifyOver } from '../../shared/verify/verify.ts';
import type { Written } from '../../shared/verify/written.ts';
import { expectedCloudWithoutSwitches, liveCloud } from '../../shared/wiring.ts';
import type { LiveResult } from '../live.ts';
import type { Reading } from '../report.ts';
import { type VerifyReport, verifyReport } from '../verified.ts';
import { type Io, UsageError, type Verb, oneOf, readArgs, readTopologyFile, warnOfProblems } from './io.ts';
import { reportAsJunit } from './junit.ts';
import { reportAsSarif } from './sarif.ts';
import { SOURCE_HELP, SOURCE_OPTIONS, readSource, sourceWords } from './source.ts';
import { differAsText, differReport } from './verifyDiffer.ts';
import { findingsReport } from './verifyFindings.ts';
import { verifyAsText } from './verifyText.ts';

export const verify: Verb = {
  name: 'verify',
  usage:
    'verify TOPOLOGY [--snapshot PATH… | --live] [--promise TEXT…] [--against TOPOLOGY | --against-snapshot PATH…] [--format text|json|sarif|junit]',
  summary: 'whether every port reaches what the topology promises, and nothing else; with --against what changed',
  help: `${SOURCE_HELP}
  --promise TEXT      a promise besides those of the topology: "reach vm1 -> 8.8.8.8 as 192.168.1.21",
                      "reach vm1 -> vm2 tcp 80", "reach outside -> 192.168.1.50", "unreachable vm1 -> vm9",
                      "isolated red blue"; may be repeated. The topology file has them under promises:
  --against TOPOLOGY  what can reach what, before and after: before is the expected state of that topology, after is
                      what is verified otherwise (the same file twice with --live: expected against live)
  --against-snapshot PATH  the same, before is the live state of these snapshots; may be repeated
  --format F          text (default), json, sarif or junit; with --against text or json

Without --snapshot or --live the expected state is verified: whether the topology itself can keep what it promises.
Frames go through the flows of Open vSwitch on live state only: expected ones are made to take them where they should.
JSON: counts by kind of promise; leftOut and unknown with reasons; broken: one entry for each way of breaking, with
count, kinds, places, what and a witness (promise, from, to, protocol, dport, size, command, trace); written: each promise
that is written down, with verdict and witness; summary. With --against: changes (kind lost, gained or source; from and
to: networks; count, example, before, after, commands), unknown (what one side reaches, and of the other nobody knows,
with reasons), onlyBefore, onlyAfter.

Exit status: 0 all held, or nothing changed; 1 a promise is broken, or something changed; 2 wrong usage or unreadable
input; 3 none is broken, but some node could not be collected or some promise not be decided.`,
  run,
};

const FORMATS: Record<'text' | 'json' | 'sarif' | 'junit', (report: VerifyReport, reading: Reading) => string> = {
  text: verifyAsText,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  sarif: (report, reading) => reportAsSarif(findingsReport(report, reading)),
  junit: (report, reading) => reportAsJunit(findingsReport(report, reading)),
};

const OPTIONS = {
  ...SOURCE_OPTIONS,
  promise: { type: 'string', multiple: true },
  against: { type: 'string' },
  'against-snapshot': { type: 'string', multiple: true },
  format: { type: 'string' },
} as const;

type Values = ReturnType<typeof readArgs<typeof OPTIONS>>['values'];

async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, OPTIONS, ['TOPOLOGY']);
  const format = oneOf('--format', values.format, ['text', 'json', 'sarif', 'junit'], 'text');
  const extra = (values.promise ?? []).map(readable);
  const isDifferential = values.against !== undefined || values['against-snapshot'] !== undefined;
  if (values.against !== undefined && values['against-snapshot'])
    throw new UsageError('--against and --against-snapshot exclude each other');
  if (isDifferential && (format === 'sarif' || format === 'junit'))
    throw new UsageError(`--format ${format} is not for --against`);
  const reading = await readTopologyFile(positionals[0]!, io);
  warnOfProblems(reading, io);
  const state = await stateOf(reading.topology, values, io);
  if (isDifferential) return await differ(reading, state, values, io);
  const { topology } = reading;
  const verification = verifyOver(topology, state.cloud, [...(topology.promises ?? []), ...extra]);
  const report = verifyReport(reading, verification, state.nodes, sourceWords(values));
  io.out(FORMATS[format](report, reading));
  if (report.summary.broken > 0) return 1;
  return state.isWhole && report.summary.unknown === 0 ? 0 : 3;
}

interface State {
  cloud: Cloud;
  nodes: VerifyReport['nodes'];
  /** All nodes that were asked for are there. */
  isWhole: boolean;
}

/** Expected, or live where a source is given. */
async function stateOf(topology: Topology, values: Values, io: Io): Promise<State> {
  const names = topology.nodes.map(({ name }) => name);
  const source = await readSource(topology, values, names, io);
  if (!source)
    return {
      cloud: expectedCloudWithoutSwitches(topology),
      nodes: names.map((node) => ({ node, error: null })),
      isWhole: true,
    };
  for (const { node, error } of source.nodes) if (error !== undefined) io.err(`${node}: ${error}\n`);
  return liveStateOf(topology, source);
}

function liveStateOf(topology: Topology, { nodes }: LiveResult): State {
  const states = nodes.flatMap(({ state }) => state ?? []);
  return {
    cloud: liveCloud(topology, states),
    nodes: nodes.map(({ node, error }) => ({ node, error: error ?? null })),
    isWhole: nodes.every(({ state, error }) => state !== undefined && error === undefined),
  };
}

async function differ(reading: Reading, after: State, values: Values, io: Io): Promise<number> {
  const { file, topology } = reading;
  const old = values.against === undefined ? reading : await readTopologyFile(values.against, io);
  if (old !== reading) warnOfProblems(old, io);
  const snapshot = values['against-snapshot'];
  const before = await stateOf(old.topology, { ...(snapshot && { snapshot }) }, io);
  const words = sourceWords(values);
  const oldWords = sourceWords({ snapshot });
  const report = differReport(
    {
      topology: old.topology,
      cloud: before.cloud,
      name: [old.file, ...oldWords].join(' '),
      file: old.file,
      source: oldWords,
    },
    { topology, cloud: after.cloud, name: [file, ...words].join(' '), file, source: words },
  );
  io.out(values.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : differAsText(report));
  if (report.changes.length > 0) return 1;
  const isKnown = report.unknown.every(({ reason }) => reason === NOT_PERMITTED);
  return before.isWhole && after.isWhole && isKnown ? 0 : 3;
}

function readable(text: string): Written {
  const line = readPromise(text);
  if ('problem' in line) throw new UsageError(`--promise "${text}": ${line.problem}`, false);
  return { text };
}
