/**
 * Topologies of several files. Laws: split over files at random a topology is what it is in one; after any edit of any file the result
 * is that of reading all files from the start. `EDITS` and `SEED` as for `incremental.test.ts`.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { runChecks } from '../../../shared/checks/table.ts';
import { stateOf, cloudOf } from '../../../shared/cloud.ts';
import type { Problem } from '../../../shared/problem.ts';
import { KINDS } from '../../../shared/topology/fields.ts';
import { fileOf, ownOffset } from '../../../shared/topology/fileSpan.ts';
import { readTexts, type ReadFiles } from '../../../shared/topology/files.ts';
import { MAX_FILES } from '../../../shared/topology/include.ts';
import { NAMED_SECTIONS } from '../../../shared/topology/mergedSection.ts';
import { fits } from '../../../shared/topology/pathPattern.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { locate } from '../../../shared/topology/sourceMap.ts';
import type { Topology } from '../../../shared/topology/types.ts';
import { edited, randomOf, type Random } from './edits.ts';

const EDITS = Number(process.env['EDITS'] ?? 1500);
const SEED = Number(process.env['SEED'] ?? 1);

test('every section of things is put together', () => {
  const sections = Object.entries(KINDS.topology).flatMap(([key, { type }]) => (type === 'map' ? [key] : []));
  assert.deepEqual([...NAMED_SECTIONS], sections);
});

suite('what is wrong with files is told where it is', () => {
  const net = (name: string, vni: number) =>
    `networks:\n  ${name}: {network_type: vxlan, segmentation_id: ${vni}, subnets: {${name}-v4: {cidr: 10.${vni}.0.0/24}}}\n`;
  const CASES: Record<string, { files: Record<string, string>; told: string[] }> = {
    nothing: {
      files: { root: 'include: [tenants/*.yaml, net.yaml]\n', 'tenants/a.yaml': net('a', 1), 'net.yaml': net('b', 2) },
      told: [],
    },
    'a path is relative to the file that says it': {
      files: {
        root: 'include: [t/a.yaml]\n',
        't/a.yaml': `include: [b.yaml, ../c.yaml]\n`,
        't/b.yaml': '{}',
        'c.yaml': '{}',
      },
      told: [],
    },
    'no such file, and one nearly called so': {
      files: { root: 'include:\n  - t/bleu.dvr.yaml\n', 't/blue.dvr.yaml': net('a', 1) },
      told: ['root:2 include-missing Did you mean `t/blue.dvr.yaml`?'],
    },
    'a pattern that nothing fits': {
      files: { root: 'include: [t/*.yaml]\n' },
      told: ['root:1 include-missing No file fits'],
    },
    'a pattern is for topologies': {
      files: { root: 'include: [t/*]\n', 't/README.md': 'x' },
      told: ['root:1 include-missing'],
    },
    'a pattern for its own folder': {
      files: { 'root.yaml': 'include: [./*.yaml]\n', 'a.yaml': net('a', 1) },
      told: [],
    },
    'folders under folders': {
      files: { root: 'include: ["**/*.yaml"]\n', 'a/b/c.yaml': net('a', 1), 'd.yaml': 'ports: {p: {network: a}}\n' },
      told: [],
    },
    'a circle': {
      files: { root: 'include: [a.yaml]\n', 'a.yaml': 'include:\n  - b.yaml\n', 'b.yaml': 'include: [a.yaml]\n' },
      told: ['b.yaml:1 include-cycle'],
    },
    'a file that includes itself': { files: { root: 'include: [root]\n' }, told: ['root:1 include-cycle'] },
    twice: {
      files: { root: 'include: [a.yaml,\n  ./a.yaml]\n', 'a.yaml': net('a', 1) },
      told: ['root:2 include-twice → root:1'],
    },
    'by a pattern and by name is no mistake': {
      files: { root: 'include: [a.yaml, "[ab].yaml", ./?.yaml]\n', 'a.yaml': net('a', 1) },
      told: ['root:1 include-missing There is no file `[ab].yaml`'],
    },
    'an absolute path, a URL, backslashes, nothing': {
      files: { root: 'include:\n  - /etc/a.yaml\n  - C:/a.yaml\n  - https://x/a.yaml\n  - t\\a.yaml\n  - ""\n' },
      told: [2, 3, 4, 5, 6].map((line) => `root:${line} include-path`),
    },
    'not a list': { files: { root: 'include: a.yaml\n' }, told: ['root:1 wrong-type'] },
    'one name in two files': {
      files: {
        root: `include: [a.yaml, b.yaml]\n`,
        'a.yaml': net('red', 1),
        'b.yaml': `\nnetworks:\n  red: {segmentation_id: many}\n`,
      },
      told: ['b.yaml:3 duplicate-key → a.yaml:2'],
    },
    'one name three times': {
      files: {
        root: 'include: [a.yaml]\nnodes:\n  n: {agent_mode: dvr}\n',
        'a.yaml': 'nodes:\n  n: {agent_mode: dvr}\n  n: {}\n',
      },
      told: ['a.yaml:2 duplicate-key → root:3', 'a.yaml:3 duplicate-key → a.yaml:2'],
    },
    'a first one that cannot be read still counts': {
      files: {
        root: 'include: [a.yaml]\nnodes:\n  n: {agent_mode: dvrr}\n',
        'a.yaml': 'nodes:\n  n: {agent_mode: dvr}\n',
      },
      told: ['root:3 wrong-type', 'a.yaml:2 duplicate-key → root:3'],
    },
    'releases that differ': {
      files: {
        root: 'release: zed\ninclude: [a.yaml, b.yaml]\n',
        'a.yaml': 'release: ZED\n',
        'b.yaml': 'dvr: 1\nrelease: yoga\n',
      },
      told: ['b.yaml:2 include-differs → root:1'],
    },
    'a file that is no YAML': {
      files: {
        root: 'include: [a.yaml]\nports: {p: {network: red}}\n',
        'a.yaml': 'networks:\n  red: {mtu: 1500\n  blue: {}\n',
      },
      told: ['a.yaml:2 yaml-error'],
    },
    'a file that is no topology': {
      files: { root: 'include: [a.yaml]\nports: {p: {network: red}}\n', 'a.yaml': '- a\n- b\n' },
      told: ['a.yaml:1 wrong-type'],
    },
    'names are looked for in all files': {
      files: { root: 'include: [a.yaml]\nports:\n  p: {network: blue}\n', 'a.yaml': net('red', 1) },
      told: ['root:3 unknown-reference'],
    },
    'what is not read may have the name': {
      files: { root: 'include: [a.yaml]\nports:\n  p: {network: blue}\n' },
      told: ['root:1 include-missing'],
    },
    'one address in two files leads to the other one': {
      files: {
        root: 'include: [a.yaml, b.yaml]\n',
        'a.yaml': `${net('a', 1)}ports:\n  p: {network: a, fixed_ips: [{ip_address: 10.1.0.9}]}\n`,
        'b.yaml': 'ports:\n  q: {network: a, fixed_ips: [{ip_address: 10.1.0.9}]}\n',
      },
      told: ['b.yaml:2 duplicate-address → a.yaml:4'],
    },
    'promises of several files': {
      files: {
        root: 'include: [a.yaml]\npromises:\n  - isolated red\n',
        'a.yaml': 'promises:\n  - reach a -> b\n  - nonsense\n',
      },
      told: ['root:3 bad-promise', 'a.yaml:2 bad-promise', 'a.yaml:3 bad-promise'],
    },
  };
  for (const [name, { files, told }] of Object.entries(CASES))
    test(name, () => {
      const paths = Object.keys(files);
      const reading = readTexts(paths[0]!, new Map(Object.entries(files)))!;
      const problems = [...reading.problems, ...runChecks(reading.topology)];
      const lines = problems.map((problem) => lineOf(reading, problem, told));
      assert.deepEqual(lines.toSorted(), told.toSorted());
    });
});

/** `b.yaml:3 duplicate-key → a.yaml:2`, and of the message what the case has of it. */
function lineOf(reading: ReadFiles, problem: Problem, told: readonly string[]): string {
  const { code, range, pointer, at, message, related = [] } = problem;
  const place = placeOf(reading, range ?? locate(reading.sourceMap, pointer, at) ?? [0, 0]);
  const others = related.map((other) =>
    placeOf(reading, other.range ?? locate(reading.sourceMap, other.pointer, 'key')!),
  );
  const line = [`${place} ${code}`, ...(others[0] ? [`→ ${others[0]}`] : [])].join(' ');
  const said = told.find((each) => each.startsWith(`${line} `) && message.includes(each.slice(line.length + 1)));
  return said ?? line;
}

function placeOf({ files }: ReadFiles, [start]: readonly [number, number]): string {
  const { path, text } = files[fileOf(start)]!;
  return `${path}:${text.slice(0, ownOffset(start)).split('\n').length}`;
}

test('names fit patterns', () => {
  const fit: [string, string, boolean][] = [
    ['a.yaml', '*.yaml', true],
    ['a.yaml', '?.yaml', true],
    ['ab.yaml', '?.yaml', false],
    ['a.yml', '*.yaml', false],
    ['aXbXc', 'a*b*c', true],
    ['', '*', true],
    ['a'.repeat(2000), `${'*a'.repeat(1000)}b`, false],
  ];
  for (const [name, pattern, expected] of fit) assert.equal(fits(name, pattern), expected, `${name} ${pattern}`);
});

test('ten thousand files one behind the other are read, one more is told', () => {
  const texts = new Map<string, string>();
  for (let i = 0; i < MAX_FILES + 5; i++) texts.set(`${i}`, `include: [${i + 1}]\nnodes: {n${i}: {agent_mode: dvr}}\n`);
  const reading = readTexts('0', texts)!;
  assert.equal(reading.topology.nodes.length, MAX_FILES);
  assert.deepEqual(
    reading.problems.map(({ code }) => code),
    ['include-unreadable'],
  );
});

test('two thousand missing files, and as many patterns, are told in time', () => {
  const texts = new Map<string, string>();
  for (let i = 0; i < 300; i++) texts.set(`t/${i}/some-tenant-${i}.dvr.yaml`, '{}');
  const missing = Array.from({ length: 2000 }, (_, i) => `t/some-tenent-${i}.dvr.yaml`);
  texts.set('root.yaml', `include: [${missing.join(', ')}]\n`);
  assert.equal(readTexts('root.yaml', texts)!.problems.length, 2000);
  texts.set('root.yaml', `include: [${missing.map((_, i) => `t/**/*x${i}*/**`).join(', ')}]\n`);
  assert.ok(readTexts('root.yaml', texts)!.problems.some(({ code }) => code === 'include-unreadable'));
});

test('hostile patterns end', () => {
  const texts = new Map([
    ['root.yaml', `include: ["${'**/'.repeat(5000)}*", "${'*/'.repeat(5000)}*", "${'../'.repeat(5000)}*"]`],
  ]);
  for (let i = 0; i < 40; i++) texts.set(`${'d/'.repeat(i)}x${i}.yaml`, '{}');
  assert.ok(readTexts('root.yaml', texts)!.files.length > 10);
});

const FOLDER = new URL('../../../examples/', import.meta.url);
const TEXTS = readdirSync(FOLDER)
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
  .filter((text) => !text.includes('include:') && !/[&*]\w/.test(text.replaceAll(/#.*/g, '')));

/** The sections of a text, each as its key and the texts of its things: the examples are written with things two columns in. */
function sectionsIn(text: string): { key: string; things: string[] }[] {
  return text
    .split(/^(?=[a-z_]+:)/m)
    .filter((part) => /^[a-z_]+:/.test(part))
    .map((part) => {
      const [head = '', ...rest] = part.split(/^(?= {2}[^ #\n])/m);
      return rest.length > 0 ? { key: head, things: rest } : { key: '', things: [part] };
    });
}

/** The things of a text, in that order, in so many files that the first one includes. */
function split(text: string, count: number, random: Random): { one: string; files: Map<string, string> } {
  const parts = Array.from({ length: count }, () => new Map<string, string>());
  for (const { key, things } of sectionsIn(text)) {
    // Things of one file stay together, so the order over all is that of the files.
    const ends = things.map(() => random.below(count)).toSorted((a, b) => a - b);
    things.forEach((thing, i) => {
      const part = parts[key === '' ? 0 : ends[i]!]!;
      const head = key === '' ? thing.split('\n')[0]! : key;
      part.set(head, (part.get(head) ?? key) + thing);
    });
  }
  const names = parts.map((_, i) => (i === 0 ? 'root.dvr.yaml' : `t/${i}.dvr.yaml`));
  const texts = parts.map((part) => [...part.values()].join(''));
  texts[0] = `include: [${names.slice(1).join(', ')}]\n${texts[0]}`;
  return { one: text, files: new Map(names.map((name, i) => [name, texts[i]!])) };
}

const statesOf = (topology: Topology) => {
  const cloud = cloudOf(topology);
  return topology.nodes.map(({ name }) => stateOf(cloud, name));
};

const saying = ({ code, severity, pointer, message, at }: Problem) => ({ code, severity, pointer, message, at });

test('a topology is the same in one file and split over several', () => {
  const random = randomOf(SEED);
  for (let i = 0; i < Math.max(20, EDITS / 50); i++) {
    const { one, files } = split(random.pick(TEXTS), 1 + random.below(6), random);
    const whole = readTopology(one);
    const reading = readTexts('root.dvr.yaml', files)!;
    const { unread: _a, ...topology } = reading.topology;
    const { unread: _b, ...expected } = whole.topology;
    assert.deepEqual(topology, expected);
    assert.deepEqual(
      [...reading.problems, ...runChecks(reading.topology)].map(saying),
      [...whole.problems, ...runChecks(whole.topology)].map(saying),
    );
    assert.deepEqual(statesOf(reading.topology), statesOf(whole.topology));
  }
});

test(`${EDITS} random edits of random files: what is kept is what would be read anew`, () => {
  const random = randomOf(SEED + 7);
  let files = split(TEXTS[0]!, 4, random).files;
  let reading = readTexts('root.dvr.yaml', files)!;
  for (let i = 0; i < EDITS; i++) {
    if (random.below(10) === 0) files = split(random.pick(TEXTS), 1 + random.below(5), random).files;
    else {
      const name = random.pick([...files.keys()]);
      files = new Map(files).set(name, edited(files.get(name)!, random));
    }
    reading = readTexts('root.dvr.yaml', files, reading)!;
    const problems = runChecks(reading.topology);
    if (random.below(3) > 0) continue;
    const fresh = readTexts('root.dvr.yaml', files)!;
    const text = JSON.stringify([...files], null, 1);
    assert.deepEqual(reading.topology, fresh.topology, text);
    assert.deepEqual(reading.problems, fresh.problems, text);
    assert.deepEqual([...reading.sourceMap], [...fresh.sourceMap], text);
    assert.deepEqual(problems, runChecks(fresh.topology), text);
  }
});
