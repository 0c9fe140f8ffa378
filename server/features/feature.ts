/**
 * What a request of the editor is here: its method, what is announced to a client that can make use of it, and the answer.
 * `table.ts` lists them; `lsp.ts` registers them, and the tests ask the same table without a connection.
 */
import type { ClientCapabilities, Diagnostic, Position, Range, ServerCapabilities } from 'vscode-languageserver';
import type { Severities } from '../../shared/silence.ts';
import type { Steps } from '../../shared/steps.ts';
import type { Document } from '../document.ts';
import type { LiveComparison } from './compare.ts';

/** What an answer may need besides its parameters. */
export interface Context {
  /** What the client said that it can. */
  client: ClientCapabilities;
  /** The open document; throws a message for the client when it is not open. */
  document: (uri: string) => Document;
  /** A text in each of the topologies that include it; default: in one. */
  contexts?: (uri: string) => readonly Document[];
  /** All open topologies. */
  documents: () => Document[];
  /** All texts of all topologies, also those that are closed; default: those that are open. */
  everyDocument?: () => Document[];
  /** What is to be told of a text, in all topologies that it is a part of. */
  diagnostics?: (uri: string) => Diagnostic[];
  /** Resolves when the topologies in the folders of the editor are found. */
  whenReady?: (uri?: string) => Promise<void>;
  /** Resolves when something changed that may be told of, when the question was taken back, or after some seconds. */
  untilChanged?: () => Promise<void>;
  /** What a text may include: paths from its folder. */
  includable?: (uri: string) => string[];
  /** Sends a part of an answer to an editor that asked for parts. */
  sendPart?: (token: string | number, value: object) => void;
  /** The last comparison of a topology with its nodes. */
  comparison: (uri: string) => LiveComparison | undefined;
  /** What codes are worth in a topology, by the settings. */
  severities?: (uri: string) => Severities;
  /** Commands that the client has (`ClientOptions`). */
  commands?: readonly string[];
  isCancelled: () => boolean;
}

/** Parameters that are checked before a request is answered: an editor may send anything. */
export type Needed =
  | 'textDocument'
  | 'position'
  | 'positions'
  | 'range'
  | 'ranges'
  | 'newName'
  | 'query'
  | 'item'
  | 'label'
  | 'location'
  | 'name'
  | 'previousResultId'
  | 'files';

export interface Feature<Params = never> {
  method: string;
  needs: readonly Needed[];
  /** Nothing when the client did not say that it can use it. */
  announce(client: ClientCapabilities, commands: readonly string[]): ServerCapabilities;
  answer(params: Params, context: Context): unknown;
  /** The same answer in pieces, of one that may take long: it can be taken back between them. */
  steps?(params: Params, context: Context): Steps<unknown>;
}

/** Parameters of requests about a place. */
export interface PlaceParams {
  textDocument: { uri: string };
  position: Position;
}

/** Parameters of requests about a whole document. */
export interface TextParams {
  textDocument: { uri: string };
}

/** A request that cannot be answered, with a message for a person: LSP's `RequestFailed`. */
export class Refusal extends Error {}

/** Whether a parameter is what it must be. */
export type Check = (value: unknown) => boolean;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export const isPosition = (value: unknown): value is Position =>
  isObject(value) && [value['line'], value['character']].every((each) => Number.isInteger(each) && Number(each) >= 0);

export const isRange = (value: unknown): value is Range =>
  isObject(value) && isPosition(value['start']) && isPosition(value['end']);

const IS: Record<Needed, Check> = {
  textDocument: (value) => isObject(value) && typeof value['uri'] === 'string',
  position: isPosition,
  positions: (value) => Array.isArray(value) && value.every(isPosition),
  range: isRange,
  ranges: (value) => Array.isArray(value) && value.every(isRange),
  newName: (value) => typeof value === 'string',
  query: (value) => typeof value === 'string',
  item: (value) => isObject(value) && typeof value['uri'] === 'string' && isRange(value['selectionRange']),
  label: (value) => typeof value === 'string',
  name: (value) => typeof value === 'string',
  location: (value) => isObject(value) && typeof value['uri'] === 'string',
  files: (value) =>
    Array.isArray(value) &&
    value.every(
      (each: unknown) => isObject(each) && typeof each['oldUri'] === 'string' && typeof each['newUri'] === 'string',
    ),
  previousResultId: (value) => typeof value === 'string',
};

/** What is wrong with the parameters of a request, if anything. */
export const wrongParams = (
  { method, needs }: Pick<Feature, 'method' | 'needs'>,
  params: unknown,
): string | undefined =>
  isObject(params)
    ? wrongIn(
        method,
        needs.map((name) => [name, IS[name]]),
        params,
      )
    : `${method} needs parameters`;

/** The first of some parameters that is not what it must be, in a sentence. */
export function wrongIn(
  method: string,
  checks: readonly (readonly [name: string, check: Check | undefined])[],
  params: unknown,
): string | undefined {
  const given = isObject(params) ? params : {};
  const bad = checks.find(([name, check]) => check?.(given[name]) === false)?.[0];
  return bad === undefined ? undefined : `${method} needs a valid \`${bad}\``;
}
