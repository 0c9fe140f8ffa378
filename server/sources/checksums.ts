/** The checksums of .xz files: CRC-32 (IEEE 802.3) and CRC-64 (ECMA-182), both reflected. CRC-64 is kept in two halves of 32 bits. */

const TABLE_32 = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** @param crc of what came before */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let value = ~crc;
  for (let i = 0; i < bytes.length; i++) value = TABLE_32[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

const [LOW, HIGH] = [new Uint32Array(256), new Uint32Array(256)];
for (let byte = 0; byte < 256; byte++) {
  let [low, high] = [byte, 0];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) [low, high] = [low ^ 0xd7870f42, high ^ 0xc96c5795];
  }
  [LOW[byte], HIGH[byte]] = [low >>> 0, high >>> 0];
}

/** Both halves, the lower first. */
export type Crc64 = readonly [low: number, high: number];

/** @param crc of what came before */
export function crc64(bytes: Uint8Array, crc: Crc64 = [0, 0]): Crc64 {
  let [low, high] = [~crc[0], ~crc[1]];
  for (let i = 0; i < bytes.length; i++) {
    const at = (low ^ bytes[i]!) & 0xff;
    low = LOW[at]! ^ ((low >>> 8) | (high << 24));
    high = HIGH[at]! ^ (high >>> 8);
  }
  return [~low >>> 0, ~high >>> 0];
}
