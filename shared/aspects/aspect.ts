/**
 * What an aspect is: one kind of state of a namespace (its rules, its routes, …) and everything that can be done with it.
 * A new aspect is a file here, a line in `table.ts`, a field in `state.ts`; compare, renderers and readers pick it up unedited.
 */
import type { Namespace } from '../namespaces/types.ts';
import type { AspectName, Family, Item, NamespaceAspect, NodeAspectName, NodeState } from '../state.ts';

/** What a text was read into: the items that were understood, and what was not. */
export interface Parsed<I> {
  items: I[];
  /** One sentence for each line that could not be read, naming it. */
  problems: string[];
}

export interface Aspect<I extends Item> {
  name: NamespaceAspect;
  /** Singular, the first half of a finding's code: `rule` → `rule-missing`. */
  noun: string;
  /** The command that a person would run, for headings: `ip rule`. */
  title: string;
  /** Which families the output of a command holds when this aspect reads it; `undefined` when it does not read it. */
  reads(command: string): readonly Family[] | undefined;
  /** Of a command that it reads: whether its output is another part of what there is, not the same once more. */
  adds?(command: string): boolean;
  /** Text of such a command into items. Total: never throws, whatever the text. */
  parse(text: string, command: string): Parsed<I>;
  /** What Neutron's agents and the kernel make in this namespace. */
  expect(namespace: Namespace): I[];
  family(item: I): Family | undefined;
  /**
   * Texts that identify an item, from all that is compared to less and less. Two items with an equal first text are equal;
   * two leftovers with an equal later text are one item that was altered.
   */
  identities: readonly ((item: I) => string)[];
  /** The item as the tool prints it. `parse` reads it back. */
  explain(item: I): string;
  /** Why an item that nobody expected is all the same no difference (learned, inherited, made by the kernel); `undefined` when it is one. */
  dynamic?(item: I): string | undefined;
  /** Where order matters: the name of the ordered list that the item belongs to. */
  list?(item: I): string | undefined;
  /** The command that would add or set the item, words unquoted; for a person to run, never for us. */
  repair?(item: I): string[] | undefined;
  /** The command that would remove it. */
  remove?(item: I): string[] | undefined;
}

/** What compare and the renderers need of any aspect. */
export type Comparable<I extends Item> = Pick<
  Aspect<I>,
  'noun' | 'title' | 'identities' | 'explain' | 'dynamic' | 'list' | 'repair' | 'remove'
> & {
  name: AspectName;
  /** `false`: leftovers that only read alike are two items, not one that was altered. */
  alike?: boolean;
};

/** An aspect of the node itself: its Open vSwitch. Expected items are made in `shared/ovs/`. */
export interface NodeAspect<I extends Item> extends Omit<Comparable<I>, 'dynamic'> {
  name: NodeAspectName;
  /** The way back from `explain`; total. */
  parse(text: string): Parsed<I>;
  /** As in `Aspect`; some things are only judged beside what is expected. */
  dynamic(item: I, expected: readonly I[]): string | undefined;
  /** Code of a well-known reason for an item that nobody expects, by which reports group. */
  known?(item: I, expected: NodeState, live: NodeState): string | undefined;
}

/** Words of a command without its path and options: `/sbin/ip -j -4 rule show` → `ip rule show`; the options apart. */
export function commandWords(command: string): { words: string[]; options: string[] } {
  const parts = command.trim().split(/\s+/);
  parts[0] = parts[0]!.replace(/^.*\//, '');
  return {
    words: parts.filter((part) => !part.startsWith('-')),
    options: parts.filter((part) => part.startsWith('-')),
  };
}

/** What may stand behind the object of an `ip` command that prints everything; anything else is a filter (`dev lo`, `nud noarp`, `table 16`). */
const UNFILTERED = /^(s|sh|sho|show|l|li|lis|list|lst|ls|table|nud|all|0)$/;

/** Families that an `ip OBJECT` command prints, when it prints all of them; iproute2 takes any prefix of the object's name. */
export function ipFamilies(command: string, object: string, both: readonly Family[]): readonly Family[] | undefined {
  const { words, options } = commandWords(command);
  if (words[0] !== 'ip' || !words[1] || !object.startsWith(words[1])) return undefined;
  if (!words.slice(2).every((word) => UNFILTERED.test(word))) return undefined;
  if (options.includes('-4')) return ['inet'];
  if (options.includes('-6')) return ['inet6'];
  return both;
}

/** No line of `ip` comes near; what takes the words of a line apart may be slow beyond. */
const LONGEST_LINE = 4096;

export function hasLongLine(text: string, most: number): boolean {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    if ((end < 0 ? text.length : end) - start > most) return true;
    if (end < 0) return false;
    start = end + 1;
  }
  return false;
}

const DEEPEST = 64;
const [QUOTE, BACKSLASH, OPEN_LIST, OPEN_RECORD, CLOSE_LIST, CLOSE_RECORD] = [34, 92, 91, 123, 93, 125] as const;

/** Whether JSON is nested so deep that walking over it could exhaust the stack. */
export function isDeep(text: string): boolean {
  let [depth, isQuoted] = [0, false];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isQuoted) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) isQuoted = false;
    } else if (code === QUOTE) isQuoted = true;
    else if (code === OPEN_LIST || code === OPEN_RECORD) {
      if (++depth > DEEPEST) return true;
    } else if (code === CLOSE_LIST || code === CLOSE_RECORD) depth--;
  }
  return false;
}

/** Reads a JSON array of records; a tool that has nothing to say may print nothing at all. */
export function jsonRecords(text: string): { records: Record<string, unknown>[]; problems: string[] } | undefined {
  const trimmed = text.trim();
  if (trimmed !== '' && !trimmed.startsWith('['))
    return hasLongLine(trimmed, LONGEST_LINE)
      ? { records: [], problems: [`a line of more than ${LONGEST_LINE} characters`] }
      : undefined;
  if (isDeep(trimmed)) return { records: [], problems: ['the output is nested deeper than any tool prints'] };
  try {
    const value: unknown = trimmed === '' ? [] : JSON.parse(trimmed);
    if (!Array.isArray(value)) return { records: [], problems: ['the output is JSON but not a list'] };
    const records = value.filter(
      (entry): entry is Record<string, unknown> => isRecord(entry) && Object.keys(entry).length > 0,
    );
    const odd = value.filter((entry) => !isRecord(entry)).length;
    return { records, problems: odd ? [`${odd} entries of the list are not objects`] : [] };
  } catch (error) {
    return {
      records: [],
      problems: [`the output is not valid JSON: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text field of a record, or `undefined`, also where it is longer than a line may be; numbers are taken as text where tools disagree. */
export function textField(record: Record<string, unknown>, key: string): string | undefined {
  const value = Object.hasOwn(record, key) ? record[key] : undefined;
  if (typeof value === 'string') return value.length <= LONGEST_LINE ? value : undefined;
  return typeof value === 'number' ? String(value) : undefined;
}

export function numberField(record: Record<string, unknown>, key: string): number | undefined {
  const value = Object.hasOwn(record, key) ? record[key] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** An object without the keys whose value is `undefined`, so that absent stays absent. */
export const compact = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- entries lose the type of their keys
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
