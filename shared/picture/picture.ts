/** Pictures of one packet over the expected state and, where there is one, the live one, with lanes that both share. */
import { pointer } from '../problem.ts';
import { partingOf } from '../trace/diverge.ts';
import type { Trace } from '../trace/trace.ts';
import { outcomeOf, waysOf } from '../trace/verdict.ts';
import type { Atlas } from './atlas.ts';
import { wayOf } from './boxes.ts';
import { type Steps, stepsOf } from './steps.ts';
import type { Lane, Picture } from './types.ts';

export interface Pictures {
  /** In the order in which the packet comes there first; what is outside comes last. */
  lanes: Lane[];
  expected: Picture;
  live?: Picture;
}

export function picturesOf(expected: Trace, live: Trace | undefined, atlas: Atlas): Pictures {
  const steps = stepsOf(expected.tree, atlas);
  const liveSteps = live && stepsOf(live.tree, atlas);
  if (liveSteps) markTwins(expected, live, steps, liveSteps);
  const pictures = {
    expected: pictureOf(expected, steps, atlas),
    ...(liveSteps ? { live: pictureOf(live, liveSteps, atlas) } : {}),
  };
  return { lanes: lanesOf(Object.values(pictures), atlas), ...pictures };
}

function pictureOf(trace: Trace, { steps, numbers }: Steps, atlas: Atlas): Picture {
  const { there, back } = waysOf(trace);
  return {
    side: trace.from,
    outcome: outcomeOf(trace),
    disposition: trace.disposition,
    answered: trace.answered,
    steps,
    there: wayOf(there, trace, numbers, atlas),
    ...(trace.reply ? { back: wayOf(back, trace.reply, numbers, atlas) } : {}),
  };
}

/** Which steps are the same on both sides, and on which they part. */
function markTwins(expected: Trace, live: Trace, a: Steps, b: Steps): void {
  const { common, parted } = partingOf(expected, live);
  for (const [left, right] of common) {
    const [i, j] = [a.numbers.get(left), b.numbers.get(right)];
    if (i === undefined || j === undefined) continue;
    a.steps[i]!.twin = j;
    b.steps[j]!.twin = i;
  }
  if (!parted) return;
  for (const [side, node] of [[a, parted[0]] as const, [b, parted[1]] as const]) {
    const number = node && side.numbers.get(node);
    // A side without a further step parts where it ended.
    const step = number === undefined ? side.steps.at(-1) : side.steps[number];
    if (step) step.isParting = true;
  }
}

function lanesOf(pictures: readonly Picture[], atlas: Atlas): Lane[] {
  const boxes = pictures.flatMap(({ there, back }) => [...there.boxes, ...(back?.boxes ?? [])]);
  const lanes = [...new Set(boxes.map(({ lane }) => lane))].map((id) => laneOf(id, atlas));
  return lanes.toSorted((a, b) => Number(a.kind === 'outside') - Number(b.kind === 'outside'));
}

function laneOf(id: string, atlas: Atlas): Lane {
  const [kind, ...words] = id.split(' ');
  const name = words.join(' ');
  if (kind === 'nowhere') return { id, kind, title: 'on no node' };
  const isOutside = kind === 'outside';
  const location = atlas.locate(isOutside ? pointer('networks', name) : atlas.node(name));
  return {
    id,
    kind: isOutside ? 'outside' : 'node',
    title: isOutside ? `outside of ${name}` : name,
    ...(location ? { location } : {}),
  };
}
