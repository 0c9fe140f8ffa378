/** `dvrscope diff`: expected against live as a unified diff, for each namespace and aspect; or two kept states of a node. */
import { expect } from '../../shared/expect.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import { sideBySide } from '../../shared/render.ts';
import { diffOfSnapshots, patchOf } from './changes.ts';
import { type Io, UsageError, type Verb, pickNodes, readArgs, readTopologyFile, warnOfProblems } from './io.ts';
import { SOURCE_HELP, SOURCE_OPTIONS, readSource } from './source.ts';
import { paintDiff } from './terminal.ts';

export const diff: Verb = {
  name: 'diff',
  usage: 'diff TOPOLOGY --node N (--snapshot PATH | --live)  or  diff --snapshot OLD --snapshot NEW [--node N]',
  summary: 'unified diff of a node, expected against live, or of two of its snapshots, for each namespace and aspect',
  help: `  --node N            the node; without TOPOLOGY: only this one
${SOURCE_HELP}

Without TOPOLOGY two states of the same nodes are compared: what changed from OLD to NEW. With one --snapshot, a folder that
keeps snapshots of several times, the newest is compared with the one before it, or with the last one up to a time:
  --since TIME        such as 2026-11-17 or 2026-11-17T08:00:00Z (UTC where it does not say)

Only what is compared is shown: what the kernel learned, and what is not modelled or not collected, is left out on both sides.
Exit status: 0 no difference; 1 differences; 2 wrong usage or unreadable input; 3 the node could not be collected.`,
  run,
};

async function run(args: string[], io: Io): Promise<number> {
  const options = { ...SOURCE_OPTIONS, node: { type: 'string' }, since: { type: 'string' } } as const;
  const { values, positionals } = readArgs(args, options, ['[TOPOLOGY]']);
  if (positionals.length === 0) {
    if (values.live) throw new UsageError('--live needs TOPOLOGY, which says how to reach the nodes');
    return diffOfSnapshots(values, io);
  }
  if (values.since !== undefined) throw new UsageError('--since is for two snapshots, without TOPOLOGY');
  if (values.node === undefined) throw new UsageError('--node is missing');
  const reading = await readTopologyFile(positionals[0]!, io);
  const { topology } = reading;
  const [node] = pickNodes(topology, [values.node]);
  warnOfProblems(reading, io);
  const source = await readSource(topology, values, [node!.name], io);
  if (!source) throw new UsageError('--snapshot or --live is missing');
  const [{ state, error } = { error: 'nothing was read' }] = source.nodes;
  if (error !== undefined) io.err(`${node!.name}: ${error}\n`);
  if (!state) return 3;
  const expected = expect(topology, state.node, readAllocations(topology, state.node, state));
  const changed = sideBySide(expected, state).filter((side) => side.expected !== side.live);
  for (const { namespace, title, expected: left, live: right } of changed) {
    const name = `${state.node} ${namespace} ${title}`;
    io.out(patchOf(`expected ${name}`, `live ${name}`, left, right), paintDiff);
  }
  if (changed.length > 0) return 1;
  return error === undefined ? 0 : 3;
}
