/** Loaded before a program by `--import`: at SIGUSR2 it cleans its heap and writes how many bytes are left into the file `HEAP_FILE`. */
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const clean: unknown = runInNewContext('gc');
const file = process.env['HEAP_FILE'];

if (typeof clean === 'function' && file !== undefined)
  process.on('SIGUSR2', () => {
    // What is weakly held goes with the second one.
    clean();
    clean();
    writeFileSync(`${file}.new`, String(process.memoryUsage().heapUsed));
    renameSync(`${file}.new`, file);
  });
