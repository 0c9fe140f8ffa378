/** The process of the language server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** It is a child of this process. */
export async function serverPid(): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-Ao', 'pid=,ppid=,args=']);
  const children = stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => parent === String(process.pid) && args.join(' ').includes('dist/cli.cjs lsp'));
  assert.equal(children.length, 1, 'one language server');
  return Number(children[0]![0]);
}
