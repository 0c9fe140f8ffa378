/** All requests of the editor that are answered from one table. A new one is its file, a line here, and its fixtures. */
import type { ClientCapabilities, ServerCapabilities } from 'vscode-languageserver';
import { completion, completionResolve } from './completion.ts';
import { incomingCalls, outgoingCalls, prepareCallHierarchy } from './callHierarchy.ts';
import { codeLens } from './codeLens.ts';
import { codeAction, codeActionResolve } from './codeAction.ts';
import { definition } from './definition.ts';
import { documentHighlight } from './documentHighlight.ts';
import { documentLink } from './documentLink.ts';
import { documentSymbol } from './documentSymbol.ts';
import type { Feature } from './feature.ts';
import { foldingRange } from './foldingRange.ts';
import { formatting, onTypeFormatting, rangeFormatting, rangesFormatting } from './formatting.ts';
import { hoverRequest } from './hover.ts';
import { inlayHint, inlayHintResolve } from './inlayHint.ts';
import { linkedEditingRange } from './linkedEditingRange.ts';
import { references } from './references.ts';
import { documentDiagnostic, workspaceDiagnostic } from './pull.ts';
import { prepareRename, rename } from './rename.ts';
import { selectionRange } from './selectionRange.ts';
import { semanticTokensDelta, semanticTokensFull, semanticTokensRange } from './semanticTokens.ts';
import { willRenameFiles } from './willRenameFiles.ts';
import { workspaceSymbol, workspaceSymbolResolve } from './workspaceSymbol.ts';

export const FEATURES: readonly Feature[] = [
  codeAction,
  codeActionResolve,
  codeLens,
  completion,
  completionResolve,
  definition,
  documentDiagnostic,
  documentHighlight,
  documentLink,
  documentSymbol,
  foldingRange,
  formatting,
  hoverRequest,
  inlayHint,
  incomingCalls,
  inlayHintResolve,
  linkedEditingRange,
  onTypeFormatting,
  outgoingCalls,
  prepareCallHierarchy,
  prepareRename,
  rangeFormatting,
  rangesFormatting,
  references,
  rename,
  selectionRange,
  semanticTokensDelta,
  semanticTokensFull,
  semanticTokensRange,
  willRenameFiles,
  workspaceDiagnostic,
  workspaceSymbol,
  workspaceSymbolResolve,
];

/** What of the table a client can use. */
export const announced = (client: ClientCapabilities, commands: readonly string[] = []): ServerCapabilities =>
  Object.assign({}, ...FEATURES.map((feature) => feature.announce(client, commands)));
