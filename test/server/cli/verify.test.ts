/** `dvrscope verify` and the promises that `check` and the editor test: what is printed, and the status. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument } from '../../../server/document.ts';
import { diagnostics } from '../../../server/features/diagnostics.ts';
import { writeTopology } from '../../../shared/topology/write.ts';
import { dvrscope } from '../../support/cli.ts';
import { faultyCloud } from '../../support/faultyCloud.ts';
import { RECORDINGS, topologyOf } from '../../support/recordings.ts';

const HEALTHY = path.join(RECORDINGS, 'S3');
const HELD = ['reach a3 -> 8.8.8.8 as 192.168.1.21', 'isolated neta netb'];
let folder = '';
let topology = '';

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-verify-'));
  topology = path.join(folder, 'cloud.dvr.yaml');
  await writeFile(topology, textWith(HELD));
  const { snapshots } = await faultyCloud();
  for (const [node, text] of Object.entries(snapshots)) await writeFile(path.join(folder, `${node}.snapshot`), text);
});
after(() => rm(folder, { recursive: true, force: true }));

const textWith = (texts: string[]): string =>
  writeTopology({ ...topologyOf('S3'), promises: texts.map((text, i) => ({ pointer: `/promises/${i}`, text })) });

const ROWS: readonly [what: string, args: () => string[], status: number, out: RegExp[]][] = [
  [
    'the expected state',
    () => [topology],
    0,
    [/110 promises over the expected state/, /110 held, 0 broken, 0 not known/],
  ],
  [
    'a healthy recording',
    () => [topology, '--snapshot', HEALTHY],
    0,
    [/over the live state of 3 nodes/, /Not promised:/],
  ],
  [
    'a lost rule',
    () => [topology, '--snapshot', folder],
    1,
    [
      /1\. 5 promises broken: 1 to the outside, 4 to floating IPs from inside/,
      /at {7}qrouter-220318bd-\S+ on compute1/,
      /because {2}no-route: /,
      /to see {3}dvrscope trace \S+cloud\.dvr\.yaml --from a3 --to 8\.8\.8\.8 --snapshot /,
      /broken: "reach a3 -> 8\.8\.8\.8 as 192\.168\.1\.21" \(\S+cloud\.dvr\.yaml:\d+\)/,
    ],
  ],
  [
    'a promise of the command line',
    () => [topology, '--promise', 'unreachable a1 -> a3'],
    1,
    [/broken: "unreachable a1 -> a3"/],
  ],
  [
    'what cannot be decided',
    () => [topology, '--promise', 'reach nobody -> a1'],
    3,
    [/not known: "reach nobody -> a1"/],
  ],
  [
    'a node that is missing',
    () => [topology, '--snapshot', path.join(HEALTHY, 'compute1.snapshot')],
    3,
    [/Not known whether they hold:/],
  ],
  [
    'no difference',
    () => [topology, '--snapshot', HEALTHY, '--against', topology],
    0,
    [/No difference in \d+ answers/],
  ],
  [
    'two snapshots',
    () => [topology, '--snapshot', folder, '--against-snapshot', HEALTHY],
    1,
    [
      /1 of neta -> outside: cannot be reached any more/,
      /before {7}reached as 192\.168\.1\.21/,
      /5 of \d+ answers differ/,
    ],
  ],
  ['SARIF', () => [topology, '--snapshot', folder, '--format', 'sarif'], 1, [/"ruleId": "promise-broken"/]],
  ['JUnit', () => [topology, '--snapshot', folder, '--format', 'junit'], 1, [/failure type="promise-broken"/]],
  ['a promise that cannot be read', () => [topology, '--promise', 'reach a1'], 2, []],
  ['two befores', () => [topology, '--against', topology, '--against-snapshot', HEALTHY], 2, []],
];

for (const [what, args, status, out] of ROWS)
  test(`verify: ${what}`, async () => {
    const result = await dvrscope('verify', ...args());
    assert.equal(result.status, status, result.out + result.err);
    for (const pattern of out) assert.match(result.out, pattern);
  });

test('verify --format json: the contract', async () => {
  const { out } = await dvrscope('verify', topology, '--snapshot', folder, '--format', 'json');
  const report = JSON.parse(out) as Record<string, unknown> & {
    broken: Record<string, unknown>[];
    written: Record<string, unknown>[];
  };
  assert.deepEqual(Object.keys(report), [
    'topology',
    'from',
    'nodes',
    'counts',
    'leftOut',
    'unknown',
    'broken',
    'written',
    'summary',
  ]);
  assert.deepEqual(Object.keys(report.broken[0]!).toSorted(), ['count', 'kinds', 'places', 'what', 'witness']);
  const witness = report.broken[0]!['witness'] as Record<string, unknown>;
  assert.deepEqual(Object.keys(witness), [
    'promise',
    'from',
    'to',
    'protocol',
    'dport',
    'size',
    'command',
    'isConfirmed',
    'trace',
  ]);
  assert.equal(witness['isConfirmed'], true);
  assert.deepEqual(
    report.written.map(({ verdict, pointer }) => [verdict, pointer]),
    [
      ['broken', '/promises/0'],
      ['held', '/promises/1'],
    ],
  );
  assert.deepEqual(report['summary'], { asked: 110, held: 104, broken: 6, unknown: 0 });
});

test('check tells broken promises, over the expected and the live state', async () => {
  const file = path.join(folder, 'broken.dvr.yaml');
  await writeFile(file, textWith([...HELD, 'unreachable a1 -> a3']));
  const expected = await dvrscope('check', file);
  assert.equal(expected.status, 1);
  assert.match(
    expected.out,
    /error \[promise-broken\] The promise "unreachable a1 -> a3" does not hold over what this file makes/,
  );
  const live = await dvrscope('check', file, '--snapshot', folder, '--format', 'json');
  const { findings } = JSON.parse(live.out) as {
    findings: { code: string; message: string; range: unknown; kind: string }[];
  };
  const broken = findings.filter(({ code }) => code === 'promise-broken');
  assert.deepEqual(
    broken.map(({ message, kind }) => [/"(.*?)"/.exec(message)![1], /over the live state/.test(message), kind]),
    [
      ['unreachable a1 -> a3', false, 'invalid'],
      ['reach a3 -> 8.8.8.8 as 192.168.1.21', true, 'invalid'],
      ['unreachable a1 -> a3', true, 'invalid'],
    ],
  );
  assert.ok(broken.every(({ range }) => range !== null));
});

test('the editor underlines a broken promise', () => {
  const text = textWith([...HELD, 'unreachable a1 -> a3', 'reach a1 -> nobody']);
  const document = makeDocument(TextDocument.create('file:///cloud.dvr.yaml', 'dvr-topology', 1, text));
  assert.ok(
    diagnostics(document, undefined).every(({ code }) => code !== 'promise-broken'),
    'not while somebody types',
  );
  assert.ok(document.testPromises());
  assert.ok(!document.testPromises());
  const found = diagnostics(document, undefined);
  const told = found.map(({ code, range }) => [code, document.text.getText(range)]);
  assert.deepEqual(
    told.filter(([code]) => /promise/.test(String(code))),
    [
      ['bad-promise', '"reach a1 -> nobody"'],
      ['promise-broken', '"unreachable a1 -> a3"'],
    ],
  );
});
