/** `textDocument/documentLink`: from the code in `# dvrscope: ignore CODE` to what it means. */
import type { DocumentLink } from 'vscode-languageserver';
import { ignoresOf } from '../../shared/silence.ts';
import { documentation } from '../documentation.ts';
import type { Document } from '../document.ts';
import type { Feature, TextParams } from './feature.ts';
import { lspRange } from './range.ts';

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

export const documentLinks = (document: Document): DocumentLink[] =>
  ignoresOf(document.text.getText()).codes.flatMap(({ code, range }) => {
    const target = documentation(code);
    return target === undefined ? [] : [{ range: lspRange(document, range), target, tooltip: `What ${code} means` }];
  });
