/**
 * What a request of our own (`shared/protocol.ts`) is here: its method, what its parameters must be, and the answer. `ownTable.ts` lists
 * them. A message for a person is thrown as a `Refusal`.
 */
import type { Settings } from '../../shared/protocol.ts';
import type { CollectingParams } from '../../shared/protocolNodes.ts';
import type { Severities } from '../../shared/silence.ts';
import type { Accepted, Ask } from '../collect/ask.ts';
import type { DemoSession } from '../demo/session.ts';
import type { LiveComparison } from './compare.ts';
import { wrongIn, type Check, type Context } from './feature.ts';

/** What an answer may need besides its parameters. */
export interface OwnContext extends Context {
  severities: (uri: string) => Severities;
  /** The settings of the user; the defaults where the editor cannot be asked. */
  settings: (uri: string) => Promise<Settings>;
  demo: DemoSession;
  /** Aborted when the editor takes its question back. */
  signal: AbortSignal;
  /** Puts a question to the user; absent: the editor cannot. */
  ask?: Ask;
  /** Tells the editor which passphrases were right. */
  accepted?: Accepted;
  /** Shows how far something is, where the editor gave a token for it. */
  progress: (token: string | number | undefined, title: string) => Progress;
  /** Says that a node was begun or finished, to an editor that wants to know. */
  collecting?: (params: CollectingParams) => void;
  /** Keeps the comparison of a topology as its last one, and tells what it found. */
  compared: (uri: string, comparison: LiveComparison) => void;
}

export interface Progress {
  report: (percentage: number, message: string) => void;
  done: () => void;
}

export interface OwnRequest<Params = never> {
  method: string;
  /** What its parameters must be: an editor may send anything. */
  params: Readonly<Partial<Record<keyof Params, Check>>>;
  answer(params: Params, context: OwnContext): unknown;
}

export const isText: Check = (value) => typeof value === 'string';

export const isNumber: Check = (value) => typeof value === 'number';

export const isOneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);

export const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

/** What may be absent. */
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** What is wrong with the parameters of a request, if anything. */
export const wrongOwnParams = ({ method, params: checks }: OwnRequest, params: unknown): string | undefined =>
  wrongIn(method, Object.entries(checks), params);
