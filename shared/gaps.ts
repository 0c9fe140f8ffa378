/** Finding the gap that covers something: where a state says nothing. */
import type { AspectName, Family, Gap } from './state.ts';

/** The gap that covers an aspect of a namespace; with a family also one for that family alone. */
export const gapFor = (gaps: readonly Gap[], namespace: string, aspect: AspectName, family?: Family): Gap | undefined =>
  gaps.find(
    (gap) =>
      gap.aspect === aspect &&
      matches(gap.namespace, namespace) &&
      (gap.family === undefined || (family !== undefined && gap.family === family)),
  );

/** `*` alone stands for every namespace, `qdhcp-*` for all of a kind; `-` is the node itself. */
const matches = (pattern: string, namespace: string): boolean =>
  pattern.endsWith('*') ? namespace !== '-' && namespace.startsWith(pattern.slice(0, -1)) : pattern === namespace;
