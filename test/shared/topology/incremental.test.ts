/**
 * The law of incremental reading: after any edit the result is that of reading the text from the start, and where the text is YAML
 * it is that of reading the whole with the YAML library. `EDITS=1000000` for the full count, `SEED` for other edits.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { runChecks } from '../../../shared/checks/table.ts';
import { plainPairs } from '../../../shared/topology/plainYaml.ts';
import { readTopology, readWhole, type ReadTopology } from '../../../shared/topology/read.ts';
import { yamlTree } from '../../../shared/topology/yamlTree.ts';
import { edited, randomOf } from './edits.ts';

const EDITS = Number(process.env['EDITS'] ?? 2500);
const SEED = Number(process.env['SEED'] ?? 1);

const FOLDER = new URL('../../../examples/', import.meta.url);
const TEXTS = [
  'x-common: &dvr {agent_mode: dvr, bridge_mappings: &maps {physnet1: br-ex}}\nx-sub: &sub\n  cidr: 10.0.0.0/24\nnodes:\n  a: *dvr\n  b:\n    <<: *dvr\n    agent_mode: dvr_snat\n  c: &c {agent_mode: dvr, bridge_mappings: *maps}\n  d: *c\nnetworks:\n  n:\n    subnets:\n      s: *sub\nports:\n  p: {network: n, node: a}\n',
  ...readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8')),
  'nodes:\n  a: {agent_mode: dvr}\n  b:\n    agent_mode: dvr_snat\nnetworks:\n  n:\n    subnets:\n      s: {cidr: 10.0.0.0/24}\nports:\n  p: {network: n, node: a, fixed_ips: [{ip_address: 10.0.0.5}]}\nfloating_ips:\n  192.0.2.1: {port: p}\n',
];

/** What there is to say of a text that is plain. */
const NOTHING_ODD = { errors: [], holes: [], isStopped: false, anchored: -1, hasAliases: false, aliased: 0 };

/** An edit is undone after so many, so that texts do not grow into noise. */
const LONGEST = 12;

function holds({ topology, problems, sourceMap }: ReadTopology, text: string): void {
  const fresh = readTopology(text);
  assert.deepEqual(topology, fresh.topology, text);
  assert.deepEqual(problems, fresh.problems, text);
  assert.deepEqual([...sourceMap], [...fresh.sourceMap], text);
}

test(`${EDITS} random edits: what is kept is what would be read anew`, () => {
  const random = randomOf(SEED);
  let text = TEXTS[0]!;
  let reading = readTopology(text);
  let steps = 0;
  for (let i = 0; i < EDITS; i++) {
    if (steps++ > random.below(LONGEST)) {
      steps = 0;
      text = random.pick(TEXTS);
    } else text = edited(text, random);
    reading = readTopology(text, reading);
    const problems = runChecks(reading.topology);
    // Not after each: what is read anew in between would be what the next edit starts from.
    if (random.below(3) > 0) continue;
    holds(reading, text);
    assert.deepEqual(problems, runChecks(readTopology(text).topology), text);
  }
});

test(`${EDITS} random edits: block by block is what the whole is`, () => {
  const random = randomOf(SEED + 1);
  const isYaml = ({ problems }: ReadTopology): boolean => !problems.some(({ code }) => code === 'yaml-error');
  let blockwise = 0;
  let apart = 0;
  for (let i = 0; i < EDITS; i++) {
    let text = random.pick(TEXTS);
    for (let k = random.below(3); k >= 0; k--) text = edited(text, random);
    const blocks = readTopology(text);
    const whole = readWhole(text);
    if (!blocks.assembly || !(isYaml(blocks) || isYaml(whole))) continue;
    blockwise++;
    // Of what is not quite YAML, either may make more.
    if (!isYaml(blocks) || !isYaml(whole)) {
      apart++;
      continue;
    }
    assert.deepEqual(blocks.topology, whole.topology, text);
    assert.deepEqual(blocks.problems, whole.problems, text);
    assert.deepEqual(new Map(blocks.sourceMap), new Map(whole.sourceMap), text);
  }
  assert.ok(blockwise > EDITS / 10 && apart < blockwise / 20, `${blockwise} of ${EDITS}, ${apart} apart`);
});

test(`${EDITS} random edits: the plain reader gives up or says what the library says`, () => {
  const random = randomOf(SEED + 2);
  let plain = 0;
  for (let i = 0; i < EDITS; i++) {
    const lines = random.pick(TEXTS).split('\n');
    const from = random.below(lines.length);
    let text = lines.slice(from, from + 1 + random.below(12)).join('\n');
    for (let k = random.below(3); k > 0; k--) text = edited(text, random);
    const pairs = plainPairs(text);
    if (!pairs) continue;
    plain++;
    const { tree, ...rest } = yamlTree(text);
    assert.deepEqual(rest, NOTHING_ODD, text);
    assert.deepEqual(pairs, tree.kind === 'map' ? tree.pairs : tree, text);
  }
  assert.ok(plain > EDITS / 10, `${plain} of ${EDITS}`);
});

test('a word that is not finished is one, whatever has anchors before it', () => {
  const behind = 'a: *x\nnetwor';
  const text = `x: &x\n  b: c\n    half\n${behind}`;
  const messages = readTopology(text).problems.map(({ message }) => message);
  assert.ok(
    messages.includes('`networ` is not finished: a key needs a colon and a value behind it.'),
    messages.join('\n'),
  );
  holds(readTopology(text, readTopology(`x: &x {b: c}\n${behind}`)), text);
});

suite('what an edit does not touch stays the same object', () => {
  const text = TEXTS.at(-1)!;

  test('a port', () => {
    const before = readTopology(text);
    const { topology } = readTopology(text.replace('10.0.0.5', '10.0.0.6'), before);
    assert.equal(topology.nodes, before.topology.nodes);
    assert.equal(topology.networks, before.topology.networks);
    assert.notEqual(topology.ports[0], before.topology.ports[0]);
  });

  test('lines above move everything', () => {
    const before = readTopology(text);
    const { topology, sourceMap } = readTopology(`# a comment\n\n${text}`, before);
    for (const list of ['nodes', 'networks', 'routers', 'ports', 'floating_ips'] as const)
      assert.equal(topology[list], before.topology[list]);
    const [start, end] = sourceMap.get('/ports/p/node')!.value;
    assert.equal(`# a comment\n\n${text}`.slice(start, end), 'a');
  });
});
