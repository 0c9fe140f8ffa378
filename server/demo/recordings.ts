/** What the demo is made of: one packed file that the build makes (`tools/demoRecordings.ts`), so that the package stays small. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';

export interface DemoRecordings {
  /** Text of the topology. Its nodes have no addresses: the SSH configuration of the demo knows where they are. */
  topology: string;
  /** Snapshot texts by node. */
  snapshots: Record<string, string>;
}

/** As bytes for `readRecordings`. */
export async function packRecordings(recordings: DemoRecordings): Promise<Buffer> {
  const text = Buffer.from(JSON.stringify(recordings));
  // The recordings of several nodes have much in common: the window must hold them all.
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
  return promisify(brotliCompress)(text, { params: { ...params, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } });
}

export async function readRecordings(file: string): Promise<DemoRecordings> {
  const text = await promisify(brotliDecompress)(await readFile(file));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of our own package
  return JSON.parse(text.toString('utf8')) as DemoRecordings;
}
