/** Files of an SSH configuration on this machine: read once each, with OpenSSH's demand on who may write them, and its `Include` patterns. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, fileErrorText } from '../errorCode.ts';
import { configLines, type ConfigLine } from './lines.ts';

/** The lines of a file, or why there are none; neither when it does not exist. */
export interface ConfigFile {
  lines?: readonly ConfigLine[];
  problem?: string;
}

/** Reads a file. @param ownOnly it must belong to us or root, and nobody else may write it: `SSHCONF_CHECKPERM` in OpenSSH's readconf.c */
export type ReadConfig = (path: string, ownOnly: boolean) => ConfigFile;

/** A reader that remembers: every node asks for the same files. */
export function configReader(): ReadConfig {
  const files = new Map<string, ConfigFile>();
  return (path, ownOnly) => {
    const key = `${ownOnly} ${path}`;
    const known = files.get(key) ?? readConfigFile(path, ownOnly);
    files.set(key, known);
    return known;
  };
}

/** Group and others, write. */
const OTHERS_WRITE = 0o022;

function readConfigFile(path: string, ownOnly: boolean): ConfigFile {
  try {
    const { uid, mode } = statSync(path);
    const self = process.getuid?.();
    if (ownOnly && self !== undefined && ((uid !== 0 && uid !== self) || (mode & OTHERS_WRITE) !== 0))
      return { problem: `${path} is left out: others than you may write it (chmod go-w)` };
    return { lines: configLines(readFileSync(path, 'utf8'), path) };
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? {}
      : { problem: `${path} cannot be read: ${fileErrorText(error)}` };
  }
}

/** Paths that a pattern with `*`, `?` and `[...]` names, in order of their names, as glob(3) has it; itself where it has none. */
export function globPaths(pattern: string): string[] {
  const [root, ...segments] = pattern.split('/');
  let found = [root === '' ? '/' : root!];
  for (const segment of segments.filter((name) => name !== '')) {
    found = /[*?[]/.test(segment)
      ? found.flatMap((folder) => namesIn(folder, segment).map((name) => join(folder, name)))
      : found.map((folder) => join(folder, segment));
  }
  return found;
}

function namesIn(folder: string, segment: string): string[] {
  const isMatch = segmentPattern(segment);
  try {
    // By bytes, as in the C locale; a name with a leading dot has to be named so.
    return readdirSync(folder)
      .filter((name) => isMatch.test(name) && (segment.startsWith('.') || !name.startsWith('.')))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch {
    return [];
  }
}

function segmentPattern(segment: string): RegExp {
  const source = segment.replaceAll(/\[!?\]?[^\]]*\]|[^[]|\[/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length < 2) return part.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`);
    const inside = part
      .slice(1, -1)
      .replace(/^!/, '^')
      .replaceAll(/[\\[\]]/g, String.raw`\$&`);
    return `[${inside}]`;
  });
  try {
    return new RegExp(`^(?:${source})$`, 's');
  } catch {
    // A range the wrong way round names nothing.
    return /[^\s\S]/;
  }
}
