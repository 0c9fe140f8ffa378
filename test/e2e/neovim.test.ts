/** A real Neovim with the configuration of docs/editors.md: diagnostics, quick fix, hover, completion, references, rename, formatting. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

const ROOT = path.resolve(import.meta.dirname, '../..');

const TEXT = `nodes:
  compute1: { agent_mode: dvr }

networks:
  red:
    subnets:
      red-v4: {cidr: 10.0.0.0/24}
ports:
  vm1: {network: rde, node: compute1, fixed_ips: [{ip_address: 10.0.0.5}]}`;

interface Answers {
  failed?: string;
  filetype: string;
  diagnostics: { line: number; code: string }[];
  actions: string[];
  hover: { contents: { value: string } };
  completion: string[];
  references: number[];
  definition: number;
  renamed: string;
  formatted: string;
}

/** The configuration of the documentation for this version. */
function configuration(): string {
  const [, minor] = /^NVIM v\d+\.(\d+)/.exec(execFileSync('nvim', ['--version'], { encoding: 'utf8' }))!;
  const page = readFileSync(path.join(ROOT, 'docs/editors.md'), 'utf8');
  const blocks = [...page.matchAll(/^```lua\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
  assert.equal(blocks.length, 2);
  return blocks[Number(minor) >= 11 ? 0 : 1]!;
}

const isMissing = spawnSync('nvim', ['--version']).status !== 0;

describe('in Neovim', { skip: isMissing && 'no nvim' }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-neovim-'));
  const inFolder = (name: string): string => path.join(folder, name);
  let answers: Answers;

  before(() => {
    writeFileSync(inFolder('init.lua'), configuration());
    writeFileSync(inFolder('cloud.dvr.yaml'), `${TEXT}\n`);
    const server = [process.execPath, path.join(ROOT, 'server/bin.ts')].map((word) => `'${word}'`).join(' ');
    writeFileSync(inFolder('dvrscope'), `#!/bin/sh\nexec ${server} "$@"\n`, { mode: 0o755 });
    const ran = spawnSync(
      'nvim',
      [
        '--headless',
        '-n',
        '-i',
        'NONE',
        '-u',
        inFolder('init.lua'),
        inFolder('cloud.dvr.yaml'),
        '-c',
        `luafile ${path.join(ROOT, 'test/e2e/neovim.lua')}`,
      ],
      {
        encoding: 'utf8',
        timeout: 280_000,
        cwd: folder,
        env: {
          ...process.env,
          PATH: `${folder}:${process.env['PATH']}`,
          HOME: folder,
          XDG_STATE_HOME: folder,
          XDG_CACHE_HOME: folder,
          DVRSCOPE_ANSWERS: inFolder('answers.json'),
        },
      },
    );
    assert.equal(ran.error, undefined, ran.stderr);
    answers = JSON.parse(readFileSync(inFolder('answers.json'), 'utf8')) as Answers;
    assert.equal(answers.failed, undefined, `${answers.failed}\n${ran.stderr}`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('a topology is known by its name', () => assert.equal(answers.filetype, 'dvr-topology'));

  it('shows mistakes', () => assert.deepEqual(answers.diagnostics, [{ line: 8, code: 'unknown-reference' }]));

  it('mends one', () => assert.equal(answers.actions[0], 'Change to `red`'));

  it('explains a key', () => assert.match(answers.hover.contents.value, /agent_mode/));

  it('completes names', () => assert.ok(answers.completion.includes('compute1'), answers.completion.join()));

  it('finds where a name is used, and where it is given', () => {
    assert.deepEqual(answers.references, [1, 8]);
    assert.equal(answers.definition, 1);
  });

  it('renames everywhere', () =>
    assert.equal(answers.renamed, TEXT.replace('  red:', '  crimson:').replace('rde', 'crimson')));

  it('formats', () =>
    assert.equal(answers.formatted, answers.renamed.replace('{ agent_mode: dvr }', '{agent_mode: dvr}')));
});
