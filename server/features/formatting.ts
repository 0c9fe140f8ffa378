/**
 * `textDocument/formatting`: indentation and spaces, of a document, of ranges, and of the new line on Enter.
 * A text with YAML errors is left as it is: nobody knows what it means.
 */
import type { Position, Range as LspRange, TextEdit } from 'vscode-languageserver';
import { formatSteps, type FormatEdit, type LineRange } from '../../shared/format/format.ts';
import { onNewLine, type TextLine } from '../../shared/format/onType.ts';
import { finished, type Steps } from '../../shared/steps.ts';
import type { Document } from '../document.ts';
import { Refusal, type Feature, type TextParams } from './feature.ts';
import { lspRange } from './range.ts';

export const formatting: Feature<TextParams> = {
  method: 'textDocument/formatting',
  needs: ['textDocument'],
  // A client needs nothing for it but edits, and some that format do not say so (Neovim 0.7).
  announce: ({ textDocument }) => (textDocument ? { documentFormattingProvider: true } : {}),
  answer: (params, context) => finished(formatting.steps!(params, context)),
  *steps({ textDocument: { uri } }, { document }) {
    const asked = document(uri);
    const edits = yield* format(asked);
    // Edits have places in the text that they were made for.
    if (document(uri).text.version !== asked.text.version)
      throw new Refusal('The text was changed while it was formatted. Format it again.');
    return edits;
  },
};

export const rangeFormatting: Feature<TextParams & { range: LspRange }> = {
  method: 'textDocument/rangeFormatting',
  needs: ['textDocument', 'range'],
  announce: ({ textDocument }) => {
    if (!textDocument?.rangeFormatting) return {};
    const { rangesSupport } = textDocument.rangeFormatting;
    return { documentRangeFormattingProvider: rangesSupport ? { rangesSupport: true } : true };
  },
  answer: ({ textDocument, range }, { document }) => finished(format(document(textDocument.uri), linesOf(range))),
};

/** LSP 3.18. */
export const rangesFormatting: Feature<TextParams & { ranges: LspRange[] }> = {
  method: 'textDocument/rangesFormatting',
  needs: ['textDocument', 'ranges'],
  announce: () => ({}),
  answer: ({ textDocument, ranges }, { document }) => {
    const edits = ranges.flatMap((range) => finished(format(document(textDocument.uri), linesOf(range))));
    // Ranges on one line ask for it twice.
    return [...new Map(edits.map((edit) => [JSON.stringify(edit.range), edit])).values()];
  },
};

export const onTypeFormatting: Feature<TextParams & { position: Position; ch?: string }> = {
  method: 'textDocument/onTypeFormatting',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) =>
    textDocument?.onTypeFormatting ? { documentOnTypeFormattingProvider: { firstTriggerCharacter: '\n' } } : {},
  answer: ({ textDocument, position, ch }, { document }) => {
    const found = document(textDocument.uri);
    if (ch !== '\n' || position.line === 0) return [];
    const edits = onNewLine(lineAt(found, position.line - 1), lineAt(found, position.line));
    return edits.map((edit) => textEdit(found, edit));
  },
};

function* format(document: Document, only?: LineRange): Steps<TextEdit[]> {
  if (document.reading().problems.some(({ code }) => code === 'yaml-error')) return [];
  const edits = yield* formatSteps(document.text.getText(), only);
  return edits.map((edit) => textEdit(document, edit));
}

/** A selection that ends at the start of a line does not mean that line. */
const linesOf = ({ start, end }: LspRange): LineRange => ({
  first: start.line,
  last: end.character === 0 && end.line > start.line ? end.line - 1 : end.line,
});

const textEdit = (document: Document, { range, text }: FormatEdit): TextEdit => ({
  range: lspRange(document, range),
  newText: text,
});

function lineAt({ text }: Document, line: number): TextLine {
  const start = { line, character: 0 };
  const content = text.getText({ start, end: { line: line + 1, character: 0 } });
  return { start: text.offsetAt(start), text: content.replace(/\r?\n$/, '') };
}
