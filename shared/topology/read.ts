/**
 * Reads a topology file. Total and linear: any text gives a topology, what is wrong with it, and where everything stands.
 * The one place in the engine that knows YAML. Scalars are taken as the text that was written (failsafe schema),
 * since the vocabulary says what each is, and `1.10` or `no` may well be a name.
 */
import { Composer, Lexer, Parser, isAlias, isMap, isScalar, type Document, type ParsedNode } from 'yaml';
import type { Pointer, Problem, Range } from '../problem.ts';
import { RELEASES } from '../releases.ts';
import { CODENAMES, buildTopology, knownRelease } from './build.ts';
import { decodeTopology } from './decode.ts';
import { describe, quote } from './describe.ts';
import type { Values } from './fields.ts';
import { MAX_DEPTH, nothingSeen, see, tooMuch, withColons } from './lexemes.ts';
import { didYouMean } from './nearest.ts';
import { blankConflictMarkers, repair, type ParsedText, type YamlError } from './repair.ts';
import { pointerAt, type Place, type SourceMap } from './sourceMap.ts';
import type { Pair, Tree } from './tree.ts';
import type { Topology } from './types.ts';

export interface ReadTopology {
  topology: Topology;
  /** In the order of the text. */
  problems: Problem[];
  sourceMap: SourceMap;
}

export function readTopology(text: string): ReadTopology {
  const marked = blankConflictMarkers(text);
  const repaired = repair(marked.text, parseYaml);
  const yamlErrors = [...marked.errors, ...repaired.errors];
  const tree = toTree(repaired.parsed.document, yamlErrors);
  const { values, problems, places, unread } = decodeTopology(tree);
  const sourceMap: SourceMap = new Map([...shortForms(values, places), ...places]);
  for (const hole of repaired.holes) unread.push(pointerAt(sourceMap, hole[0]));
  const release = readRelease(values, sourceMap, problems);
  const all = problems.concat(conflictingKeys(values), yamlProblems(yamlErrors, sourceMap));
  return { topology: buildTopology(values, release, [...new Set(unread)]), problems: limited(all), sourceMap };
}

/** A file full of errors is some other file; a thousand of them help nobody. */
const MAX_PROBLEMS = 1000;

function limited(problems: Problem[]): Problem[] {
  const sorted = problems.toSorted((a, b) => (a.range?.[0] ?? 0) - (b.range?.[0] ?? 0));
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  const rest = sorted.length - MAX_PROBLEMS;
  const message = `There are ${rest} more problems in this file, from here on. Is it a topology?`;
  return [...sorted.slice(0, MAX_PROBLEMS), { ...sorted[MAX_PROBLEMS]!, code: 'yaml-error', message }];
}

/** Behind so many errors it does not matter which entry they are in, and to find that out takes time. */
const MAX_PLACED = 100;

const yamlProblems = (errors: YamlError[], sourceMap: SourceMap): Problem[] =>
  errors.map(({ range, message }, i) => ({
    code: 'yaml-error',
    severity: 'error',
    message,
    pointer: i < MAX_PLACED ? pointerAt(sourceMap, range[0]) : '',
    range,
  }));

function readRelease(
  values: Values<'topology'> | undefined,
  sourceMap: SourceMap,
  problems: Problem[],
): string | undefined {
  if (values?.release === undefined) return undefined;
  const known = knownRelease(values.release);
  if (known !== undefined) return known;
  const hint = didYouMean(values.release, [...RELEASES, ...CODENAMES.keys()]);
  problems.push({
    code: 'unknown-release',
    severity: 'warning',
    message: `${quote(values.release)} is no known release of OpenStack; it is passed over.${hint} Known are ${RELEASES[0]} to ${RELEASES.at(-1)}.`,
    pointer: '/release',
    ...rangeOf(sourceMap, '/release'),
  });
  return undefined;
}

/**
 * A gateway's `ip_address` becomes its first `external_fixed_ips`: pointers into that find the short form.
 * They come first in the map, so that `pointerAt` gives the key that is really there.
 */
function shortForms(values: Values<'topology'> | undefined, places: [Pointer, Place][]): [Pointer, Place][] {
  const gateways = values?.routers?.flatMap((router) => router.value.external_gateway ?? []) ?? [];
  const short = gateways.filter(
    ({ ip_address, external_fixed_ips }) => ip_address !== undefined && !external_fixed_ips,
  );
  if (short.length === 0) return [];
  const placeOf = new Map(places);
  return short.flatMap(({ pointer }): [Pointer, Place][] => {
    const place = placeOf.get(`${pointer}/ip_address`);
    return place ? [[`${pointer}/external_fixed_ips/0/ip_address`, place]] : [];
  });
}

const rangeOf = (sourceMap: SourceMap, pointer: Pointer): { range?: Range } => {
  const place = sourceMap.get(pointer);
  return place ? { range: place.value } : {};
};

function conflictingKeys(values: Values<'topology'> | undefined): Problem[] {
  const gateways = values?.routers?.flatMap((router) => router.value.external_gateway ?? []) ?? [];
  return gateways
    .filter(({ ip_address, external_fixed_ips }) => ip_address !== undefined && external_fixed_ips !== undefined)
    .filter(({ ip_address, external_fixed_ips }) => !external_fixed_ips!.some((each) => each.ip_address === ip_address))
    .map(({ pointer }) => ({
      code: 'conflicting-keys',
      severity: 'error' as const,
      message: `\`ip_address\` of ${describe(pointer)} is not among its \`external_fixed_ips\`; those count. Take one of the two keys out.`,
      pointer: `${pointer}/ip_address`,
    }));
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
    stop = tooMuch(seen, parser.stack.length);
    // The composer gives a document out when the next one is complete.
    if (stop || documents.length > 0) break;
  }
  const stoppedAt = parser.offset;
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));
  const errors = documents[0]!.errors.map(({ code, pos, message }): YamlError => ({ range: pos, code, message }));
  if (stop) errors.push({ range: [stoppedAt, stoppedAt + 1], code: 'STOPPED', message: stop });
  else if (documents.length > 1) errors.push(secondDocument(documents[1]!.range[0]));
  return {
    document: documents[0]!,
    errors,
    ...(stop !== undefined && { stopped: true }),
    ...(seen.unclosed !== undefined && { unclosed: seen.unclosed }),
  };
}

function secondDocument(offset: number): YamlError {
  const message = 'A topology file is one YAML document; from here on nothing is read.';
  return { range: [offset, offset + 3], code: 'MULTIPLE_DOCS', message };
}

/** Entries of all aliases, written out. A few lines of YAML can mean billions of them. */
const MAX_ALIASED = 100_000;

/** The conversion of one document. */
interface Conversion {
  anchors: Map<string, ParsedNode>;
  /** Nodes that are being converted: an alias to one of them would never end. */
  open: Set<ParsedNode>;
  aliased: number;
  errors: YamlError[];
}

interface Where {
  depth: number;
  /** Inside of an alias or merge key: its range. */
  use?: Range;
}

/** The document with aliases and merge keys followed. */
function toTree(document: Document.Parsed, errors: YamlError[]): Tree {
  const conversion: Conversion = { anchors: new Map(), open: new Set(), aliased: 0, errors };
  const { contents, range } = document;
  return contents ? convert(contents, { depth: 0 }, conversion) : nothing([range[0], range[0]]);
}

const nothing = (range: Range): Tree => ({ kind: 'scalar', text: '', plain: true, range });

function convert(node: ParsedNode, where: Where, conversion: Conversion): Tree {
  const { use } = where;
  if (isAlias(node)) return followAlias(node.source, use ?? ends(node), where, conversion);
  if (node.anchor !== undefined && !use) conversion.anchors.set(node.anchor, node);
  if (use) conversion.aliased++;
  const inside = use && where.depth > 0 ? { foreign: true as const } : {};
  const range = use ?? ends(node);
  if (isScalar(node))
    return { kind: 'scalar', text: textOf(node.value), plain: node.type === 'PLAIN', range, ...inside };
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
  const key = pair.key && convert(pair.key, { depth: 0 }, conversion);
  const start = pair.value?.range[0] ?? 0;
  const keyRange = where.use ?? key?.range ?? [start, start];
  const value = pair.value ? convert(pair.value, where, conversion) : nothing(where.use ?? [keyRange[1], keyRange[1]]);
  if (!key || key.kind !== 'scalar') {
    const message = key ? 'A key or name must be a text, not a collection.' : 'Here is a colon without a key.';
    conversion.errors.push({ range: keyRange, code: 'BAD_KEY', message });
    return [];
  }
  if (key.text === '<<' && key.plain) return merge(value, conversion);
  return [{ key: key.text, keyRange, value }];
}

/** Merge keys of YAML 1.1 (`<<: *base`), which Compose and GitLab files have made usual. */
function merge(value: Tree, conversion: Conversion): Pair[] {
  if (value.kind === 'list') return value.items.flatMap((item) => merge(item, conversion));
  if (value.kind === 'map') return value.pairs.map((pair) => ({ ...pair, merged: true, keyRange: value.range }));
  conversion.errors.push({ range: value.range, code: 'BAD_MERGE', message: '`<<` takes a map or an alias of one.' });
  return [];
}

function followAlias(name: string, range: Range, where: Where, conversion: Conversion): Tree {
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
