/**
 * Where Neutron leaves something in one of several forms, and only what happened on a node before decides which: the order in which
 * events came, or whether the agent was restarted. Each form is right; which one it is is read back from the node (`readForms.ts`).
 */
import type { Allocations } from '../allocations.ts';

export interface Choice {
  /** Under which key `Allocations.choices` has it. */
  key: string;
  /** Permitted values: MACs, next hops, prefixes. */
  candidates: readonly string[];
  /** There may be none of them. */
  none?: true;
  /** There may be several of them at once. */
  several?: true;
}

/** Of a fact that depends on a choice. */
export interface Chosen {
  choice?: Choice;
  /** The choice went against it: it is not expected. */
  isAbsent?: true;
}

type Choices = Pick<Allocations, 'choices'>;

/** The candidates that are there: as read back, else `usual`. */
export function chosenOf({ choices }: Choices, { key }: Choice, usual: readonly string[]): readonly string[] {
  const text = choices[key];
  if (text === undefined) return usual;
  return text === '' ? [] : text.split(' ');
}

/** Takes what is there, if it is permitted. What is not is left to be a difference. */
export function choose(
  { choices }: Choices,
  { key, candidates, none, several }: Choice,
  found: readonly string[],
): void {
  const values = [...new Set(found)];
  const isCountRight = values.length === 1 || (values.length === 0 ? none : several);
  if (isCountRight && values.every((value) => candidates.includes(value))) choices[key] = values.join(' ');
}

/** A route that a program wrote without a protocol (`proto boot`): iproute2 prints none. */
export const BOOT = 'boot';
/** How routes of keepalived look: under its own protocol, where iproute2 has no name for that under its number, or as the file says. */
export const KEEPALIVED: readonly string[] = ['keepalived', '18', 'static'];
