/**
 * What is known of the texts of an editor: their newest versions, the topologies that they are, the last comparison of each, and what is
 * to be told of a text.
 */
import type { Diagnostic } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Settings } from '../shared/protocol.ts';
import type { Range } from '../shared/problem.ts';
import { type Severities, severitiesFrom } from '../shared/silence.ts';
import { isOpen, type Document } from './document.ts';
import type { LiveComparison } from './features/compare.ts';
import { diagnostics, diagnosticsInAll } from './features/diagnostics.ts';
import { Refusal } from './features/feature.ts';
import { textOf, type AnyText, type Text } from './text.ts';
import { byRoot, makeWorkspace, type Workspace } from './workspace.ts';

/** The open texts, as the manager of the connection has them: it changes them in place. */
interface OpenTexts {
  keys(): string[];
  get(uri: string): TextDocument | undefined;
}

export interface Session {
  workspace: Workspace;
  /** Takes over the texts as they are now. */
  putTexts: () => void;
  closed: (uri: string) => void;
  /** The text as it is now; refused when there is none. Asked for many times, computed once. */
  document: (uri: string) => Document;
  /** Open, or a file of a topology. */
  maybeDocument: (uri: string) => Document | undefined;
  /** The text in each of the topologies that it is a part of. */
  documents: (uri: string) => readonly Document[];
  /** All texts of all topologies, also those that are closed. */
  all: () => Document[];
  /** The last comparison of each topology; kept when its editor is closed, since diffs may still be open. */
  comparisons: Pick<Map<string, LiveComparison>, 'get' | 'set'>;
  /** What codes are worth in a topology. */
  severities: (uri: string) => Severities;
  /** The settings of an open text were read. Whether something else may be told of it now. */
  putSettings: (uri: string, settings: Settings) => boolean;
  /** What is to be told of a text. @param typing where somebody types */
  diagnostics: (uri: string, typing: Range | undefined) => Diagnostic[];
}

interface State {
  texts: OpenTexts;
  workspace: Workspace;
  /** The newest text of each. */
  versions: Map<string, Text>;
  /** Of open texts; asked for when one is opened, and again when settings change. */
  severitiesByUri: Map<string, Severities>;
  /** Of files that are closed and stand by themselves: nothing else that was computed of them is kept. */
  closedDiagnostics: WeakMap<AnyText, { severities: Severities; diagnostics: Diagnostic[] }>;
}

const NO_SEVERITIES: Severities = new Map();

/** @param opensStates whether the editor has documents of live states to lead to */
export function makeSession(texts: OpenTexts, opensStates: () => boolean): Session {
  const state: State = {
    texts,
    workspace: makeWorkspace(),
    versions: new Map(),
    severitiesByUri: new Map(),
    closedDiagnostics: new WeakMap(),
  };
  const { workspace, versions, severitiesByUri } = state;
  const maybeDocument = (uri: string): Document | undefined => {
    putTexts(state);
    return workspace.document(uri);
  };
  const comparisons = byRoot<LiveComparison>(maybeDocument);
  return {
    workspace,
    putTexts: () => putTexts(state),
    closed(uri) {
      versions.delete(uri);
      severitiesByUri.delete(uri);
      workspace.close(uri);
    },
    document(uri) {
      const document = maybeDocument(uri);
      if (!document) throw new Refusal(`${uri} is not open`);
      return document;
    },
    maybeDocument,
    documents(uri) {
      putTexts(state);
      return workspace.documents(uri);
    },
    all() {
      putTexts(state);
      return workspace.all();
    },
    comparisons,
    severities: (uri) => severitiesOf(state, uri),
    putSettings(uri, settings) {
      const before = severitiesByUri.get(uri) ?? NO_SEVERITIES;
      const { severities } = severitiesFrom(Object.entries(settings.checks.severity));
      severitiesByUri.set(uri, severities);
      return before.size + severities.size > 0;
    },
    diagnostics: (uri, typing) => diagnosticsOf(state, uri, comparisons.get(uri), typing, opensStates()),
  };
}

/** The manager changes its documents in place; ours must stay what it was computed from. */
function putTexts({ texts, versions, workspace }: State): void {
  for (const uri of texts.keys()) {
    const text = texts.get(uri)!;
    if (versions.get(uri)?.version === text.version) continue;
    const version = textOf(text, text.getText(), versions.get(uri));
    versions.set(uri, version);
    workspace.put(version);
  }
}

/** A closed file is told as those that are open: an editor is asked for settings of open ones. */
const severitiesOf = ({ severitiesByUri }: State, uri: string): Severities =>
  severitiesByUri.get(uri) ?? severitiesByUri.values().next().value ?? NO_SEVERITIES;

function diagnosticsOf(
  state: State,
  uri: string,
  comparison: LiveComparison | undefined,
  typing: Range | undefined,
  opensStates: boolean,
): Diagnostic[] {
  putTexts(state);
  const { workspace, closedDiagnostics } = state;
  const severities = severitiesOf(state, uri);
  const documents = workspace.documents(uri);
  const only = documents.length === 1 && documents[0]!.parts().length === 1 ? documents[0]! : undefined;
  const known = only && closedDiagnostics.get(only.text);
  if (known?.severities === severities && !comparison) return known.diagnostics;
  const told = diagnosticsInAll(documents, (document) =>
    diagnostics(document, comparison, severities, typing, opensStates),
  );
  if (only && !isOpen(only) && !comparison) closedDiagnostics.set(only.text, { severities, diagnostics: told });
  return told;
}
