/** The editor at the other end of the connection: what it said that it can, and what it is asked and told besides answers. */
import type {
  CancellationToken,
  ClientCapabilities,
  Connection,
  ProtocolNotificationType,
} from 'vscode-languageserver/node';
import {
  ACCEPTED,
  ASK,
  CHANGED,
  COLLECTING,
  type AcceptedParams,
  type Answer,
  type Settings,
  type TopologyParams,
} from '../shared/protocol.ts';
import type { CollectingParams } from '../shared/protocolNodes.ts';
import type { Accepted, Ask } from './collect/ask.ts';
import { demoSession, type DemoSession } from './demo/session.ts';
import { EXCLUDE_SECTIONS, excludesFrom, NO_EXCLUDES } from './excludes.ts';
import type { Progress } from './features/ownRequest.ts';
import { clientOptions, settingsFrom, type SaidOptions } from './features/settings.ts';
import { uriOf } from './uri.ts';
import type { AskExcludes } from './workspaceFolders.ts';

export interface Editor {
  /** What the client said that it can, in LSP's words and in ours. */
  client: ClientCapabilities;
  options: SaidOptions;
  demo: DemoSession;
  /** `initialize` was read. */
  said: (capabilities: ClientCapabilities, initializationOptions: unknown) => void;
  /** Those of the user for a text; the defaults where the editor cannot be asked. */
  settings: (uri: string) => Promise<Settings>;
  /** Those of the user for folders; none where the editor cannot be asked, or fails to answer. */
  excludes: AskExcludes;
  ask: Ask;
  sayAccepted: Accepted;
  progress: (token: string | number | undefined, title: string) => Progress;
  /** What is told of this topology may be something else now. */
  sayChanged: (uri: string) => void;
  sayCollecting: (params: CollectingParams) => void;
  /** Asks for what the editor sends of itself from then on; what it refuses it does not send. */
  register: <Params, Options>(type: ProtocolNotificationType<Params, Options>, options: NoInfer<Options>) => void;
  /** Asks an editor that pulls diagnostics, or that shows lenses, to do so again. */
  refreshDiagnostics: () => void;
  refreshLenses: () => void;
}

export function editorAt(connection: Connection): Editor {
  const refresh = (kind: 'diagnostics' | 'codeLens', method: string): void => {
    // One that cannot, for all that it said, goes on with what it has: nothing here waits for it.
    if (editor.client.workspace?.[kind]?.refreshSupport) connection.sendRequest(method).catch(() => undefined);
  };
  const editor: Editor = {
    client: {},
    options: clientOptions(undefined),
    demo: demoSession(undefined),
    said(capabilities, initializationOptions) {
      editor.client = capabilities;
      editor.options = clientOptions(initializationOptions);
      editor.demo = demoSession(editor.options.demo);
    },
    async settings(scopeUri) {
      const answered: unknown = editor.client.workspace?.configuration
        ? await connection.workspace.getConfiguration({ scopeUri, section: 'dvrscope' })
        : undefined;
      return editor.demo.settingsFor(scopeUri, settingsFrom(answered));
    },
    async excludes(folders) {
      const items = folders.flatMap((path) => EXCLUDE_SECTIONS.map((section) => ({ scopeUri: uriOf(path), section })));
      const { length } = EXCLUDE_SECTIONS;
      try {
        const answers = editor.client.workspace?.configuration
          ? await connection.workspace.getConfiguration(items)
          : [];
        return folders.map((_, i) => excludesFrom(answers.slice(i * length, (i + 1) * length)));
      } catch {
        return folders.map(() => NO_EXCLUDES);
      }
    },
    ask: async (question, signal) => {
      try {
        const token = tokenOf(signal ?? new AbortController().signal);
        const { answers } = await connection.sendRequest<Answer>(ASK, question, token);
        return answers ?? undefined;
      } catch {
        // The client went away or has no answer: then there is none.
        return undefined;
      }
    },
    sayAccepted: (file) => void connection.sendNotification(ACCEPTED, { file } satisfies AcceptedParams),
    progress(token, title) {
      const reporter = connection.window.attachWorkDoneProgress(token);
      reporter.begin(title, 0, undefined, true);
      return { report: (percentage, message) => reporter.report(percentage, message), done: () => reporter.done() };
    },
    sayChanged: (uri) => void connection.sendNotification(CHANGED, { uri } satisfies TopologyParams),
    sayCollecting: (params) => void connection.sendNotification(COLLECTING, params),
    register: (type, options) => void connection.client.register(type, options).catch(() => undefined),
    refreshDiagnostics: () => refresh('diagnostics', 'workspace/diagnostic/refresh'),
    refreshLenses: () => refresh('codeLens', 'workspace/codeLens/refresh'),
  };
  return editor;
}

/** A question that is taken back when the signal says so. */
const tokenOf = (signal: AbortSignal): CancellationToken => ({
  get isCancellationRequested() {
    return signal.aborted;
  },
  onCancellationRequested(listener) {
    const tell = (): void => void listener(undefined);
    signal.addEventListener('abort', tell, { once: true });
    return { dispose: () => signal.removeEventListener('abort', tell) };
  },
});
