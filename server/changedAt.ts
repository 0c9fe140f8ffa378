/** When the text of a topology was changed last: what was read of the nodes before does not know of it. */
import { readFile, stat } from 'node:fs/promises';
import { isOpen, type Document } from './document.ts';
import type { LiveNode } from './live.ts';
import { pathOf } from './uri.ts';

/** In milliseconds since 1970; `undefined` where nobody knows, for no part of it is a file. What is not saved was changed just now. */
export async function changedAt(document: Document, now = Date.now()): Promise<number | undefined> {
  const times = await Promise.all(document.parts().map((part) => partChangedAt(part, now)));
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

async function partChangedAt(part: Document, now: number): Promise<number | undefined> {
  const path = pathOf(part.text.uri);
  if (path === undefined) return undefined;
  try {
    const { mtimeMs } = await stat(path);
    return isOpen(part) && isUnsaved(part.text.getText(), await readFile(path, 'utf8')) ? now : mtimeMs;
  } catch {
    // It was never saved, or is gone.
    return undefined;
  }
}

/** Of a file in another encoding nobody can tell here. */
const isUnsaved = (text: string, saved: string): boolean =>
  !saved.includes('\uFFFD') && text !== saved.replace(/^\uFEFF/, '');

/** Clocks of nodes and of this machine differ a little. */
const TOLERANCE_MS = 60_000;

/** The nodes whose state was read before. */
export const readBefore = (nodes: readonly LiveNode[], time: number | undefined): string[] =>
  time === undefined
    ? []
    : nodes.flatMap(({ node, state, readAt }) =>
        state !== undefined && readAt !== undefined && readAt < time - TOLERANCE_MS ? [node] : [],
      );
