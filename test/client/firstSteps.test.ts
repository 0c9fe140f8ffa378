/** What a new user is given: a topology, snippets, an icon, kept passphrases. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { keptSecrets } from '../../client/keptSecrets.ts';
import { NEW_TOPOLOGY } from '../../client/newTopology.ts';
import { runChecks } from '../../shared/checks/table.ts';
import { expect } from '../../shared/expect.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { iconPng } from '../../tools/icon.ts';

const root = path.resolve(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Code and line of everything that is wrong with a topology. */
function problemsOf(text: string): string[] {
  const { topology, problems } = readTopology(text);
  return [...problems, ...runChecks(topology)].map(({ code, message }) => `${code}: ${message}`);
}

test('a new topology checks clean, and each node of it has something to hold', () => {
  assert.deepEqual(problemsOf(NEW_TOPOLOGY), []);
  const { topology } = readTopology(NEW_TOPOLOGY);
  for (const { name } of topology.nodes) assert.ok(Object.keys(expect(topology, name).namespaces).length > 0, name);
});

interface Snippet {
  prefix: string;
  description: string;
  body: string[];
}

/** What stays when somebody presses Tab until the end: the defaults, the first of each choice. */
function expanded(body: readonly string[]): string[] {
  const defaults = new Map<string, string>();
  return body.map((line) =>
    line
      .replaceAll(/\$\{(\d+)(?::([^}]*)|\|([^,|]*)[^}]*)\}/g, (_, number: string, text?: string, first?: string) => {
        defaults.set(number, text ?? first ?? '');
        return defaults.get(number)!;
      })
      .replaceAll(/\$(\d+)/g, (_, number: string) => defaults.get(number) ?? ''),
  );
}

/** Where each snippet belongs, by its prefix; the whole topology is what the others stand in. */
const SECTIONS: Readonly<Record<string, string>> = {
  node: 'nodes',
  network: 'networks',
  'external-network': 'networks',
  router: 'routers',
  port: 'ports',
  'floating-ip': 'floating_ips',
};

test('snippets check clean: the whole topology alone, the things together', () => {
  const snippets = Object.values(JSON.parse(textOf('snippets/dvr-topology.json')) as Record<string, Snippet>);
  const whole = snippets.find(({ prefix }) => prefix === 'topology')!;
  assert.deepEqual(problemsOf(expanded(whole.body).join('\n')), []);
  const things = snippets.filter((snippet) => snippet !== whole);
  assert.deepEqual(things.map(({ prefix }) => prefix).toSorted(), Object.keys(SECTIONS).toSorted());
  const sections = new Map<string, string[]>([['nodes', ['  network1: {agent_mode: dvr_snat}']]]);
  for (const { prefix, body, description } of things) {
    assert.ok(description.length > 10, prefix);
    const lines = expanded(body).map((line) => (line === '' ? '' : `  ${line}`));
    sections.set(SECTIONS[prefix]!, [...(sections.get(SECTIONS[prefix]!) ?? []), ...lines]);
  }
  const text = [...sections].flatMap(([section, lines]) => [`${section}:`, ...lines]).join('\n');
  assert.deepEqual(problemsOf(`dvr: 1\n${text}\n`), []);
});

test('the icon is a PNG of 128 by 128 pixels, made of the SVG', () => {
  const png = iconPng(textOf('media/icon.svg'));
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [128, 128]);
  const start = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
  const pixel = (x: number, y: number): number[] => [...rows.subarray(y * 513 + 1 + x * 4, y * 513 + 5 + x * 4)];
  assert.deepEqual(pixel(0, 0), [0, 0, 0, 0], 'a round corner');
  assert.deepEqual(pixel(64, 64), [0x12, 0x26, 0x3a, 255], 'the hole of the router');
  assert.deepEqual(pixel(30, 34), [0xdc, 0xeb, 0xf7, 255], 'a node');
  // What the maker does not know it would leave out.
  assert.deepEqual(
    [...textOf('media/icon.svg').matchAll(/<(\w+)/g)].map(([, tag]) => tag).filter((tag) => !KNOWN_SHAPES.has(tag!)),
    [],
  );
});

const KNOWN_SHAPES = new Set(['svg', 'rect', 'circle', 'line']);

test('what is kept can be forgotten, one or all', async () => {
  const secrets = new Map<string, string>();
  const notes = new Map<string, unknown>();
  const kept = keptSecrets(
    {
      get: async (key) => secrets.get(key),
      store: async (key, value) => void secrets.set(key, value),
      delete: async (key) => void secrets.delete(key),
    },
    {
      get: <T>(key: string, other: T): T => (notes.get(key) as T | undefined) ?? other,
      update: async (key, value) => void notes.set(key, value),
    },
  );
  for (const name of ['a', 'b', 'c', 'a']) await kept.store(name, `secret of ${name}`);
  assert.equal(await kept.get('a'), 'secret of a');
  await kept.delete('b');
  assert.deepEqual([...secrets.keys()], ['a', 'c']);
  assert.equal(await kept.forgetAll(), 2);
  assert.deepEqual([...secrets], []);
  assert.equal(await kept.forgetAll(), 0);
  assert.doesNotMatch(JSON.stringify([...notes]), /secret of/, 'the list holds names only');
});
