/** `dvrscope diff`: expected against live as a unified diff, for each namespace and aspect. */
import { createTwoFilesPatch } from 'diff';
import { expect } from '../../shared/expect.ts';
import { readAllocations } from '../../shared/readAllocations.ts';
import { sideBySide } from '../../shared/render.ts';
import { type Io, UsageError, type Verb, pickNodes, readArgs, readTopologyFile, warnOfProblems } from './io.ts';
import { SOURCE_HELP, SOURCE_OPTIONS, readSource } from './source.ts';

export const diff: Verb = {
  name: 'diff',
  usage: 'diff TOPOLOGY --node N (--snapshot PATH | --live)',
  summary: 'unified diff of a node, expected against live, for each namespace and aspect',
  help: `  --node N            the node
${SOURCE_HELP}

Only what is compared is shown: what the kernel learned, and what is not modelled or not collected, is left out on both sides.
Exit status: 0 no difference; 1 differences; 2 wrong usage or unreadable input; 3 the node could not be collected.`,
  run,
};

async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, { ...SOURCE_OPTIONS, node: { type: 'string' } } as const, [
    'TOPOLOGY',
  ]);
  if (values.node === undefined) throw new UsageError('--node is missing');
  const reading = await readTopologyFile(positionals[0]!);
  const { topology } = reading;
  const [node] = pickNodes(topology, [values.node]);
  warnOfProblems(reading, io);
  const source = await readSource(topology, values, [node!.name], io);
  if (!source) throw new UsageError('--snapshot or --live is missing');
  const [{ state, error } = { error: 'nothing was read' }] = source.nodes;
  if (!state) {
    io.err(`${node!.name}: ${error}\n`);
    return 3;
  }
  const expected = expect(topology, state.node, readAllocations(topology, state.node, state));
  const changed = sideBySide(expected, state).filter((side) => side.expected !== side.live);
  for (const { namespace, title, expected: left, live: right } of changed) {
    const name = `${state.node} ${namespace} ${title}`;
    io.out(
      createTwoFilesPatch(`expected ${name}`, `live ${name}`, left, right, undefined, undefined, {
        context: 2,
      }).replace(/^=+\n/, ''),
    );
  }
  return changed.length > 0 ? 1 : 0;
}
