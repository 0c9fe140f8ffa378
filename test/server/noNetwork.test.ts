/** Nothing goes over the network but what somebody asked for: no schema, no telemetry, no look for updates. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { CLIENTS } from '../support/clients.ts';
import { askable, paramsAt } from '../support/everyRequest.ts';
import { startLsp } from '../support/lspClient.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const EXAMPLE = path.join(ROOT, 'examples/snat-two-subnets.dvr.yaml');
const env = {
  ...process.env,
  NODE_OPTIONS: `--import=${pathToFileURL(path.join(ROOT, 'test/support/noNetwork.ts')).href}`,
};

const run = promisify(execFile);

test('the watch sees what goes over a network', async () => {
  for (const code of ["fetch('http://127.0.0.1:4999')", "import('node:net').then((net) => net.connect(4999))"])
    await assert.rejects(run(process.execPath, ['-e', code], { env }), /network: /);
});

test('the language server', async () => {
  process.env['NODE_OPTIONS'] = env.NODE_OPTIONS;
  const client = await startLsp({}, undefined, undefined, CLIENTS.full);
  delete process.env['NODE_OPTIONS'];
  const uri = pathToFileURL(EXAMPLE).href;
  await client.open(uri, readFileSync(EXAMPLE, 'utf8'));
  const params = paramsAt(uri, { line: 12, character: 6 }, { line: 100, character: 0 });
  for (const feature of askable(params))
    await client.connection.sendRequest(feature.method, params).catch(() => undefined);
  assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
});

const VERBS: readonly string[][] = [
  ['check', EXAMPLE],
  ['check', EXAMPLE, '--format', 'sarif'],
  ['format', EXAMPLE],
  ['expect', EXAMPLE, '--node', 'compute1'],
  ['verify', EXAMPLE],
  ['collect', '--print-script'],
  ['--help'],
];

for (const args of VERBS)
  test(`dvrscope ${args.join(' ').replace(EXAMPLE, 'FILE')}`, async () => {
    const program = path.join(ROOT, 'server/bin.ts');
    const { stderr } = await run(process.execPath, [program, ...args], { env, maxBuffer: 2 ** 26 }).catch(
      (error: { code: number; stderr: string }) => {
        // Findings are an answer, too.
        assert.equal(error.code, 1, error.stderr);
        return error;
      },
    );
    assert.doesNotMatch(stderr, /network: /);
  });
