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
 * `#--- NAME` begins another file of the same fixture, `#=== TITLE` another fixture in the same file of this folder: a topology of
 * its own and a test of its own name. Comments before the first title are about all of them.
 * Markers stay in the text that the server is given: they are comments to it. Where they cannot (a text without an end, one that
 * must have no comment), `#! bare` takes them out, and the lines count as if they were not there.
 * `#! crlf` gives it the line breaks of Windows, `#! bom` a byte order mark, `#! cut` no line break at the end.
 * What is too long for a line stands in `<file>.golden`, by the titles of the fixtures, which `UPDATE=1` writes anew.
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
  /** Relative to the folder of fixtures; with its title where its file has several. */
  name: string;
  path: string;
  /** Empty: the file is one fixture. */
  title: string;
  /** All titles of its file, in order. */
  titles: readonly string[];
  files: FixtureFile[];
}

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/lsp');

/** All fixtures, by name. */
export function fixtures(): Fixture[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.dvr.yaml'))
    .toSorted()
    .flatMap((name) => readFixtures(name, path.join(FOLDER, name)));
}

interface Part {
  title: string;
  /** Where its first line stands, from 1. */
  first: number;
  lines: string[];
}

function readFixtures(name: string, file: string): Fixture[] {
  const lines = readFileSync(file, 'utf8').replace(/\n$/, '').split('\n');
  const [head, ...titled] = parted(lines, /^#=== (.+)$/);
  const parts = titled.length === 0 ? [head!] : titled;
  const titles = titled.map(({ title }) => title);
  if (new Set(titles).size < titles.length) throw new Error(`${name}: two fixtures have one title`);
  if (parts !== titled && head!.lines.some((line) => line.startsWith('#===')))
    throw new Error(`${name}: a title is missing behind #===`);
  if (parts === titled && head!.lines.some((line) => line.trim() !== '' && !line.startsWith('# ')))
    throw new Error(`${name}: something other than comments is before the first title`);
  return parts.map((part, i) => {
    const folder = `${name.replace(/\.dvr\.yaml$/, '')}${part.title === '' ? '' : `/${i + 1}`}`;
    const files = parted(part.lines, /^#--- (\S+)$/, part.first).map((each) =>
      fileOf(name, `file:///fixtures/${folder}/${each.title || path.basename(file)}`, each),
    );
    return { name: part.title === '' ? name : `${name}: ${part.title}`, path: file, title: part.title, titles, files };
  });
}

/** Cut before each line that fits; what is before the first one comes first, without a title. */
function parted(lines: readonly string[], begin: RegExp, first = 1): Part[] {
  const parts: Part[] = [{ title: '', first, lines: [] }];
  for (const [i, line] of lines.entries()) {
    const title = begin.exec(line)?.[1]?.trim();
    if (title === undefined) parts.at(-1)!.lines.push(line);
    else parts.push({ title, first: first + i + 1, lines: [] });
  }
  return parts;
}

function fileOf(name: string, uri: string, { first, lines }: Part): FixtureFile {
  const { markers, bare } = markersOf(name, first, lines);
  const has = (word: string): boolean => lines.includes(`#! ${word}`);
  const newLine = has('crlf') ? '\r\n' : '\n';
  const text = (has('bare') ? bare : lines).join(newLine);
  return { uri, text: `${has('bom') ? '\uFEFF' : ''}${text}${has('cut') || text === '' ? '' : newLine}`, markers };
}

const MARKER = /^\s*#(?:(?<whole>!)|(?<left><-*)|\s*(?<carets>\^+))\s*(?<verb>[a-z]\w*)(?: (?<text>.*))?$/;

/** @returns besides, the lines that are no markers; with `#! bare` places are counted in them. */
function markersOf(name: string, first: number, lines: readonly string[]): { markers: Marker[]; bare: string[] } {
  const markers: Marker[] = [];
  const bare: string[] = [];
  const isBare = lines.includes('#! bare');
  let meant = -1;
  for (const [i, line] of lines.entries()) {
    const groups = MARKER.exec(line)?.groups;
    if (!groups) {
      if (/^\s*#(?:!|<|\s*\^|===|---)/.test(line))
        throw new Error(`${name}:${first + i} looks like a marker and is none: ${line}`);
      bare.push(line);
      meant = isBare ? bare.length - 1 : i;
      continue;
    }
    const [start, end] = columnsOf(line, groups);
    markers.push({
      where: `${name}:${first + i}`,
      line: groups['whole'] === undefined ? meant : -1,
      start,
      end,
      verb: groups['verb']!,
      text: groups['text']?.trim() ?? '',
    });
  }
  return { markers, bare };
}

function columnsOf(line: string, { whole, left, carets }: Partial<Record<string, string>>): [number, number] {
  if (whole !== undefined) return [0, 0];
  if (left !== undefined) return [0, left === '<' ? 1 : line.indexOf('<') + left.length];
  const start = line.indexOf('^');
  return [start, start + carets!.length];
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

export function goldenOf({ path: file, title, titles }: Fixture): Golden {
  const golden = goldenPath(file);
  const known = goldenGroups(golden).get(title) ?? new Map<string, string>();
  const used = new Map<string, string>();
  return {
    expected(section, found) {
      let unique = section;
      for (let i = 2; used.has(unique); i++) unique = `${section} (${i})`;
      used.set(unique, found);
      return isUpdate
        ? found
        : (known.get(unique) ?? `(nothing is written in ${path.basename(golden)} under "${unique}")`);
    },
    unused: () => (isUpdate ? [] : [...known.keys()].filter((section) => !used.has(section))),
    save() {
      if (!isUpdate || used.size === 0) return;
      // Others of the file may have been written since.
      const groups = goldenGroups(golden).set(title, used);
      const kept = titles.length === 0 ? [''] : titles;
      writeFileSync(golden, kept.map((each) => groupText(each, groups.get(each))).join(''));
    },
  };
}

const goldenPath = (file: string): string => file.replace(/\.dvr\.yaml$/, '.golden');

/** Titles in the golden file of a fixture that no fixture has. */
export const strangeGolden = ({ path: file, titles }: Fixture): string[] =>
  [...goldenGroups(goldenPath(file)).keys()].filter((title) => title !== '' && !titles.includes(title));

/** By the title of the fixture, then by that of the answer. */
function goldenGroups(golden: string): Map<string, Map<string, string>> {
  const text = existsSync(golden) ? readFileSync(golden, 'utf8') : '';
  const groups = new Map<string, Map<string, string>>();
  for (const { title, lines } of parted(text.replace(/\n$/, '').split('\n'), /^=== (.+)$/)) {
    const sections = parted(lines, /^== (.+)$/).slice(1);
    if (sections.length > 0) groups.set(title, new Map(sections.map((each) => [each.title, each.lines.join('\n')])));
  }
  return groups;
}

function groupText(title: string, sections: ReadonlyMap<string, string> = new Map()): string {
  if (sections.size === 0) return '';
  const head = title === '' ? '' : `=== ${title}\n`;
  return `${head}${[...sections].map(([name, text]) => `== ${name}\n${text}\n`).join('')}`;
}
