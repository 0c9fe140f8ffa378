/**
 * YAML text from plain values, by hand: one way to write everything, so that writing twice gives the same bytes.
 * Small things are flow maps on one line (`{a: 1, b: [2]}`), large ones are blocks; no text is ever folded.
 * Only what YAML 1.1 and 1.2 both read as that very string stays unquoted.
 */

export type YamlScalar = string | number | boolean | null;
export type YamlValue = YamlScalar | YamlValue[] | YamlMap;

/** Entries in the order in which they are written. `block`: one line per entry; `flow`: on one line where it fits. */
export interface YamlMap {
  style: 'block' | 'flow';
  entries: [key: string, value: YamlValue][];
}

/** Columns that a flow collection may fill, its key included. */
const WIDTH = 160;

/** YAML 1.2.2, section 7.4.2: an implicit key has at most 1024 characters; longer ones need `?`. */
const IMPLICIT_KEY = 1024;

/** The lines of a block map, each indented by `indent` spaces. */
export const yamlLines = (map: YamlMap, indent = 0): string[] =>
  map.entries.flatMap(([key, value]) => entryLines(key, value, indent));

function entryLines(key: string, value: YamlValue, indent: number): string[] {
  const margin = ' '.repeat(indent);
  const text = yamlScalar(key);
  if (text.length > IMPLICIT_KEY) return [`${margin}? ${text}`, ...valueLines(`${margin}:`, value, indent)];
  return valueLines(`${margin}${text}:`, value, indent);
}

function valueLines(head: string, value: YamlValue, indent: number): string[] {
  if (!isCollection(value)) return [`${head} ${yamlScalar(value)}`];
  const flow = flowText(value);
  if (flow.length < 3) return [`${head} ${flow}`];
  if (!isBlock(value) && head.length + 1 + flow.length <= WIDTH) return [`${head} ${flow}`];
  if (!Array.isArray(value)) return [head, ...yamlLines(value, indent + 2)];
  return [head, ...value.map((item) => `${' '.repeat(indent + 2)}- ${flowText(item)}`)];
}

const isCollection = (value: YamlValue): value is YamlValue[] | YamlMap => typeof value === 'object' && value !== null;

const isBlock = (value: YamlValue[] | YamlMap): boolean => !Array.isArray(value) && value.style === 'block';

function flowText(value: YamlValue): string {
  if (!isCollection(value)) return yamlScalar(value);
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  return `{${value.entries.map(([key, item]) => `${yamlScalar(key)}: ${flowText(item)}`).join(', ')}}`;
}

/** A scalar as YAML text, good for keys and values, in blocks and in flow collections alike. */
export const yamlScalar = (value: YamlScalar): string =>
  typeof value !== 'string' ? String(value) : isPlain(value) ? value : quoted(value);

/** Letters, digits and the punctuation of addresses, prefixes, MACs, ids and Neutron's keys; single spaces inside. */
const PLAIN = /^[\p{L}\p{N}_/][\p{L}\p{M}\p{N}_/.:+-]*(?: [\p{L}\p{M}\p{N}_/.+-][\p{L}\p{M}\p{N}_/.:+-]*)*$/u;

/** What the schemas of YAML 1.1 or 1.2 read as null or boolean. */
const WORD = /^(?:null|true|false|yes|no|on|off|y|n)$/i;

/** Integers, floats, sexagesimals and dates of either version. The sign and leading dot are no start of a plain text here anyhow. */
const NUMBER =
  /^(?:0b[01_]+|0o?[0-7_]+|0x[\da-f_]+|[\d_]*(?:\.[\d_]*)?(?:e[-+]?\d+)?|\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?|\d{4}-\d\d?-\d\d?(?:[t ].*)?)$/i;

function isPlain(text: string): boolean {
  return PLAIN.test(text) && !text.endsWith(':') && !text.includes(': ') && !WORD.test(text) && !NUMBER.test(text);
}

const SHORT_ESCAPE = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Double-quoted. What no editor shows (controls, direction marks, lone surrogates, odd spaces) is escaped, so that nothing hides in a name. */
export const quoted = (text: string): string =>
  `"${text.replace(/["\\]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => SHORT_ESCAPE.get(character) ?? escaped(character))}"`;

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  return code <= 0xff
    ? `\\x${hex.padStart(2, '0')}`
    : code <= 0xffff
      ? `\\u${hex.padStart(4, '0')}`
      : `\\U${hex.padStart(8, '0')}`;
}
