/** Runs a shell text over standard input, as a node's shell gets it, and gives what it printed. */
import { spawn } from 'node:child_process';

/** What a shell printed, and its exit status (null: a signal). */
export interface ScriptRun {
  stdout: string;
  stderr: string;
  status: number | null;
}

/** `shell` is its command line, which must make it read standard input. */
export async function runScript(
  text: string,
  shell: string[] = ['sh', '-s'],
  env: NodeJS.ProcessEnv = process.env,
  uid?: number,
): Promise<ScriptRun> {
  const child = spawn(shell[0]!, shell.slice(1), { env, ...(uid !== undefined && { uid, gid: uid }) });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A script may end before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(text);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  return { stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8'), status };
}
