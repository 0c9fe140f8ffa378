/** The reader of the connection over standard input: passes on what may come, answers what may not, and ends when nothing can be understood any more. */
import type { Readable } from 'node:stream';
import type { Disposable, Event, Message, MessageReader } from 'vscode-languageserver/node';
import { framesOf } from './frames.ts';
import { orderOf, type Verdict } from './order.ts';

/**
 * @param write what the server says by itself
 * @param end ends the process: the other end went away, or what it says cannot be understood
 */
export function stdioReader(
  input: Readable,
  write: (message: Message) => void,
  end: (status: number, why?: string) => void,
): MessageReader {
  const frames = framesOf();
  const { judge, isShutDown } = orderOf();
  return {
    onError: never,
    onClose: never,
    onPartialMessage: never,
    listen(callback) {
      const pass = (verdict: Verdict): void => {
        if (verdict === undefined) return;
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `judge` passes is a message
        if ('pass' in verdict) callback(verdict.pass as Message);
        else write(messageOf(verdict));
      };
      const read = (chunk: Buffer): void => {
        for (const frame of frames(chunk)) {
          if ('broken' in frame) return end(1, frame.broken);
          pass(judge(frame.text));
        }
      };
      input.on('data', read);
      // LSP 3.17, `exit`: 0 if shutdown was received before, else 1.
      for (const event of ['end', 'close', 'error']) input.on(event, () => end(isShutDown() ? 0 : 1));
      return { dispose: () => void input.off('data', read) };
    },
    dispose: () => undefined,
  };
}

function messageOf(verdict: Exclude<Verdict, { pass: object } | undefined>): Message {
  if ('log' in verdict) {
    // `MessageType.Error` is 1.
    const note = { method: 'window/logMessage', params: { type: 1, message: verdict.log } };
    return { jsonrpc: '2.0', ...note };
  }
  const { id, code, message } = verdict.refuse;
  const answer = { id, error: { code, message } };
  return { jsonrpc: '2.0', ...answer };
}

/** Nothing is ever told this way. */
const never: Event<never> = (): Disposable => ({ dispose: () => undefined });
