/** Makes the packed recordings of the demo from `test/recordings`, when the package is built. */
import { readTopology } from '../shared/topology/read.ts';
import { writeTopology } from '../shared/topology/write.ts';
import { packRecordings, type DemoRecordings } from '../server/demo/recordings.ts';
import { faultyCloud } from '../test/support/faultyCloud.ts';

const HEAD = `# The demo cloud: three nodes of a real OpenStack cloud, recorded, which answer over SSH
# on this machine only. One of them has lost something: "DVR: Compare with Live Nodes" finds
# out what, and which line here asks for it.
`;

/** The cloud of the tests: compute1 has lost an ip rule. */
export async function demoRecordings(): Promise<DemoRecordings> {
  const { topology: text, snapshots } = await faultyCloud();
  const { topology } = readTopology(text);
  // Where they are is not the topology's to say: their ports are new ones each time.
  const nodes = topology.nodes.map(({ address: _address, ssh_port: _port, ...node }) => node);
  return { topology: HEAD + writeTopology({ ...topology, nodes }), snapshots };
}

export const packedDemo = async (): Promise<Buffer> => packRecordings(await demoRecordings());
