/**
 * The simple commands of a POSIX shell text, wherever they stand: in pipelines, functions, command substitutions, double quotes.
 * Enough of the grammar (POSIX.1-2017, Shell Command Language) to hold a script against a list of what it may run; a text with
 * something else in it (here-documents, `${`, backquotes) throws, so that nothing is passed over.
 */
export interface ShellCommand {
  /** Quotes removed; expansions as written (`$1`), a command substitution as `$()`. Assignments before the command are in `assigned`. */
  words: string[];
  assigned: Record<string, string>;
  /** `>&3`, `</dev/null`: operator and target. */
  redirections: string[];
}

interface Reader {
  text: string;
  at: number;
  commands: ShellCommand[];
  functions: string[];
}

/** What a shell text consists of. */
export interface ShellText {
  commands: ShellCommand[];
  /** Names of the functions that it defines. */
  functions: string[];
}

/** Reads a whole text, or throws where it uses what is not read here. */
export function readShell(text: string): ShellText {
  const reader: Reader = { text, at: 0, commands: [], functions: [] };
  readList(reader, '');
  if (reader.at < text.length) throw new Error(`unexpected ${text.slice(reader.at, reader.at + 20)}`);
  return { commands: reader.commands, functions: reader.functions };
}

const RESERVED = new Set(['if', 'then', 'elif', 'else', 'fi', 'while', 'until', 'do', 'done', '{', '}', '!']);

/** Commands up to a closing character that is not inside a word. */
function readList(reader: Reader, close: string): void {
  let command = newCommand();
  const flush = (): void => {
    if (command.words.length > 0 || Object.keys(command.assigned).length > 0 || command.redirections.length > 0)
      reader.commands.push(command);
    command = newCommand();
  };
  while (reader.at < reader.text.length) {
    const rest = reader.text.slice(reader.at);
    const skip = /^(?:[ \t]+|\\\n|#[^\n]*)/.exec(rest);
    const redirection = /^\d*(?:>>|[<>]&?)/.exec(rest);
    if (close !== '' && rest.startsWith(close)) break;
    if (skip) reader.at += skip[0].length;
    else if (rest.startsWith('<<')) throw new Error('a here-document');
    else if (redirection) readRedirection(reader, command, redirection[0]);
    else if (/^[;&|\n(]/.test(rest)) {
      flush();
      reader.at++;
    } else if (/^case\s/.test(rest) && command.words.length === 0) readCase(reader);
    else readCommandWord(reader, command, flush);
  }
  flush();
}

const newCommand = (): ShellCommand => ({ words: [], assigned: {}, redirections: [] });

function readRedirection(reader: Reader, command: ShellCommand, operator: string): void {
  reader.at += operator.length;
  command.redirections.push(`${operator.replace(/^\d+/, '')}${readWord(reader)}`);
}

function readCommandWord(reader: Reader, command: ShellCommand, flush: () => void): void {
  const start = reader.at;
  const word = readWord(reader);
  const raw = reader.text.slice(start, reader.at);
  const assignment = /^([A-Za-z_]\w*)=/.exec(raw)?.[1];
  if (command.words.length === 0 && assignment) command.assigned[assignment] = word.slice(assignment.length + 1);
  else if (command.words.length === 0 && raw === 'for') readFor(reader);
  else if (command.words.length === 0 && RESERVED.has(raw)) flush();
  else if (command.words.length === 0 && reader.text.startsWith('()', reader.at)) {
    reader.functions.push(word);
    reader.at += 2;
  } else command.words.push(word);
}

/** `for NAME in WORDS`: the words are data, but may have substitutions in them. */
function readFor(reader: Reader): void {
  const head = /^ +\w+ in/.exec(reader.text.slice(reader.at));
  if (!head) throw new Error('a for without in');
  reader.at += head[0].length;
  while (!/^[ \t]*[;\n]/.test(reader.text.slice(reader.at))) {
    reader.at += /^[ \t]*/.exec(reader.text.slice(reader.at))![0].length;
    readWord(reader);
  }
}

/** `case WORD in`, then `PATTERN) LIST ;;` until `esac`. */
function readCase(reader: Reader): void {
  reader.at += 'case '.length;
  readWord(reader);
  if (!reader.text.startsWith(' in', reader.at)) throw new Error('a case without in');
  reader.at += ' in'.length;
  for (;;) {
    const gap = /^\s*/.exec(reader.text.slice(reader.at))![0];
    reader.at += gap.length;
    if (reader.text.startsWith('esac', reader.at)) break;
    const pattern = /^[^)\n]*\)/.exec(reader.text.slice(reader.at));
    if (!pattern) throw new Error('a case without a pattern');
    reader.at += pattern[0].length;
    readList(reader, ';;');
    reader.at += ';;'.length;
  }
  reader.at += 'esac'.length;
}

/** One word; what is substituted inside it is read as commands. */
function readWord(reader: Reader): string {
  let word = '';
  let quoted = false;
  const start = reader.at;
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]!;
    if (!quoted && /[\s;&|<>()]/.test(char)) break;
    if (char === '`' || reader.text.startsWith('${', reader.at)) throw new Error('an expansion that is not read');
    if (reader.text.startsWith('$(', reader.at)) word += readSubstitution(reader);
    else if (char === "'" && !quoted) word += readSingleQuoted(reader);
    else if (char === '"') {
      quoted = !quoted;
      reader.at++;
    } else if (char === '\\') {
      const next = reader.text[reader.at + 1] ?? '';
      word += quoted && !/["\\$`\n]/.test(next) ? `\\${next}` : next;
      reader.at += 2;
    } else {
      word += char;
      reader.at++;
    }
  }
  if (reader.at === start) throw new Error(`no word at ${reader.text.slice(start, start + 20)}`);
  return word;
}

function readSubstitution(reader: Reader): string {
  reader.at += '$('.length;
  readList(reader, ')');
  reader.at += 1;
  return '$()';
}

function readSingleQuoted(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end < 0) throw new Error('a quote without end');
  const inside = reader.text.slice(reader.at + 1, end);
  reader.at = end + 1;
  return inside;
}
