/** Simulated nodes for `collect.ts`, in a process of their own: prints one line of JSON, and ends with its standard input. */
import { nodeNames, snapshotText } from '../test/support/recordings.ts';
import { newKey, startSshNode } from '../test/support/sshNode.ts';

/** How to reach them all. */
export interface SimulatedNodes {
  ports: number[];
  knownHosts: string[];
  privateKey: string;
}

const count = Number(process.argv[2]);
const recordings = nodeNames('S3').map((name) => snapshotText('S3', name));
const clientKey = newKey();
const nodes = await Promise.all(
  Array.from({ length: count }, async (_, index) =>
    startSshNode({ recording: recordings[index % recordings.length] ?? '', clientKey }),
  ),
);
const simulated: SimulatedNodes = {
  ports: nodes.map(({ port }) => port),
  knownHosts: nodes.map(({ knownHostsLine }) => knownHostsLine),
  privateKey: clientKey.private,
};
process.stdout.write(`${JSON.stringify(simulated)}\n`);
process.stdin.on('end', () => process.exit());
process.stdin.resume();
