/**
 * A YAML document without YAML: scalars as the text that was written, maps and lists, each with its range.
 * Aliases and merge keys are already followed. What lies inside of them has the range of the place that uses it.
 */
import type { Range } from '../problem.ts';

export type Tree = ScalarTree | MapTree | ListTree;

interface Ranged {
  range: Range;
  /** Inside of an alias or merge key: the entry has no place of its own in the text. */
  foreign?: true;
}

export interface ScalarTree extends Ranged {
  kind: 'scalar';
  text: string;
  /** Without quotes: only then may it be a number, a boolean or null. */
  plain: boolean;
}

export interface Pair {
  key: string;
  keyRange: Range;
  value: Tree;
  /** From a merge key (`<<`); the entry's own keys win over it. */
  merged?: true;
}

export interface MapTree extends Ranged {
  kind: 'map';
  pairs: Pair[];
}

export interface ListTree extends Ranged {
  kind: 'list';
  items: Tree[];
}

/** Nothing was written, or one of the words for null of YAML 1.2 (10.3.2). */
export const isNull = (tree: Tree): boolean =>
  tree.kind === 'scalar' && tree.plain && /^(?:|~|null|Null|NULL)$/.test(tree.text);

/** Nothing was written at all. */
export const isEmpty = (tree: Tree): boolean => tree.kind === 'scalar' && tree.plain && tree.text === '';
