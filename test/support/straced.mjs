// Runs `dvrscope` with the arguments of this program under strace(1), which notes every call about the network in the file STRACE_OUT.
import { spawn } from 'node:child_process';
import path from 'node:path';

const program = path.resolve(import.meta.dirname, '../../server/bin.ts');
const strace = ['-f', '-qq', '-s', '200', '-e', 'trace=network', '-o', process.env.STRACE_OUT];
const child = spawn('strace', [...strace, process.execPath, program, ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('close', (status) => process.exit(status ?? 1));
