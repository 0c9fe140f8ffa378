/** `textDocument/documentLink`: from a path in `include` to the file, and from the code in `# dvrscope: ignore CODE` to what it means. */
import type { DocumentLink } from 'vscode-languageserver';
import { ignoresOf } from '../../shared/silence.ts';
import { documentation } from '../documentation.ts';
import type { Document } from '../document.ts';
import { pathOf } from '../uri.ts';
import type { Feature, TextParams } from './feature.ts';
import { lspRange } from './range.ts';
import { includeEntries } from './includeEntries.ts';

export const documentLink: Feature<TextParams> = {
  method: 'textDocument/documentLink',
  needs: ['textDocument'],
  announce: ({ textDocument }) => (textDocument?.documentLink ? { documentLinkProvider: {} } : {}),
  answer: ({ textDocument }, { client, document }) => {
    const links = documentLinks(document(textDocument.uri));
    return client.textDocument?.documentLink?.tooltipSupport
      ? links
      : links.map(({ range, target }) => ({ range, target }));
  },
};

export const documentLinks = (document: Document): DocumentLink[] => [
  ...includeLinks(document),
  ...ignoreLinks(document),
];

/** To files that are there. */
function includeLinks(document: Document): DocumentLink[] {
  const entries = includeEntries(document);
  if (entries.length === 0) return [];
  const uris = new Map(document.parts().map(({ text: { uri } }) => [pathOf(uri), uri]));
  return entries.flatMap(({ range, path }) => {
    const target = path === undefined ? undefined : uris.get(path);
    return target === undefined ? [] : [{ range: lspRange(document, range), target, tooltip: 'Open the file' }];
  });
}

const ignoreLinks = (document: Document): DocumentLink[] =>
  ignoresOf(document.text.getText()).codes.flatMap(({ code, range }) => {
    const target = documentation(code);
    return target === undefined ? [] : [{ range: lspRange(document, range), target, tooltip: `What ${code} means` }];
  });
