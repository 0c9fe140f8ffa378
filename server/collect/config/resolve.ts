/**
 * What the user's SSH configuration says about one host: `~/.ssh/config`, then `/etc/ssh/ssh_config`, the first value of each keyword,
 * as `ssh -G HOST` prints it (ssh_config(5)). Nothing is run, and a line that cannot be read is a note.
 */
import { isIP } from 'node:net';
import { globPaths, type ReadConfig } from './file.ts';
import type { ConfigLine } from './lines.ts';
import { hostMatches, matchLine } from './match.ts';

/** Where the configuration lies, and on whose behalf it is read. */
export interface ConfigPlace {
  /** `undefined`: there is none. */
  userFile: string | undefined;
  systemFile: string | undefined;
  home: string;
  localUser: string;
  read: ReadConfig;
}

/** What is asked for, with what a command line would have set. */
export interface Lookup {
  /** As `ssh NAME` would have it; the first is `%n`, the others are further names of the same host. */
  names: readonly [string, ...string[]];
  user?: string | undefined;
  hostName?: string | undefined;
  /** Wins over `ProxyJump` of the configuration, as `-J`; `none` for no jump. */
  proxyJump?: string | undefined;
}

/** Arguments by keyword in lower case; `identityfile` holds all of them, every other keyword its first. */
export interface ConfigValues {
  values: ReadonlyMap<string, readonly string[]>;
  notes: string[];
}

/** Keywords with one argument. */
const SINGLE = new Set(
  'addressfamily batchmode canonicalizehostname connecttimeout hashknownhosts hostkeyalias hostname identitiesonly identityagent port stricthostkeychecking user'.split(
    ' ',
  ),
);
/** Keywords with a list of files. */
const LISTS = new Set(['globalknownhostsfile', 'userknownhostsfile']);
/** Of these two the first one in the files counts (`parse_jump` and oProxyCommand in OpenSSH's readconf.c). */
const PROXIES = ['proxyjump', 'proxycommand'];

/** `READCONF_MAX_DEPTH` in OpenSSH's readconf.c. */
const DEEPEST_INCLUDE = 16;

/** What is known while reading. */
interface Reading {
  place: ConfigPlace;
  lookup: Lookup;
  values: Map<string, readonly string[]>;
  notes: Set<string>;
  /** Names that `Host` is held against. */
  names: readonly string[];
  isFinal: boolean;
  wantsFinal: boolean;
}

/** Reads the configuration for one host; once more where it asks for that (`Match final`). */
export function readConfig(place: ConfigPlace, lookup: Lookup): ConfigValues {
  const values = new Map<string, readonly string[]>();
  if (lookup.user !== undefined) values.set('user', [lookup.user]);
  if (lookup.hostName !== undefined) values.set('hostname', [lookup.hostName]);
  if (lookup.proxyJump !== undefined) values.set('proxyjump', [lookup.proxyJump]);
  const reading: Reading = {
    place,
    lookup,
    values,
    notes: new Set(),
    names: lookup.names,
    isFinal: false,
    wantsFinal: false,
  };
  readAll(reading);
  const hostName = hostNameOf(reading);
  values.set('hostname', [isIP(hostName) ? hostName : hostName.toLowerCase()]);
  const canonicalize = values.get('canonicalizehostname')?.[0] ?? 'no';
  if (canonicalize !== 'no')
    reading.notes.add('CanonicalizeHostname is not supported: names are left to the resolver as they are');
  if (reading.wantsFinal || canonicalize !== 'no') {
    const [, ...others] = lookup.names;
    readAll(Object.assign(reading, { isFinal: true, names: [values.get('hostname')![0]!, ...others] }));
  }
  return { values, notes: [...reading.notes] };
}

function readAll(reading: Reading): void {
  const { userFile, systemFile } = reading.place;
  if (userFile !== undefined) readFile(reading, userFile, { isUser: true, ownOnly: true, isActive: true, depth: 0 });
  if (systemFile !== undefined)
    readFile(reading, systemFile, { isUser: false, ownOnly: false, isActive: true, depth: 0 });
}

/** How a file came to be read. */
interface From {
  /** Its relative `Include` paths are below `~/.ssh`, not `/etc/ssh`. */
  isUser: boolean;
  ownOnly: boolean;
  /** False for a file included where nothing applies: read on, but for its demand of a final pass only. */
  isActive: boolean;
  depth: number;
}

function readFile(reading: Reading, path: string, from: From): void {
  const { lines = [], problem } = reading.place.read(path, from.ownOnly);
  if (problem !== undefined) reading.notes.add(problem);
  let isActive = from.isActive;
  for (const line of lines) {
    if (line.keyword === 'host') isActive = from.isActive && hostMatches(wordsOf(reading, line), reading.names);
    else if (line.keyword === 'match') isActive = judgeMatch(reading, line) && from.isActive;
    else if (line.keyword === 'include') include(reading, line, { ...from, isActive });
    else if (isActive) take(reading, line);
  }
}

function judgeMatch(reading: Reading, line: ConfigLine): boolean {
  const verdict = matchLine(line.rest, {
    names: [reading.lookup.names[0], ...reading.lookup.names.slice(1)],
    hostName: hostNameOf(reading),
    user: reading.values.get('user')?.[0] ?? reading.place.localUser,
    localUser: reading.place.localUser,
    isFinal: reading.isFinal,
  });
  reading.wantsFinal ||= verdict.wantsFinal;
  if (verdict.problem !== undefined) note(reading, line, verdict.problem);
  return verdict.matches;
}

function include(reading: Reading, line: ConfigLine, from: From): void {
  if (from.depth >= DEEPEST_INCLUDE) return note(reading, line, 'too many files that include each other');
  for (const word of wordsOf(reading, line)) {
    if (word.startsWith('~') && !from.isUser) {
      note(reading, line, 'the system-wide file cannot include files of a home folder');
      continue;
    }
    const folder = from.isUser ? `${reading.place.home}/.ssh` : '/etc/ssh';
    const anchored = /^[/~]|^[A-Za-z]:/.test(word) ? word : `${folder}/${word}`;
    for (const path of globPaths(anchored.replace(/^~(?=\/|$)/, reading.place.home)))
      readFile(reading, path, { ...from, ownOnly: true, depth: from.depth + 1 });
  }
}

/** The first value of a keyword stays; identity files add up. */
function take(reading: Reading, line: ConfigLine): void {
  const { values } = reading;
  if (PROXIES.includes(line.keyword)) {
    const text = line.keyword === 'proxyjump' ? line.rest.replace(/[ \t]*#.*/, '') : line.rest;
    if (text !== '' && !isProxySet(reading, line.keyword)) values.set(line.keyword, [text]);
  } else if (line.keyword === 'identityfile') {
    const files = [...(values.get('identityfile') ?? [])];
    for (const file of wordsOf(reading, line).slice(0, 1)) if (!files.includes(file)) files.push(file);
    values.set('identityfile', files);
  } else if (SINGLE.has(line.keyword) || LISTS.has(line.keyword)) {
    const words = wordsOf(reading, line);
    const taken = LISTS.has(line.keyword) ? words : words.slice(0, 1);
    if (taken.length > 0 && !values.has(line.keyword)) values.set(line.keyword, taken);
  }
}

/** Either keyword keeps a later one of both from counting, but `ProxyJump none` keeps away only a later `ProxyJump`. */
function isProxySet({ values }: Reading, keyword: string): boolean {
  const jump = values.get('proxyjump')?.[0]?.toLowerCase();
  return values.has('proxycommand') || (jump !== undefined && (jump !== 'none' || keyword === 'proxyjump'));
}

/** `HostName` with `%h`, or the name itself. */
function hostNameOf({ values, lookup, isFinal }: Reading): string {
  const hostName = values.get('hostname')?.[0] ?? lookup.names[0];
  return isFinal ? hostName : hostName.replaceAll(/%[h%]/g, (token) => (token === '%h' ? lookup.names[0] : '%'));
}

function wordsOf(reading: Reading, line: ConfigLine): readonly string[] {
  if (line.words === undefined) note(reading, line, 'a quote is not closed');
  else if (line.words.length === 0) note(reading, line, `${line.keyword} needs a value`);
  return line.words ?? [];
}

const note = (reading: Reading, { file, line }: ConfigLine, problem: string): void =>
  void reading.notes.add(`${file}, line ${line}: ${problem}`);
