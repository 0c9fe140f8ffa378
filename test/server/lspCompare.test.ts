// Comparing through the language server: from a folder of snapshots and over SSH, its diagnostics, diff and traces.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CancellationTokenSource, type Diagnostic } from 'vscode-languageserver/node';
import { REQUEST, type CompareResult, type NodeEntry, type Side, type TextResult } from '../../shared/protocol.ts';
import { faultyCloud, LOST_RULE, NODES, withSshPorts, type FaultyCloud } from '../support/faultyCloud.ts';
import { FAULTY_URI as uri, startFaulty, type FaultySession } from '../support/faultySession.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';
import { newKey, startSshNode, writeLogin, type Login, type SshNode } from '../support/sshNode.ts';

const OUTCOME: CompareResult = {
  nodes: [
    { node: 'compute1', status: 'differs', differences: 1 },
    { node: 'compute2', status: 'in-sync', differences: 0 },
    { node: 'net1', status: 'in-sync', differences: 0 },
  ],
  differences: 1,
  notes: [],
};

/** LSP 3.18 allows markup there; ours is text. */
function messageOf(diagnostic: Diagnostic | undefined): string {
  assert.equal(typeof diagnostic?.message, 'string');
  return JSON.stringify(diagnostic?.message);
}

describe('a comparison with a folder of snapshots', () => {
  let session: FaultySession;
  let cloud: FaultyCloud;
  let client: LspClient;
  const text = async (method: string, params: object): Promise<string> =>
    (await session.ask<TextResult>(method, params)).text;

  before(async () => {
    session = await startFaulty();
    ({ cloud, client } = session);
  });

  after(() => session.stop());

  it('has no live side before', async () => {
    assert.match(
      await text(REQUEST.state, { node: 'compute1', side: 'live', isDiff: true }),
      /no live state of compute1 yet/,
    );
    assert.doesNotMatch(await text(REQUEST.trace, { from: 'a3', to: '198.51.100.10' }), /live state part/);
  });

  it('finds the one difference and puts it on the line that caused it', async () => {
    assert.deepEqual(await session.compare(), OUTCOME);
    const all = await client.diagnostics(uri, (diagnostics) => diagnostics.length > 0);
    assert.deepEqual(
      all.map(({ source, code, severity }) => ({ source, code, severity })),
      [{ source: 'dvrscope live', code: 'rule-missing', severity: 1 }],
    );
    const line = cloud.topology.split('\n')[all[0]!.range.start.line]!;
    assert.equal(line.trim(), 'neta-sub:');
    assert.match(messageOf(all[0]), /^"compute1 qrouter-220318bd-.*167837697: from 10\.1\.0\.1\/24 lookup 167837697/);
  });

  it('marks the finding as old while the topology is another one', async () => {
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    await client.change(uri, 2, [{ range, text: '# a comment\n' }]);
    const [old] = await client.diagnostics(uri, (all) => messageOf(all[0]).includes('compare again'));
    assert.equal(cloud.topology.split('\n')[old!.range.start.line - 1]!.trim(), 'neta-sub:');
    await client.change(uri, 3, [{ range: { start: range.start, end: { line: 1, character: 0 } }, text: '' }]);
    await client.diagnostics(uri, (all) => all.length === 1 && !messageOf(all[0]).includes('compare again'));
  });

  it('gives two texts that differ in exactly that line', async () => {
    const side = async (name: Side): Promise<string[]> =>
      (await text(REQUEST.state, { node: 'compute1', side: name, isDiff: true })).split('\n');
    const [expected, live] = [await side('expected'), await side('live')];
    assert.deepEqual(expected.toSpliced(expected.indexOf(LOST_RULE), 1), live);
  });

  it('shows the count at node and namespace', async () => {
    const nodes = await client.connection.sendRequest<NodeEntry[]>(REQUEST.nodes, { uri });
    assert.deepEqual(
      nodes.map(({ status, namespaces }) => [status, namespaces.map(({ differences }) => differences)]),
      [
        ['differs', [1, 0, 0]],
        ['in-sync', [0, 0, 0]],
        // Two routers in two namespaces each, `fip`, and three DHCP namespaces.
        ['in-sync', [0, 0, 0, 0, 0, 0, 0, 0]],
      ],
    );
  });

  it('traces both states and says where they part', async () => {
    const lost = await text(REQUEST.trace, { from: 'a3', to: '198.51.100.10' });
    assert.match(
      lost,
      /^Expected and live state part in qrouter-220318bd-\S+ on compute1:\n {4}expected {2}167837697: from 10\.1\.0\.1\/24/,
    );
    assert.match(lost, /over the live state[^]*=> no-route[^]*would go on there:[^]*=> exits-network/);
    const same = await text(REQUEST.trace, { from: 'a1', to: '198.51.100.10' });
    assert.match(same, /^Expected and live state take the packet the same way\./);
  });

  it('says what is wrong with a request for a trace', async () => {
    assert.match(await text(REQUEST.trace, { from: 'nobody', to: '8.8.8.8' }), /There is no port "nobody"/);
    assert.match(await text(REQUEST.trace, { from: 'a1', to: 'nowhere' }), /There is no port "nowhere"/);
  });
});

describe('a comparison over SSH', () => {
  let cloud: FaultyCloud;
  let nodes: SshNode[];
  let login: Login;
  let client: LspClient;
  const clientKey = newKey();

  before(async () => {
    cloud = await faultyCloud();
    nodes = await Promise.all(NODES.map((node) => startSshNode({ recording: cloud.snapshots[node], clientKey })));
    login = await writeLogin(nodes);
    client = await startLsp({
      ssh: { user: 'root', identityFiles: login.identityFiles, knownHostsFiles: [login.knownHostsFile] },
    });
  });

  after(async () => {
    await client.stop();
    await Promise.all([...nodes.map((node) => node.stop()), login.remove()]);
  });

  const open = (name: string, ports: number[]): Promise<void> =>
    client.open(name, withSshPorts(cloud.topology, Object.fromEntries(NODES.map((node, i) => [node, ports[i]!]))));

  it('uses the settings and finds the same, with progress for each node', async () => {
    await open(
      uri,
      nodes.map(({ port }) => port),
    );
    const progress: { kind: string; percentage?: number }[] = [];
    client.connection.onNotification('$/progress', ({ value }) => void progress.push(value));
    const params = { uri, source: { kind: 'ssh' }, workDoneToken: 'compare' };
    assert.deepEqual(await client.connection.sendRequest(REQUEST.compare, params), OUTCOME);
    assert.deepEqual(
      progress.map(({ kind, percentage }) => percentage ?? kind),
      [0, 33, 67, 100, 'end'],
    );
  });

  it('goes on without a node that cannot be reached', async () => {
    const other = 'file:///other.dvr.yaml';
    await open(other, [nodes[0]!.port, nodes[1]!.port, 1]);
    const params = { uri: other, source: { kind: 'ssh' } };
    const result = await client.connection.sendRequest<CompareResult>(REQUEST.compare, params);
    assert.deepEqual(
      result.nodes.map(({ status }) => status),
      ['differs', 'in-sync', 'unreachable'],
    );
    assert.match(result.nodes[2]!.error!, /net1 \(127\.0\.0\.1, port 1\)/);
  });

  it('can be cancelled', async () => {
    const silent = await startSshNode({ recording: '', mode: 'silent', clientKey });
    const silentLogin = await writeLogin([...nodes, silent]);
    const slow = await startLsp({
      ssh: { user: 'root', identityFiles: silentLogin.identityFiles, knownHostsFiles: [silentLogin.knownHostsFile] },
    });
    await slow.open(
      uri,
      withSshPorts(cloud.topology, { compute1: silent.port, compute2: silent.port, net1: silent.port }),
    );
    const cancel = new CancellationTokenSource();
    const request = slow.connection.sendRequest(REQUEST.compare, { uri, source: { kind: 'ssh' } }, cancel.token);
    setTimeout(() => cancel.cancel(), 300);
    await assert.rejects(request, /cancelled/);
    await Promise.all([slow.stop(), silent.stop(), silentLogin.remove()]);
  });
});
