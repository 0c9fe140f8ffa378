/** Bytes into messages, however they are cut; and what is no message ends the reading instead of being waited for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { framesOf, type Frame } from '../../../server/stdio/frames.ts';

const framed = (text: string): string => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

function read(bytes: Buffer, step: number): Frame[] {
  const frames = framesOf();
  const all: Frame[] = [];
  for (let i = 0; i < bytes.length; i += step) all.push(...frames(bytes.subarray(i, i + step)));
  return all;
}

const TEXTS = ['{}', '', '{"a": "ä€😀"}', 'x'.repeat(20_000), '\r\n\r\n', 'Content-Length: 5\r\n\r\n'];

describe('messages', () => {
  for (const step of [1, 2, 7, 100, 100_000])
    it(`in pieces of ${step} bytes`, () => {
      const bytes = Buffer.from(TEXTS.map(framed).join(''));
      assert.deepEqual(
        read(bytes, step),
        TEXTS.map((text) => ({ text })),
      );
    });

  const headers = [
    'content-length: 2\r\n\r\n',
    'Content-Length:2\r\n\r\n',
    'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n',
    'Content-Length: 2  \r\nX-Other: 1:2\r\n\r\n',
  ];
  for (const header of headers)
    it(JSON.stringify(header), () => assert.deepEqual(read(Buffer.from(`${header}{}`), 5), [{ text: '{}' }]));

  it('large ones in small pieces take time for each byte once', () => {
    const start = process.cpuUsage().user;
    assert.equal(read(Buffer.from(framed('x'.repeat(20_000_000))), 4096).length, 1);
    assert.ok(process.cpuUsage().user - start < 5_000_000);
  });
});

describe('no message', () => {
  const rows: [bytes: string, says: RegExp][] = [
    ['Foo: 1\r\n\r\n', /no Content-Length/],
    ['\r\n\r\n', /no header/],
    ['Content-Length: abc\r\n\r\n', /no number: "abc"/],
    ['Content-Length: -5\r\n\r\n', /no number: "-5"/],
    ['Content-Length: 1e3\r\n\r\n', /no number/],
    ['Content-Length: 99999999999999\r\n\r\n', /too long/],
    ['GET / HTTP/1.1\r\n', /no header of a message: "GET/],
    ['hello\n', /no header/],
    ['{"jsonrpc":"2.0"}\r\n', /no header/],
    ['\u0000\u0001', /no header/],
    [`X: ${'x'.repeat(9000)}`, /does not end/],
    [`${framed('{"a"')}: 1}${framed('{}')}`, /no header|no Content-Length/],
  ];
  for (const [bytes, says] of rows)
    for (const step of [1, 100_000])
      it(`${JSON.stringify(bytes.slice(0, 40))} in pieces of ${step}`, () => {
        const all = read(Buffer.from(`${bytes}${bytes.endsWith('\n') ? framed('{}') : ''}`), step);
        const last = all.at(-1)!;
        assert.match('broken' in last ? last.broken : '', says);
        assert.equal(all.filter((frame) => 'broken' in frame).length, 1);
      });
});
