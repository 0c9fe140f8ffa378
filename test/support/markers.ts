/**
 * What each verb of a fixture asserts, asked through a `Session`: the functions of the server, or the server over a wire.
 * Where a marker covers several columns, requests about a place are asked at each of them, and at the end.
 */
import assert from 'node:assert/strict';
import type {
  DocumentDiagnosticReport,
  DocumentHighlight,
  Hover,
  LinkedEditingRanges,
  Location,
  Position,
  Range,
  TextEdit,
  WorkspaceDiagnosticReport,
  WorkspaceEdit,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { readTopology } from '../../shared/topology/read.ts';
import { unquoted } from '../../shared/topology/scalarText.ts';
import { completionVerbs } from './completionMarkers.ts';
import { documentVerbs } from './documentMarkers.ts';
import { fixVerbs } from './fixMarkers.ts';
import { editVerbs } from './editMarkers.ts';
import type { FixtureFile, Golden, Marker } from './fixture.ts';
import { typingVerbs } from './typingMarkers.ts';

/** One way to ask the server. */
export interface Session {
  ask(method: string, params: object): Promise<unknown>;
  /** Replaces the text of an open document. */
  change(uri: string, text: string): Promise<void>;
}

export interface Asked {
  session: Session;
  file: FixtureFile;
  /** All files of the fixture. */
  files: readonly FixtureFile[];
  marker: Marker;
  golden: Golden;
}

/** Rejects with what is wrong. `diag`, `related` and `severity` are checked for the whole fixture at once, in `diagMarkers.ts`. */
export async function checkMarker(asked: Asked): Promise<void> {
  const check = VERBS[asked.marker.verb];
  assert.ok(check, `there is no verb \`${asked.marker.verb}\``);
  await check(asked);
}

/** Which requests a verb asks: the documentation lists what is tested. */
export const METHODS: Record<string, readonly string[]> = {
  hover: ['textDocument/hover'],
  definition: ['textDocument/definition'],
  references: ['textDocument/references'],
  highlight: ['textDocument/documentHighlight'],
  prepare: ['textDocument/prepareRename'],
  norename: ['textDocument/prepareRename'],
  rename: ['textDocument/rename'],
  refuse: ['textDocument/rename'],
  linked: ['textDocument/linkedEditingRange'],
  complete: ['textDocument/completion'],
  accept: ['textDocument/completion'],
  resolve: ['completionItem/resolve'],
  token: ['textDocument/semanticTokens/full'],
  inlay: ['textDocument/inlayHint'],
  inlaywhy: ['inlayHint/resolve'],
  lens: ['textDocument/codeLens'],
  fold: ['textDocument/foldingRange'],
  select: ['textDocument/selectionRange'],
  link: ['textDocument/documentLink'],
  way: ['textDocument/prepareCallHierarchy', 'callHierarchy/outgoingCalls', 'callHierarchy/incomingCalls'],
  symbols: ['textDocument/documentSymbol'],
  find: ['workspace/symbol', 'workspaceSymbol/resolve'],
  pull: ['textDocument/diagnostic', 'workspace/diagnostic'],
  move: ['workspace/willRenameFiles'],
  fix: ['textDocument/codeAction'],
  fixes: ['textDocument/codeAction'],
  ignore: ['textDocument/codeAction'],
  fixall: ['textDocument/codeAction', 'codeAction/resolve'],
  nohover: ['textDocument/hover'],
  writes: ['textDocument/rename'],
  moves: ['workspace/willRenameFiles'],
  formats: ['textDocument/formatting', 'textDocument/rangeFormatting'],
  enter: ['textDocument/onTypeFormatting'],
  nolink: ['textDocument/documentLink'],
  grows: ['textDocument/selectionRange'],
  outline: ['textDocument/documentSymbol'],
  delta: ['textDocument/semanticTokens/full/delta'],
  outgoing: ['textDocument/prepareCallHierarchy', 'callHierarchy/outgoingCalls'],
  incoming: ['textDocument/prepareCallHierarchy', 'callHierarchy/incomingCalls'],
};

type Verb = (asked: Asked) => Promise<void>;

const VERBS: Record<string, Verb> = {
  ...completionVerbs,
  ...documentVerbs,
  ...editVerbs,
  ...fixVerbs,
  ...typingVerbs,
  diag: async () => {},
  related: async () => {},
  severity: async () => {},
  bare: async () => {},
  bom: async () => {},
  crlf: async () => {},
  cut: async () => {},

  /** `hover PIECE … PIECE`: the hover has these in this order; `hover -`: there is none. */
  async hover(asked) {
    for (const found of await everywhere<Hover | null>(asked, 'textDocument/hover')) {
      const text = found === null ? '' : JSON.stringify(found.contents);
      if (asked.marker.text === '-') assert.equal(text, '');
      else assertPieces(text, asked.marker.text);
    }
  },

  /** `definition POINTER, …`: leads to these keys, `FILE#POINTER` in another file; `-`: nowhere. */
  async definition(asked) {
    for (const found of await everywhere<Location[]>(asked, 'textDocument/definition'))
      assert.deepEqual(
        found.map((location) => locationText(asked, location)),
        pointerPlaces(asked, 'key'),
      );
  },

  /** `references POINTER, …`: the name stands in the keys or values of these, its definition among them; or only their number. */
  async references(asked) {
    const { text } = asked.marker;
    for (const found of await everywhere<Location[]>(asked, 'textDocument/references', {
      context: { includeDeclaration: true },
    })) {
      if (/^\d+$/.test(text)) assert.equal(found.length, Number(text));
      else
        assert.deepEqual(
          found.map((location) => locationText(asked, location)),
          pointerPlaces(asked, 'either', found),
        );
    }
  },

  /** `highlight W written, R read`. */
  async highlight(asked) {
    for (const found of await everywhere<DocumentHighlight[]>(asked, 'textDocument/documentHighlight')) {
      const count = (wanted: number): number => found.filter(({ kind }) => kind === wanted).length;
      assert.equal(`${count(3)} written, ${count(2)} read`, asked.marker.text);
    }
  },

  /** `prepare NAME`: can be renamed, and is called this now. */
  async prepare(asked) {
    const { line, start, end } = asked.marker;
    for (const found of await everywhere<{ range: Range; placeholder: string }>(asked, 'textDocument/prepareRename')) {
      assert.equal(found.placeholder, asked.marker.text);
      assert.deepEqual(found.range, { start: { line, character: start }, end: { line, character: end } });
    }
  },

  /** `norename` or `norename MESSAGE`: cannot be renamed. */
  async norename(asked) {
    const asking = everywhere(asked, 'textDocument/prepareRename');
    if (asked.marker.text === '') assert.deepEqual(new Set(await asking), new Set([null]));
    else await refused(asking, asked.marker.text);
  },

  /** `rename NEW`: the lines that change are in the golden file, and the files have no other problems than before. */
  async rename(asked) {
    const { file, files, marker, golden } = asked;
    const edits = await everywhere<WorkspaceEdit>(asked, 'textDocument/rename', { newName: unescape(marker.text) });
    const [found, ...others] = new Set(edits.map((edit) => changesOf(asked, edit)));
    assert.deepEqual(others, [], 'the same at every character of the name');
    assert.equal(found, golden.expected(`${titleOf(asked)} rename ${marker.text}`, found!));
    for (const each of files.length > 1 ? files : [file])
      assert.deepEqual(codesOf(editedText(each, edits[0]!.changes?.[each.uri] ?? [])), codesOf(each.text));
  },

  /** `refuse NEW: MESSAGE`. */
  async refuse(asked) {
    const [, newName, message] = /^(.*?): (.+)$/.exec(asked.marker.text)!;
    await refused(everywhere(asked, 'textDocument/rename', { newName: unescape(newName!) }), message!);
  },

  /** `pull`: asked for, diagnostics are those of the markers, in this file and among all; what is known is not sent again. */
  async pull({ session, file }) {
    const wanted = file.markers
      .filter(({ verb }) => verb === 'diag')
      .map(({ text, line, start, end }) => {
        const range = { start: { line, character: start }, end: { line, character: end } };
        return `${text.split(' ')[0]} ${placeText(range)}`;
      });
    const params = { textDocument: { uri: file.uri } };
    const ask = async (more: object = {}) =>
      (await session.ask('textDocument/diagnostic', { ...params, ...more })) as DocumentDiagnosticReport;
    const first = await ask();
    assert.ok(first.kind === 'full' && first.resultId !== undefined);
    const found = first.items.map(({ code, range }) => `${code} ${placeText(range)}`);
    assert.deepEqual(found.toSorted(), wanted.toSorted());
    assert.deepEqual(await ask({ previousResultId: first.resultId }), { kind: 'unchanged', resultId: first.resultId });
    const previousResultIds = [{ uri: file.uri, value: first.resultId }];
    const all = (await session.ask('workspace/diagnostic', { previousResultIds })) as WorkspaceDiagnosticReport;
    assert.equal(all.items.find(({ uri }) => uri === file.uri)?.kind, 'unchanged');
  },

  /** `move OLD NEW`, paths from the folder of the fixture: the lines that change are in the golden file. */
  async move(asked) {
    const folder = asked.files[0]!.uri.slice(0, asked.files[0]!.uri.lastIndexOf('/'));
    const [oldUri, newUri] = asked.marker.text.split(' ').map((name) => `${folder}/${name}`);
    const edit = (await asked.session.ask('workspace/willRenameFiles', {
      files: [{ oldUri, newUri }],
    })) as WorkspaceEdit;
    const found = edit === null ? '(nothing)' : changesOf(asked, edit);
    assert.equal(found, asked.golden.expected(`move ${asked.marker.text}`, found));
  },

  /** `linked N`: so many places change together; `-`: none. */
  async linked(asked) {
    for (const found of await everywhere<LinkedEditingRanges | null>(asked, 'textDocument/linkedEditingRange'))
      assert.equal(found?.ranges.length ?? '-', asked.marker.text === '-' ? '-' : Number(asked.marker.text));
  },
};

/** The answers at each column that the marker covers. */
export async function everywhere<T>({ session, file, marker }: Asked, method: string, more: object = {}): Promise<T[]> {
  const answers: T[] = [];
  // One caret is a place between two characters; more are a text, with its end.
  const last = marker.end - marker.start === 1 ? marker.start : marker.end;
  for (let character = marker.start; character <= last; character++) {
    const position: Position = { line: marker.line, character };
    answers.push((await session.ask(method, { textDocument: { uri: file.uri }, position, ...more })) as T);
  }
  return answers;
}

async function refused(asking: Promise<unknown>, message: string): Promise<void> {
  await assert.rejects(asking, (error: Error) => {
    assert.ok(error.message.includes(message), `refused, but with: ${error.message}`);
    return true;
  });
}

/** The pieces between ` … ` stand in the text in this order. */
export function assertPieces(text: string, pieces: string): void {
  let at = 0;
  for (const piece of pieces.split(' … ')) {
    const written = JSON.stringify(unescape(piece)).slice(1, -1);
    const next = text.indexOf(written, at);
    assert.ok(
      next >= at && text !== '',
      `"${piece}" is missing, or not in order, in: ${text.slice(0, 500) || '(nothing)'}`,
    );
    at = next + written.length;
  }
}

/** `line:column-line:column`, counted from 1 as editors show it. */
export const placeText = ({ start, end }: Range): string =>
  `${start.line + 1}:${start.character + 1}-${end.line + 1}:${end.character + 1}`;

/** Of another file with its name. */
const locationText = ({ file }: Asked, { uri, range }: Location): string =>
  uri === file.uri ? placeText(range) : `${nameOf(uri)} ${placeText(range)}`;

const nameOf = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1);

/** What changes in each file; of others than the one that was asked about with its name. */
function changesOf({ file, files }: Asked, { changes = {} }: WorkspaceEdit): string {
  const strange = Object.keys(changes).filter((uri) => !files.some((each) => each.uri === uri));
  assert.deepEqual(strange, [], 'only files of this fixture are edited');
  const own = changedLines(file.text, editedText(file, changes[file.uri] ?? []));
  const others = files
    .filter((each) => each !== file && (changes[each.uri] ?? []).length > 0)
    .map((each) => `@ ${nameOf(each.uri)}\n${changedLines(each.text, editedText(each, changes[each.uri]!))}`);
  return [own, ...others].filter((text) => text !== '').join('\n');
}

/** In one of several files the same place may be asked about in each. */
const titleOf = ({ file, files, marker: { line, start } }: Asked): string =>
  `${files[0] === file ? '' : `${nameOf(file.uri)} `}${line + 1}:${start + 1}`;

/** Where the pointers of a marker stand by the reader's own map; `either`: at key or value, whichever was found. */
function pointerPlaces(asked: Asked, at: 'key' | 'either', found: Location[] = []): string[] {
  const { file, files, marker } = asked;
  if (marker.text === '-') return [];
  const isFound = new Set(found.map((location) => locationText(asked, location)));
  return marker.text.split(', ').map((word) => {
    const [, name, pointer = ''] = /^(?:([^/#]+)#)?(.*)$/.exec(word)!;
    const home = name === undefined ? file : files.find(({ uri }) => nameOf(uri) === name);
    assert.ok(home, `the fixture has no file ${name}`);
    const place = readTopology(home.text).sourceMap.get(pointer);
    assert.ok(place, `${word} is not in the fixture`);
    const text = TextDocument.create(home.uri, '', 0, home.text);
    const [key, value] = [place.key ?? place.value, place.value].map((range) => {
      const [start, end] = unquoted(home.text, [range[0], range[1]]);
      return locationText(asked, {
        uri: home.uri,
        range: { start: text.positionAt(start), end: text.positionAt(end) },
      });
    });
    return at === 'key' || isFound.has(key!) ? key! : value!;
  });
}

export function editsOf(edit: WorkspaceEdit, uri: string): TextEdit[] {
  assert.deepEqual(Object.keys(edit.changes ?? { [uri]: [] }), [uri], 'only this file is edited');
  return edit.changes?.[uri] ?? [];
}

export const editedText = (file: FixtureFile, edits: TextEdit[]): string =>
  TextDocument.applyEdits(TextDocument.create(file.uri, '', 0, file.text), edits);

/** `-` and `+` lines; renames and completions keep or add lines, so that nothing more clever is needed. */
export function changedLines(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  if (a.length !== b.length) return after;
  return a.flatMap((line, i) => (line === b[i] ? [] : [`-${line}`, `+${b[i]}`])).join('\n');
}

export const codesOf = (text: string): string[] => readTopology(text).problems.map(({ code }) => code);

/** JSON escapes in a marker: `\n`, `\u0000`. */
export const unescape = (text: string): string =>
  text.includes('\\') ? (JSON.parse(`"${text.replaceAll('"', '\\"')}"`) as string) : text;
