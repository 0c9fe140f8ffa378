/** The script's end when nobody listens any more: no process stays, whatever it waits for; and it changes nothing otherwise. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watched } from '../../../server/collect/watched.ts';
import { findProgram } from '../../support/openssh.ts';
import { readShell } from '../../support/shellCommands.ts';

const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']].filter(([program]) => findProgram(program!));

/** Runs it as sshd does: in a session of its own, standard input kept open. */
function start([program, ...args]: string[], script: string) {
  const child = spawn(findProgram(program!)!, [...args, '-s'], { detached: true, stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.write(script);
  const ended = new Promise<{ status: number | null; signal: string | null }>((resolve) => {
    // With all that it said.
    child.once('close', (status, signal) => resolve({ status, signal }));
  });
  return { child, ended, said: () => ({ stdout, stderr }) };
}

/** Processes of a session: the fourth field after the name in /proc/PID/stat. */
const inSession = (session: number): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      return /^\d+$/.test(pid) && Number(fields[3]) === session && fields[0] !== 'Z';
    } catch {
      return false;
    }
  });

async function untilNone(session: number): Promise<string[]> {
  for (let i = 0; i < 600 && inSession(session).length > 0; i++)
    // oxlint-disable-next-line no-await-in-loop -- waiting is what it does
    await sleep(100);
  return inSession(session);
}

test('what is put around the script ends its own process group and writes nothing', () => {
  const { commands, functions } = readShell(watched('true'));
  assert.deepEqual(functions, ['dvrscope_script']);
  assert.deepEqual(
    commands.map(({ words }) => words.join(' ')).filter((command) => command !== ''),
    [
      'true',
      'exec',
      'trap  TERM',
      'read -r line',
      ':',
      'kill 0',
      'sleep 1',
      'kill -9 0',
      'dvrscope_script',
      'kill -9 $dvrscope_watcher',
      'wait $dvrscope_watcher',
      'exit $dvrscope_status',
    ],
  );
  const redirections = commands.flatMap((command) => command.redirections);
  for (const redirection of redirections) assert.match(redirection, /^[<>](?:&\d|&-|\/dev\/null)$/);
});

describe('a watched script', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  for (const shell of SHELLS) {
    const name = shell.join(' ');

    test(`${name}: ends by itself, with its status and no word more`, async () => {
      const { child, ended, said } = start(shell, watched("printf 'out\\n'; printf 'err\\n' >&2\n(exit 7)"));
      assert.deepEqual(await ended, { status: 7, signal: null });
      assert.deepEqual(said(), { stdout: 'out\n', stderr: 'err\n' });
      assert.deepEqual(await untilNone(child.pid!), []);
    });

    const waits: [what: string, script: string][] = [
      ['for a command', 'sleep 1000'],
      ['for a child of a child', 'sh -c "sleep 1000; true" | cat'],
      ['for one that ignores the signal', 'sh -c \'trap "" TERM HUP PIPE; sleep 1000; sleep 1000\''],
    ];
    for (const [what, script] of waits)
      test(`${name}: nothing stays of one that waits ${what} when its input ends`, async () => {
        const { child, ended } = start(shell, watched(`printf 'begun\\n'\n${script}`));
        await new Promise((resolve) => {
          child.stdout.once('data', resolve);
        });
        for (let i = 0; i < 600 && inSession(child.pid!).length < 3; i++)
          // oxlint-disable-next-line no-await-in-loop -- waiting is what it does
          await sleep(50);
        assert.ok(inSession(child.pid!).length >= 3, 'the shell, the watcher, the command');
        child.stdin.end();
        await ended;
        assert.deepEqual(await untilNone(child.pid!), []);
      });

    test(`${name}: a script that arrives in part does nothing`, async () => {
      const { child, ended, said } = start(shell, watched('printf "out\\n"').slice(0, 40));
      child.stdin.end();
      await ended;
      assert.equal(said().stdout, '');
      assert.deepEqual(await untilNone(child.pid!), []);
    });
  }
});
