/** Whether a snapshot was read before the topology was changed last. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { changedAt, readBefore } from '../../server/changedAt.ts';
import { makeDocument, type Document } from '../../server/document.ts';
import { readNodeState } from '../../shared/live.ts';
import { parseSnapshot } from '../../shared/snapshot.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const NOW = NOON + 3_600_000;
const TEXT = 'dvr: 1\n';

describe('when a topology was changed last', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dvrscope-changed-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** A file that was saved at noon, and what the editor has of it. */
  const opened = async (name: string, saved: string | Buffer, text: string): Promise<Document> => {
    const path = join(folder, name);
    await writeFile(path, saved);
    await utimes(path, NOON / 1000, NOON / 1000);
    return makeDocument(TextDocument.create(pathToFileURL(path).href, 'dvr-topology', 1, text));
  };

  it('is when the file was saved, or now where it was not', async () => {
    const rows: [what: string, saved: string | Buffer, text: string, time: number][] = [
      ['saved', TEXT, TEXT, NOON],
      ['with a mark in front', `\uFEFF${TEXT}`, TEXT, NOON],
      ['not saved', TEXT, `${TEXT}# one more line\n`, NOW],
      ['in another encoding', Buffer.from([0xe4, 0x0a]), 'ä\n', NOON],
    ];
    for (const [what, saved, text, time] of rows)
      // oxlint-disable-next-line no-await-in-loop -- one file after the other
      assert.equal(await changedAt(await opened('cloud.dvr.yaml', saved, text), NOW), time, what);
  });

  it('is not known of what is no file', async () => {
    for (const uri of [
      'untitled:Untitled-1',
      'file:///there/is/no/such.dvr.yaml',
      'vscode-vfs://github/a/b.dvr.yaml',
    ]) {
      const document = makeDocument(TextDocument.create(uri, 'dvr-topology', 1, TEXT));
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      assert.equal(await changedAt(document, NOW), undefined, uri);
    }
  });
});

it('nodes that were read before, by more than clocks may differ', () => {
  const read = (node: string, readAt?: number) => ({
    node,
    state: readNodeState(parseSnapshot(''), node),
    ...(readAt !== undefined && { readAt }),
  });
  const nodes = [
    read('long-ago', NOON - 3_600_000),
    read('just-before', NOON - 1000),
    read('after', NOON + 1000),
    read('nobody-knows'),
    { node: 'not-read', failure: 'not-collected' as const, readAt: 0 },
  ];
  assert.deepEqual(readBefore(nodes, NOON), ['long-ago']);
  assert.deepEqual(readBefore(nodes, undefined), []);
});
