/** `workspace/willRenameFiles`: a file that is about to get another name keeps its place in `include`, of others and its own. */
import type { FileRename, ServerCapabilities, TextEdit, WorkspaceEdit } from 'vscode-languageserver';
import { pointer, type Range } from '../../shared/problem.ts';
import { folderOf, joinPath, relativePath } from '../../shared/topology/filePath.ts';
import { wrongPath } from '../../shared/topology/include.ts';
import { isPattern } from '../../shared/topology/pathPattern.ts';
import { scalarText } from '../../shared/topology/scalarText.ts';
import { quoted, yamlScalar } from '../../shared/topology/yamlText.ts';
import type { Document } from '../document.ts';
import { pathOf } from '../uri.ts';
import type { Feature } from './feature.ts';
import { lspRange } from './range.ts';
import { workspaceEdits } from './rename.ts';

export const willRenameFiles: Feature<{ files: FileRename[] }> = {
  method: 'workspace/willRenameFiles',
  needs: ['files'],
  announce: ({ workspace }): ServerCapabilities =>
    workspace?.fileOperations?.willRename
      ? {
          workspace: {
            fileOperations: {
              // A folder as well: files in it are included by their paths.
              willRename: { filters: [{ scheme: 'file', pattern: { glob: '**' } }] },
            },
          },
        }
      : {},
  answer: ({ files }, { client, documents, everyDocument = documents }): WorkspaceEdit | null => {
    const moves = files.flatMap(({ oldUri, newUri }): Move[] => {
      const [from, to] = [pathOf(oldUri), pathOf(newUri)];
      return from === undefined || to === undefined ? [] : [{ from, to }];
    });
    const edits = new Map<Document, TextEdit[]>();
    for (const document of everyDocument()) {
      const own = includeEdits(document, moves);
      if (own.length > 0) edits.set(document, own);
    }
    return edits.size > 0 ? workspaceEdits(edits, { client }) : null;
  },
};

/** A file or a folder. */
interface Move {
  from: string;
  to: string;
}

function moved(path: string, moves: readonly Move[]): string {
  for (const { from, to } of moves) {
    if (path === from) return to;
    if (path.startsWith(`${from}/`)) return to + path.slice(from.length);
  }
  return path;
}

/** An entry of `include` in one file. */
export interface IncludeEntry {
  text: string;
  /** As written, with quotes. */
  range: Range;
  /** Where it leads; absent: nowhere, or to many. */
  path?: string;
}

/** In the order of the file. */
export function includeEntries(document: Document): IncludeEntry[] {
  const path = pathOf(document.text.uri);
  const { sourceMap } = document.reading();
  if (path === undefined || !sourceMap.has('/include')) return [];
  const entries: IncludeEntry[] = [];
  for (let i = 0, at = sourceMap.get(pointer('include', 0)); at; at = sourceMap.get(pointer('include', ++i))) {
    const raw = document.text.getText().slice(...at.value);
    const text = scalarText(raw);
    if (text === undefined) continue;
    const leads = wrongPath(text) === undefined && !isPattern(text);
    entries.push({ text, range: at.value, ...(leads && { path: joinPath(folderOf(path), text) }) });
  }
  return entries;
}

function includeEdits(document: Document, moves: readonly Move[]): TextEdit[] {
  const path = pathOf(document.text.uri);
  if (path === undefined) return [];
  const folder = folderOf(moved(path, moves));
  return includeEntries(document).flatMap(({ text, range, path: target }): TextEdit[] => {
    if (target === undefined) return [];
    const now = moved(target, moves);
    if (now === target && folder === folderOf(path)) return [];
    const newText = relativePath(folder, now);
    if (joinPath(folder, text) === now) return [];
    const raw = document.text.getText().slice(...range);
    const written = raw.startsWith('"')
      ? quoted(newText)
      : raw.startsWith("'")
        ? `'${newText.replaceAll("'", "''")}'`
        : yamlScalar(newText);
    return [{ range: lspRange(document, range), newText: written }];
  });
}
