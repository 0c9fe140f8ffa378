/** What clients say that they can: one that can all that this server answers, and one that says nothing. */
import type { ClientCapabilities } from 'vscode-languageserver';

const full: ClientCapabilities = {
  textDocument: {
    completion: {
      completionItem: {
        snippetSupport: true,
        documentationFormat: ['markdown', 'plaintext'],
        insertTextModeSupport: { valueSet: [1, 2] },
        resolveSupport: { properties: ['documentation'] },
      },
    },
    callHierarchy: {},
    codeAction: {
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source', 'source.fixAll'] } },
      isPreferredSupport: true,
      disabledSupport: true,
      dataSupport: true,
      resolveSupport: { properties: ['edit'] },
    },
    codeLens: {},
    documentLink: { tooltipSupport: true },
    formatting: {},
    rangeFormatting: { rangesSupport: true },
    onTypeFormatting: {},
    foldingRange: { lineFoldingOnly: true },
    inlayHint: { resolveSupport: { properties: ['tooltip'] } },
    selectionRange: {},
    semanticTokens: {
      requests: { full: { delta: true }, range: true },
      tokenTypes: [],
      tokenModifiers: [],
      formats: ['relative'],
    },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    definition: {},
    references: {},
    documentHighlight: {},
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    rename: { prepareSupport: true },
    linkedEditingRange: {},
    diagnostic: {},
    synchronization: { didSave: true },
  },
  workspace: {
    configuration: true,
    symbol: { resolveSupport: { properties: ['location.range'] } },
    diagnostics: { refreshSupport: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    fileOperations: { willRename: true },
  },
};

export const CLIENTS: { full: ClientCapabilities; minimal: ClientCapabilities } = { full, minimal: {} };
