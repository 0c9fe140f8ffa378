/** Whether a timed refresh is to be made. Knows no editor, so that it is tested without one. */

export interface Moment {
  /** The setting `dvrscope.live.refreshMinutes`; 0: never. */
  minutes: number;
  /** The last reading of the cloud; absent: there was none. */
  last: { endedAt: number; needsAnswers: boolean } | undefined;
  isFocused: boolean;
  isReading: boolean;
  now: number;
}

/**
 * - `off`: nobody wants one, or there is nothing to do again.
 * - `asks`: the last one would have had to ask somebody; it is not tried again until somebody reads the nodes.
 * - `wait`: it is not yet time, nobody looks, or the nodes are being read.
 */
export type Due = 'off' | 'asks' | 'wait' | 'now';

const MINUTE = 60_000;

export function dueOf({ minutes, last, isFocused, isReading, now }: Moment): Due {
  if (!(minutes > 0) || !last) return 'off';
  if (last.needsAnswers) return 'asks';
  return isFocused && !isReading && now - last.endedAt >= minutes * MINUTE ? 'now' : 'wait';
}
