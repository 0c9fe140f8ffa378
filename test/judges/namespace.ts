/** Network namespaces for the judges: made under a prefix of their own, removed whatever happens. Needs root. */
import { execFileSync, spawnSync } from 'node:child_process';

/** A namespace, and what is asked of it. */
export interface TestNamespace {
  name: string;
  /** Runs lines of `ip -batch`; those that the kernel refuses are passed over. Gives each line's answer, or its error. */
  batch: (lines: readonly string[], options?: readonly string[]) => Answer[];
  /** What a command in it prints. */
  run: (command: readonly string[], input?: string) => string;
  remove: () => void;
}

/** Of one line of a batch. */
export type Answer = { out: string } | { error: string };

let made = 0;

/** A signal ends the process without its `exit` event: then namespaces would stay. */
function leaveNothing(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
}

/** Makes an empty namespace whose name no other process uses. */
export function makeNamespace(): TestNamespace {
  const name = `dvrj${process.pid}-${made++}`;
  if (made === 1) leaveNothing();
  execFileSync('ip', ['netns', 'add', name]);
  const remove = (): void => {
    process.off('exit', remove);
    spawnSync('ip', ['netns', 'delete', name]);
  };
  process.on('exit', remove);
  const batch: TestNamespace['batch'] = (lines, options = []) => {
    const { stdout, stderr, error } = spawnSync('ip', ['-n', name, ...options, '-force', '-batch', '-'], {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (error) throw error;
    return answersOf(lines.length, stdout, stderr);
  };
  const run: TestNamespace['run'] = (command, input) =>
    execFileSync('ip', ['netns', 'exec', name, ...command], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      input: input ?? '',
    });
  return { name, batch, run, remove };
}

/** Errors say the number of their line (`lib/utils.c: do_batch`); the lines without one printed a line each, if they print at all. */
function answersOf(count: number, stdout: string, stderr: string): Answer[] {
  const errors = new Map<number, string>();
  let said: string[] = [];
  for (const line of stderr.split('\n')) {
    const number = /^Command failed .*:(\d+)$/.exec(line)?.[1];
    if (number === undefined) said.push(line);
    else {
      errors.set(Number(number), said.join(' '));
      said = [];
    }
  }
  const lines = stdout.split('\n').filter((line) => line !== '');
  let at = 0;
  return Array.from({ length: count }, (_, index): Answer => {
    const error = errors.get(index + 1);
    return error === undefined ? { out: lines[at++] ?? '' } : { error };
  });
}
