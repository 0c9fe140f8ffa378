/** Bytes of a pipe into messages: LSP 3.17, "Base Protocol". A header that cannot be understood says nothing about where the next one begins. */

/** What came: the text of a message, or why nothing behind it can be understood. */
export type Frame = { text: string } | { broken: string };

/** Longer is no header. */
const MOST_HEADER = 8192;
/** More fits in no string (V8). */
const MOST_BODY = 500_000_000;
const SEPARATOR = '\r\n\r\n';

/** Takes bytes as they come and gives each message that is whole. Nothing comes behind one that is broken. */
export function framesOf(): (chunk: Buffer) => Generator<Frame> {
  let chunks: Buffer[] = [];
  let size = 0;
  /** Bytes of the message whose header was read. */
  let expected: number | undefined;
  let isBroken = false;
  /** All that came but the first so many bytes, which are given. */
  const take = (length: number): Buffer => {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const rest = all.subarray(length);
    [chunks, size] = [rest.length === 0 ? [] : [rest], rest.length];
    return all.subarray(0, length);
  };
  return function* frames(chunk) {
    if (isBroken) return;
    chunks.push(chunk);
    size += chunk.length;
    for (;;) {
      if (expected === undefined) {
        const start = startOf(chunks);
        const end = start.indexOf(SEPARATOR);
        const header = headerOf(start, end);
        if (header === undefined) return;
        if (typeof header === 'string') {
          isBroken = true;
          return yield { broken: header };
        }
        take(end + SEPARATOR.length);
        expected = header.length;
      }
      if (size < expected) return;
      const body = expected === 0 ? '' : take(expected).toString('utf8');
      expected = undefined;
      yield { text: body };
    }
  };
}

/** As much as a header may have, a character for each byte. */
function startOf(chunks: readonly Buffer[]): string {
  let text = '';
  for (const chunk of chunks) {
    text += chunk.toString('latin1', 0, MOST_HEADER + 1);
    if (text.length > MOST_HEADER) break;
  }
  return text;
}

/** The length that it announces, a sentence when it is no header, or nothing when it is not whole. */
function headerOf(start: string, end: number): { length: number } | string | undefined {
  const lines = (end === -1 ? start : start.slice(0, end)).split('\r\n');
  // The last one may be half a line.
  const whole = end === -1 ? lines.slice(0, -1) : lines;
  const odd =
    whole.find((line) => !/^[\w-]+:[ -~\t]*$/.test(line)) ??
    lines.slice(whole.length).find((line) => !/^[\w-]*(?::[ -~\t]*)?\r?$/.test(line));
  if (odd !== undefined) return `this is no header of a message: ${JSON.stringify(odd.slice(0, 60))}`;
  if (end === -1) return start.length > MOST_HEADER ? 'the header of a message does not end' : undefined;
  const [, value] = whole.map((line) => /^content-length:\s*(.*?)\s*$/i.exec(line)).find(Boolean) ?? [];
  if (value === undefined) return 'the header of a message has no Content-Length';
  if (!/^\d+$/.test(value)) return `Content-Length is no number: ${JSON.stringify(value.slice(0, 60))}`;
  const length = Number(value);
  return length > MOST_BODY ? `a message of ${value} bytes is too long` : { length };
}
