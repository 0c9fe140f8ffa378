/**
 * `textDocument/rename`: another name for a thing, everywhere. Only the names themselves are edited; quotes are kept, and put where
 * the new name needs them. Where it is not certain that the file means the same afterwards, the rename is refused with a reason.
 */
import type { Position, Range as LspRange, TextEdit, WorkspaceEdit } from 'vscode-languageserver';
import type { Range } from '../../shared/problem.ts';
import { promiseWord } from '../../shared/topology/promiseNames.ts';
import { renamedTopology, sameMeaning, type RenameKind } from '../../shared/topology/renamed.ts';
import { quoted, yamlScalar } from '../../shared/topology/yamlText.ts';
import { isOpen, type Document } from '../document.ts';
import { nameOfUri } from '../uri.ts';
import { contextsOf, usesAcross } from './across.ts';
import { at, type NameKind, type Use } from './at.ts';
import { Refusal, type Context, type Feature, type PlaceParams } from './feature.ts';
import { lspRange } from './range.ts';

export const prepareRename: Feature<PlaceParams> = {
  method: 'textDocument/prepareRename',
  needs: ['textDocument', 'position'],
  announce: () => ({}),
  answer: ({ textDocument, position }, { document }) => renameRange(document(textDocument.uri), position),
};

export const rename: Feature<PlaceParams & { newName: string }> = {
  method: 'textDocument/rename',
  needs: ['textDocument', 'position', 'newName'],
  announce: ({ textDocument }) => {
    if (!textDocument?.rename) return {};
    return { renameProvider: textDocument.rename.prepareSupport ? { prepareProvider: true } : true };
  },
  answer: ({ textDocument, position, newName }, context) => {
    const documents = contextsOf(textDocument.uri, context);
    return workspaceEdits(renameEditsIn(documents, position, newName), context);
  },
};

/** The name under the cursor and its range; `null` where there is none. */
function renameRange(document: Document, position: Position): { range: LspRange; placeholder: string } | null {
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use) return null;
  renameKind(use);
  return { range: lspRange(document, use.range), placeholder: use.name };
}

/** Of one file. */
export const renameEdits = (document: Document, position: Position, newName: string): TextEdit[] =>
  renameEditsIn([document], position, newName).get(document) ?? [];

/**
 * In all files. Throws a `Refusal` that says why not.
 * @param documents the file in each topology that includes it
 */
export function renameEditsIn(
  documents: readonly Document[],
  position: Position,
  newName: string,
): Map<Document, TextEdit[]> {
  const document = documents[0]!;
  const use = at(document, document.text.offsetAt(position))?.use;
  if (!use) throw new Refusal('There is no name here that could be changed.');
  const kind = renameKind(use);
  refuseName(use.kind, newName);
  const edits = new Map<Document, TextEdit[]>();
  if (newName === use.name) return edits.set(document, []);
  for (const each of documents) refusePlace(each, use, newName);
  for (const { document: part, use: each } of usesAcross(documents, use.kind, use.name)) {
    const known = edits.get(part);
    if (known) known.push(nameEdit(part, each, newName));
    else edits.set(part, [nameEdit(part, each, newName)]);
  }
  for (const each of documents) if (each.parts().some(isIndirect)) verify(each, kind, use.name, newName, edits);
  return edits;
}

function renameKind({ kind }: Use): RenameKind {
  if (kind !== 'floating_ip') return kind;
  throw new Refusal('A floating IP is named by its address. To give it another one, edit the address here.');
}

const WORDS: Record<NameKind, string> = {
  node: 'node',
  network: 'network',
  subnet: 'subnet',
  router: 'router',
  port: 'port',
  floating_ip: 'floating IP',
  physical_network: 'physical network',
  address_scope: 'address scope',
};

/** YAML 1.2.2, section 7.4.2: a key on one line with its colon has at most 1024 characters. */
const LONGEST_KEY = 1024;

function refuseName(kind: NameKind, name: string): void {
  const thing = `The name of a ${WORDS[kind]}`;
  if (name.trim() === '') throw new Refusal(`${thing} must not be empty.`);
  if (name !== name.trim()) throw new Refusal(`${thing} must not begin or end with a space.`);
  if (/\p{Cc}/u.test(name)) throw new Refusal(`${thing} must not have line breaks or control characters.`);
  if (/^<.*>$/.test(name))
    throw new Refusal(`${thing} must not be in angle brackets: that is how this tool writes what is not known.`);
  if (quoted(name).length > LONGEST_KEY) throw new Refusal(`${thing} must not have more than 1000 characters.`);
}

function refusePlace(document: Document, { kind, name }: Use, newName: string): void {
  const others = usesAcross([document], kind, newName);
  const taken = others.find(({ use }) => use.role === 'definition') ?? others[0];
  if (taken) {
    const how = taken.use.role === 'definition' ? 'There is already a' : 'Something refers already to a';
    const where = lineIn(document, taken.document, taken.use.range[0]);
    throw new Refusal(`${how} ${WORDS[kind]} \`${newName}\` (${where}). Take another name.`);
  }
  for (const part of document.parts()) {
    const broken = part.reading().problems.find(({ code }) => code === 'yaml-error');
    if (!broken) continue;
    const where = lineIn(document, part, broken.range?.[0] ?? 0);
    throw new Refusal(`The file cannot be read around ${where}, and names there would be missed. Mend it first.`);
  }
  const definitions = usesAcross([document], kind, name).filter(({ use }) => use.role === 'definition');
  const isDouble = document
    .parts()
    .flatMap((part) => part.reading().problems)
    .some((each) => each.code === 'duplicate-key' && definitions.some(({ use }) => use.pointer === each.pointer));
  // A physical network is mapped on every node.
  if (isDouble || (definitions.length > 1 && kind !== 'physical_network'))
    throw new Refusal(
      `Several ${WORDS[kind]}s are called \`${name}\`, so it is not clear which one is meant. Tell them apart first.`,
    );
  refuseUnread(document);
}

/** What is included and not there may have the name as well. */
function refuseUnread(document: Document): void {
  const problem = document
    .parts()
    .flatMap((part) => part.reading().problems)
    .find(({ code, severity }) => code.startsWith('include-') && code !== 'include-differs' && severity === 'error');
  if (problem && problem.code !== 'include-cycle')
    throw new Refusal(`A file of this topology cannot be read, and names in it would be missed: ${problem.message}`);
}

/** `line 7`, and of another file its name. */
function lineIn(from: Document, { text }: Document, offset: number): string {
  const line = `line ${text.positionAt(offset).line + 1}`;
  return text.uri === from.text.uri ? line : `${line} of ${nameOfUri(text.uri)}`;
}

function nameEdit(document: Document, { range, whole, promise }: Use, newName: string): TextEdit {
  if (promise) return promiseEdit(document, whole, promise, newName);
  const before = document.text.getText().slice(...whole);
  const quotedText = quoted(newName);
  if (before.startsWith('"')) return { range: lspRange(document, range), newText: quotedText.slice(1, -1) };
  if (before.startsWith("'") && isPrintable(newName))
    return { range: lspRange(document, range), newText: newName.replaceAll("'", "''") };
  return { range: lspRange(document, whole), newText: before.startsWith("'") ? quotedText : yamlScalar(newName) };
}

/** A name in a line of `promises`: a word of that language inside of a YAML text. */
function promiseEdit(
  document: Document,
  whole: Range,
  { part, line }: NonNullable<Use['promise']>,
  newName: string,
): TextEdit {
  const word = promiseWord(newName, part);
  const quote = document.text.getText()[line[0]];
  // Without quotes around the line, and with characters that YAML might take for its own, no word can be put in.
  const isPlain = quote !== '"' && quote !== "'";
  if (word === undefined || (isPlain && !/^"?[\p{L}\p{N}_./ -]+"?$/u.test(word))) {
    const { line: number } = document.text.positionAt(whole[0]);
    throw new Refusal(
      `The promise in line ${number + 1} cannot have a name such as \`${newName}\` as it is written. Take another name.`,
    );
  }
  const written = quote === '"' ? quoted(word).slice(1, -1) : quote === "'" ? word.replaceAll("'", "''") : word;
  return { range: lspRange(document, whole), newText: written };
}

/** What needs no escapes, which single quotes do not have. */
const isPrintable = (text: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(text);

/** Anchors, aliases and merge keys, or what looks like them; promises, whose names are parts of a text. */
function isIndirect(document: Document): boolean {
  return (
    /(?:^|[\s[{,])[&*][^\s]|<</m.test(document.text.getText()) || document.reading().topology.promises !== undefined
  );
}

/** Where one text stands for several places, editing it may change more, or less, than the name. */
function verify(
  document: Document,
  kind: RenameKind,
  name: string,
  newName: string,
  edits: ReadonlyMap<Document, readonly TextEdit[]>,
): void {
  const parts = document.parts();
  const texts = new Map(
    [...edits].flatMap(([{ text }, own]) => {
      const part = parts.find((each) => each.text.uri === text.uri);
      return part ? [[part, applied(part, own)] as const] : [];
    }),
  );
  const before = document.readWith(new Map());
  const after = document.readWith(texts);
  const isSame =
    after.problems.length === before.problems.length &&
    sameMeaning(after.topology, renamedTopology(before.topology, kind, name, newName));
  if (!isSame)
    throw new Refusal(
      `\`${name}\` is written in an anchor, a merged map or a promise in a way that cannot be changed with the name alone. Edit it by hand.`,
    );
}

/** The text after edits that do not overlap. */
export function applied(document: Document, edits: readonly TextEdit[]): string {
  const text = document.text.getText();
  const pieces: string[] = [];
  let from = 0;
  for (const { range, newText } of edits.toSorted(
    (a, b) => document.text.offsetAt(a.range.start) - document.text.offsetAt(b.range.start),
  )) {
    pieces.push(text.slice(from, document.text.offsetAt(range.start)), newText);
    from = document.text.offsetAt(range.end);
  }
  return pieces.join('') + text.slice(from);
}

/** With the versions of documents where the client can: then it refuses edits that come too late. A closed file has none. */
export function workspaceEdits(
  edits: ReadonlyMap<Document, TextEdit[]>,
  { client }: Pick<Context, 'client'>,
): WorkspaceEdit {
  const all = [...edits];
  if (!client.workspace?.workspaceEdit?.documentChanges)
    return { changes: Object.fromEntries(all.map(([{ text }, own]) => [text.uri, own])) };
  return {
    documentChanges: all.map(([document, own]) => {
      const { uri, version } = document.text;
      return { textDocument: { uri, version: isOpen(document) ? version : null }, edits: own };
    }),
  };
}
