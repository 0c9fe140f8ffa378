/** The verbs of fixtures about what an editor shows of a whole document: tokens, hints, lenses, folds, outline, links. */
import assert from 'node:assert/strict';
import type {
  CallHierarchyItem,
  CodeLens,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  InlayHint,
  SelectionRange,
  SemanticTokens,
  WorkspaceSymbol,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { TOKEN_MODIFIERS, TOKEN_TYPES } from '../../server/features/semanticTokens.ts';
import { assertPieces, placeText, type Asked } from './markers.ts';

export const documentVerbs: Record<string, (asked: Asked) => Promise<void>> = {
  /** `token TYPE` or `token TYPE MODIFIER …`: exactly what the carets cover. */
  async token(asked) {
    const { line, start, end, text } = asked.marker;
    const found = (await tokens(asked)).filter(
      (token) => token.line === line && token.start < end && start < token.end,
    );
    assert.deepEqual(
      found.map((token) => `${token.start}-${token.end} ${token.said}`),
      [`${start}-${end} ${text}`],
    );
  },

  /** `notoken`: the grammar alone says what it is. */
  async notoken(asked) {
    const { line, start, end } = asked.marker;
    assert.deepEqual(
      (await tokens(asked)).filter((token) => token.line === line && token.start < end && start < token.end),
      [],
    );
  },

  /** `inlay TEXT`: a hint there says this. */
  async inlay(asked) {
    const { line, start, text } = asked.marker;
    const onLine = (await hints(asked)).filter(({ position }) => position.line === line);
    const found = onLine.filter(({ position }) => position.character === start).map(labelText);
    assert.deepEqual(
      found,
      [text],
      `on the line: ${onLine.map((hint) => `${hint.position.character} ${labelText(hint)}`).join(', ')}`,
    );
  },

  /** `noinlay`: no hint on the whole line. */
  async noinlay(asked) {
    const onLine = (await hints(asked)).filter(({ position }) => position.line === asked.marker.line);
    assert.deepEqual(onLine.map(labelText), []);
  },

  /** `inlaywhy PIECE … PIECE`: the tooltip of the hint there, which is made when it is looked at. */
  async inlaywhy(asked) {
    const { line, start, text } = asked.marker;
    const hint = (await hints(asked)).find(({ position }) => position.line === line && position.character === start);
    assert.ok(hint);
    assert.equal(hint.tooltip, undefined, 'not made before');
    const resolved = (await asked.session.ask('inlayHint/resolve', hint)) as InlayHint;
    assertPieces(JSON.stringify(resolved.tooltip ?? ''), text);
  },

  /** `lens TITLE`: above this line. */
  async lens(asked) {
    const lenses = (await whole(asked, 'textDocument/codeLens')) as CodeLens[];
    const titles = lenses
      .filter(({ range }) => range.start.line === asked.marker.line)
      .map(({ command }) => command!.title);
    assert.deepEqual(titles, [asked.marker.text]);
  },

  async nolens(asked) {
    const lenses = (await whole(asked, 'textDocument/codeLens')) as CodeLens[];
    assert.deepEqual(
      lenses.filter(({ range }) => range.start.line === asked.marker.line),
      [],
    );
  },

  /** `fold TEXT`: a fold begins here and ends on the line that begins with the text. */
  async fold(asked) {
    const folds = (await whole(asked, 'textDocument/foldingRange')) as FoldingRange[];
    const fold = folds.filter(({ startLine }) => startLine === asked.marker.line);
    assert.equal(fold.length, 1);
    const last = asked.file.text.split('\n')[fold[0]!.endLine]!;
    assert.ok(last.trim().startsWith(asked.marker.text), `it ends with: ${last}`);
  },

  async nofold(asked) {
    const folds = (await whole(asked, 'textDocument/foldingRange')) as FoldingRange[];
    assert.deepEqual(
      folds.filter(({ startLine }) => startLine === asked.marker.line),
      [],
    );
  },

  /** `select`: the golden file has what is selected step by step. */
  async select(asked) {
    const { file, marker, golden, session } = asked;
    const position = { line: marker.line, character: marker.start };
    const params = { textDocument: { uri: file.uri }, positions: [position] };
    const [innermost] = (await session.ask('textDocument/selectionRange', params)) as SelectionRange[];
    const document = TextDocument.create(file.uri, '', 0, file.text);
    const steps: string[] = [];
    for (let at: SelectionRange | undefined = innermost; at; at = at.parent) {
      const text = document.getText(at.range);
      steps.push(text.includes('\n') || text.length > 60 ? `${text.slice(0, 25)} … ${text.slice(-25)}` : text);
    }
    const found = steps.map((step) => JSON.stringify(step)).join('\n');
    assert.equal(found, golden.expected(`${marker.line + 1}:${marker.start + 1} select`, found));
  },

  /** `link URL`: the end of the address that the carets lead to. */
  async link(asked) {
    const { line, start, end, text } = asked.marker;
    const links = (await whole(asked, 'textDocument/documentLink')) as DocumentLink[];
    const place = placeText({ start: { line, character: start }, end: { line, character: end } });
    const found = links.filter(({ range }) => placeText(range) === place).map(({ target }) => target ?? '');
    assert.equal(found.length, 1);
    assert.ok(found[0]?.endsWith(text), found[0]);
  },

  /** `way`: the way of the port's packets, there and from outside, is in the golden file. */
  async way(asked) {
    const { file, marker, golden, session } = asked;
    const position = { line: marker.line, character: marker.start };
    const params = { textDocument: { uri: file.uri }, position };
    const [item] = (await session.ask('textDocument/prepareCallHierarchy', params)) as CallHierarchyItem[];
    const found = [
      `${item!.name} (${item!.detail})`,
      ...(await callTree(asked, item!, 'outgoing', '  > ')),
      ...(await callTree(asked, item!, 'incoming', '  < ')),
    ].join('\n');
    assert.equal(found, golden.expected(`${marker.line + 1}:${marker.start + 1} way`, found));
  },

  /** `noway`: no port is there. */
  async noway({ session, file, marker }) {
    const position = { line: marker.line, character: marker.start };
    const params = { textDocument: { uri: file.uri }, position };
    assert.equal(await session.ask('textDocument/prepareCallHierarchy', params), null);
  },

  /** `symbols`: the outline is in the golden file. */
  async symbols(asked) {
    const all = (await whole(asked, 'textDocument/documentSymbol')) as DocumentSymbol[];
    const found = all.flatMap((symbol) => outline(symbol, '')).join('\n');
    assert.equal(found, asked.golden.expected('symbols', found));
  },

  /** `find QUERY: NAME in HOLDER, …`: things of this file by their name. */
  async find(asked) {
    const [query, wanted] = asked.marker.text.split(': ');
    const all = (await asked.session.ask('workspace/symbol', { query })) as WorkspaceSymbol[];
    const own = all.filter(({ location }) => location.uri === asked.file.uri);
    assert.deepEqual(
      own.map(({ name, containerName }) => `${name} in ${containerName}`),
      wanted === '-' ? [] : wanted!.split(', '),
    );
    for (const symbol of own) {
      assert.ok(!('range' in symbol.location), 'not made before');
      const { location } = (await asked.session.ask('workspaceSymbol/resolve', symbol)) as WorkspaceSymbol;
      assert.ok('range' in location);
      const found = TextDocument.create(asked.file.uri, '', 0, asked.file.text).getText(location.range);
      assert.equal(found, symbol.name);
    }
  },
};

/** Names and details from an item on, in one direction. */
async function callTree(
  { session }: Asked,
  item: CallHierarchyItem,
  way: 'incoming' | 'outgoing',
  indent: string,
): Promise<string[]> {
  assert.ok(indent.length < 40, 'a way has an end');
  const calls = (await session.ask(`callHierarchy/${way}Calls`, { item })) as {
    to?: CallHierarchyItem;
    from?: CallHierarchyItem;
  }[];
  const lines: string[] = [];
  for (const { to, from } of calls) {
    const next = (to ?? from)!;
    lines.push(
      `${indent}${next.name} (${next.detail}) ${placeText(next.selectionRange)}`,
      ...(await callTree({ session } as Asked, next, way, `${indent}  `)),
    );
  }
  return lines;
}

const whole = ({ session, file }: Asked, method: string): Promise<unknown> =>
  session.ask(method, { textDocument: { uri: file.uri } });

async function hints({ session, file }: Asked): Promise<InlayHint[]> {
  const range = { start: { line: 0, character: 0 }, end: { line: file.text.split('\n').length, character: 0 } };
  return (await session.ask('textDocument/inlayHint', { textDocument: { uri: file.uri }, range })) as InlayHint[];
}

const labelText = ({ label }: InlayHint): string =>
  typeof label === 'string' ? label : label.map(({ value }) => value).join('');

interface PlacedToken {
  line: number;
  start: number;
  end: number;
  said: string;
}

/** Decoded as LSP says, independently of who encodes. */
async function tokens(asked: Asked): Promise<PlacedToken[]> {
  const { data } = (await whole(asked, 'textDocument/semanticTokens/full')) as SemanticTokens;
  assert.equal(data.length % 5, 0);
  const found: PlacedToken[] = [];
  let [line, start] = [0, 0];
  for (let i = 0; i < data.length; i += 5) {
    const [down, right, length, type, modifiers] = data.slice(i, i + 5) as [number, number, number, number, number];
    start = down === 0 ? start + right : right;
    line += down;
    const names = TOKEN_MODIFIERS.filter((_, bit) => modifiers & (1 << bit));
    found.push({ line, start, end: start + length, said: [TOKEN_TYPES[type], ...names].join(' ') });
  }
  return found;
}

const outline = ({ name, detail, range, selectionRange, children = [] }: DocumentSymbol, indent: string): string[] => [
  `${indent}${name}${detail ? ` (${detail})` : ''} ${placeText(selectionRange)} in ${placeText(range)}`,
  ...children.flatMap((child) => outline(child, `${indent}  `)),
];
