/** Connection tracking as the flows of a switch ask it. */
import type { Words } from './layout.ts';

/** What it says of frames, by zone. */
export interface Tracker {
  /** Bits of `ct_state`. */
  stateOf(zone: number, frame: Words): number;
  /** `ct(commit)`. */
  commit(zone: number, frame: Words): void;
}
