/** Tar archives made in memory, also wrong ones: each header says what the test wants it to say. */

export interface TestEntry {
  path: string;
  text?: string;
  bytes?: Uint8Array;
  /** `0` file, `2` symbolic link, `3` device, `5` folder, `x` pax, `L` long name, … */
  type?: string;
  target?: string;
  /** What the header claims. */
  size?: number;
  modified?: number;
}

const BLOCK = 512;

export function tarOf(entries: readonly TestEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(2 * BLOCK)]);
}

function blocksOf({
  path,
  text = '',
  bytes = Buffer.from(text),
  type = '0',
  target = '',
  size,
  modified = 1,
}: TestEntry) {
  const header = Buffer.alloc(BLOCK);
  const name = Buffer.from(path);
  const isLong = name.length > 100;
  header.write('ustar\u000000', 257);
  name.copy(header, 0, 0, 100);
  const claimed = size ?? bytes.length;
  if (claimed < 8 ** 11) header.write(claimed.toString(8).padStart(11, '0'), 124);
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(claimed), 128);
  }
  header.write(modified.toString(8).padStart(11, '0'), 136);
  header.write(type, 156);
  header.write(target, 157);
  header.fill(' ', 148, 156);
  header.write(
    `${header
      .reduce((a, b) => a + b, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const content = Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
  const long: Buffer[] = isLong ? blocksOf({ path: '././@LongLink', text: `${path}\0`, type: 'L' }) : [];
  return [...long, header, content];
}
