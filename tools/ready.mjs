// Makes a fresh clone ready: installs the packages when they are missing or not those of the lock file, with whatever Node and npm
// there are. With arguments it then runs these programs, one after the other, under the Node that the packages bring along: a shell
// that was started before the packages were there would go on with its own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamp = path.join(root, 'node_modules/.dvrscope-ready');
const node = path.join(root, 'node_modules/.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const want = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .digest('hex');

const run = (command, args) => {
  const shell = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
};

const isReady = existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === want;
if (!isReady) {
  console.log('installing packages (npm ci) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (!existsSync(node)) {
    console.error(
      'npm ci ran no install scripts, so the Node of the package "node" is missing; allow scripts and try again',
    );
    process.exit(1);
  }
  writeFileSync(stamp, want);
}
for (const program of process.argv.slice(2)) run(node, [program]);
