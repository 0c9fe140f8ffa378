/**
 * Where the bundled program begins. Node keeps the compiled form of what is loaded from here on, so that every start but the first takes
 * half the time and a tenth less memory. In the user's own folder: what lies in a folder for all might have been put there by others.
 */
import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

function cacheFolder(): string {
  const { platform, env } = process;
  if (platform === 'win32') return env['LOCALAPPDATA'] || path.join(homedir(), 'AppData', 'Local');
  if (platform === 'darwin') return path.join(homedir(), 'Library', 'Caches');
  return env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
}

/** Step by step: to make a folder with all that it is in never ends where the system only says that there is none (`/proc`). */
function made(folder: string, ...inside: string[]): string {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const [next, ...rest] = inside;
  return next === undefined ? folder : made(path.join(folder, next), ...rest);
}

// Node 22.8 and later. It keeps what was compiled at the first exit: the language server runs other functions than a verb.
if ('enableCompileCache' in module) {
  try {
    module.enableCompileCache(made(cacheFolder(), 'dvrscope', process.argv[2] === 'lsp' ? 'lsp' : 'verbs'));
  } catch {
    // No home, or none that can be written to: then it is compiled each time.
  }
}

// oxlint-disable-next-line typescript/no-require-imports -- must come after the above; esbuild leaves it as it is
require('./main.cjs');
