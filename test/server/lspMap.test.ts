// The map over the wire, of a topology of two files: each thing stands in its own file, and a mistake in one leaves what the other has.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CloudMap } from '../../shared/map/types.ts';
import { REQUEST } from '../../shared/protocol.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const ROOT = `dvr: 1
include: [tenant.dvr.yaml]
nodes:
  compute1: {agent_mode: dvr}
`;
const TENANT = `dvr: 1
networks:
  red:
    network_type: vxlan
    subnets:
      red-v4: {cidr: 10.0.0.0/24}
ports:
  vm1: {node: compute1, network: red, fixed_ips: [{subnet: red-v4, ip_address: 10.0.0.5}]}
`;

describe('dvrscope/map', () => {
  let folder: string;
  let client: LspClient;
  const uriOf = (name: string): string => pathToFileURL(path.join(folder, name)).href;
  const map = (name: string, more: object = {}): Promise<CloudMap> =>
    client.connection.sendRequest<CloudMap>(REQUEST.map, { uri: uriOf(name), ...more });
  const places = ({ things }: CloudMap): string[] =>
    things.flatMap(({ name, place }) =>
      place ? [`${name}: ${path.basename(place.uri ?? 'here')} ${place.first} to ${place.last}`] : [],
    );

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-map-'));
    await writeFile(path.join(folder, 'root.dvr.yaml'), ROOT);
    await writeFile(path.join(folder, 'tenant.dvr.yaml'), TENANT);
    client = await startLsp();
    await client.open(uriOf('root.dvr.yaml'), ROOT);
    await client.diagnostics(uriOf('root.dvr.yaml'), () => true);
  });
  after(async () => {
    await client.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('has the things of all files, each with its own', async () => {
    assert.deepEqual(places(await map('root.dvr.yaml')), [
      'compute1: here 3 to 3',
      'red: tenant.dvr.yaml 2 to 5',
      'red-v4: tenant.dvr.yaml 5 to 5',
      'vm1: tenant.dvr.yaml 7 to 7',
    ]);
  });

  it('says why a packet is not on it', async () => {
    const { pathProblem } = await map('root.dvr.yaml', { trace: { from: 'gone', to: 'vm1' } });
    assert.match(pathProblem ?? '', /no port "gone"/);
    for (const trace of [{}, { from: 5, to: 'vm1' }])
      assert.match((await map('root.dvr.yaml', { trace })).pathProblem ?? '', /wants two texts/);
  });

  it('fails with a message for a file that is not there', async () => {
    await assert.rejects(map('gone.dvr.yaml'), /not open|gone\.dvr\.yaml/);
  });
});
