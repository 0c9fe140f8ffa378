/** Colours and progress: on a terminal, and never in a pipe. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { UsageError } from '../../../server/cli/io.ts';
import {
  hasColor,
  paintDiff,
  paintReport,
  progressLine,
  showsProgress,
  takeColor,
  type When,
} from '../../../server/cli/terminal.ts';
import { dvrscope } from '../../support/cli.ts';

const ESCAPE = '\u001B';
const RED_ERROR = `${ESCAPE}[31merror`;
const WIPE = `\r${ESCAPE}[K`;
const ROOT = path.resolve(import.meta.dirname, '../../..');
const BIN = path.join(ROOT, 'server/bin.ts');
const EXAMPLE = path.join(ROOT, 'examples/snat-two-subnets.dvr.yaml');

describe('whether there are colours', () => {
  const rows: [when: When, env: Record<string, string>, isTerminal: boolean, colored: boolean][] = [
    ['auto', {}, true, true],
    ['auto', {}, false, false],
    ['auto', { NO_COLOR: '1' }, true, false],
    ['auto', { NO_COLOR: '' }, true, true],
    ['auto', { FORCE_COLOR: '1' }, false, true],
    ['auto', { FORCE_COLOR: '0' }, true, false],
    ['auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['auto', { TERM: 'dumb' }, true, false],
    ['always', { NO_COLOR: '1' }, false, true],
    ['never', { FORCE_COLOR: '1' }, true, false],
  ];
  for (const [when, env, isTerminal, colored] of rows)
    it(`--color ${when}, ${JSON.stringify(env)}, ${isTerminal ? 'terminal' : 'pipe'}`, () =>
      assert.equal(hasColor(when, env, isTerminal), colored));
});

describe('--color', () => {
  const rows: [args: string[], rest: string[], color: When][] = [
    [['check', 'a'], ['check', 'a'], 'auto'],
    [['--color', 'always', 'check', 'a'], ['check', 'a'], 'always'],
    [['check', '--color=never', 'a'], ['check', 'a'], 'never'],
    [['check', '--', '--color'], ['check', '--', '--color'], 'auto'],
  ];
  for (const [args, rest, color] of rows)
    it(args.join(' '), () => assert.deepEqual(takeColor(args), { args: rest, color }));
  for (const args of [['--color'], ['--color=yes']])
    it(`${args.join(' ')} is a mistake`, () => assert.throws(() => takeColor(args), UsageError));
});

describe('paint', () => {
  // oxlint-disable-next-line no-control-regex -- colours are control sequences
  const plain = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '');

  it('changes no text', async () => {
    const text =
      'a.dvr.yaml:1:2: error [subnet-overlap] it says: error [x]\ncompute1: differs\n  warning [rule-missing] S02\n    expected 1\nnet1: in-sync\n';
    assert.equal(plain(paintReport(text)), text);
    assert.notEqual(paintReport(text), text);
    const patch = '--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z\n';
    assert.equal(plain(paintDiff(patch)), patch);
  });

  it('is not in what a program reads', async () => {
    const { out } = await dvrscope('check', EXAMPLE);
    assert.equal(out, plain(out));
  });
});

it('a line of progress fits the terminal', () => {
  assert.equal(progressLine('reading nodes: 1 of 2, compute1 started', 20).length, '\r\u001B[K'.length + 19);
  assert.equal(progressLine('', 80), '\r\u001B[K');
  for (const columns of [1, 2, 3, 40]) {
    const shown = progressLine('reading nodes: 1 of 2, compute1 started, and more', columns).slice(WIPE.length);
    assert.ok(shown.length < columns, `${columns}: ${shown}`);
  }
  assert.equal(progressLine('reading', 0), `${WIPE}reading`);
});

it('progress needs a terminal that can wipe a line', () => {
  assert.ok(showsProgress({ TERM: 'xterm' }, true));
  assert.ok(!showsProgress({ TERM: 'dumb' }, true));
  assert.ok(!showsProgress({ TERM: 'xterm' }, false));
});

describe('the program', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-terminal-'));
  const wrong = path.join(folder, 'wrong.dvr.yaml');
  writeFileSync(wrong, 'nodes:\n  a: {agent_mode: dvrr}\n  b: {agent_mode: dvr, address: 127.0.0.1, ssh_port: 1}\n');
  after(() => rmSync(folder, { recursive: true }));
  const environment = (env: Record<string, string>) => ({
    PATH: process.env['PATH'],
    TERM: 'xterm',
    SHELL: '/bin/sh',
    ...env,
  });
  const inPipe = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', env: environment(env) });
  /** Standard output and error as a terminal gets them. */
  const onTerminal = (env: Record<string, string>, ...args: string[]): string =>
    spawnSync('script', ['-qec', [process.execPath, BIN, ...args].join(' '), '/dev/null'], {
      encoding: 'utf8',
      env: environment(env),
    }).stdout;
  const live = ['check', wrong, '--live', '--node', 'b', '--ssh-config', 'none', '--known-hosts', '/dev/null'];

  it('has no colours in a pipe, unless they are forced', () => {
    assert.ok(!inPipe({}, 'check', wrong).stdout.includes(ESCAPE));
    assert.ok(!inPipe({ FORCE_COLOR: '1', NO_COLOR: '1' }, 'check', wrong).stdout.includes(ESCAPE));
    assert.ok(inPipe({ FORCE_COLOR: '1' }, 'check', wrong).stdout.includes(RED_ERROR));
    assert.ok(inPipe({}, '--color=always', 'check', wrong).stdout.includes(RED_ERROR));
    assert.ok(!inPipe({ FORCE_COLOR: '1' }, 'check', wrong, '--format', 'json').stdout.includes(ESCAPE));
  });

  it('shows no progress in a pipe', () => {
    const { stderr, stdout } = inPipe({}, ...live);
    assert.doesNotMatch(stderr + stdout, /reading nodes|\r/);
    assert.match(stdout, /b: unreachable/);
  });

  it('says what is wrong with --color', () => {
    const { status, stderr } = inPipe({}, 'check', '--color=loud');
    assert.equal(status, 2);
    assert.match(stderr, /^dvrscope: --color is one of auto, always, never/);
  });

  const skip = spawnSync('script', ['--version']).status !== 0 && 'no script(1)';
  it('has colours on a terminal, unless they are not wanted', { skip }, () => {
    assert.ok(onTerminal({}, 'check', wrong).includes(RED_ERROR));
    assert.ok(!onTerminal({ NO_COLOR: '1' }, 'check', wrong).includes(ESCAPE));
    assert.ok(!onTerminal({}, 'check', wrong, '--color=never').includes(ESCAPE));
  });

  it('shows progress on a terminal, and wipes it', { skip }, () => {
    const shown = onTerminal({}, ...live);
    assert.ok(shown.includes(`${WIPE}reading nodes: 0 of 1, b started`));
    assert.ok(shown.includes(`reading nodes: 1 of 1, b failed${WIPE}`));
  });
});
