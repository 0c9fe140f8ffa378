/** Every request of the table with one set of parameters, for tests that ask them all. */
import type { Position } from 'vscode-languageserver';
import type { Document } from '../../server/document.ts';
import { wrongParams, type Context, type Feature } from '../../server/features/feature.ts';
import { FEATURES } from '../../server/features/table.ts';
import { COMMAND } from '../../shared/protocol.ts';
import { CLIENTS } from './clients.ts';

/** What a request may be asked with, at one place of a text and for all of it. @param end of the text */
export function paramsAt(uri: string, position: Position, end: Position) {
  const range = { start: { line: 0, character: 0 }, end };
  return {
    textDocument: { uri },
    position,
    positions: [position],
    range,
    ranges: [range],
    newName: 'renamed',
    query: 'a',
    ch: '\n',
    options: { tabSize: 2, insertSpaces: true },
    context: { diagnostics: [] as unknown[] },
  };
}

/** Those that can be asked with such parameters. */
export const askable = (params: object): Feature[] =>
  FEATURES.filter((feature) => wrongParams(feature, params) === undefined);

/** Of a client that can all, about one document. */
export const contextOf = (document: Document): Context => ({
  client: CLIENTS.full,
  document: () => document,
  documents: () => [document],
  comparison: () => undefined,
  commands: Object.values(COMMAND),
  isCancelled: () => false,
});
