/** Questions of the language server to its client while it collects: an unknown host key. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { REQUEST, type CompareResult, type Question } from '../../shared/protocol.ts';
import { faultyCloud, NODES, withSshPorts } from '../support/faultyCloud.ts';
import { startLsp } from '../support/lspClient.ts';
import { newKey, startSshNode, writeLogin, type Login, type SshNode } from '../support/sshNode.ts';

const uri = 'file:///cloud.dvr.yaml';

describe('an unknown host key', () => {
  let nodes: SshNode[];
  let login: Login;
  let topology: string;
  const clientKey = newKey();

  before(async () => {
    const cloud = await faultyCloud();
    nodes = await Promise.all(NODES.map((node) => startSshNode({ recording: cloud.snapshots[node], clientKey })));
    login = await writeLogin(nodes);
    const ports = Object.fromEntries(NODES.map((node, i) => [node, nodes[i]!.port]));
    topology = withSshPorts(cloud.topology, ports);
  });

  after(async () => {
    await Promise.all([...nodes.map((node) => node.stop()), login.remove()]);
  });

  const compare = async (ask?: (question: Question) => string[] | null): Promise<CompareResult> => {
    await writeFile(login.knownHostsFile, '');
    const ssh = { user: 'root', configFile: 'none', identityFiles: login.identityFiles };
    const client = await startLsp({ ssh: { ...ssh, knownHostsFiles: [login.knownHostsFile] } }, undefined, ask);
    await client.open(uri, topology);
    const result = await client.connection.sendRequest<CompareResult>(REQUEST.compare, {
      uri,
      source: { kind: 'ssh' },
    });
    await client.stop();
    return result;
  };

  const statuses = ({ nodes: all }: CompareResult): string[] => all.map(({ status }) => status);

  it('is asked about, one after the other, and remembered', async () => {
    const questions: Question[] = [];
    const result = await compare((question) => {
      questions.push(question);
      return ['remember'];
    });
    assert.deepEqual(statuses(result), ['differs', 'in-sync', 'in-sync']);
    assert.deepEqual(
      questions.flatMap((question) => (question.kind === 'host-key' ? [question.host] : [])).toSorted(),
      nodes.map(({ port }) => `[127.0.0.1]:${port}`).toSorted(),
    );
    const lines = (await readFile(login.knownHostsFile, 'utf8')).trim().split('\n');
    assert.deepEqual(lines.toSorted(), nodes.map(({ knownHostsLine }) => knownHostsLine.trim()).toSorted());
  });

  it('may be trusted once, without being written down', async () => {
    assert.deepEqual(statuses(await compare(() => ['once'])), ['differs', 'in-sync', 'in-sync']);
    assert.equal(await readFile(login.knownHostsFile, 'utf8'), '');
  });

  it('is refused by any other answer, and where the client cannot be asked', async () => {
    for (const ask of [() => ['refuse'], () => null, () => [], () => ['yes'], undefined]) {
      // oxlint-disable-next-line no-await-in-loop -- one server at a time
      const result = await compare(ask);
      assert.deepEqual(statuses(result), ['unreachable', 'unreachable', 'unreachable']);
      assert.match(result.nodes[0]!.error!, /SHA256:\S{43}, is not known\. .*ssh-keyscan/);
      assert.equal(await readFile(login.knownHostsFile, 'utf8'), '');
    }
  });
});
