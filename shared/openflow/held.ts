/** A frame that is on its way, and that steps and copies keep as it was: it is copied when it changes, and most flows that lead on change nothing. */
import type { Words } from './layout.ts';

/** Whoever has the frame in hand. */
export interface Held {
  /** Never changed while somebody else keeps it, too. */
  words: Words;
  isHeld: boolean;
}

/** The frame as it is now, for somebody to keep. */
export function held(own: Held): Words {
  own.isHeld = true;
  return own.words;
}

/** The frame to be changed. */
export function writable(own: Held): Words {
  if (own.isHeld) own.words = own.words.slice();
  own.isHeld = false;
  return own.words;
}

/** Goes back to a frame as it was before something was done to a copy. */
export function putBack(own: Held, words: Words): void {
  own.words = words;
  own.isHeld = true;
}
