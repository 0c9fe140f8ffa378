/** The verbs of fixtures about what changes a text, and about steps: renames, formatting, selections, outlines, ways; all in one line. */
import assert from 'node:assert/strict';
import type {
  CallHierarchyItem,
  DocumentLink,
  DocumentSymbol,
  Hover,
  SelectionRange,
  SemanticTokens,
  SemanticTokensDelta,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { FixtureFile } from './fixture.ts';
import { assertPieces, codesOf, editedText, everywhere, unescape, type Asked } from './markers.ts';

export const editVerbs: Record<string, (asked: Asked) => Promise<void>> = {
  /** `nohover PIECE, PIECE`: there is a hover, and it has none of these. */
  async nohover(asked) {
    for (const found of await everywhere<Hover | null>(asked, 'textDocument/hover')) {
      assert.ok(found, 'there is a hover');
      const text = JSON.stringify(found.contents);
      for (const piece of asked.marker.text.split(', ')) assert.ok(!text.includes(piece), `"${piece}" is in: ${text}`);
    }
  },

  /** `nolink`: what is marked leads nowhere. */
  async nolink({ session, file, marker: { line, start, end } }) {
    const links = (await session.ask('textDocument/documentLink', {
      textDocument: { uri: file.uri },
    })) as DocumentLink[];
    const isIn = ({ range }: DocumentLink): boolean =>
      range.start.line === line && range.start.character < end && start < range.end.character;
    assert.deepEqual(links.filter(isIn), []);
  },

  /** `writes NEW => A · B`: what a rename writes at each place, in the order of files and texts; no file has other problems than before. */
  async writes(asked) {
    const { files, marker } = asked;
    const [newName, wanted] = marker.text.split(' => ');
    for (const edit of await everywhere<WorkspaceEdit>(asked, 'textDocument/rename', { newName: unescape(newName!) })) {
      assert.equal(writtenTexts(files, edit), wanted);
      for (const file of files)
        assert.deepEqual(codesOf(editedText(file, edit.changes?.[file.uri] ?? [])), codesOf(file.text));
    }
  },

  /** `moves OLD NEW => A · B`: what is written into `include` when a file or folder gets another name; `-`: nothing. */
  async moves({ session, files, marker }) {
    const [names, wanted] = marker.text.split(' => ');
    const folder = files[0]!.uri.slice(0, files[0]!.uri.lastIndexOf('/'));
    const [oldUri, newUri] = names!.split(' ').map((name) => `${folder}/${name}`);
    const edit = await session.ask('workspace/willRenameFiles', { files: [{ oldUri, newUri }] });
    assert.equal(edit === null ? '-' : writtenTexts(files, edit as WorkspaceEdit), wanted);
  },

  /**
   * `formats`: the file before this one, formatted, is this one, which formatting does not change; `formats 3-5`: only these of its lines,
   * counted from 1. Both are `#! bare`.
   */
  async formats({ session, files, file, marker }) {
    const before = files[files.indexOf(file) - 1];
    assert.ok(before, 'there is a file before this one');
    const lines = /^(\d+)-(\d+)$/.exec(marker.text);
    const method = lines ? 'textDocument/rangeFormatting' : 'textDocument/formatting';
    const options = { tabSize: 2, insertSpaces: true };
    const ask = async ({ uri }: FixtureFile): Promise<TextEdit[]> => {
      const range = lines && {
        start: { line: Number(lines[1]) - 1, character: 0 },
        end: { line: Number(lines[2]), character: 0 },
      };
      return (await session.ask(method, { textDocument: { uri }, options, ...(range && { range }) })) as TextEdit[];
    };
    assert.equal(editedText(before, await ask(before)), file.text);
    assert.equal(editedText(file, await ask(file)), file.text, 'formatting again changes nothing');
  },

  /** `enter N`: Enter was typed, and this new line begins in column N; `-`: it is left as it is. */
  async enter({ session, file, marker }) {
    const before = file.text.split('\n')[marker.line]!;
    const edits = (await session.ask('textDocument/onTypeFormatting', {
      textDocument: { uri: file.uri },
      position: { line: marker.line, character: before.length },
      ch: '\n',
      options: { tabSize: 2, insertSpaces: true },
    })) as TextEdit[];
    const after = editedText(file, edits).split('\n')[marker.line]!;
    assert.equal(JSON.stringify(after), JSON.stringify(marker.text === '-' ? before : ' '.repeat(Number(marker.text))));
  },

  /** `grows A | B | C`: what is selected step by step, up to the whole file; of long texts and of several lines the first line. */
  async grows({ session, file, marker }) {
    const params = { textDocument: { uri: file.uri }, positions: [{ line: marker.line, character: marker.start }] };
    const [innermost] = (await session.ask('textDocument/selectionRange', params)) as SelectionRange[];
    const document = TextDocument.create(file.uri, '', 0, file.text);
    const steps: string[] = [];
    for (let at: SelectionRange | undefined = innermost; at; at = at.parent) steps.push(document.getText(at.range));
    assert.equal(steps.pop(), file.text, 'the last is the whole file');
    const shown = steps.map((step) => (step.includes('\n') ? `${step.slice(0, step.indexOf('\n')).trimEnd()}…` : step));
    assert.equal(shown.join(' | '), marker.text);
  },

  /** `outline A > B; A > C (DETAIL)`: each thing of the outline that holds no other, with what holds it; `-`: nothing is in it. */
  async outline({ session, file, marker }) {
    const all = (await session.ask('textDocument/documentSymbol', {
      textDocument: { uri: file.uri },
    })) as DocumentSymbol[];
    const found = all.flatMap((symbol) => leaves(symbol, []));
    assert.equal(found.join('; ') || '-', marker.text);
  },

  /** `delta TEXT`: typed over what is marked; what changed of the tokens, put into those of before, is all of them. */
  async delta({ session, file, marker }) {
    const textDocument = { uri: file.uri };
    const full = async () =>
      (await session.ask('textDocument/semanticTokens/full', { textDocument })) as SemanticTokens;
    const { line, start, end } = marker;
    const { resultId: previousResultId, data } = await full();
    const range = { start: { line, character: start }, end: { line, character: end } };
    await session.change(file.uri, editedText(file, [{ range, newText: unescape(marker.text) }]));
    try {
      const { edits } = (await session.ask('textDocument/semanticTokens/full/delta', {
        textDocument,
        previousResultId,
      })) as SemanticTokensDelta;
      const patched = [...data];
      // LSP: places are those before any of the edits.
      for (const edit of edits.toSorted((a, b) => b.start - a.start))
        patched.splice(edit.start, edit.deleteCount, ...(edit.data ?? []));
      assert.deepEqual(patched, (await full()).data);
      assert.notDeepEqual(patched, data, 'something was changed');
    } finally {
      await session.change(file.uri, file.text);
    }
  },

  /** `outgoing TITLE => PIECE … PIECE`: the way of the packet that is called so has these in this order; `-`: there is none. */
  outgoing: (asked) => assertWay(asked, 'outgoing'),

  /** `incoming TITLE => PIECE … PIECE`: the same from outside, the last step first. */
  incoming: (asked) => assertWay(asked, 'incoming'),
};

/** All that is written, file by file. */
function writtenTexts(files: readonly FixtureFile[], { changes = {} }: WorkspaceEdit): string {
  assert.deepEqual(
    Object.keys(changes).filter((uri) => files.every((file) => file.uri !== uri)),
    [],
    'only files of this fixture are edited',
  );
  return files.flatMap((file) => (changes[file.uri] ?? []).map((edit) => writtenText(file, edit))).join(' · ');
}

/** With the quotes that it is written into. */
function writtenText({ text, uri }: FixtureFile, { range, newText }: TextEdit): string {
  const document = TextDocument.create(uri, '', 0, text);
  const quote = text[document.offsetAt(range.start) - 1] ?? '';
  const isQuoted = /["']/.test(quote) && text[document.offsetAt(range.end)] === quote;
  return (isQuoted ? quote + newText + quote : newText).replaceAll('\n', '\\n');
}

function leaves({ name, detail, children = [] }: DocumentSymbol, around: readonly string[]): string[] {
  const path = [...around, detail ? `${name} (${detail})` : name];
  return children.length === 0 ? [path.join(' > ')] : children.flatMap((child) => leaves(child, path));
}

async function assertWay({ session, file, marker }: Asked, way: 'incoming' | 'outgoing'): Promise<void> {
  const [title, pieces] = marker.text.split(' => ');
  const params = { textDocument: { uri: file.uri }, position: { line: marker.line, character: marker.start } };
  const [port] = (await session.ask('textDocument/prepareCallHierarchy', params)) as [CallHierarchyItem];
  const next = async (item: CallHierarchyItem): Promise<CallHierarchyItem[]> => {
    const calls = await session.ask(`callHierarchy/${way}Calls`, { item });
    return (calls as { to?: CallHierarchyItem; from?: CallHierarchyItem }[]).map(({ to, from }) => (to ?? from)!);
  };
  const first = (await next(port)).filter(({ detail }) => detail!.startsWith(title!));
  const steps: string[] = [];
  for (let at = first[0]; at; [at] = await next(at)) {
    assert.ok(steps.push(`${at.name} (${at.detail})`) < 20, 'a way has an end');
  }
  if (pieces === '-') assert.deepEqual(steps, []);
  else assertPieces(steps.join(' '), pieces!);
}
