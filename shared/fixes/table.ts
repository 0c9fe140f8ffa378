/** All quick fixes, by the code of what they mend. A new one is a row in the file of its subject. */
import type { Problem } from '../problem.ts';
import { ADDRESS_FIXES } from './addresses.ts';
import { type Edit, applyEdits, areApart } from './edits.ts';
import type { Fix, Fixes, Read } from './fix.ts';
import { NAME_FIXES } from './names.ts';
import { NETWORK_FIXES } from './networks.ts';
import { NODE_FIXES } from './nodes.ts';
import { ROUTER_FIXES } from './routers.ts';

export const FIXES: Fixes = {
  ...ADDRESS_FIXES,
  ...NAME_FIXES,
  ...NETWORK_FIXES,
  ...NODE_FIXES,
  ...ROUTER_FIXES,
};

/** What would mend a problem, the likeliest first. */
export function fixesOf(problem: Problem, read: Read): Fix[] {
  if (!Object.hasOwn(FIXES, problem.code)) return [];
  return FIXES[problem.code]!({ ...read, problem });
}

export interface Fixed {
  /** One for each problem that is mended. */
  done: { problem: Problem; title: string }[];
  edits: Edit[];
  text: string;
}

/** All preferred fixes that can be made together, in the order of the problems. */
export function fixAll(problems: readonly Problem[], read: Read): Fixed {
  const done: Fixed['done'] = [];
  let edits: Edit[] = [];
  for (const problem of problems) {
    // To look for what was meant takes time: where the check gave it up (`MAX_SUGGESTIONS`), it is for the next round.
    if (problem.code === 'unknown-reference' && !problem.message.includes('Did you mean')) continue;
    const fix = fixesOf(problem, read).find(({ isPreferred, edits: own }) => isPreferred && own);
    if (!fix?.edits) continue;
    const all = [...edits, ...fix.edits];
    if (!areApart(all)) continue;
    edits = all;
    done.push({ problem, title: fix.title });
  }
  return { done, edits, text: applyEdits(read.text, edits) };
}
