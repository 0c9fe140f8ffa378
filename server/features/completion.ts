/**
 * `textDocument/completion`: what may stand at the cursor, by the vocabulary: keys that are not there yet, values, names of other
 * things, free addresses. Documentation of an item is only made when it is looked at (`completionItem/resolve`).
 */
import type {
  ClientCapabilities,
  CompletionItem,
  CompletionItemKind,
  CompletionList,
  InsertTextFormat,
  InsertTextMode,
  Position,
} from 'vscode-languageserver';
import { fieldAt, isScalarType, step } from '../../shared/topology/fieldAt.ts';
import { fieldsOf, type Field, type FieldType } from '../../shared/topology/fields.ts';
import { quoted, yamlScalar } from '../../shared/topology/yamlText.ts';
import type { Document } from '../document.ts';
import { entries } from './completionEntries.ts';
import { atWord, promiseChoices } from './completionPromises.ts';
import { values } from './completionValues.ts';
import { cursorAt, type Cursor } from './cursor.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { documentationOf } from './fieldDocumentation.ts';
import { codeBlock, markup } from './markdown.ts';
import { lspRange } from './range.ts';

/** Something that may be put at the cursor. */
export interface Choice {
  label: string;
  /** What is written; default: the label, as one YAML scalar. With `isSnippet` in the syntax of LSP's snippets. */
  text?: string;
  isSnippet?: true;
  kind: keyof typeof KIND;
  /** Shown behind the label. */
  detail?: string;
  /** Lower ones first; default 1. */
  rank?: number;
  data?: ChoiceData;
}

/** What documentation is made of when it is asked for: a key of the vocabulary, or a thing of the topology. */
export type ChoiceData = { record: string; field: string } | { uri: string; pointer: string };

/** LSP `CompletionItemKind`. */
const KIND = {
  key: 10,
  word: 12,
  enum: 20,
  keyword: 14,
  file: 17,
  snippet: 15,
  node: 7,
  network: 8,
  subnet: 5,
  router: 9,
  port: 6,
  floating_ip: 6,
} satisfies Record<string, CompletionItemKind>;

const SNIPPET: InsertTextFormat = 2;
const AS_IS: InsertTextMode = 1;

export const completion: Feature<PlaceParams> = {
  method: 'textDocument/completion',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) =>
    textDocument?.completion
      ? { completionProvider: { triggerCharacters: [' ', ':', '{', '['], resolveProvider: true } }
      : {},
  answer: ({ textDocument: { uri }, position }, { client, document, includable }) =>
    complete(document(uri), position, client, () => includable?.(uri) ?? []),
};

export const completionResolve: Feature<CompletionItem> = {
  method: 'completionItem/resolve',
  needs: ['label'],
  announce: () => ({}),
  answer: (item, { client, document }) => {
    const markdown = documentationText(item.data, document);
    const formats = client.textDocument?.completion?.completionItem?.documentationFormat;
    return markdown === undefined ? item : { ...item, documentation: markup(markdown, formats) };
  },
};

/** More help nobody; typing on narrows them. */
const MOST = 500;

/** @param includable paths that `include` may name */
export function complete(
  document: Document,
  position: Position,
  client: ClientCapabilities,
  includable: () => string[] = () => [],
): CompletionList {
  const found = cursorAt(document.text.getText(), document.text.offsetAt(position));
  const promise = found?.path[0] === 'promises' ? atWord(found) : undefined;
  const cursor = promise ?? found;
  const can = client.textDocument?.completion;
  const canSnippets = can?.completionItem?.snippetSupport === true;
  const all =
    cursor && cursor.path[0] === 'include'
      ? includable().map((label): Choice => ({ label, kind: 'file' }))
      : promise
        ? promiseChoices(document.reading().topology, promise)
        : cursor
          ? choices(document, cursor, canSnippets)
          : [];
  if (!cursor || all.length === 0) return { isIncomplete: false, items: [] };
  const isMany = all.length > MOST;
  const typed = cursor.typed.toLowerCase();
  const fitting = isMany ? all.filter(({ label }) => label.toLowerCase().includes(typed)) : all;
  const ranked = fitting.map((choice, i) => ({ choice, sort: sortText(choice, i) }));
  const shown = ranked.toSorted((a, b) => (a.sort < b.sort ? -1 : 1)).slice(0, MOST);
  const range = lspRange(document, cursor.range);
  const sharesRange = can?.completionList?.itemDefaults?.includes('editRange') === true;
  const modes = can?.completionItem?.insertTextModeSupport?.valueSet ?? [];
  const items = shown.map(({ choice, sort }): CompletionItem => {
    const newText = writtenText(choice, cursor, modes.includes(AS_IS));
    return {
      label: choice.label,
      kind: KIND[choice.kind],
      ...(choice.detail !== undefined && { detail: choice.detail }),
      sortText: sort,
      ...(cursor.quote !== '' && { filterText: cursor.quote + choice.label }),
      ...(sharesRange ? { textEditText: newText } : { textEdit: { range, newText } }),
      ...(choice.isSnippet && { insertTextFormat: SNIPPET }),
      ...(newText.includes('\n') && { insertTextMode: AS_IS }),
      ...(choice.data && { data: choice.data }),
    };
  });
  return { isIncomplete: isMany, ...(sharesRange && { itemDefaults: { editRange: range } }), items };
}

const sortText = ({ rank = 1 }: Choice, i: number): string => `${rank}${String(i).padStart(6, '0')}`;

/** Everything that fits, in the order in which it is offered within one rank. */
function choices(document: Document, cursor: Cursor, canSnippets: boolean): Choice[] {
  const container = fieldAt(cursor.path);
  if (!container) return [];
  const { type } = container;
  // The value of a key may stand on the next line.
  if (isScalarType(type)) {
    const [path, key] = [cursor.path.slice(0, -1), cursor.path.at(-1)!];
    return cursor.on === 'key' ? values(document, { ...cursor, path, key, on: 'value' }, type) : [];
  }
  if (cursor.on === 'value') {
    const taken =
      cursor.key === undefined ? (type.type === 'list' ? type.of : undefined) : step(container, cursor.key)?.type;
    return taken ? valueChoices(document, cursor, taken) : [];
  }
  if (type.type === 'record') return keyChoices(type.kind, cursor);
  if (type.type === 'map') return entries(document, cursor, type, canSnippets);
  return type.type === 'list' ? itemChoices(type.of) : [];
}

/** A scalar, or the brackets of what else is taken. */
function valueChoices(document: Document, cursor: Cursor, type: FieldType): Choice[] {
  if (isScalarType(type)) return values(document, cursor, type);
  if (cursor.typed !== '') return [];
  if (type.type === 'list') return [{ label: '[…]', text: '[]', kind: 'keyword', detail: 'a list' }];
  return [{ label: '{…}', text: '{}', kind: 'keyword', detail: 'a map' }];
}

/** An empty line where a list goes on. */
const itemChoices = (type: FieldType): Choice[] => {
  const required = type.type === 'record' ? [...(fieldsOf(type.kind) ?? [])].filter(([, field]) => field.required) : [];
  const text = `- ${required
    .slice(0, 1)
    .map(([key]) => `${key}: `)
    .join('')}`;
  return [{ label: text.trimEnd(), text, kind: 'keyword', detail: 'one more item' }];
};

function keyChoices(kind: string, cursor: Cursor): Choice[] {
  return [...(fieldsOf(kind) ?? [])]
    .filter(([key]) => !cursor.siblings.has(key))
    .map(([key, field]) => ({
      label: key,
      kind: 'key',
      rank: field.required ? 0 : 1,
      ...(field.required
        ? { detail: 'required' }
        : field.default !== undefined && { detail: `default: ${field.default}` }),
      text: keyText(key, field, cursor),
      data: { record: kind, field: key },
    }));
}

/** A key with what comes behind it: a colon, brackets in a flow collection, a new line before a block. */
function keyText(key: string, field: Field, { hasColon, style, column }: Cursor): string {
  const written = yamlScalar(key);
  if (hasColon) return written;
  if (isScalarType(field)) return `${written}: `;
  if (style === 'flow') return `${written}: ${field.type === 'list' ? '[]' : '{}'}`;
  return `${written}:\n${' '.repeat(column + 2)}${field.type === 'list' ? '- ' : ''}`;
}

/** As YAML, in the quotes that are there; a line break only where the editor leaves it as it is. */
function writtenText(
  { label, text, isSnippet }: Choice,
  { quote, needsSpace, hasColon }: Cursor,
  keepsLines: boolean,
): string {
  const lines = text !== undefined && !keepsLines ? text.replace(/\n.*$/s, ' ') : text;
  const isName = lines === undefined || (hasColon && !isSnippet);
  const written = isName && quote !== '' ? inQuotes(label, quote) : (lines ?? yamlScalar(label));
  return needsSpace ? ` ${written}` : written;
}

const inQuotes = (text: string, quote: string): string =>
  quote === '"' ? quoted(text) : `'${text.replaceAll("'", "''")}'`;

function documentationText(data: unknown, documentOf: (uri: string) => Document): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  if ('record' in data && 'field' in data) {
    const field = fieldsOf(String(data.record))?.get(String(data.field));
    return field && documentationOf(String(data.field), field);
  }
  if (!('uri' in data && 'pointer' in data)) return undefined;
  const document = documentOf(String(data.uri)).home(String(data.pointer));
  const place = document.reading().sourceMap.get(String(data.pointer));
  return place && codeBlock(excerpt(document.text.getText().slice(place.key?.[0] ?? place.value[0], place.value[1])));
}

const EXCERPT_LINES = 12;

/** The lines of a thing; of a long one the first, and how many there are more. */
function excerpt(text: string): string {
  const lines = text.split('\n');
  if (lines.length <= EXCERPT_LINES) return text;
  return [...lines.slice(0, EXCERPT_LINES), `… ${lines.length - EXCERPT_LINES} more lines`].join('\n');
}
