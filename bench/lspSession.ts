/** A language server as a child process, spoken to as an editor does, and timed. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type PublishDiagnosticsParams,
  type ServerCapabilities,
} from 'vscode-languageserver/node';

export interface Session {
  announced: ServerCapabilities;
  /** Milliseconds from the start of the process to the answer to `initialize`. */
  initialized: number;
  open(text: string): Promise<void>;
  close(): Promise<void>;
  change(line: number, from: number, to: number, text: string): Promise<void>;
  /** Resolves when the document has so many diagnostics; from the moment of the call, which must come before what causes them. */
  diagnosed(count: number): Promise<void>;
  request<T>(method: string, params: object): Promise<T>;
  /** MiB now, and at most since the start. */
  memory(): { now: number; peak: number };
  /** Milliseconds from `shutdown` to the end of the process. */
  stop(): Promise<number>;
}

/** Nothing takes so long, unless it never comes. */
const LIMIT_MS = 120_000;

export interface Server {
  command: readonly string[];
  /** Besides the environment of this process. */
  env?: Record<string, string>;
  language: string;
  uri: string;
  /** What `workspace/configuration` is answered with, by section. */
  settings: Record<string, unknown>;
}

export async function startSession({ command, env, language, uri, settings }: Server): Promise<Session> {
  const start = performance.now();
  const child = spawn(command[0] ?? '', command.slice(1), {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const waiting = new Map<number, () => void>();
  connection.onNotification('textDocument/publishDiagnostics', (published: PublishDiagnosticsParams) => {
    if (published.uri !== uri) return;
    waiting.get(published.diagnostics.length)?.();
    waiting.delete(published.diagnostics.length);
  });
  connection.onRequest('workspace/configuration', ({ items }: { items: { section?: string }[] }) =>
    items.map(({ section }) => settings[section ?? ''] ?? null),
  );
  connection.onRequest('client/registerCapability', () => null);
  connection.onError(() => undefined);
  connection.listen();
  const { capabilities } = await connection.sendRequest<{ capabilities: ServerCapabilities }>('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: CLIENT,
  });
  const initialized = performance.now() - start;
  await connection.sendNotification('initialized', {});
  await connection.sendNotification('workspace/didChangeConfiguration', { settings });
  let version = 0;
  return {
    announced: capabilities,
    initialized,
    open: (text) =>
      connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId: language, version: ++version, text },
      }),
    close: () => connection.sendNotification('textDocument/didClose', { textDocument: { uri } }),
    change: (line, from, to, text) =>
      connection.sendNotification('textDocument/didChange', {
        textDocument: { uri, version: ++version },
        contentChanges: [{ range: { start: { line, character: from }, end: { line, character: to } }, text }],
      }),
    diagnosed: (count) =>
      inTime(
        `${count} diagnostics`,
        new Promise((resolve) => {
          waiting.set(count, resolve);
        }),
      ),
    request: <T>(method: string, params: object) => inTime(method, connection.sendRequest<T>(method, params)),
    memory: () => memoryOf(child.pid!),
    async stop() {
      const from = performance.now();
      await connection.sendRequest('shutdown');
      void connection.sendNotification('exit');
      await inTime('exit', closed);
      return performance.now() - from;
    },
  };
}

async function inTime<T>(what: string, result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing in ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `proc_pid_status(5)`: `VmRSS`, `VmHWM`. */
function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(String.raw`^${name}:\s+(\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}

/** An editor that can all that is measured. */
const CLIENT = {
  workspace: { configuration: true, symbol: {} },
  textDocument: {
    synchronization: {},
    publishDiagnostics: { relatedInformation: true, versionSupport: true },
    completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
    hover: { contentFormat: ['markdown'] },
    definition: {},
    references: {},
    documentHighlight: {},
    rename: { prepareSupport: true },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    formatting: {},
    semanticTokens: {
      requests: { full: { delta: true }, range: true },
      tokenTypes: [],
      tokenModifiers: [],
      formats: ['relative'],
    },
  },
};
