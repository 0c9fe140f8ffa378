/** `workspace/willRenameFiles`: a file that is about to get another name keeps its place in `include`, of others and its own. */
import type { FileRename, ServerCapabilities, TextEdit, WorkspaceEdit } from 'vscode-languageserver';
import type { Document } from '../document.ts';
import { pathOf } from '../uri.ts';
import type { Feature } from './feature.ts';
import { workspaceEdits } from './rename.ts';
import { includeEdits, type Move } from './renamedIncludes.ts';

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
  answer: async ({ files }, { client, documents, everyDocument = documents, whenReady }) => {
    await whenReady?.();
    const moves = files.flatMap(({ oldUri, newUri }): Move[] => {
      const [from, to] = [pathOf(oldUri), pathOf(newUri)];
      return from === undefined || to === undefined ? [] : [{ from, to }];
    });
    const edits = new Map<Document, TextEdit[]>();
    for (const document of everyDocument()) {
      const own = includeEdits(document, moves);
      if (own.length > 0) edits.set(document, own);
    }
    return (edits.size > 0 ? workspaceEdits(edits, { client }) : null) satisfies WorkspaceEdit | null;
  },
};
