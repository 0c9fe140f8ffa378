// What the editor asks about nodes: the cloud, one node, a line of a state, a finding, and how ssh gets there.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Diagnostic } from 'vscode-languageserver/node';
import {
  COLLECTING,
  REQUEST,
  STATE_SCHEME,
  type CompareResult,
  type Question,
  type Side,
  type StateParams,
  type TextResult,
} from '../../shared/protocol.ts';
import type {
  CloudEntry,
  CollectingParams,
  FindingEntry,
  LineExplanation,
  LoginCommand,
  NodeDetails,
} from '../../shared/protocolNodes.ts';
import { faultyCloud, LOST_RULE, NODES, withSshPorts, type FaultyCloud } from '../support/faultyCloud.ts';
import { FAULTY_URI as uri, startFaulty, type FaultySession } from '../support/faultySession.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';
import { newKey, PASSWORD, startSshNode, writeLogin } from '../support/sshNode.ts';

const ROUTER = 'qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb';

describe('nodes, before and after a comparison', () => {
  let session: FaultySession;
  let cloud: FaultyCloud;
  let client: LspClient;
  let folder: string;
  const ask = <T>(method: string, params?: object): Promise<T> => session.ask<T>(method, params);
  const compare = (nodes?: string[]): Promise<CompareResult> => session.compare(nodes);
  const write = (node: (typeof NODES)[number], text: string): Promise<void> => session.write(node, text);

  before(async () => {
    session = await startFaulty(undefined, { opensStates: true });
    ({ cloud, client, folder } = session);
  });

  after(() => session.stop());

  it('are listed without a comparison, and nothing is said of how they are', async () => {
    const { nodes, findings, errors } = await ask<CloudEntry>(REQUEST.cloud);
    assert.deepEqual(
      nodes.map(({ name, status }) => [name, status]),
      NODES.map((name) => [name, undefined]),
    );
    assert.deepEqual([findings, errors], [[], 0]);
    const { namespaces } = await ask<NodeDetails>(REQUEST.node, { node: 'compute1' });
    assert.ok(namespaces.every(({ aspects }) => aspects.every(({ isUnknown }) => isUnknown)));
    assert.equal(
      await ask(REQUEST.node, { node: 'nobody' }).then((answer) => JSON.stringify(answer)),
      '{"namespaces":[]}',
    );
  });

  it('have a status, an age and a source after it', async () => {
    await compare();
    const { nodes } = await ask<CloudEntry>(REQUEST.cloud);
    assert.deepEqual(
      nodes.map(({ status, differences }) => [status, differences]),
      [
        ['differs', 1],
        ['in-sync', 0],
        ['in-sync', 0],
      ],
    );
    for (const [i, { readAt, path: from }] of nodes.entries()) {
      const collected = /^collected_at: (.*)$/m.exec(cloud.snapshots[NODES[i]!])![1]!;
      assert.equal(readAt, Date.parse(collected));
      assert.equal(from, path.join(folder, `${NODES[i]}.snapshot`));
    }
  });

  /** The only finding, where the tree has it. */
  const found = async (): Promise<FindingEntry> => {
    const { namespaces } = await ask<NodeDetails>(REQUEST.node, { node: 'compute1' });
    const all = namespaces.flatMap(({ name, aspects }) =>
      aspects.flatMap((aspect) => aspect.findings.map((finding) => ({ name, aspect: aspect.name, finding }))),
    );
    assert.deepEqual(
      all.map(({ name, aspect }) => [name, aspect]),
      [[ROUTER, 'rules']],
    );
    return all[0]!.finding;
  };

  it('have their findings in namespace and aspect', async () => {
    const finding = await found();
    assert.ok(finding.label.endsWith(` is missing: ${LOST_RULE.replace('\t', ' ')}`), finding.label);
    assert.equal(cloud.topology.split('\n')[finding.line]!.trim(), 'neta-sub:');
    assert.equal(finding.fix.length, 1);
    const { namespaces } = await ask<NodeDetails>(REQUEST.node, { node: 'compute1' });
    const rest = namespaces.flatMap(({ aspects }) => aspects).filter(({ name }) => name !== 'rules');
    assert.ok(rest.length > 10 && rest.every(({ findings, isUnknown }) => findings.length === 0 && !isUnknown));
  });

  it('are read again one by one; what is known of the others is kept', async () => {
    await write('net1', 'no snapshot');
    await write(
      'compute1',
      cloud.snapshots.compute1.replace(/^collected_at: .*$/m, 'collected_at: 2030-01-01T00:00:00Z'),
    );
    const { nodes } = await compare(['compute1']);
    assert.deepEqual(
      nodes.map(({ node, status }) => [node, status]),
      [
        ['compute1', 'differs'],
        ['compute2', 'in-sync'],
        ['net1', 'in-sync'],
      ],
    );
    const { nodes: now } = await ask<CloudEntry>(REQUEST.cloud);
    assert.equal(now[0]!.readAt, Date.parse('2030-01-01T00:00:00Z'));
    assert.ok(now[1]!.readAt! < now[0]!.readAt);
    await Promise.all(NODES.map((node) => write(node, cloud.snapshots[node])));
    await compare();
  });

  it('say of files that cannot be used which they are', async () => {
    await write('net1', cloud.snapshots.net1.slice(0, 5000));
    await write('compute2', 'no snapshot');
    const { problems, nodes } = await compare();
    assert.equal(problems?.length, 2);
    assert.match(problems.join('\n'), /compute2\.snapshot: /);
    assert.match(problems.join('\n'), /net1\.snapshot: cut short inside/);
    assert.equal(nodes[1]!.status, 'not-collected');
    await Promise.all(NODES.map((node) => write(node, cloud.snapshots[node])));
    assert.equal((await compare()).problems, undefined);
  });

  const state = (side: Side, more: object = {}): Omit<StateParams, 'uri'> => ({ node: 'compute1', side, ...more });
  const explained = async (params: object, wanted: string): Promise<LineExplanation | null> => {
    const { text } = await ask<TextResult>(REQUEST.state, params);
    const line = text.split('\n').indexOf(wanted);
    assert.ok(line >= 0, `${wanted} in ${text.slice(0, 500)}`);
    return ask<LineExplanation | null>(REQUEST.line, { ...params, line });
  };

  it('explain each line of the expected side, and lead to the line of the topology', async () => {
    const finding = await found();
    const lost = await explained(state('expected', { isDiff: true }), LOST_RULE);
    assert.match(lost!.markdown, /^\*\*This is missing on the node\.\*\*/);
    assert.match(lost!.markdown, /Expected because .*\(`dvr_local_router\.py: /);
    assert.equal(lost!.finding, finding.id);
    assert.equal(lost!.target?.line, finding.line);
    const sysctl = await explained(state('expected', { namespace: ROUTER }), 'net.ipv4.ip_forward = 1');
    assert.match(sysctl!.markdown, /^Expected because /);
    assert.equal(sysctl!.finding, undefined);
    const chain = await explained(state('expected'), ':neutron-postrouting-bottom -');
    assert.match(chain!.markdown, /Expected because .*iptables_manager\.py/);
  });

  it('explain every line that is no heading, on both sides', async () => {
    for (const params of [
      state('expected'),
      state('live'),
      state('expected', { isDiff: true }),
      state('live', { isDiff: true }),
    ]) {
      const { text } = await ask<TextResult>(REQUEST.state, params);
      const lines = text.split('\n');
      const silent: string[] = [];
      // Each is a request, and some texts have thousands of lines.
      for (let line = 0; line < lines.length; line += 7) {
        const isItem = lines[line] !== '' && !/^#|^\*|^COMMIT$/.test(lines[line]!);
        const answer = await ask<LineExplanation | null>(REQUEST.line, { ...params, line });
        if (isItem !== (answer !== null)) silent.push(`${line}: ${lines[line]}`);
      }
      assert.deepEqual(silent, []);
    }
  });

  it('do not mind what they are asked', async () => {
    for (const line of [-1, 1e9, 0.5]) assert.equal(await ask(REQUEST.line, { ...state('expected'), line }), null);
    const nowhere = { ...state('live'), node: 'nobody', namespace: '__proto__', aspect: 'toString', line: 3 };
    assert.equal(await ask(REQUEST.line, nowhere), null);
    assert.match((await ask<TextResult>(REQUEST.state, { ...state('live'), aspect: 'nonsense' })).text, /ip rule/);
  });

  it('lead from a problem to the live text', async () => {
    const [problem] = await client.diagnostics(uri, (all) => all.length > 0);
    const [related] = problem!.relatedInformation ?? [];
    const at = new URL(related!.location.uri);
    assert.equal(at.protocol, `${STATE_SCHEME}:`);
    const params: StateParams = JSON.parse(decodeURIComponent(at.search.slice(1)));
    assert.deepEqual(params, { uri, node: 'compute1', side: 'live', namespace: ROUTER, aspect: 'rules' });
    assert.match(related!.message, /^live: no line 167837697: from 10\.1\.0\.1\/24/);
    const { text } = await ask<TextResult>(REQUEST.state, params);
    assert.equal(text.split('\n')[related!.location.range.start.line], `# ${ROUTER}: ip rule`);
  });

  it('lead to the very line where the node has another one', async () => {
    const altered = cloud.snapshots.compute2.replace(
      '"priority":167837697,"src":"10.1.0.1"',
      '"priority":167837698,"src":"10.1.0.1"',
    );
    assert.notEqual(altered, cloud.snapshots.compute2);
    await write('compute2', altered);
    await compare();
    const all = await client.diagnostics(uri, (diagnostics) => diagnostics.some(({ code }) => isDifferent(code)));
    const [related] = all.find(({ code }) => isDifferent(code))!.relatedInformation!;
    const { text } = await ask<TextResult>(
      REQUEST.state,
      JSON.parse(decodeURIComponent(new URL(related!.location.uri).search.slice(1))),
    );
    assert.match(text.split('\n')[related!.location.range.start.line]!, /^167837698:\tfrom 10\.1\.0\.1\/24/);
    await write('compute2', cloud.snapshots.compute2);
    await compare();
  });

  it('say of a namespace that is not there, and show all that should be in it', async () => {
    const gone = cloud.snapshots.compute2
      .replaceAll(new RegExp(`^@@ begin ${ROUTER} [^]*?\\n@@ end \\d+\\n`, 'gm'), '')
      .replaceAll(new RegExp(`^${ROUTER}( \\(id: \\d+\\))?\\n`, 'gm'), '');
    await write('compute2', gone);
    await compare();
    const { namespaces } = await ask<NodeDetails>(REQUEST.node, { node: 'compute2' });
    const { aspects } = namespaces.find(({ name }) => name === ROUTER)!;
    const itself = aspects.find(({ name }) => name === 'namespaces')!;
    assert.deepEqual([itself.findings.length, itself.hasText], [1, undefined]);
    assert.ok(aspects.filter(({ hasText }) => hasText).every(({ reason }) => reason === 'the namespace is not there'));
    const params = { node: 'compute2', namespace: ROUTER, aspect: 'namespaces', isDiff: true };
    const [expected, live] = [
      await ask<TextResult>(REQUEST.state, { ...params, side: 'expected' }),
      await ask<TextResult>(REQUEST.state, { ...params, side: 'live' }),
    ];
    assert.match(expected.text, /from 10\.1\.0\.1\/24 lookup 167837697/);
    assert.deepEqual(
      live.text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
      [],
    );
    await write('compute2', cloud.snapshots.compute2);
    await compare();
  });

  it('explain a finding on a page, also when it is gone', async () => {
    const { id } = await found();
    const { text } = await ask<TextResult>(REQUEST.finding, { finding: id });
    for (const heading of [
      'What is broken',
      'Whom it concerns',
      'Evidence',
      'Why we think so',
      'To look at it',
      'To mend it',
    ])
      assert.match(text, new RegExp(`^## ${heading}$`, 'm'));
    assert.match(
      text,
      /^Expected, and not there:\n\n```text\n167837697:\tfrom 10\.1\.0\.1\/24 lookup 167837697\n```$/m,
    );
    assert.match(text, /ip netns exec qrouter-\S+ ip rule add/);
    assert.match((await ask<TextResult>(REQUEST.finding, { finding: 'none' })).text, /^# This finding is gone/);
  });
});

const isDifferent = (code: Diagnostic['code']): boolean => code === 'rule-different';

describe('nodes over SSH', () => {
  it('are told of one by one while they are read; who is not there is asked nothing', async () => {
    const { topology, snapshots } = await faultyCloud();
    const clientKey = newKey();
    const nodes = await Promise.all(
      NODES.map((node) =>
        startSshNode({ recording: snapshots[node], clientKey, mode: node === 'net1' ? 'asks-password' : 'healthy' }),
      ),
    );
    const login = await writeLogin(nodes);
    const ports = Object.fromEntries(NODES.map((node, i) => [node, nodes[i]!.port]));
    const ssh = { user: 'root', identityFiles: login.identityFiles, knownHostsFiles: [login.knownHostsFile] };
    const asked: string[] = [];
    const answerTo = ({ kind }: Question): string[] => {
      asked.push(kind);
      return [PASSWORD];
    };
    const client = await startLsp({ ssh }, undefined, answerTo, undefined, { followsNodes: true });
    const steps: string[] = [];
    client.connection.onNotification(
      COLLECTING,
      ({ node, state }: CollectingParams) => void steps.push(`${node} ${state}`),
    );
    await client.open(uri, withSshPorts(topology, ports));
    const params = { uri, source: { kind: 'ssh' } };
    const alone = { ...params, isUnattended: true };
    const refused = await client.connection.sendRequest<CompareResult>(REQUEST.compare, alone);
    assert.deepEqual([refused.needsAnswers, refused.nodes[2]!.status, asked], [true, 'unreachable', []]);
    const states = ['compute1 collected', 'compute2 collected', 'net1 failed'];
    const started = NODES.map((node) => `${node} started`);
    assert.deepEqual(steps.toSorted(), [...states, ...started].toSorted());
    const answered = await client.connection.sendRequest<CompareResult>(REQUEST.compare, params);
    assert.deepEqual([answered.needsAnswers, answered.nodes[2]!.status], [undefined, 'in-sync']);
    assert.deepEqual(asked, ['login']);
    await client.stop();
    await Promise.all([...nodes.map((node) => node.stop()), login.remove()]);
  });
});

describe('a terminal on a node', () => {
  const nodes = (text: string): string => `dvr: 1\nnodes:\n${text}`;
  const cases: [what: string, text: string, node: string, expected: string[] | RegExp][] = [
    [
      'address and user',
      '  n1: {agent_mode: dvr, address: 192.0.2.1, ssh_user: stack}',
      'n1',
      ['-F', 'none', '-p', '22', '-l', 'stack', '--', '192.0.2.1'],
    ],
    [
      'a port and IPv6',
      '  n1: {agent_mode: dvr, address: "2001:db8::1", ssh_user: stack, ssh_port: 2222}',
      'n1',
      ['-F', 'none', '-p', '2222', '-l', 'stack', '--', '2001:db8::1'],
    ],
    [
      'a host that is an option',
      '  n1: {agent_mode: dvr, address: -oProxyCommand=x, ssh_user: stack}',
      'n1',
      /No terminal for n1: its address is not a host name/,
    ],
    [
      'a name that is an option',
      '  -n1: {agent_mode: dvr, address: 192.0.2.1, ssh_user: stack}',
      '-n1',
      /begins with "-"/,
    ],
    [
      'a user that is a command',
      '  n1: {agent_mode: dvr, address: 192.0.2.1, ssh_user: "$(x)"}',
      'n1',
      /user name has characters/,
    ],
    ['a node that is not there', '  n1: {agent_mode: dvr}', 'n2', /n2 is not in the topology/],
  ];
  for (const [what, text, node, expected] of cases)
    it(what, async () => {
      const client = await startLsp({ ssh: { configFile: 'none' } });
      await client.open(uri, nodes(text));
      const answer = client.connection.sendRequest<LoginCommand>(REQUEST.login, { uri, node });
      if (expected instanceof RegExp) await assert.rejects(answer, expected);
      else assert.deepEqual((await answer).args, expected);
      await client.stop();
    });
});
