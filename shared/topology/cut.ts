/**
 * Cuts the text of a topology into blocks that can be read one by one: a section (`release: zed`), the head of a section of things
 * (`ports:`), or one thing in it. It looks at the first characters of lines alone. In YAML what belongs to an entry of a block map is
 * indented more than its key (YAML 1.2.2, section 8.2.2), so a line that is not begins the next one; exceptions are the dashes of
 * lists and the brackets that close a flow collection, which may stand right under the key. Of keys with `? ` and values on lines of
 * their own the library makes more than YAML says, depending on what is around: they are read with the whole.
 */
import { fieldsOf } from './fields.ts';

export interface Cut {
  /** The section that the thing is in; `undefined` for a section by itself and for the head of one. */
  section: string | undefined;
  isHead: boolean;
  start: number;
  end: number;
}

/** The blocks of a text, in turn, from the first line that says something; `undefined`: only the whole can be read. */
export function cut(text: string): Cut[] | undefined {
  const cuts: Cut[] = [];
  let section: string | undefined;
  /** Columns of the things of `section`; 0 as long as it has none. */
  let indent = 0;
  for (let line = preamble(text); line < text.length; line = lineEnd(text, line)) {
    let at = line;
    while (text.charCodeAt(at) === SPACE) at++;
    const code = text.charCodeAt(at);
    const kind = at < text.length ? kindOf(code) : NOTHING;
    if (code === RETURN && text.charCodeAt(at + 1) !== NEWLINE) return undefined;
    if ((code === COLON || code === QUESTION) && isGap(text.charCodeAt(at + 1))) return undefined;
    if (kind === NOTHING) continue;
    const column = at - line;
    if (column === 0) {
      if (kind === WHOLE || (kind !== STARTS && cuts.length === 0) || endsDocument(text, line)) return undefined;
      if (kind !== STARTS) {
        if (indent === 0) section = undefined;
        continue;
      }
      section = headOf(text, line);
      indent = 0;
      cuts.push({ section: undefined, isHead: false, start: line, end: text.length });
    } else if (cuts.length === 0) return undefined;
    else if (section !== undefined && kind !== GOES_ON && (indent === 0 || column === indent)) {
      if (indent === 0) cuts.at(-1)!.isHead = true;
      indent = column;
      cuts.push({ section, isHead: false, start: line, end: text.length });
    } else {
      // The first line below a section that begins no thing: the section is read as one.
      if (indent === 0) section = undefined;
      continue;
    }
    if (cuts.length > 1) cuts[cuts.length - 2]!.end = line;
  }
  return cuts.length === 0 || !/^[^\n]*:(?:\s|$)/.test(text.slice(cuts[0]!.start, cuts[0]!.start + 200))
    ? undefined
    : cuts;
}

const SPACE = 32;
const NEWLINE = 10;
const RETURN = 13;
const COLON = 58;
const QUESTION = 63;

/** Behind an indicator, it being one. */
const isGap = (code: number): boolean => code === SPACE || code === NEWLINE || code === RETURN || Number.isNaN(code);

/** What a line may be that begins with a character: nothing (a comment, an empty line), the first of an entry, part of the entry before. */
const [NOTHING, STARTS, GOES_ON, WHOLE] = [0, 1, 2, 3];

/** `&*!<` may begin an entry that is no text: the reader sees. At the start of a line some may mean the whole file. */
const KIND = new Uint8Array(128).fill(STARTS);
for (const character of '\n\r#') KIND[character.charCodeAt(0)] = NOTHING;
for (const character of '-}],?:\t{[|>@`%') KIND[character.charCodeAt(0)] = GOES_ON;
for (const character of '<=&*!\0') KIND[character.charCodeAt(0)] = WHOLE;

const kindOf = (code: number): number => (code < 128 ? KIND[code]! : code === BYTE_ORDER_MARK ? WHOLE : STARTS);

const BYTE_ORDER_MARK = 0xfeff;

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end + 1;
}

/** Behind a byte order mark, and behind `---` in the first line that says something. */
function preamble(text: string): number {
  const start = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  const marker = /^(?:[ ]*(?:#.*)?\r?\n)*---[ ]*\r?\n/.exec(text.slice(start, start + 4000));
  return marker ? start + marker[0].length : start;
}

/** `---` and `...` (YAML 1.2.2, section 9.1.2), and a directive. */
const endsDocument = (text: string, line: number): boolean =>
  text.startsWith('---', line) || text.startsWith('...', line) || text.charCodeAt(line) === PERCENT;

const PERCENT = 37;

/** The name of a section of things when nothing but it stands in the line. */
function headOf(text: string, line: number): string | undefined {
  const name = HEAD.exec(text.slice(line, Math.min(lineEnd(text, line), line + 400)))?.[1];
  return name !== undefined && fieldsOf('topology')!.get(name)?.type === 'map' ? name : undefined;
}

const HEAD = /^([a-z_]+):[ ]*(?:[ ]#.*)?(?:\r?\n)?$/;
