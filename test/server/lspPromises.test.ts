/** Promises in the editor: tested when nobody types, on the server that an editor starts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { writeTopology } from '../../shared/topology/write.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';
import { topologyOf } from '../support/recordings.ts';

const uri = 'file:///promises.dvr.yaml';

const textWith = (promise: string): string =>
  writeTopology({ ...topologyOf('S1'), promises: [{ pointer: '/promises/0', text: promise }] });

describe('promises in the editor', () => {
  let client: LspClient;
  before(async () => {
    client = await startLsp();
    await client.open(uri, textWith('reach vm1 -> vm2'));
  });
  after(() => client.stop());

  it('a broken one is told on its line, and taken back when it is mended', async () => {
    await client.change(uri, 2, [{ text: textWith('unreachable vm1 -> vm2') }]);
    const [found] = await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'promise-broken'));
    assert.equal(found!.code, 'promise-broken');
    assert.equal(found!.severity, 1);
    assert.match(
      JSON.stringify(found!.message),
      /\\"unreachable vm1 -> vm2\\" does not hold over what this file makes of the cloud: vm2 gets it/,
    );
    const line = textWith('unreachable vm1 -> vm2')
      .split('\n')
      .findIndex((each) => each.startsWith('promises:'));
    assert.equal(found!.range.start.line, line);
    await client.change(uri, 3, [{ text: textWith('reach vm1 -> vm2') }]);
    assert.deepEqual(await client.diagnostics(uri, (all) => all.length === 0), []);
  });
});
