/**
 * The verbs of fixtures about completion. Each may begin with a text in backquotes that is typed first: it takes the place of what the
 * carets cover, or is put in before a single one. So one fixture has many unfinished lines, and stays a whole file for the others.
 */
import assert from 'node:assert/strict';
import type { CompletionItem, CompletionList, Position } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Asked } from './markers.ts';
import { assertPieces, codesOf, unescape } from './markers.ts';

export const completionVerbs: Record<string, (asked: Asked) => Promise<void>> = {
  /** `complete A, B`: these and no others, in this order; `A, B, …` these first; `-`: none. */
  async complete(asked) {
    await typed(asked, async ({ items }, wanted) => {
      const labels = ordered(items).map(({ label }) => label);
      const expected = wanted === '-' ? [] : wanted.split(', ');
      if (expected.at(-1) === '…') assert.deepEqual(labels.slice(0, expected.length - 1), expected.slice(0, -1));
      else assert.deepEqual(labels, expected);
    });
  },

  /** `offers A, B`: among others. */
  async offers(asked) {
    await typed(asked, async ({ items }, wanted) => {
      const labels = new Set(items.map(({ label }) => label));
      for (const label of wanted.split(', '))
        assert.ok(labels.has(label), `${label} is not in: ${[...labels].join(', ')}`);
    });
  },

  /** `lacks A, B`: none of these. */
  async lacks(asked) {
    await typed(asked, async ({ items }, wanted) => {
      const labels = new Set(items.map(({ label }) => label));
      for (const label of wanted.split(', '))
        assert.ok(!labels.has(label), `${label} is in: ${[...labels].join(', ')}`);
    });
  },

  /** `accept LABEL => TEXT`: what stands from the cursor's line on where the item was put in; `·` is a space at the end of a line. */
  async accept(asked) {
    await typed(asked, async ({ items }, wanted, document, position) => {
      const [label, expected] = wanted.split(' => ');
      const item = itemOf(items, label!);
      assert.ok(item.textEdit && 'range' in item.textEdit);
      assert.equal(item.textEdit.range.start.line, position.line, 'LSP: the edit is on the line of the cursor');
      const after = TextDocument.applyEdits(document, [item.textEdit]);
      const lines = 1 + item.textEdit.newText.split('\n').length - 1;
      const found = after
        .split('\n')
        .slice(position.line, position.line + lines)
        .join('\n')
        .replaceAll('\r', '');
      if (item.insertTextFormat === 2) assert.deepEqual(codesOf(filledIn(after)), codesOf(asked.file.text));
      assert.equal(
        JSON.stringify(found).slice(1, -1),
        JSON.stringify(unescape(expected!).replaceAll('·', ' ')).slice(1, -1),
      );
    });
  },

  /** `detail LABEL => TEXT`: what stands behind the label. */
  async detail(asked) {
    await typed(asked, async ({ items }, wanted) => {
      const [label, expected] = wanted.split(' => ');
      assert.equal(itemOf(items, label!).detail, expected);
    });
  },

  /** `resolve LABEL => PIECE … PIECE`: the documentation that is made when the item is looked at. */
  async resolve(asked) {
    await typed(asked, async ({ items }, wanted) => {
      const [label, pieces] = wanted.split(' => ');
      const item = itemOf(items, label!);
      assert.equal(item.documentation, undefined, 'not made before');
      const resolved = (await asked.session.ask('completionItem/resolve', item)) as CompletionItem;
      assertPieces(JSON.stringify(resolved.documentation ?? ''), pieces!);
    });
  },
};

type Check = (found: CompletionList, wanted: string, document: TextDocument, position: Position) => Promise<void>;

async function typed({ session, file, marker }: Asked, check: Check): Promise<void> {
  const groups = /^(?:`(?<typed>[^`]*)` )?(?<wanted>.*)$/.exec(marker.text)!.groups!;
  const before = TextDocument.create(file.uri, 'dvr-topology', 1, file.text);
  const start = before.offsetAt({ line: marker.line, character: marker.start });
  const end = before.offsetAt({ line: marker.line, character: marker.end });
  const insertion = groups['typed'] === undefined ? undefined : unescape(groups['typed']);
  const until = insertion === undefined || marker.end - marker.start === 1 ? start : end;
  const text = file.text.slice(0, start) + (insertion ?? '') + file.text.slice(until);
  const document = TextDocument.create(file.uri, 'dvr-topology', 2, text);
  const position = document.positionAt(start + (insertion ?? '').length);
  if (insertion !== undefined) await session.change(file.uri, text);
  try {
    const found = await session.ask('textDocument/completion', { textDocument: { uri: file.uri }, position });
    await check(found as CompletionList, groups['wanted']!, document, position);
  } finally {
    if (insertion !== undefined) await session.change(file.uri, file.text);
  }
}

const ordered = (items: CompletionItem[]): CompletionItem[] =>
  items.toSorted((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1));

/** A snippet with what stands in its holes before anything is typed. */
const filledIn = (text: string): string => text.replace(/\$\{\d+:([^}]*)\}|\$0/g, '$1');

function itemOf(items: CompletionItem[], label: string): CompletionItem {
  const item = items.find((each) => each.label === label);
  assert.ok(item, `${label} is not in: ${items.map((each) => each.label).join(', ')}`);
  return item;
}
