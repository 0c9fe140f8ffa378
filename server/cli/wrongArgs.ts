/** What Node.js says of wrong arguments, in few words, and with what was probably meant. */
import { didYouMean, nearest } from '../../shared/topology/nearest.ts';

/** @param known the long options, without dashes */
export function wrongArgs(error: unknown, args: readonly string[], known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  // util.parseArgs: ERR_PARSE_ARGS_UNKNOWN_OPTION, ERR_PARSE_ARGS_INVALID_OPTION_VALUE.
  const [, unknown] = /^Unknown option '(-[^']*)'/.exec(message) ?? [];
  if (unknown !== undefined) return `Unknown option '${unknown}'${meant(unknown, args, known)}`;
  const [, option] = /^Option '(?:-\w, )?(--[\w-]+)[^']*'/.exec(message) ?? [];
  if (option === undefined) return message;
  if (message.includes('does not take an argument')) return `${option} takes no value`;
  const dashed = message.includes('ambiguous') ? `; one that begins with a dash is written ${option}=-…` : '';
  return `${option} needs a value${dashed}`;
}

/** A word behind one dash is taken for several short options; it is the word that was meant. */
function meant(unknown: string, args: readonly string[], known: readonly string[]): string {
  const typed = unknown.startsWith('--') ? unknown : (args.find((arg) => /^-[a-z]{2,}/.test(arg)) ?? '');
  const word = typed.replace(/^-+/, '').replace(/=.*$/s, '');
  if (word === '') return '';
  const near = known.includes(word) ? word : nearest(word, known);
  return near === undefined ? '' : `. Did you mean \`--${near}\`?`;
}

/** As many names as a person reads. */
const MOST_NAMES = 10;

export function listed(names: readonly string[]): string {
  const left = names.length - MOST_NAMES;
  const list = names.slice(0, MOST_NAMES).join(', ') || 'none';
  return `${list}${left > 0 ? ` and ${left} more` : ''}`;
}

/** `a, b and 990 more. Did you mean …?`: what there is instead of a name that is none of those. */
export function instead(name: string, names: readonly string[]): string {
  const near = didYouMean(name, names);
  return `${listed(names)}${near === '' ? '' : `.${near}`}`;
}
