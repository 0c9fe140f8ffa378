/**
 * Trees from YAML text, by the YAML library: the one file of the engine that knows it. Scalars are taken as the text that was written
 * (failsafe schema), since the vocabulary says what each is, and `1.10` or `no` may well be a name.
 */
import { Composer, Lexer, Parser, isAlias, isMap, isScalar, type Document, type ParsedNode } from 'yaml';
import type { Range } from '../problem.ts';
import { MAX_DEPTH, nothingSeen, see, tooMuch, withColons } from './lexemes.ts';
import { distinct, repair, type ParsedText, type YamlError } from './repair.ts';
import type { Pair, Tree } from './tree.ts';

export interface YamlTree {
  tree: Tree;
  /** What was repaired, and what is still wrong. */
  errors: YamlError[];
  /** Text that was blanked. */
  holes: Range[];
  /** It was given up. */
  isStopped: boolean;
  /** Where the last thing with an anchor begins; -1: none has one. */
  anchored: number;
  /** Whether there are aliases or merge keys; and how much all of them mean, in entries. */
  hasAliases: boolean;
  aliased: number;
}

/** The tree of a text: total, whatever it is. */
export function yamlTree(text: string): YamlTree {
  const { parsed, errors, holes } = repair(text, parseYaml);
  const conversion: Conversion = {
    anchors: new Map(),
    open: new Set(),
    anchored: -1,
    aliased: 0,
    hasAliases: false,
    errors,
  };
  const { contents, range } = parsed.document;
  const tree = contents ? convert(contents, { depth: 0 }, conversion) : nothing([range[0], range[0]]);
  const { anchored, hasAliases, aliased } = conversion;
  const isStopped = parsed.stopped === true;
  // What is in an alias is looked at for each use.
  return { tree, errors: distinct(errors), holes, isStopped, anchored, hasAliases, aliased };
}

/** Runs lexer, parser and composer in step, so that hostile text is given up early; what was read up to there is kept. */
function parseYaml(text: string, colons: ReadonlySet<number>): ParsedText<Document.Parsed> {
  const lexer = new Lexer();
  const parser = new Parser();
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const documents: Document.Parsed[] = [];
  const seen = nothingSeen();
  let stop: string | undefined;
  const filled = withColons(text, colons);
  for (const lexeme of lexer.lex(filled.text)) {
    see(seen, lexeme, parser.offset);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') seen.oddities++;
      documents.push(...composer.next(token));
    }
    parser.offset -= filled.added(lexeme);
    stop = tooMuch(seen, parser.stack.length, isList(parser));
    // The composer gives a document out when the next one is complete.
    if (stop || documents.length > 0) break;
  }
  const stoppedAt = parser.offset;
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));
  const errors = documents[0]!.errors
    .map(({ code, pos, message }): YamlError => ({ range: pos, code, message }))
    // What is missing where the reading ends is there in the text.
    .filter(({ range }) => !stop || range[1] < stoppedAt)
    .filter((error) => !isCommentApart(text, error));
  if (stop) errors.push({ range: [stoppedAt, stoppedAt + 1], code: 'STOPPED', message: stop });
  else if (documents.length > 1) errors.push(secondDocument(documents[1]!.range[0]));
  return {
    document: documents[0]!,
    errors,
    ...(stop !== undefined && { stopped: true }),
    ...(seen.unclosed !== undefined && { unclosed: seen.unclosed }),
  };
}

/** The library misses white space before a comment that begins a line behind a flow collection. YAML 1.2.2, section 6.6 does not. */
const isCommentApart = (text: string, { code, range: [start] }: YamlError): boolean =>
  code === 'MISSING_CHAR' && text[start] === '#' && /\s/.test(text[start - 1] ?? '\n');

/** Whether the parser is in a document that is a list, in either style. */
function isList({ stack }: Parser): boolean {
  const root = stack[1];
  return root?.type === 'block-seq' || (root?.type === 'flow-collection' && root.start.type === 'flow-seq-start');
}

function secondDocument(offset: number): YamlError {
  const message = 'A topology file is one YAML document; from here on nothing is read.';
  return { range: [offset, offset + 3], code: 'MULTIPLE_DOCS', message };
}

/** Entries of all aliases, written out. A few lines of YAML can mean billions of them. */
export const MAX_ALIASED = 100_000;

/** The conversion of one document. */
interface Conversion {
  anchors: Map<string, ParsedNode>;
  anchored: number;
  /** Nodes that are being converted: an alias to one of them would never end. */
  open: Set<ParsedNode>;
  aliased: number;
  hasAliases: boolean;
  errors: YamlError[];
}

interface Where {
  depth: number;
  /** Inside of an alias or merge key: its range. */
  use?: Range;
}

const nothing = (range: Range): Tree => ({ kind: 'scalar', text: '', plain: true, range });

function convert(node: ParsedNode, where: Where, conversion: Conversion): Tree {
  const { use } = where;
  if (isAlias(node)) return followAlias(node.source, use ?? ends(node), where, conversion);
  if (node.anchor !== undefined && !use) {
    conversion.anchors.set(node.anchor, node);
    conversion.anchored = Math.max(conversion.anchored, node.range[0]);
  }
  if (use) conversion.aliased++;
  const inside = use && where.depth > 0 ? { foreign: true as const } : {};
  const range = use ?? ends(node);
  if (isScalar(node))
    return { kind: 'scalar', text: textOf(node.value), plain: node.type === 'PLAIN', range, ...inside };
  // Inside of an alias its target may come again without another one, when that is in what it stands in.
  if (conversion.open.has(node)) return containsItself(node.anchor ?? '', range, conversion);
  conversion.open.add(node);
  const inner = { ...where, depth: where.depth + 1 };
  const tree: Tree = isMap(node)
    ? { kind: 'map', pairs: node.items.flatMap((pair) => convertPair(pair, inner, conversion)), range, ...inside }
    : { kind: 'list', items: node.items.map((item) => convert(item, inner, conversion)), range, ...inside };
  conversion.open.delete(node);
  return use || node.flow ? tree : { ...tree, range: [range[0], lastEnd(tree, range[0])] };
}

/** Failsafe scalars are text, or null where nothing was written. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const ends = (node: ParsedNode): Range => [node.range[0], node.range[1]];

/** A block ends where its last entry does; the parser counts the comments behind it as well. */
function lastEnd(tree: Tree, start: number): number {
  if (tree.kind === 'scalar') return tree.range[1];
  const last = tree.kind === 'list' ? tree.items.at(-1)?.range : tree.pairs.at(-1)?.value.range;
  return Math.max(start, last?.[1] ?? start);
}

function convertPair(
  pair: { key: ParsedNode | null; value: ParsedNode | null },
  where: Where,
  conversion: Conversion,
): Pair[] {
  const key = pair.key && convert(pair.key, where.use ? where : { depth: 0 }, conversion);
  const start = pair.value?.range[0] ?? 0;
  const keyRange = where.use ?? key?.range ?? [start, start];
  const value = pair.value ? convert(pair.value, where, conversion) : nothing(where.use ?? [keyRange[1], keyRange[1]]);
  if (!key || key.kind !== 'scalar') {
    const message = key ? 'A key or name must be a text, not a collection.' : 'Here is a colon without a key.';
    conversion.errors.push({ range: keyRange, code: 'BAD_KEY', message });
    return [];
  }
  if (key.text !== '<<' || !key.plain) return [{ key: key.text, keyRange, value }];
  conversion.hasAliases = true;
  return merge(value, conversion);
}

/** Merge keys of YAML 1.1 (`<<: *base`), which Compose and GitLab files have made usual. */
function merge(value: Tree, conversion: Conversion): Pair[] {
  if (value.kind === 'list') return value.items.flatMap((item) => merge(item, conversion));
  if (value.kind === 'map') return value.pairs.map((pair) => ({ ...pair, merged: true, keyRange: value.range }));
  conversion.errors.push({ range: value.range, code: 'BAD_MERGE', message: '`<<` takes a map or an alias of one.' });
  return [];
}

function containsItself(name: string, range: Range, conversion: Conversion): Tree {
  conversion.errors.push({ range, code: 'BAD_ALIAS', message: `\`*${name}\` contains itself.` });
  return nothing(range);
}

function followAlias(name: string, range: Range, where: Where, conversion: Conversion): Tree {
  conversion.hasAliases = true;
  const target = conversion.anchors.get(name);
  const why = !target
    ? `There is no \`&${name}\` before this.`
    : conversion.open.has(target) || where.depth > MAX_DEPTH
      ? `\`*${name}\` contains itself.`
      : conversion.aliased > MAX_ALIASED
        ? 'The aliases of this file mean too much text; this one is not followed.'
        : undefined;
  if (target && !why) return convert(target, { depth: where.use ? where.depth : 0, use: range }, conversion);
  conversion.errors.push({ range, code: 'BAD_ALIAS', message: why! });
  return nothing(range);
}
