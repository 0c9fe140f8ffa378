/** Comments and settings that silence: what is left, what is counted, and what is said of comments that do nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CODES } from '../../server/codes.ts';
import { runChecks } from '../../shared/checks/table.ts';
import { ignoresOf, severitiesFrom, silence, silenceProblems } from '../../shared/silence.ts';
import { readTopology } from '../../shared/topology/read.ts';
import { sourceMapOf } from '../../shared/topology/sourceMap.ts';
import { cpuMs } from '../support/cpuTime.ts';

/** Line 2 has `mtu-too-small`, line 4 `address-reserved`. */
const text = (network = '', port = '', head = '') => `${head}networks:
  red: {mtu: 1000, subnets: {red-v4: {cidr: 10.0.0.0/24}, red-v6: {cidr: '2001:db8::/64'}}}${network}
ports:
  vm1: {network: red, fixed_ips: [{ip_address: 10.0.0.255}]}${port}
`;

const MTU = 'mtu-too-small';
const ADDRESS = 'address-reserved';

function told(topologyText: string, settings: Record<string, string> = {}) {
  const { topology, problems, sourceMap } = readTopology(topologyText);
  const { severities } = severitiesFrom(Object.entries(settings));
  const all = { text: topologyText, sourceMap, problems: [...problems, ...runChecks(topology)] };
  const result = silenceProblems(all, severities, CODES);
  return { codes: result.problems.map(({ code, severity }) => `${severity} ${code}`), silenced: result.silenced };
}

const rows: [what: string, given: string, codes: string[], silenced: number][] = [
  ['nothing asked for', text(), [`error ${ADDRESS}`, `error ${MTU}`], 0],
  ['behind its line', text(` # dvrscope: ignore ${MTU}`), [`error ${ADDRESS}`], 1],
  ['with a reason', text('', ` # dvrscope: ignore ${ADDRESS} -- taken on purpose, see T12`), [`error ${MTU}`], 1],
  [
    'on a line of its own for the next',
    text('', '', '').replace('ports:\n', `ports:\n  # dvrscope: ignore ${ADDRESS}\n`),
    [`error ${MTU}`],
    1,
  ],
  [
    'several comments above one another',
    text().replace('ports:\n', `ports:\n  # dvrscope: ignore ${ADDRESS}\n\n  # why\n`),
    [`error ${MTU}`],
    1,
  ],
  ['several codes', text(` # dvrscope: ignore ${ADDRESS}, ${MTU}`), [`error ${ADDRESS}`, 'hint unused-ignore'], 1],
  ['the whole file', text('', '', `# dvrscope: ignore-file ${MTU} ${ADDRESS}\n`), [], 2],
  ['the whole file, at its end', `${text()}# dvrscope:ignore-file ${MTU}`, [`error ${ADDRESS}`], 1],
  [
    'nothing there',
    text('', ` # dvrscope: ignore ${MTU}`),
    [`error ${ADDRESS}`, `error ${MTU}`, 'hint unused-ignore'],
    0,
  ],
  [
    'no such code',
    text(' # dvrscope: ignore mtu-to-small'),
    [`error ${ADDRESS}`, `error ${MTU}`, 'hint unknown-ignore'],
    0,
  ],
  ['no code', text(' # dvrscope: ignore -- all'), [`error ${ADDRESS}`, `error ${MTU}`, 'hint unknown-ignore'], 0],
  ['no such word', text(` # dvrscope: disable ${MTU}`), [`error ${ADDRESS}`, `error ${MTU}`, 'hint unknown-ignore'], 0],
  [
    'a finding on nodes, a fault',
    text(' # dvrscope: ignore rule-missing S02 not-collected'),
    [`error ${ADDRESS}`, `error ${MTU}`],
    0,
  ],
  [
    'in a quoted text',
    text(` , x: "a # dvrscope: ignore ${MTU}"`).replace('}}} ,', '}},').replace(`${MTU}"`, `${MTU}"}`),
    ['error unknown-key', `error ${ADDRESS}`, `error ${MTU}`],
    0,
  ],
  ['not the first of its comment', text(` # see dvrscope: ignore ${MTU}`), [`error ${ADDRESS}`, `error ${MTU}`], 0],
  [
    'the hint itself, silenced',
    text(` # dvrscope: ignore ${ADDRESS}`),
    [`error ${ADDRESS}`, `error ${MTU}`, 'hint unused-ignore'],
    0,
  ],
  ['with CRLF', text(` # dvrscope: ignore ${MTU}`).replaceAll('\n', '\r\n'), [`error ${ADDRESS}`], 1],
];

for (const [what, given, codes, silenced] of rows) test(what, () => assert.deepEqual(told(given), { codes, silenced }));

test('severities are set by code, and off silences', () => {
  const set = { [MTU]: 'hint', [ADDRESS]: 'off', 'unused-ignore': 'off' };
  assert.deepEqual(told(text(` # dvrscope: ignore ${ADDRESS}`), set), { codes: [`hint ${MTU}`], silenced: 1 });
});

test('a level that is none is said and not set', () => {
  const { severities, wrong } = severitiesFrom([
    ['a', 'loud'],
    ['b', 7],
    ['c', 'off'],
  ]);
  assert.deepEqual([[...severities], wrong.length], [[['c', 'off']], 2]);
});

test('a finding is silenced by its code, by its fault, on its line; the fault wins', () => {
  const finding = { code: 'rule-missing', fault: 'S02', severity: 'error' } as const;
  const left = (comment: string, settings: Record<string, string> = {}) =>
    silence([finding], ignoresOf(comment), severitiesFrom(Object.entries(settings)).severities, () => 1).kept.map(
      ({ severity }) => severity,
    );
  assert.deepEqual(left(''), ['error']);
  assert.deepEqual(left('# dvrscope: ignore S02\nred:\n'), []);
  assert.deepEqual(left('# dvrscope: ignore S02\n\nx:\nred:\n'), ['error']);
  assert.deepEqual(left('# dvrscope: ignore-file rule-missing'), []);
  assert.deepEqual(left('', { 'rule-missing': 'off', S02: 'warning' }), ['warning']);
});

test('never throws, and hides nothing that no comment names', () => {
  const piece = fc.constantFrom(
    '# dvrscope: ignore ',
    '# dvrscope: ignore-file ',
    MTU,
    ', ',
    '\n',
    '"',
    "'",
    ' #',
    'a: b',
    '\r\n',
    '\t',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 30 }), (pieces) => {
      const given = pieces.join('');
      const { codes } = ignoresOf(given);
      for (const { code, range } of codes) assert.equal(given.slice(...range), code);
      const finding = { code: 'elsewhere', severity: 'error' } as const;
      assert.equal(
        silence(
          [finding],
          { codes: codes.filter(({ code }) => code !== 'elsewhere'), misspelt: [] },
          new Map(),
          () => 0,
        ).silenced,
        0,
      );
    }),
    { seed: 6, numRuns: 500 },
  );
});

test('a text full of comments, and one long line full of them, take no time', () => {
  const started = cpuMs();
  for (const hostile of [
    '# dvrscope: ignore a\n'.repeat(50_000),
    'x dvrscope: '.repeat(500_000),
    '"# dvrscope: ignore a '.repeat(100_000),
  ])
    silenceProblems(
      {
        text: hostile,
        sourceMap: sourceMapOf([], ''),
        problems: [{ code: 'a', severity: 'error', message: '', pointer: '' }],
      },
      new Map(),
      CODES,
    );
  assert.ok(cpuMs(started) < 5000);
});
