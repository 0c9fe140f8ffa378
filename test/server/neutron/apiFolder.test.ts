import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { importFromFolder } from '../../../server/neutron/apiFolder.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { apiFolder, scenarios } from './recordings.ts';

/** Imports a folder that holds these files. */
async function importFiles(files: Record<string, string>): ReturnType<typeof importFromFolder> {
  const dir = mkdtempSync(join(tmpdir(), 'dvrscope-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
    const result = await importFromFolder(dir, { release: 'zed' });
    return 'error' in result ? { error: result.error.replaceAll(dir, 'DIR') } : result;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

for (const scenario of scenarios)
  test(`${scenario}: a folder of answers becomes a file without problems or notes`, async () => {
    const result = await importFromFolder(apiFolder(scenario), { release: 'zed' });
    assert.ok('text' in result);
    assert.deepEqual(result.notes, []);
    assert.deepEqual(readTopology(result.text).problems, []);
  });

test('what is missing or no JSON is noted, the rest is used', async () => {
  const result = await importFiles({
    'networks.json': '\uFEFF{"networks": [{"id": "aaaaaaaa-01", "name": "red"}]}',
    'ports.json': '{"ports": [',
    'agents.json': '[]',
    'readme.txt': 'no answer',
  });
  assert.ok('text' in result);
  assert.match(result.text, /^networks:\n {2}red:\n {4}id: aaaaaaaa-01$/m);
  assert.match(result.notes[0]!, /^ports\.json: cannot be read, passed over: /);
  assert.deepEqual(
    result.notes.slice(1),
    ['subnets', 'routers', 'ports', 'floatingips', 'router-l3-agents'].map(
      (file) => `${file}.json: not there, so what it holds is not known`,
    ),
  );
});

test('a folder without answers, and no folder at all, are errors', async () => {
  assert.deepEqual(await importFiles({ 'package.json': '{}' }), {
    error: 'DIR: no answers of the Neutron API; expected networks.json, subnets.json, ports.json, …',
  });
  const missing = await importFromFolder(join(tmpdir(), 'dvrscope-there-is-no-such-folder'));
  assert.ok('error' in missing);
  assert.match(missing.error, /cannot be read as a folder: no such file or folder$/);
});
