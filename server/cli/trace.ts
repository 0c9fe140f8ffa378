/** `dvrscope trace`: the way of a packet there and back, over the expected state or the live one, or both and where they part. */
import { divergence } from '../../shared/trace/diverge.ts';
import { renderDivergence, renderTrace } from '../../shared/trace/render.ts';
import { type Trace, trace as traceOver } from '../../shared/trace/trace.ts';
import { allocationsOf, expectedCloud, liveCloud } from '../../shared/wiring.ts';
import { traceRequest } from '../traceRequest.ts';
import { type Io, UsageError, type Verb, oneOf, readArgs, readTopologyFile, warnOfProblems } from './io.ts';
import { SOURCE_HELP, SOURCE_OPTIONS, readSource, wholeNumber } from './source.ts';

export const trace: Verb = {
  name: 'trace',
  usage:
    'trace TOPOLOGY --from PORT --to PORT-or-ADDRESS [--protocol P --sport N --dport N] [--snapshot PATH… | --live]',
  summary: 'the way of a packet there and back; with live state also where expected and live part',
  help: `  --from PORT         a port's name, its id, or IP@NETWORK (also of somebody outside: 203.0.113.9@public)
  --to PORT|ADDRESS   the same, or any address
  --protocol P        icmp (default), tcp or udp
  --sport N, --dport N
${SOURCE_HELP}
  --format F          text (default) or json

Exit status: 0 the packet is answered, on live state as expected; 1 it is not, or expected and live part;
2 wrong usage or unreadable input; 3 some node could not be collected.`,
  run,
};

const OPTIONS = {
  ...SOURCE_OPTIONS,
  from: { type: 'string' },
  to: { type: 'string' },
  protocol: { type: 'string' },
  sport: { type: 'string' },
  dport: { type: 'string' },
  format: { type: 'string' },
} as const;

async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, OPTIONS, ['TOPOLOGY']);
  const { from, to } = values;
  if (from === undefined || to === undefined)
    throw new UsageError(`${from === undefined ? '--from' : '--to'} is missing`);
  const format = oneOf('--format', values.format, ['text', 'json'], 'text');
  const protocol = oneOf('--protocol', values.protocol, ['icmp', 'tcp', 'udp'], 'icmp');
  const [sport, dport] = [wholeNumber('--sport', values.sport), wholeNumber('--dport', values.dport)];
  const reading = await readTopologyFile(positionals[0]!);
  const { topology } = reading;
  warnOfProblems(reading, io);
  const request = traceRequest(topology, {
    from,
    to,
    protocol,
    ...(sport ? { sport } : {}),
    ...(dport ? { dport } : {}),
  });
  if ('problem' in request) throw new UsageError(request.problem, false);
  const source = await readSource(
    topology,
    values,
    topology.nodes.map(({ name }) => name),
    io,
  );
  const states = source?.nodes.flatMap(({ state }) => state ?? []) ?? [];
  for (const { node, error } of source?.nodes ?? []) if (error !== undefined) io.err(`${node}: ${error}\n`);
  const allocations = allocationsOf(topology, states);
  const expected = traceOver(expectedCloud(topology, allocations), request);
  const live = source && traceOver(liveCloud(topology, states, allocations), request);
  io.out(format === 'json' ? asJson(expected, live) : asText(expected, live));
  if (live ? divergence(expected, live) !== null || !live.answered : !expected.answered) return 1;
  return source?.nodes.some(({ state }) => !state) ? 3 : 0;
}

function asJson(expected: Trace, live: Trace | undefined): string {
  const value = live ? { ...live, expected, divergence: divergence(expected, live) } : expected;
  return `${JSON.stringify(value, null, 2)}\n`;
}

function asText(expected: Trace, live: Trace | undefined): string {
  if (!live) return renderTrace(expected);
  const parting = divergence(expected, live);
  return [renderTrace(expected), renderTrace(live), renderDivergence(parting)].join('\n');
}
