/** A language client on a pipe: starts `dvrscope lsp --stdio` and speaks LSP to it, as any editor does. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type Diagnostic,
  type DocumentDiagnosticReport,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Registration,
  type RegistrationParams,
} from 'vscode-languageserver/node';
import { ASK, COMMAND, type Answer, type ClientOptions, type Question } from '../../shared/protocol.ts';

const SERVER = path.resolve(import.meta.dirname, '../../server/bin.ts');

export interface LspClient {
  connection: ProtocolConnection;
  pid: number;
  /** What the server announced. */
  announced: InitializeResult['capabilities'];
  open(uri: string, text: string): Promise<void>;
  /** Replaces the whole text, or a range of it. */
  change(uri: string, version: number, changes: object[]): Promise<void>;
  /** Everything that was pushed, by document. */
  published(): ReadonlyMap<string, Diagnostic[]>;
  /** What the server registered while it ran. */
  registered(): readonly Registration[];
  /** How often it asked that diagnostics be pulled again. */
  refreshes(): number;
  /** Resolves when the last diagnostics of a document satisfy `wanted`; rejects after ten seconds. */
  diagnostics(uri: string, wanted: (diagnostics: Diagnostic[]) => boolean): Promise<Diagnostic[]>;
  /** `shutdown` and `exit`; the exit status, and what the server wrote to standard error. */
  stop(): Promise<{ status: number | null; stderr: string }>;
}

/**
 * @param settings what `workspace/configuration` is answered with
 * @param program the server; default: the one in the sources
 * @param ask answers the server's questions; without it the client says that it cannot
 * @param capabilities what the client says that it can; one that pulls diagnostics asks for them
 * @param options what else it says of itself
 * @param folder URI of the folder that it has open
 * @param answers what else it answers, or answers otherwise
 */
export async function startLsp(
  settings: object = {},
  program = SERVER,
  ask?: (question: Question) => string[] | null,
  capabilities: ClientCapabilities = { workspace: { configuration: true } },
  options: ClientOptions = {},
  folder: string | null = null,
  answers: Readonly<Record<string, (params: never) => unknown>> = {},
): Promise<LspClient> {
  const child = spawn(process.execPath, [program, 'lsp', '--stdio']);
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const closed = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const published = new Map<string, Diagnostic[]>();
  const waiting = new Set<() => void>();
  connection.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }: PublishDiagnosticsParams) => {
    published.set(uri, diagnostics);
    for (const check of waiting) check();
  });
  connection.onRequest('workspace/configuration', () => [settings]);
  connection.onRequest(ASK, (question: Question): Answer => ({ answers: ask?.(question) ?? null }));
  const registered: Registration[] = [];
  let refreshes = 0;
  connection.onRequest('client/registerCapability', ({ registrations }: RegistrationParams) => {
    registered.push(...registrations);
    return null;
  });
  connection.onRequest('workspace/diagnostic/refresh', () => {
    refreshes++;
    for (const check of waiting) check();
    return null;
  });
  for (const [method, answer] of Object.entries(answers)) connection.onRequest(method, answer);
  connection.onError(() => undefined);
  connection.listen();
  const ended = closed.then((status): never => {
    throw new Error(`the server ended with status ${status}: ${stderr}`);
  });
  const answer = connection.sendRequest<InitializeResult>('initialize', {
    processId: process.pid,
    rootUri: folder,
    capabilities,
    initializationOptions: {
      canAsk: ask !== undefined,
      // Who shows lenses has the commands behind them.
      ...(capabilities.textDocument?.codeLens && { commands: Object.values(COMMAND) }),
      ...options,
    } satisfies ClientOptions,
  });
  // A server that cannot start would never answer.
  const initialized = await Promise.race([answer, ended]);
  await connection.sendNotification('initialized', {});
  return {
    connection,
    pid: child.pid!,
    announced: initialized.capabilities,
    open: (uri, text) =>
      connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId: 'dvr-topology', version: 1, text },
      }),
    change: (uri, version, contentChanges) =>
      connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges }),
    diagnostics: (uri, wanted) =>
      capabilities.textDocument?.diagnostic
        ? pulled(connection, uri, wanted)
        : waitFor(waiting, () => published.get(uri), wanted),
    published: () => published,
    registered: () => registered,
    refreshes: () => refreshes,
    async stop() {
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      const status = await closed;
      connection.dispose();
      return { status, stderr };
    },
  };
}

/** A busy machine is given time. */
const PATIENCE_MS = 90_000;

async function pulled(
  connection: ProtocolConnection,
  uri: string,
  wanted: (diagnostics: Diagnostic[]) => boolean,
): Promise<Diagnostic[]> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- asked again until it is so
    const report = await connection.sendRequest<DocumentDiagnosticReport>('textDocument/diagnostic', {
      textDocument: { uri },
    });
    const found = report.kind === 'full' ? report.items : [];
    if (wanted(found)) return found;
    if (Date.now() > end) throw new Error(`no such diagnostics; the last ones: ${JSON.stringify(found)}`);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await sleep(20);
  }
}

function waitFor<T>(waiting: Set<() => void>, read: () => T | undefined, wanted: (value: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(check);
      reject(new Error(`no such diagnostics; the last ones: ${JSON.stringify(read())}`));
    }, PATIENCE_MS);
    const check = (): void => {
      const value = read();
      if (value === undefined || !wanted(value)) return;
      clearTimeout(timer);
      waiting.delete(check);
      resolve(value);
    };
    waiting.add(check);
    check();
  });
}
