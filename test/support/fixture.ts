/**
 * The fixture language of all editor features: topologies with markers in comments, below the line that they are about.
 *
 *     compute1: {agent_mode: dvr}
 *   #            ^^^^^^^^^^ hover the L3 agent's mode
 *   #<------- definition /nodes/compute1
 *   #! symbols
 *
 * Carets stand under what is meant. `#<---` means from the first column on, as far as it reaches, and `#<` the place before it;
 * `#!` is about the whole file.
 * Behind them a verb and its text; `markers.ts` says which there are. Comments above a fixture say what it is about.
 * `#--- NAME` begins another file of the same fixture. Markers stay in the text that the server is given: they are comments to it.
 * What is too long for a line stands in `<fixture>.golden`, which `UPDATE=1` writes anew.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Marker {
  /** `file:line` of the marker itself, for messages. */
  where: string;
  /** The line that is meant, counted from 0; -1: the whole file. */
  line: number;
  /** Columns of what is meant. */
  start: number;
  end: number;
  verb: string;
  text: string;
}

export interface FixtureFile {
  uri: string;
  text: string;
  markers: Marker[];
}

export interface Fixture {
  /** Relative to the folder of fixtures. */
  name: string;
  path: string;
  files: FixtureFile[];
}

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/lsp');

/** All fixtures, by name. */
export function fixtures(): Fixture[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.dvr.yaml'))
    .toSorted()
    .map((name) => readFixture(name, path.join(FOLDER, name)));
}

function readFixture(name: string, file: string): Fixture {
  const files: FixtureFile[] = [];
  let own = path.basename(file);
  let lines: string[] = [];
  const finish = (first: number): void => {
    const uri = `file:///fixtures/${name.replace(/\.dvr\.yaml$/, '')}/${own}`;
    // `#! crlf`: the server is given the file with the line breaks of Windows.
    const newLine = lines.includes('#! crlf') ? '\r\n' : '\n';
    files.push({ uri, text: `${lines.join(newLine)}${newLine}`, markers: markersOf(name, first, lines) });
  };
  let first = 1;
  const all = readFileSync(file, 'utf8').replace(/\n$/, '').split('\n');
  for (const [i, line] of all.entries()) {
    const next = /^#--- (\S+)$/.exec(line)?.[1];
    if (next === undefined) lines.push(line);
    else {
      finish(first);
      [own, lines, first] = [next, [], i + 2];
    }
  }
  finish(first);
  return { name, path: file, files };
}

const MARKER = /^\s*#(?:(?<whole>!)|(?<left><-*)|\s*(?<carets>\^+))\s*(?<verb>[a-z]\w*)(?: (?<text>.*))?$/;

function markersOf(name: string, first: number, lines: string[]): Marker[] {
  const markers: Marker[] = [];
  let meant = -1;
  for (const [i, line] of lines.entries()) {
    const groups = MARKER.exec(line)?.groups;
    if (!groups) {
      if (/^\s*#(?:!|<|\s*\^)/.test(line))
        throw new Error(`${name}:${first + i} looks like a marker and is none: ${line}`);
      meant = i;
      continue;
    }
    const carets = line.indexOf('^');
    const left = line.indexOf('<');
    const { whole, left: arrow } = groups;
    const [start, end] =
      whole !== undefined
        ? [0, 0]
        : arrow !== undefined
          ? [0, arrow === '<' ? 1 : left + arrow.length]
          : [carets, carets + groups['carets']!.length];
    const place = { line: whole === undefined ? meant : -1, start, end };
    markers.push({
      where: `${name}:${first + i}`,
      ...place,
      verb: groups['verb']!,
      text: groups['text']?.trim() ?? '',
    });
  }
  return markers;
}

/** Long expected answers of one fixture, by a title. */
export interface Golden {
  /** What is expected; with `UPDATE=1` what was found becomes it. */
  expected(title: string, found: string): string;
  /** What is written there and nothing asked for. */
  unused(): string[];
  /** Writes what changed. */
  save(): void;
}

const isUpdate = process.env['UPDATE'] === '1';

export function goldenOf({ path: file }: Fixture): Golden {
  const golden = file.replace(/\.dvr\.yaml$/, '.golden');
  const text = existsSync(golden) ? readFileSync(golden, 'utf8') : '';
  const known = new Map<string, string>();
  for (const section of text.split(/^== /m).slice(1)) {
    const cut = section.indexOf('\n');
    known.set(section.slice(0, cut), section.slice(cut + 1).replace(/\n$/, ''));
  }
  const used = new Map<string, string>();
  return {
    expected(title, found) {
      let unique = title;
      for (let i = 2; used.has(unique); i++) unique = `${title} (${i})`;
      used.set(unique, found);
      return isUpdate
        ? found
        : (known.get(unique) ?? `(nothing is written in ${path.basename(golden)} under "${unique}")`);
    },
    unused: () => (isUpdate ? [] : [...known.keys()].filter((title) => !used.has(title))),
    save() {
      if (!isUpdate || used.size === 0) return;
      writeFileSync(golden, [...used].map(([title, found]) => `== ${title}\n${found}\n`).join(''));
    },
  };
}
