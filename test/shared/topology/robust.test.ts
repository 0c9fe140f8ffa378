/** The reader and the checks on text that nobody meant: they say something, soon, and never throw. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { runChecks } from '../../../shared/checks/table.ts';
import { readTopology } from '../../../shared/topology/read.ts';
import { locate, pointerAt } from '../../../shared/topology/sourceMap.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const FOLDER = new URL('../../../examples/', import.meta.url);
const examples = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(new URL(name, FOLDER), 'utf8') }));

/** Reads, checks and places everything; the time in milliseconds. */
function survive(text: string): number {
  const start = cpuMs();
  const { topology, problems, sourceMap } = readTopology(text);
  for (const problem of [...problems, ...runChecks(topology)]) {
    const range = problem.range ?? locate(sourceMap, problem.pointer, problem.at);
    assert.ok(range && range[0] >= 0 && range[0] <= range[1] && range[1] <= text.length + 3, problem.message);
    assert.ok(problem.message.length > 10);
  }
  assert.equal(typeof pointerAt(sourceMap, text.length), 'string');
  return cpuMs(start);
}

const thingsOf = (text: string): number => {
  const { nodes, networks, routers, ports } = readTopology(text).topology;
  return nodes.length + networks.length + routers.length + ports.length;
};

for (const { name, text } of examples) {
  test(`${name} has no problem`, () => {
    const { topology, problems } = readTopology(text);
    assert.deepEqual([...problems, ...runChecks(topology)], []);
    assert.ok(topology.nodes.length >= 3 && topology.routers.length === 1 && topology.ports.length >= 2);
  });

  test(`${name}: every prefix`, () => {
    for (let end = 0; end <= text.length; end++) survive(text.slice(0, end));
  });

  test(`${name}: a line that is being typed costs one thing at most`, () => {
    const lines = text.split('\n');
    const all = thingsOf(text);
    for (const [i, line] of lines.entries()) {
      const words = line.trimStart();
      if (words === line || words.startsWith('#')) continue;
      for (let end = line.length - words.length + 1; end < line.length; end++) {
        const half = [...lines.slice(0, i), line.slice(0, end), ...lines.slice(i + 1)].join('\n');
        assert.ok(thingsOf(half) >= all - 1, half.slice(half.indexOf(line.slice(0, end))));
      }
    }
  });

  test(`${name}: a thousand random edits`, () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        '\n',
        '\t',
        '  ',
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        ': ',
        '- ',
        '*a',
        '&a ',
        '<<: ',
        '---\n',
        '|\n',
        '# ',
        ',',
        '? ',
        '\r\n',
        '\0',
      ),
    );
    const edit = fc.record({ at: fc.nat(text.length), gone: fc.nat(40), piece });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const edited = edits.reduce(
          (now, each) => now.slice(0, each.at) + each.piece + now.slice(each.at + each.gone),
          text,
        );
        assert.ok(survive(edited) < 2000);
      }),
      { seed: 20260101, numRuns: 1000 },
    );
  });
}

const many = (count: number, piece: string): string => piece.repeat(count);

/** Each of these has made some YAML tool take minutes or gigabytes. */
const hostile: Record<string, string> = {
  brackets: many(1_000_000, '['),
  'sequence dashes': many(1_000_000, '- '),
  'explicit keys': many(100_000, '? '),
  'flow maps': many(100_000, '{a: '),
  'closing braces': many(1_000_000, '}'),
  anchors: many(300_000, '&a '),
  directives: many(300_000, '%\n'),
  documents: many(300_000, '---\n'),
  'one long scalar': many(5_000_000, 'x'),
  'one open quote': `a: "${many(1_000_000, 'b\n')}`,
  'many open quotes': many(100_000, 'a: "\n'),
  'one key again and again': many(50_000, 'nodes: {}\n'),
  'an alias bomb': `nodes:\n${Array.from(
    { length: 12 },
    (_, i) =>
      `  n${i}: &a${i} {agent_mode: [${
        i
          ? Array<string>(12)
              .fill(`*a${i - 1}`)
              .join(', ')
          : 'x'
      }]}\n`,
  ).join('')}`,
  'a chain of aliases': `nodes:\n  n0: &a0 {address: x}\n${Array.from({ length: 3000 }, (_, i) => `  n${i + 1}: &a${i + 1} {address: *a${i}}\n`).join('')}`,
  indentation: Array.from({ length: 1500 }, (_, i) => `${many(i, ' ')}a:`).join('\n'),
};

/** Things that take the same anchor each, by merging it or by naming it. */
const merging = (count: number): string =>
  `x: &x {agent_mode: dvr}\nnodes:\n${Array.from({ length: count }, (_, i) => (i % 2 === 0 ? `  n${i}: {<<: *x, address: 192.0.2.1}\n` : `  n${i}: *x\n`)).join('')}`;

test('eight times the anchors and merge keys take some eight times as long', () => {
  const taking = (text: string): number => {
    const start = process.cpuUsage();
    readTopology(text);
    return process.cpuUsage(start).user;
  };
  // Once to warm up.
  taking(merging(1000));
  const [few, many8] = [taking(merging(1000)), taking(merging(8000))];
  assert.ok(many8 < 32 * few, `${few} and ${many8} µs`);
});

for (const [name, text] of Object.entries(hostile)) test(`hostile: ${name}`, () => assert.ok(survive(text) < 10_000));

/** A topology of about `lines` lines. */
const generated = (lines: number): string =>
  [
    'networks:',
    ...Array.from({ length: 50 }, (_, i) => `  net${i}: {subnets: {s${i}: {cidr: 10.${i}.0.0/16}}}`),
    'ports:',
    ...Array.from({ length: lines / 5 }, (_, i) =>
      [
        `  vm${i}:`,
        `    network: net${i % 50}`,
        `    mac_address: fa:16:3e:${hex(i >> 16)}:${hex(i >> 8)}:${hex(i)}`,
        `    device_id: instance-${i}`,
        `    fixed_ips: [{subnet: s${i % 50}, ip_address: 10.${i % 50}.${(i / 50 / 200 + 1) | 0}.${(((i / 50) | 0) % 200) + 2}}]`,
      ].join('\n'),
    ),
  ].join('\n');

const hex = (value: number): string => (value & 255).toString(16).padStart(2, '0');

test('the time is linear in the size of the text', (t) => {
  survive(generated(10_000));
  const small = survive(generated(12_500));
  const text = generated(50_000);
  const large = survive(text);
  t.diagnostic(
    `12,500 lines: ${small.toFixed(0)} ms; 50,000 lines (${text.length} characters): ${large.toFixed(0)} ms`,
  );
  assert.equal(readTopology(text).topology.ports.length, 10_000);
  // Four times the text; the rest is room for a busy machine.
  assert.ok(large < small * 12 + 500);
});
