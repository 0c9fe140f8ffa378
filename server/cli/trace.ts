/** `dvrscope trace`: the way of a packet there and back, over the expected state or the live one, or both and where they part. */
import { mermaidOf } from '../../shared/trace/mermaid.ts';
import { isUnknown, renderDivergence, renderRest, renderTrace, renderVerdicts } from '../../shared/trace/render.ts';
import { allocationsOf } from '../../shared/wiring.ts';
import type { Reading } from '../report.ts';
import { traceRequest } from '../traceRequest.ts';
import { type Traced, linesOf, traced, tracedJson } from '../traced.ts';
import { type Io, UsageError, type Verb, oneOf, readArgs, readTopologyFile, warnOfProblems } from './io.ts';
import { SOURCE_HELP, SOURCE_OPTIONS, portNumber, readSource, wholeNumber } from './source.ts';

export const trace: Verb = {
  name: 'trace',
  usage:
    'trace TOPOLOGY --from PORT --to PORT-or-ADDRESS [--protocol P --sport N --dport N] [--snapshot PATH… | --live]',
  summary: 'the way of a packet there and back; with live state also where expected and live part',
  help: `  --from PORT         a port's name, its id, or IP@NETWORK (also of somebody outside: 203.0.113.9@public)
  --to PORT|ADDRESS   the same, or any address
  --protocol P        icmp (default), tcp or udp
  --sport N, --dport N   its ports, of tcp and udp
  --via ADDRESS       by which the outside reaches what is not on its own network: a router's gateway address
  --size N            bytes of the packet, which may not be cut (DF): shows where an MTU stops it
${SOURCE_HELP}
  --format F          text (default), json, or mermaid (a sequence diagram for tickets)

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
  via: { type: 'string' },
  size: { type: 'string' },
  format: { type: 'string' },
} as const;

async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, OPTIONS, ['TOPOLOGY']);
  const { from, to } = values;
  if (from === undefined || to === undefined)
    throw new UsageError(`${from === undefined ? '--from' : '--to'} is missing`);
  const format = oneOf('--format', values.format, ['text', 'json', 'mermaid'], 'text');
  const protocol = oneOf('--protocol', values.protocol, ['icmp', 'tcp', 'udp'], 'icmp');
  const [sport, dport] = [portNumber('--sport', values.sport), portNumber('--dport', values.dport)];
  if (protocol === 'icmp' && (sport ?? dport) !== undefined)
    throw new UsageError(`--${sport === undefined ? 'dport' : 'sport'} is for --protocol tcp or udp`);
  const reading = await readTopologyFile(positionals[0]!, io);
  const { topology } = reading;
  warnOfProblems(reading, io);
  const request = traceRequest(topology, {
    from,
    to,
    protocol,
    ...(sport ? { sport } : {}),
    ...(dport ? { dport } : {}),
    via: values.via,
    size: wholeNumber('--size', values.size),
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
  const result = traced(reading, request, allocationsOf(topology, states), source && states);
  io.out(FORMAT[format](reading, result));
  const { expected, live, parting } = result;
  const isWhole = source?.nodes.every(({ state, error }) => state && error === undefined) !== false;
  // What nobody collected is no finding.
  if (parting && !isWhole && isUnknown(parting.live)) return 3;
  if (live ? parting !== null || !live.answered : !expected.answered) return 1;
  return isWhole ? 0 : 3;
}

const FORMAT: Record<'text' | 'json' | 'mermaid', (reading: Reading, result: Traced) => string> = {
  text: asText,
  json: tracedJson,
  mermaid: (_, { expected, live, parting }) => mermaidOf(live ?? expected, parting),
};

/** What matters most comes last, where a terminal shows it. */
function asText(reading: Reading, { expected, live, parting, findings }: Traced): string {
  const lineOf = linesOf(reading);
  if (!live) return renderTrace(expected, lineOf);
  if (!parting) return `${renderTrace(live, lineOf)}\n${renderDivergence(null)}`;
  return [
    renderTrace(live, lineOf),
    renderRest(expected, live, lineOf),
    `${renderVerdicts(expected, live)}${renderDivergence(parting, findings, lineOf)}`,
  ].join('\n');
}
