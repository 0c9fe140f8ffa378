/**
 * What the editor is told without asking, and when. Diagnostics are pushed to who cannot ask for them (`features/pull.ts` answers the
 * others, who are told only that they should ask again).
 */
import type { Diagnostic } from 'vscode-languageserver';
import type { Range } from '../shared/problem.ts';
import { isOpen, type Document } from './document.ts';
import { isWithheld } from './features/diagnostics.ts';
import { changedRange } from './text.ts';
import { keyOf } from './uri.ts';

/**
 * How long the text must be still before its diagnostics are published: not at all where they are quick, else as long as they took the
 * last time, so that who types fast in a huge file is not slowed down by them; at most so long.
 */
const QUICK_MS = 40;
const MOST_STILL_MS = 100;
const stillMs = (took: number): number => (took < QUICK_MS ? 0 : Math.min(took, MOST_STILL_MS));

/** Who does not go on typing for so long has stopped. */
const TYPING_MS = 500;

/**
 * What an editor asked right behind its change is answered before anything is told that nobody asked for. Messages are read in one turn
 * of the event loop and worked off in the next.
 */
const behindRequests = (tell: () => void): void => void setImmediate(() => setImmediate(tell));

/** What telling needs of the server. */
export interface Tellable {
  /** `undefined`: it was closed meanwhile. */
  document(uri: string): Document | undefined;
  diagnostics(uri: string, typing: Range | undefined): Diagnostic[];
  /** The editor asks for diagnostics itself. */
  pulls(): boolean;
  send(params: { uri: string; version?: number; diagnostics: Diagnostic[] }): void;
  /** Documents that are made of a topology, and trees, may be out of date. */
  sayChanged(uri: string): void;
  /** Asks an editor that pulls to do so again. */
  refresh(): void;
  log(message: string): void;
}

export interface Telling {
  opened(uri: string, text: string): void;
  /** The text changed, or what its diagnostics depend on. */
  soon(uri: string): void;
  /** At once. */
  now(uri: string): void;
  closed(uri: string): void;
  /** Where somebody is typing. */
  typing(uri: string): Range | undefined;
}

interface State {
  server: Tellable;
  timers: Map<string, NodeJS.Timeout>;
  /** Each text as it was when nobody typed; and those of which something was not told because somebody does. */
  stillTexts: Map<string, string>;
  withheld: Set<string>;
  /** How long the last diagnostics of each document took. */
  took: Map<string, number>;
  /** What was told last, of texts that have something to tell; by what they are known by, since opened they may have another URI. */
  told: Map<string, { uri: string; text: string }>;
  /** The files of the topology of each text, when it was told of last. */
  partsBefore: Map<string, readonly string[]>;
}

export function makeTelling(server: Tellable): Telling {
  const state: State = {
    server,
    timers: new Map(),
    stillTexts: new Map(),
    withheld: new Set(),
    took: new Map(),
    told: new Map(),
    partsBefore: new Map(),
  };
  const { timers, took, stillTexts } = state;
  return {
    opened: (uri, text) => void stillTexts.set(uri, text),
    typing: (uri) => typingIn(state, uri),
    soon(uri) {
      clearTimeout(timers.get(uri));
      const tell = (): void => {
        publish(state, uri, typingIn(state, uri));
        timers.set(
          uri,
          setTimeout(() => finish(state, uri), TYPING_MS),
        );
      };
      const timer = setTimeout(() => behindRequests(isDue), stillMs(took.get(uri) ?? 0));
      const isDue = (): void => {
        if (timers.get(uri) === timer) tell();
      };
      timers.set(uri, timer);
    },
    now(uri) {
      publish(state, uri);
      if (server.pulls()) server.refresh();
    },
    closed: (uri) => close(state, uri),
  };
}

function typingIn({ server, stillTexts }: State, uri: string): Range | undefined {
  const before = stillTexts.get(uri);
  const text = server.document(uri)?.text.getText();
  return before === undefined || text === undefined ? undefined : changedRange(before, text);
}

function send({ server, told, withheld }: State, document: Document, typing?: Range): void {
  const { uri, version } = document.text;
  const diagnostics = server.diagnostics(uri, typing);
  if (typing && hasWithheld(document, typing)) withheld.add(uri);
  if (diagnostics.length > 0) told.set(keyOf(uri), { uri, text: JSON.stringify(diagnostics) });
  else told.delete(keyOf(uri));
  server.send({ uri, diagnostics, ...(isOpen(document) && { version }) });
}

const hasWithheld = (document: Document, typing: Range): boolean =>
  document.problems().some((problem) => isWithheld(problem, typing));

/** Other files of the topology, where something is to be told or is told no more; and those that it was made of before. */
function sendOthers(state: State, document: Document): void {
  const { server, told, partsBefore } = state;
  const parts = new Set<string>();
  for (const other of document.parts()) {
    const { uri } = other.text;
    parts.add(keyOf(uri));
    const before = told.get(keyOf(uri));
    if (uri === document.text.uri || (!before && !mayHaveAny(other))) continue;
    sendIfOther(state, other);
  }
  for (const uri of partsBefore.get(document.text.uri) ?? []) {
    const other = parts.has(keyOf(uri)) ? undefined : server.document(uri);
    // By itself it says something else.
    if (other && isOpen(other)) sendIfOther(state, other);
  }
  const all = document.parts().map(({ text }) => text.uri);
  if (all.length > 1) partsBefore.set(document.text.uri, all);
  else partsBefore.delete(document.text.uri);
  takeBack(state, parts);
}

function sendIfOther(state: State, document: Document): void {
  const { uri } = document.text;
  const typing = typingIn(state, uri);
  const now = JSON.stringify(state.server.diagnostics(uri, typing));
  if (now !== (state.told.get(keyOf(uri))?.text ?? '[]')) send(state, document, typing);
}

/** Files that nothing shows any more have nothing. @param parts those of which it is known that something does */
function takeBack({ server, told }: State, parts: ReadonlySet<string>): void {
  for (const [key, { uri }] of told) {
    if (parts.has(key) || server.document(uri)?.parts().some(isOpen)) continue;
    told.delete(key);
    server.send({ uri, diagnostics: [] });
  }
}

function publish(state: State, uri: string, typing?: Range): void {
  const { server, withheld, took } = state;
  const start = performance.now();
  try {
    const document = server.document(uri);
    if (!document) return;
    if (!server.pulls()) {
      send(state, document, typing);
      sendOthers(state, document);
    } else if (typing && hasWithheld(document, typing)) withheld.add(uri);
    for (const part of document.parts()) if (isOpen(part)) server.sayChanged(part.text.uri);
    // The first time all is read, which says nothing of an edit.
    took.set(uri, took.has(uri) ? performance.now() - start : 0);
  } catch (error) {
    // A bug of ours. A request would be answered with it; a timer that throws would end the server.
    server.log(`the diagnostics of ${uri} failed: ${stackOf(error)}`);
  }
}

/** Whoever stopped typing is told what is not finished, if anything is, and which promises break. */
function finish(state: State, uri: string): void {
  const { server, withheld, stillTexts } = state;
  const isOther = testPromises(server, uri);
  const text = server.document(uri)?.text.getText();
  const wasWithheld = withheld.delete(uri);
  if (text !== undefined) stillTexts.set(uri, text);
  if (!wasWithheld && !isOther) return;
  publish(state, uri);
  if (server.pulls()) server.refresh();
}

/** Whether other promises break than were told. */
function testPromises(server: Tellable, uri: string): boolean {
  try {
    return server.document(uri)?.testPromises() ?? false;
  } catch (error) {
    server.log(`the promises of ${uri} could not be tested: ${stackOf(error)}`);
    return false;
  }
}

const stackOf = (error: unknown): string => (error instanceof Error ? String(error.stack) : String(error));

function close(state: State, uri: string): void {
  const { server, timers, took, stillTexts, withheld } = state;
  clearTimeout(timers.get(uri));
  timers.delete(uri);
  took.delete(uri);
  stillTexts.delete(uri);
  withheld.delete(uri);
  state.partsBefore.delete(uri);
  if (server.pulls()) return;
  // As a file of a topology that is still open it has something to say.
  const document = server.document(uri);
  if (document?.parts().some(isOpen)) send(state, document);
  else forget(state, uri);
}

/** Also of the files that it included, when nothing else shows them. */
function forget(state: State, uri: string): void {
  state.told.delete(keyOf(uri));
  state.server.send({ uri, diagnostics: [] });
  takeBack(state, new Set());
}

/** So long nobody waits for news. */
const MOST_WAIT_MS = 5000;

/** Whoever waits for something new is told so. */
export function newsBoard() {
  const waiting = new Set<() => void>();
  return {
    tell(): void {
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    async next(token?: { onCancellationRequested: (listener: () => void) => unknown }): Promise<void> {
      return new Promise((resolve) => {
        waiting.add(resolve);
        token?.onCancellationRequested(resolve);
        setTimeout(resolve, MOST_WAIT_MS).unref();
      });
    },
  };
}

const mayHaveAny = (document: Document): boolean =>
  document.problems().length > 0 || document.text.getText().includes('dvrscope:');
