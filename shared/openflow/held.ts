/** A frame that is on its way, and that steps and copies keep as it was: it is copied when it changes, and most flows that lead on change nothing. */
import { type Words, WORDS } from './layout.ts';

/** Frames that get their memory together. */
const TOGETHER = 32;
let memory = new ArrayBuffer(0);
let used = 0;

/**
 * A frame of zeros. One is too large for the heap of V8 (`V8_TYPED_ARRAY_MAX_SIZE_IN_HEAP`: 64 bytes), and memory of its own for each takes
 * longer to get and to give back than most of what flows do with it.
 */
export function emptyFrame(): Words {
  const size = WORDS * Uint32Array.BYTES_PER_ELEMENT;
  if (used + size > memory.byteLength) [memory, used] = [new ArrayBuffer(TOGETHER * size), 0];
  const words = new Uint32Array(memory, used, WORDS);
  used += size;
  return words;
}

/** The same frame once more, to be changed. */
export function copied(words: Words): Words {
  const copy = emptyFrame();
  copy.set(words);
  return copy;
}

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
  if (own.isHeld) own.words = copied(own.words);
  own.isHeld = false;
  return own.words;
}

/** Goes back to a frame as it was before something was done to a copy. */
export function putBack(own: Held, words: Words): void {
  own.words = words;
  own.isHeld = true;
}
