/**
 * `textDocument/diagnostic` and `workspace/diagnostic`: diagnostics for editors that ask for them when they need them, also of closed
 * files. What an editor has already is not sent again.
 */
import { createHash } from 'node:crypto';
import type {
  Diagnostic,
  DocumentDiagnosticReport,
  FullDocumentDiagnosticReport,
  PreviousResultId,
  ServerCapabilities,
  UnchangedDocumentDiagnosticReport,
  WorkspaceDiagnosticReport,
  WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver';
import { CLOSED, isOpen, type Document } from '../document.ts';
import { keyOf } from '../uri.ts';
import type { Context, Feature, TextParams } from './feature.ts';

export const documentDiagnostic: Feature<TextParams & { previousResultId?: unknown }> = {
  method: 'textDocument/diagnostic',
  needs: ['textDocument'],
  announce: ({ textDocument }): ServerCapabilities =>
    textDocument?.diagnostic
      ? {
          diagnosticProvider: { identifier: 'dvrscope', interFileDependencies: true, workspaceDiagnostics: true },
        }
      : {},
  answer: async ({ textDocument: { uri }, previousResultId }, context): Promise<DocumentDiagnosticReport> => {
    await context.whenReady?.(uri);
    const document = context.document(uri);
    const report = reportOf(context.diagnostics?.(uri) ?? [], previousResultId);
    if (!context.client.textDocument?.diagnostic?.relatedDocumentSupport) return report;
    const relatedDocuments = relatedTo(document, context);
    return Object.keys(relatedDocuments).length > 0 ? { ...report, relatedDocuments } : report;
  },
};

export const workspaceDiagnostic: Feature<{ previousResultIds?: unknown; partialResultToken?: string | number }> = {
  method: 'workspace/diagnostic',
  needs: [],
  announce: () => ({}),
  answer: async ({ previousResultIds, partialResultToken: token }, context): Promise<WorkspaceDiagnosticReport> => {
    await context.whenReady?.();
    const first = await workspaceReports(previousResultIds, context, token);
    // Editors ask again as soon as they are answered: who takes parts has them already, and is answered when there is something new.
    if (token === undefined || !first.isUnchanged) return { items: first.items };
    await context.untilChanged?.();
    return { items: (await workspaceReports(previousResultIds, context, token)).items };
  },
};

/** What is not sent in parts is among the items. */
async function workspaceReports(
  previousResultIds: unknown,
  context: Context,
  token: string | number | undefined,
): Promise<{ items: WorkspaceDocumentDiagnosticReport[]; isUnchanged: boolean }> {
  const known = idsFrom(previousResultIds);
  const items: WorkspaceDocumentDiagnosticReport[] = [];
  let isUnchanged = true;
  const send = (): void => {
    isUnchanged &&= items.every(({ kind }) => kind === 'unchanged');
    if (token !== undefined && items.length > 0) context.sendPart?.(token, { items: items.splice(0) });
  };
  for (const { text } of context.everyDocument?.() ?? context.documents()) {
    if (context.isCancelled()) break;
    const { uri } = text;
    const report = reportOf(context.diagnostics?.(uri) ?? [], known.get(keyOf(uri))?.value);
    known.delete(keyOf(uri));
    // While pieces were sent it may have been edited.
    const now = context.contexts?.(uri)[0]?.text ?? text;
    items.push({ ...report, uri, version: now.version === CLOSED ? null : now.version });
    if (items.length % PIECE !== 0) continue;
    send();
    // Requests about what somebody looks at come first.
    // oxlint-disable-next-line no-await-in-loop -- that is what for
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  // Of files that are gone nothing is wrong any more.
  if (!context.isCancelled())
    for (const { uri } of known.values()) items.push({ ...reportOf([], undefined), uri, version: null });
  send();
  return { items, isUnchanged };
}

/** So many texts at a time. */
const PIECE = 50;

/** The id is made of what is told: the same when the same is told, also after the server was started again. */
function reportOf(
  items: Diagnostic[],
  previous: unknown,
): FullDocumentDiagnosticReport | UnchangedDocumentDiagnosticReport {
  const resultId = createHash('sha256').update(JSON.stringify(items)).digest('base64url').slice(0, 22);
  return previous === resultId ? { kind: 'unchanged', resultId } : { kind: 'full', resultId, items };
}

/** Other files of the topology that have something to tell and are not open: an open one is asked for itself. */
function relatedTo(document: Document, context: Context): Record<string, FullDocumentDiagnosticReport> {
  const related: Record<string, FullDocumentDiagnosticReport> = {};
  for (const part of document.parts()) {
    if (part === document || isOpen(part) || part.problems().length === 0) continue;
    const report = reportOf(context.diagnostics?.(part.text.uri) ?? [], undefined);
    if (report.kind === 'full' && report.items.length > 0) related[part.text.uri] = report;
  }
  return related;
}

/** By what `keyOf` says: editors write `file:///w/a%2Bb` where this program writes `file:///w/a+b`. What one sends may be anything. */
function idsFrom(list: unknown): Map<string, PreviousResultId> {
  const isId = (each: unknown): each is PreviousResultId =>
    typeof each === 'object' && each !== null && 'uri' in each && typeof each.uri === 'string' && 'value' in each;
  return new Map(Array.isArray(list) ? list.filter(isId).map((each) => [keyOf(each.uri), each]) : []);
}
