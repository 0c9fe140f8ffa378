/** Names over all files of a topology, and over all topologies that include a file. */
import type { Document } from '../document.ts';
import { usesOf, type NameKind, type Use } from './at.ts';
import type { Context } from './feature.ts';

/** A name in one of several files. */
export interface UseIn {
  document: Document;
  use: Use;
}

/** The file in each topology that it is a part of. */
export const contextsOf = (uri: string, { document, contexts }: Pick<Context, 'document' | 'contexts'>): Document[] => {
  const all = contexts?.(uri) ?? [];
  return all.length > 0 ? [...all] : [document(uri)];
};

/** All files of some topologies, each once; those of the first one first. */
export function partsOf(documents: readonly Document[]): Document[] {
  const known = new Map<string, Document>();
  for (const document of documents)
    for (const part of document.parts()) if (!known.has(part.text.uri)) known.set(part.text.uri, part);
  return [...known.values()];
}

/** Every place of a name, file by file. */
export const usesAcross = (documents: readonly Document[], kind: NameKind, name: string): UseIn[] =>
  partsOf(documents).flatMap((document) => usesOf(document, kind, name).map((use) => ({ document, use })));

/** Of things of a topology, those that stand in this file. */
export function thingsIn<T extends { pointer: string }>(document: Document, things: readonly T[]): readonly T[] {
  if (document.parts().length === 1) return things;
  const { sourceMap } = document.reading();
  return things.filter(({ pointer }) => sourceMap.has(pointer));
}
