/** What a terminal gets besides text: colours, and a line of progress that is wiped. A pipe gets neither. */
import { UsageError } from './io.ts';

const WHEN = ['auto', 'always', 'never'] as const;
export type When = (typeof WHEN)[number];

/** Takes `--color WHEN` out of the arguments, where it may stand before the verb as well. */
export function takeColor(args: readonly string[]): { args: string[]; color: When } {
  const rest: string[] = [];
  let color: When = 'auto';
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    // Behind `--` nothing is an option.
    if (arg === '--') return { args: [...rest, ...args.slice(i)], color };
    if (arg !== '--color' && !arg.startsWith('--color=')) rest.push(arg);
    else color = whenOf(arg === '--color' ? args[++i] : arg.slice('--color='.length));
  }
  return { args: rest, color };
}

function whenOf(value: string | undefined): When {
  const found = WHEN.find((word) => word === value);
  if (found === undefined) throw new UsageError(`--color is one of ${WHEN.join(', ')}, not "${value ?? ''}"`);
  return found;
}

/**
 * Whether output is coloured: the option, else `NO_COLOR` (no-color.org: any value but the empty one), else `FORCE_COLOR`
 * (force-color.org; as in Node.js `0` and `false` turn colours off), else whether it is a terminal that can.
 */
export function hasColor(color: When, env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (color !== 'auto') return color === 'always';
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}

const RESET = '\u001B[0m';
const RED = '\u001B[31m';
const GREEN = '\u001B[32m';
const YELLOW = '\u001B[33m';
const BLUE = '\u001B[34m';
const DIM = '\u001B[2m';

const SEVERITY_COLOR: Readonly<Record<string, string>> = {
  error: RED,
  warning: YELLOW,
  information: BLUE,
  hint: DIM,
};

/** Colours for a report: severities with their codes, states of nodes, and what a diff takes away and adds. Lines stay as they are. */
export const paintReport = (text: string): string =>
  text
    .replace(
      /^( {2}|.*?: )(error|warning|information|hint)( \[[\w-]+\])/gm,
      (_, before: string, severity: string, code: string) =>
        `${before}${SEVERITY_COLOR[severity]}${severity}${RESET}${DIM}${code}${RESET}`,
    )
    .replace(/^(\S+: )(in-sync)$/gm, `$1${GREEN}$2${RESET}`)
    .replace(/^(\S+: )(differs|unreachable|not-collected)\b/gm, `$1${YELLOW}$2${RESET}`)
    .replace(
      /^( {4}(?:breaks|in|expected|live|because|seen|with it|and|also on|to see|to mend) +)/gm,
      `${DIM}$1${RESET}`,
    );

export const paintDiff = (text: string): string =>
  text
    .replace(/^(-.*)$/gm, `${RED}$1${RESET}`)
    .replace(/^(\+.*)$/gm, `${GREEN}$1${RESET}`)
    .replace(/^(@@.*)$/gm, `${DIM}$1${RESET}`);

/** Progress needs a terminal that can wipe a line. */
export const showsProgress = (env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean =>
  isTerminal && env['TERM'] !== 'dumb';

/** A line that the next one replaces; the empty one wipes it. */
export const progressLine = (text: string, columns: number | undefined): string => {
  // Some terminals do not know their width and say 0.
  const room = (columns || 80) - 1;
  return `\r\u001B[K${text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…`.slice(0, room) : text}`;
};
