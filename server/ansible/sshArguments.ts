/**
 * What Ansible's `ansible_ssh_common_args` and the like say of the way to a host, as far as dvrscope goes it too: ssh(1)'s `-J`,
 * `-o ProxyJump` and `-o ProxyCommand="ssh -W …"`. Nothing of it is ever run.
 */
import { parseJumps, type Jump } from '../collect/config/jumps.ts';

export interface SshArguments {
  /** The hosts to go through, the first one first. */
  jumps: Jump[];
  user?: string;
  port?: number;
  identityFile?: string;
  /** What was there and is not understood: one sentence each, texts as written. */
  notes: string[];
}

/** Options of ssh(1) with an argument. */
const WITH_ARGUMENT = 'BbcDEeFIiJLlmOopQRSWw';

/** More commands inside each other than this are a mistake. */
const MOST_NESTED = 8;

/** What one `ssh` command line says, and its host where it has one. */
interface CommandLine extends SshArguments {
  destination?: string;
  /** The argument of `-W`. */
  forward?: string;
}

/** @param text arguments as a shell would split them */
export function parseSshArguments(text: string): SshArguments {
  const { destination, forward: _, ...found } = readArguments(splitWords(text), 0);
  if (destination !== undefined) found.notes.push(`"${destination}" is no option of ssh`);
  return found;
}

function readArguments(words: readonly string[], depth: number): CommandLine {
  const line: CommandLine = { jumps: [], notes: [] };
  const settings = new Map<string, string>();
  // As with ssh, the first one counts.
  const set = (key: string, value: string): void => {
    if (!settings.has(key)) settings.set(key, value);
  };
  for (let i = 0; i < words.length; i++) {
    const [, flag, rest] = /^-([A-Za-z])(.*)$/s.exec(words[i]!) ?? [];
    if (flag === undefined) {
      // What follows the host is a command there.
      line.destination ??= words[i]!;
      break;
    }
    if (!WITH_ARGUMENT.includes(flag)) continue;
    const value = rest !== '' ? rest! : (words[++i] ?? '');
    if (flag === 'o') {
      const [, key, argument] = /^\s*(\w+)\s*[=\s]\s*(.*)$/s.exec(value) ?? [];
      if (key !== undefined) set(key.toLowerCase(), argument!);
    } else set(`-${flag}`, value);
  }
  return interpret(line, settings, depth);
}

function interpret(line: CommandLine, settings: ReadonlyMap<string, string>, depth: number): CommandLine {
  const either = (...keys: string[]): string | undefined =>
    keys.map((key) => settings.get(key)).find((v) => v !== undefined);
  const user = either('-l', 'user');
  if (user !== undefined) line.user = user;
  const port = Number(either('-p', 'port'));
  if (Number.isInteger(port) && port > 0 && port < 65_536) line.port = port;
  const identityFile = either('-i', 'identityfile');
  if (identityFile !== undefined) line.identityFile = identityFile;
  const forward = settings.get('-W');
  if (forward !== undefined) line.forward = forward;
  const order = [...settings.keys()];
  const way = order.find((key) => ['-J', 'proxyjump', 'proxycommand'].includes(key));
  if (way === undefined || /^none$/i.test(settings.get(way)!)) return line;
  const jumps =
    way === 'proxycommand' ? commandJumps(settings.get(way)!, depth, line.notes) : parseJumps(settings.get(way)!);
  if (typeof jumps === 'string') line.notes.push(jumps);
  else line.jumps = jumps;
  return line;
}

/** `ssh -W %h:%p [-p PORT] [USER@]HOST` is what `ProxyJump [USER@]HOST[:PORT]` runs. */
function commandJumps(text: string, depth: number, notes: string[]): Jump[] | string {
  const refusal = `ProxyCommand "${text}" is not "ssh -W %h:%p HOST", and dvrscope runs no other`;
  const [program, ...words] = splitWords(text.replace(/^exec\s+/, ''));
  if (depth >= MOST_NESTED || program === undefined || !/(^|\/)ssh$/.test(program)) return refusal;
  const { forward, destination, ...line } = readArguments(words, depth + 1);
  if (forward === undefined || !/^\[?%h\]?:%p$/.test(forward) || destination === undefined) return refusal;
  const parsed = parseJumps(destination);
  if (typeof parsed === 'string' || parsed.length !== 1) return refusal;
  const { host, user = line.user, port = line.port } = parsed[0]!;
  if (line.identityFile !== undefined)
    notes.push(`the key ${line.identityFile} of ${host} belongs into ~/.ssh/config: Host ${host}, IdentityFile`);
  notes.push(...line.notes);
  return [...line.jumps, { host, ...(user !== undefined && { user }), ...(port !== undefined && { port }) }];
}

/** Words as a POSIX shell splits them, expansions as written. A quote that does not end lasts to the end. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [whole] of text.matchAll(/(?:\\[^]|'[^']*'?|"(?:\\[^]|[^"\\])*"?|[^\s'"\\]|\\$)+/g))
    words.push(
      whole.replaceAll(/\\([^])|'([^']*)'?|"((?:\\[^]|[^"\\])*)"?/g, (_, escaped, single, double) =>
        String(escaped ?? single ?? String(double ?? '').replaceAll(/\\(["\\$`])/g, '$1')),
      ),
    );
  return words;
}
