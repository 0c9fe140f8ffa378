/**
 * One line of YAML from the first character of a value on, with the spaces between its tokens put right: one behind commas, none
 * inside of brackets or before commas. Further spaces are left alone: they line things up. What goes on in the next line is the state.
 */

export interface Scan {
  /** The quote that is open. */
  quote?: '"' | "'" | undefined;
  /** Open brackets of flow collections. */
  depth: number;
  /** A value may start here: behind an indicator, before the first character of a plain text. */
  isStart: boolean;
}

export const nothingOpen = (): Scan => ({ depth: 0, isStart: true });

const isSpace = (character: string | undefined): boolean => character === ' ' || character === '\t';

/** Offset behind the quote that closes, or -1. */
export function closing(line: string, from: number, quote: '"' | "'"): number {
  for (let i = from; i < line.length; i++) {
    if (line[i] === '\\' && quote === '"') i++;
    else if (line[i] === quote) {
      if (quote === '"' || line[i + 1] !== "'") return i + 1;
      i++;
    }
  }
  return -1;
}

/**
 * A line inside of a flow collection or a quoted text, from an offset on. `scan` is changed to what is open at the end of the line.
 * @returns the text as it should be, and where it stopped: behind the bracket that closes all, or at the end of the line
 */
export function scanFlow(line: string, from: number, scan: Scan): { text: string; end: number } {
  let text = '';
  let i = from;
  while (i < line.length) {
    if (scan.quote) {
      const end = closing(line, i, scan.quote);
      if (end < 0) return { text: text + line.slice(i), end: line.length };
      text += line.slice(i, end);
      i = end;
      scan.quote = undefined;
      scan.isStart = false;
      if (scan.depth === 0) return { text, end: i };
      // Behind a quoted key the colon needs no space.
      if (line[i] === ':') {
        text += ':';
        i++;
        scan.isStart = true;
      }
      continue;
    }
    const character = line[i]!;
    if (character === '#' && (i === 0 || isSpace(line[i - 1]))) return { text: text + line.slice(i), end: line.length };
    if (scan.isStart && (character === '"' || character === "'")) {
      scan.quote = character;
      text += character;
      i++;
    } else if (character === '{' || character === '[') {
      text += character;
      scan.depth++;
      scan.isStart = true;
      i = withoutPadding(line, i + 1);
    } else if (character === '}' || character === ']') {
      text = withoutSpaces(text) + character;
      i++;
      scan.isStart = false;
      if (--scan.depth === 0) return { text, end: i };
    } else if (character === ',') {
      text = `${withoutSpaces(text)},`;
      i++;
      scan.isStart = true;
      if (i < line.length && !isSpace(line[i]) && line[i] !== '}' && line[i] !== ']') text += ' ';
    } else {
      const end = endOfWord(line, i);
      const word = line.slice(i, end);
      text += word;
      i = end;
      // An anchor or a tag stands before the value; spaces are nothing.
      if (isSpace(character)) continue;
      const isIndicator = word.endsWith(':') && (end === line.length || /[\s,[\]{}]/.test(line[end]!));
      scan.isStart = isIndicator || (scan.isStart && /^[&!]/.test(word)) || word === '?';
    }
  }
  return { text, end: i };
}

/**
 * Whether a flow collection ends with its line and is as it should be: what nearly all lines of a topology are. Only where that is
 * plain to see; with quotes or a comment it is for `scanFlow` to say.
 */
export function isTidy(line: string, from: number): boolean {
  let depth = 0;
  for (let i = from; i < line.length; i++) {
    const character = line[i];
    if (character === '{' || character === '[') {
      if (isSpace(line[i + 1])) return false;
      depth++;
    } else if (character === ',') {
      if (line[i + 1] !== ' ' || isSpace(line[i - 1])) return false;
    } else if (character === '}' || character === ']') {
      if (isSpace(line[i - 1])) return false;
      if (--depth === 0) return i === line.length - 1;
    } else if (character === '"' || character === "'" || character === '#') return false;
  }
  return false;
}

/** Spaces, or a stretch of plain text without spaces and flow indicators. */
function endOfWord(line: string, from: number): number {
  const isGap = isSpace(line[from]);
  const isEnd = (character: string): boolean => (isGap ? !isSpace(character) : /[ \t,[\]{}]/.test(character));
  let i = from + 1;
  while (i < line.length && !isEnd(line[i]!)) i++;
  return i;
}

/** Behind an opening bracket; spaces before a comment or the end of the line stay. */
function withoutPadding(line: string, from: number): number {
  let i = from;
  while (isSpace(line[i])) i++;
  return i === line.length || line[i] === '#' ? from : i;
}

/** Without spaces at the end, but for the one behind the colon of an empty value (`{a: , b: }`). */
function withoutSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1])) end--;
  return end < text.length && text[end - 1] === ':' ? `${text.slice(0, end)} ` : text.slice(0, end);
}
