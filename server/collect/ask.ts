/** Questions that only a person can answer while nodes are collected: one at a time, and none twice. */
import type { Question } from '../../shared/protocol.ts';

/** Answers, or nothing when the person turned away. It must end when the signal does. Secrets go nowhere but back. */
export type Ask = (question: Question, signal?: AbortSignal) => Promise<string[] | undefined>;

/** Told that the passphrase which was answered last for a key file opened it. */
export type Accepted = (file: string) => void;

/** One question after the other, in the order in which they come up, however many nodes wait. */
export function oneAtATime(ask: Ask): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return async (question, signal) => {
    const answer = last.then(async () => (signal?.aborted ? undefined : ask(question, signal)));
    const settled = answer.catch(() => undefined);
    last = settled;
    return settled;
  };
}
