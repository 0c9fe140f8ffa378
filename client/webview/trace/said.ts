/** What the picture draws of a place besides its step, in words: who reads the steps is told all of it, too. */
import type { Lane, Picture, PictureBox } from '../../../shared/picture/types.ts';
import type { TraceStrings } from '../../traceStrings.ts';
import { fill } from '../words.ts';
import { wayText } from './packet.ts';

/** By the numbers of the steps: node, owner, devices, and the packet as it leaves; what the step itself says is left out. */
export function placesSaid(picture: Picture, lanes: readonly Lane[], strings: TraceStrings): Map<number, string> {
  const parting = partingOf(picture);
  const titles = new Map(lanes.map(({ id, title }) => [id, title]));
  const boxes = [...picture.there.boxes, ...(picture.back?.boxes ?? [])];
  return new Map(
    boxes.map((box) => {
      const text = picture.steps[box.step]?.text ?? '';
      const parts = partsOf(box, text, titles.get(box.lane), strings);
      if (isBeyond(picture, box.step, parting)) parts.push(strings.beyond);
      return [box.step, parts.join(' · ')];
    }),
  );
}

function partsOf(box: PictureBox, text: string, lane: string | undefined, strings: TraceStrings): string[] {
  const { kind, owner, in: by, out, packet, isQuestion } = box;
  const isSaid = (part: string | undefined): boolean => part === undefined || part === '' || text.includes(part);
  const isElsewhere = kind !== 'outside' && !isSaid(lane);
  return [
    ...(isSaid(owner) ? [] : [owner!]),
    ...(isElsewhere ? [fill(strings.onWhich, lane!)] : []),
    ...(isSaid(by) ? [] : [fill(strings.comesBy, by!)]),
    ...(out === undefined ? [] : [fill(strings.leavesBy, out)]),
    // Bridges change no header that is drawn.
    ...(kind === 'bridge' ? [] : [wayText(packet)]),
    ...(isQuestion ? [strings.asks] : []),
  ];
}

/** The step at which the sides part. */
export const partingOf = ({ steps }: Picture): number | undefined => {
  const found = steps.findIndex(({ isParting }) => isParting);
  return found < 0 ? undefined : found;
};

/** What only the expected packet would come to. */
export const isBeyond = ({ side }: Picture, step: number, parting: number | undefined): boolean =>
  side === 'expected' && parting !== undefined && step > parting;

/** Whether a step belongs to a box: it is behind it in the tree, and no other box is between. */
export function isIn({ there, back }: Picture, box: PictureBox, step: number): boolean {
  const steps = [...there.boxes, ...(back?.boxes ?? [])].map((each) => each.step).filter((each) => each <= step);
  return Math.max(...steps) === box.step;
}

/** `→ tap0`, `qr-1 → rfp-1`. */
export function devicesText({ in: by, out, kind }: PictureBox): string | undefined {
  if (by === undefined && out === undefined) return undefined;
  return kind === 'bridge' ? `→ ${by ?? ''}` : `${by ?? '·'} → ${out ?? '·'}`;
}

/** The lanes of one picture, and the names of those that its packet does not come to. */
export function lanesOf({ there, back }: Picture, all: readonly Lane[]): { lanes: Lane[]; others: string[] } {
  const visited = new Set([...there.boxes, ...(back?.boxes ?? [])].map(({ lane }) => lane));
  return {
    lanes: all.filter(({ id }) => visited.has(id)),
    others: all.filter(({ id }) => !visited.has(id)).map(({ title }) => title),
  };
}

/** Instead of the way back, where there is none. */
export const noReplyText = ({ steps }: Picture, { noReply }: TraceStrings): string =>
  steps.find(({ type }) => type === 'reply')?.text ?? noReply;

/** Whether a trace ended as one would like it to. */
export const isGood = (disposition: Picture['disposition']): boolean =>
  disposition === 'delivered' || disposition === 'exits-network';

/** `Leaves the cloud, answered`. */
export const verdictText = ({ disposition, answered }: Picture, strings: TraceStrings): string =>
  isGood(disposition)
    ? `${strings.ways[disposition]}, ${answered ? strings.answered : strings.notAnswered}`
    : strings.ways[disposition];
