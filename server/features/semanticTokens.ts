/**
 * `textDocument/semanticTokens`: what no grammar can know: which words are names of what kind, where they are given, which of them
 * nothing has, which are addresses, and which are words of the vocabulary. Keys, numbers and texts are left to the grammar.
 */
import type { Position, Range as LspRange, SemanticTokens, SemanticTokensDelta } from 'vscode-languageserver';
import { pointerKeys, type Pointer, type Range } from '../../shared/problem.ts';
import { isEqual } from '../../shared/topology/changes.ts';
import { fieldAt, isScalarType, step, type FieldAt } from '../../shared/topology/fieldAt.ts';
import { sameEnds } from '../../shared/topology/kept.ts';
import { lookUp } from '../../shared/topology/lookup.ts';
import { promiseNames } from '../../shared/topology/promiseNames.ts';
import { scalarText, unquoted } from '../../shared/topology/scalarText.ts';
import type { Pair, Tree } from '../../shared/topology/tree.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { unreadOf } from '../../shared/topology/unread.ts';
import type { Document } from '../document.ts';
import { lineStarts } from '../text.ts';
import { keyKind, valueKind, type Name, type NameKind } from './at.ts';
import { byChunk, type Entry, type Places } from './byChunk.ts';
import { recent } from './edited.ts';
import type { Feature, TextParams } from './feature.ts';
import { addToken, editsBetween, numbersOf, piecesOf } from './tokenPieces.ts';
import type { ChunkTokens, IsDefined, Pieces, Placed } from './tokenPieces.ts';

/** The first five are ours; a client that does not know them shows nothing, or what the user says. */
export const TOKEN_TYPES = [
  'node',
  'network',
  'subnet',
  'router',
  'port',
  'floatingIp',
  'physicalNetwork',
  'addressScope',
  'address',
  'enumMember',
  'keyword',
] as const;

/** `declaration` is LSP's own; `unknown`: nothing has that name. */
export const TOKEN_MODIFIERS = ['declaration', 'unknown'] as const;

type TokenType = (typeof TOKEN_TYPES)[number];

const LEGEND = { tokenTypes: [...TOKEN_TYPES], tokenModifiers: [...TOKEN_MODIFIERS] };

export const semanticTokensFull: Feature<TextParams> = {
  method: 'textDocument/semanticTokens/full',
  needs: ['textDocument'],
  announce: ({ textDocument }) => {
    const requests = textDocument?.semanticTokens?.requests;
    if (!requests || !textDocument?.semanticTokens?.formats.includes('relative')) return {};
    const full =
      typeof requests.full === 'object' && requests.full.delta === true ? { delta: true } : Boolean(requests.full);
    const provider = { legend: LEGEND, full, range: Boolean(requests.range) };
    return provider.full || provider.range ? { semanticTokensProvider: provider } : {};
  },
  answer: ({ textDocument: { uri } }, { document }) => allOf(remembered(uri, document(uri))),
  *steps(params, context) {
    yield* tokensIn.steps(context.document(params.textDocument.uri));
    return semanticTokensFull.answer(params, context);
  },
};

export const semanticTokensDelta: Feature<TextParams & { previousResultId: string }> = {
  method: 'textDocument/semanticTokens/full/delta',
  needs: ['textDocument', 'previousResultId'],
  announce: () => ({}),
  answer: ({ textDocument: { uri }, previousResultId }, { document }) => {
    const before = results.get(uri)?.find(({ resultId }) => resultId === previousResultId);
    const after = remembered(uri, document(uri));
    if (!before) return allOf(after);
    return { resultId: after.resultId, edits: editsBetween(before, after) } satisfies SemanticTokensDelta;
  },
};

export const semanticTokensRange: Feature<TextParams & { range: LspRange }> = {
  method: 'textDocument/semanticTokens/range',
  needs: ['textDocument', 'range'],
  announce: () => ({}),
  answer: ({ textDocument, range }, { document }) => ({ data: encodedTokens(document(textDocument.uri), range) }),
};

interface Result extends Pieces {
  resultId: string;
  chunks: readonly ChunkTokens[];
  definitions: Definitions;
}

/** The last answers for each document, the newest first, to which the next delta may refer; their pieces are mostly the same. */
const results = recent<Result[]>();
/** A client that got one more answer than it took in, or leaves one out, still gets what changed. */
const MOST_RESULTS = 8;
let count = 0;

function remembered(uri: string, document: Document): Result {
  const before = results.get(uri) ?? [];
  const definitions = definitionsIn(document, before[0]?.definitions);
  const chunks = tokensIn.values(document);
  const last = before[0] && { ...before[0], isDefined: before[0].definitions.has };
  const pieces = piecesOf({ chunks, isDefined: definitions.has }, last);
  const result = { resultId: String(++count), chunks, pieces, start: startOf(document), definitions };
  results.set(uri, [result, ...before.slice(0, MOST_RESULTS - 1)]);
  return result;
}

/** Where the first chunk begins. Where lines begin in all of the text is known of few versions. */
function startOf(document: Document): Position {
  const { start } = document.reading().sourceMap.chunks();
  const starts = lineStarts(document.text.getText().slice(0, start));
  return { line: starts.length - 1, character: start - starts.at(-1)! };
}

const allOf = (result: Result): SemanticTokens => ({ resultId: result.resultId, data: numbersOf(result) });

/** A token by offsets, with the name that it is, if it is one. */
interface Found {
  range: Range;
  type: TokenType;
  name?: Name;
}

const tokensIn = byChunk(
  (places, text): ChunkTokens => placed(text, foundIn(places, text)),
  (entry, text) => placed(text, foundInEntry(entry, text)),
);

/** Of all lines, or of some. */
export function encodedTokens(document: Document, lines?: LspRange): number[] {
  const [first, last] = [lines?.start.line ?? 0, lines?.end.line ?? Infinity];
  const { has } = definitionsIn(document);
  const data: number[] = [];
  let before: Position = { line: 0, character: 0 };
  for (const { value, line, character } of tokensIn(document, lines && offsetsOf(document, lines))) {
    for (const each of value.tokens) {
      const token = { ...each, line: line + each.line, character: each.character + (each.line === 0 ? character : 0) };
      if (token.line < first || token.line > last) continue;
      addToken(data, before, token, has);
      before = token;
    }
  }
  return data;
}

const offsetsOf = ({ text }: Document, { start, end }: LspRange): Range => [
  text.offsetAt({ line: start.line, character: 0 }),
  text.offsetAt({ line: end.line + 1, character: 0 }),
];

/** Which names something has. */
interface Definitions {
  topology: Topology;
  /** What could not be read and may have had names, as one text. */
  hidden: string;
  has: IsDefined;
}

/** What could not be read may have a name. Address scopes are defined nowhere in the file. */
function definitionsIn(document: Document, before?: Definitions): Definitions {
  const { topology } = document.reading();
  const unread = unreadOf(topology);
  const hidden = unread.hidden();
  if (before?.hidden === hidden && hasSameNames(before.topology, topology)) return { ...before, topology };
  const find = lookUp(topology);
  const names = new Map<NameKind, Pick<ReadonlySet<string>, 'has'>>([
    ['node', find.node],
    ['network', find.network],
    ['subnet', find.subnet],
    ['router', find.router],
    ['port', find.port],
    ['physical_network', new Set(topology.nodes.flatMap((node) => Object.keys(node.bridge_mappings)))],
  ]);
  const has = ({ kind, name }: Name): boolean =>
    kind === 'address_scope' ||
    names.get(kind)?.has(name) === true ||
    (kind !== 'physical_network' && kind !== 'floating_ip' && unread.mayHave(kind, name));
  return { topology, hidden, has };
}

/** Whether things that an edit touched have the names that they had. */
const hasSameNames = (before: Topology, after: Topology): boolean =>
  isAlike(before.ports, after.ports, ({ name }) => [name]) &&
  isAlike(before.routers, after.routers, ({ name }) => [name]) &&
  isAlike(before.nodes, after.nodes, ({ name, bridge_mappings }) => [name, ...Object.keys(bridge_mappings)]) &&
  isAlike(before.networks, after.networks, ({ name, subnets }) => [name, ...subnets.map((subnet) => subnet.name)]);

function isAlike<T>(before: readonly T[], after: readonly T[], namesOf: (thing: T) => string[]): boolean {
  if (before === after) return true;
  if (before.length !== after.length) return false;
  const { head, tail } = sameEnds(before, after);
  const changed = (list: readonly T[]): string[][] => list.slice(head, list.length - tail).map(namesOf);
  return isEqual(changed(before), changed(after));
}

/** Walks all entries once; what each is follows from what the one around it is. */
function foundIn(places: Places, text: string): Found[] {
  const found: Found[] = [];
  const around: { prefix: string; at: FieldAt }[] = [];
  for (const entry of places) {
    const pointer = entry[0];
    const { key, value } = entry[1];
    while (around.length > 0 && !pointer.startsWith(around.at(-1)!.prefix)) around.pop();
    const at = fieldIn(around, pointer);
    if (!at) continue;
    if (key && at.parent?.type === 'map') addKey(found, at, pointer, text, key);
    const { type } = at.type;
    if (type === 'record' || type === 'map' || type === 'list') around.push({ prefix: `${pointer}/`, at });
    else addValue(found, at, pointer, text, value);
  }
  return found;
}

/** The same of a thing without its places, in a third of the time: what each entry is follows from the one that it is in. */
function foundInEntry({ section, pair }: Entry, text: string): Found[] {
  const found: Found[] = [];
  const addPair = (outer: FieldAt, outerKey: string, { key, keyRange, value }: Pair): void => {
    const at = step(outer, key);
    if (!at) return;
    if (at.parent?.type === 'map') addName(found, at, [outerKey, key], text, keyRange);
    addTree(at, key, value);
  };
  const addTree = (at: FieldAt, key: string, tree: Tree): void => {
    if (isScalarType(at.type)) addScalar(found, at, key, text, tree.range);
    else if (tree.kind === 'map') for (const inner of tree.pairs) addPair(at, key, inner);
    else if (tree.kind === 'list')
      for (const [i, item] of tree.items.entries()) addTree(step(at, `${i}`)!, `${i}`, item);
  };
  addPair(fieldAt([section])!, section, pair);
  return found;
}

function fieldIn(around: readonly { prefix: string; at: FieldAt }[], pointer: Pointer): FieldAt | undefined {
  const outer = around.at(-1);
  if (!outer) return fieldAt(pointerKeys(pointer));
  const key = pointer.slice(outer.prefix.length);
  return key.includes('/') ? fieldAt(pointerKeys(pointer)) : step(outer.at, unescaped(key));
}

const unescaped = (key: string): string => (key.includes('~') ? key.replaceAll('~1', '/').replaceAll('~0', '~') : key);

const lastKey = (pointer: Pointer): string => unescaped(pointer.slice(pointer.lastIndexOf('/') + 1));

const TYPES: Record<NameKind, TokenType> = {
  node: 'node',
  network: 'network',
  subnet: 'subnet',
  router: 'router',
  port: 'port',
  floating_ip: 'floatingIp',
  physical_network: 'physicalNetwork',
  address_scope: 'addressScope',
};

function addKey(found: Found[], at: FieldAt, pointer: Pointer, text: string, range: Range): void {
  // Only the last two keys tell what a name is.
  const cut = pointer.lastIndexOf('/');
  const outer = pointer.slice(pointer.lastIndexOf('/', cut - 1) + 1, cut);
  addName(found, at, [unescaped(outer), unescaped(pointer.slice(cut + 1))], text, range);
}

function addName(found: Found[], at: FieldAt, keys: string[], text: string, range: Range): void {
  const named = keyKind(keys, at);
  if (named)
    found.push({ range: unquoted(text, range), type: TYPES[named.kind], name: { ...named, name: keys.at(-1)! } });
}

function addValue(found: Found[], at: FieldAt, pointer: Pointer, text: string, value: Range): void {
  if (pointer.startsWith('/promises/')) addPromise(found, text, value);
  else addScalar(found, at, lastKey(pointer), text, value);
}

function addScalar(found: Found[], at: FieldAt, key: string, text: string, value: Range): void {
  const { type } = at.type;
  if (value[0] === value[1] || type === 'integer' || type === 'mac' || type === 'id' || type === 'port-range') return;
  const range = unquoted(text, value);
  if (type === 'ip' || type === 'cidr' || type === 'ip-or-cidr') found.push({ range, type: 'address' });
  else if (type === 'enum') found.push({ range, type: 'enumMember' });
  else if (type === 'boolean') found.push({ range, type: 'keyword' });
  else {
    const named = valueKind(key, at);
    const name = named && scalarText(text.slice(value[0], value[1]));
    if (named && name !== undefined) found.push({ range, type: TYPES[named.kind], name: { ...named, name } });
  }
}

/** The names in a line of `promises`, where it is written as it reads. */
function addPromise(found: Found[], text: string, value: Range): void {
  const [start, end] = unquoted(text, [value[0], value[1]]);
  const inner = text.slice(start, end);
  if (scalarText(text.slice(value[0], value[1])) !== inner) return;
  for (const { kind, name, range } of promiseNames(inner)) {
    const place = unquoted(text, [start + range[0], start + range[1]]);
    found.push({ range: place, type: TYPES[kind], name: { kind, name, role: 'reference' } });
  }
}

/** Lines and columns, in one pass; what goes over several lines or overlaps the one before is left out, as LSP demands. */
function placed(text: string, found: Found[]): ChunkTokens {
  const starts = lineStarts(text);
  const tokens: Placed[] = [];
  let line = 0;
  let last = -1;
  const isInOrder = found.every(({ range }, i) => i === 0 || found[i - 1]!.range[0] <= range[0]);
  for (const { range, type, name } of isInOrder ? found : found.toSorted((a, b) => a.range[0] - b.range[0])) {
    const [start, end] = range;
    if (start < last || end <= start) continue;
    while (start >= (starts[line + 1] ?? Infinity)) line++;
    if (end >= (starts[line + 1] ?? Infinity)) continue;
    last = end;
    const character = start - starts[line]!;
    tokens.push({ line, character, length: end - start, type: TYPE_INDEX.get(type)!, ...(name && { name }) });
  }
  return { tokens, lines: starts.length - 1 };
}

const TYPE_INDEX = new Map<TokenType, number>(TOKEN_TYPES.map((type, i) => [type, i]));
