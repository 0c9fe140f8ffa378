/** The script that saves the API's answers, run against a server that gives those of a recording. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { importFromFolder } from '../../../server/neutron/apiFolder.ts';
import { SAVE_SCRIPT } from '../../../server/neutron/saveScript.ts';
import { listenOnLoopback } from '../../support/sshNode.ts';

const run = promisify(execFile);
const TOKEN = 'gAAAA-secret';
const api = path.join(import.meta.dirname, '../../recordings/L8/api');
let folder: string;
let url: string;
let isPaged = false;
const asked: string[] = [];
const server = createServer((request, response) => void answer(request, response));

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-save-'));
  url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const ids = async (file: string): Promise<string> => (await list(file)).map(({ id }) => id).join('\\n');
  // The openstack client, as far as the script uses it.
  const openstack = `#!/bin/sh
case "$1 $2" in
  "token issue") echo ${TOKEN} ;;
  "endpoint list") echo ${url} ;;
  "router list") printf '${await ids('routers')}\\n' ;;
  "floating ip") printf '${await ids('floatingips')}\\n' ;;
  *) exit 1 ;;
esac
`;
  await writeFile(path.join(folder, 'openstack'), openstack);
  await writeFile(path.join(folder, 'save.sh'), SAVE_SCRIPT);
  await chmod(path.join(folder, 'openstack'), 0o755);
});

after(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function list(file: string): Promise<{ id: string }[]> {
  const answers = JSON.parse(await readFile(path.join(api, `${file}.json`), 'utf8')) as Record<
    string,
    { id: string }[]
  >;
  return answers[file]!;
}

const PER_ID: Readonly<Record<string, string>> = {
  'l3-agents': 'router-l3-agents',
  conntrack_helpers: 'conntrack-helpers',
  port_forwardings: 'port-forwardings',
};

/** The API reference, Networking v2.0: `/v2.0/LIST` and `/v2.0/LIST/ID/WHAT`. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  asked.push(`${request.method} ${request.url}`);
  if (request.headers['x-auth-token'] !== TOKEN) return void response.writeHead(401).end();
  const [, version, collection, id, what] = request.url!.split('/');
  const text = version === 'v2.0' ? await answerText(collection!, id, what) : undefined;
  if (text === undefined) response.writeHead(404).end('{"NeutronError": {"type": "HTTPNotFound"}}');
  else response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

async function answerText(collection: string, id?: string, what?: string): Promise<string | undefined> {
  const file = path.join(api, `${what === undefined ? collection : PER_ID[what]}.json`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const next = `"${collection}_links": [{"rel": "next", "href": "x"}]`;
  if (id === undefined) return isPaged && collection === 'ports' ? text.replace('{', `{${next},`) : text;
  return JSON.stringify((JSON.parse(text) as Record<string, unknown>)[id]);
}

const save = async (to: string): Promise<{ stdout: string }> =>
  run('sh', [path.join(folder, 'save.sh'), to], { env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` } });

test('what it saves is imported to the same topology', async () => {
  const saved = path.join(folder, 'with a space');
  const { stdout } = await save(saved);
  assert.match(stdout, /^ndp-proxies: not there$/m);
  const [expected, found] = await Promise.all([api, saved].map((dir) => importFromFolder(dir)));
  assert.ok('text' in expected! && 'text' in found!);
  assert.equal(found.text, expected.text);
  assert.deepEqual(found.notes.toSorted(), expected.notes.toSorted());
  assert.deepEqual(
    asked.filter((line) => !line.startsWith('GET ')),
    [],
  );
  assert.ok(!(await readdir(saved)).some((name) => name.endsWith('.part')));
});

test('a list in pages is an error, not half a cloud', async () => {
  isPaged = true;
  await assert.rejects(save(path.join(folder, 'paged')), /ports: the API gives this list in pages/);
});
