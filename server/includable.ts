/** What a file may include: for completion of paths. */
import { folderOf, joinPath, relativePath } from '../shared/topology/filePath.ts';
import { includeEntries } from './features/includeEntries.ts';
import { isTopologyName } from './roots.ts';
import { pathOf } from './uri.ts';
import type { Workspace } from './workspace.ts';

/** Topologies in its folder and in those right below it, and a pattern for each of these; without what is included already. */
export function includablePaths(uri: string, workspace: Workspace): string[] {
  const path = pathOf(uri);
  if (path === undefined) return [];
  const folder = folderOf(path);
  const document = workspace.document(uri);
  const taken = new Set([path, ...(document ? includeEntries(document).flatMap((entry) => entry.path ?? []) : [])]);
  const known = [...workspace.files.list(folder)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const filesIn = (at: string): string[] =>
    workspace.files
      .list(at)
      .flatMap(({ name, isFolder }) => (isFolder || !isTopologyName(name) ? [] : [joinPath(at, name)]))
      .filter((each) => !taken.has(each))
      .toSorted();
  const below = known.flatMap(({ name, isFolder }) => {
    if (!isFolder || name.startsWith('.') || name === 'node_modules') return [];
    const files = filesIn(joinPath(folder, name));
    return files.length > 0 ? [`${name}/*.dvr.yaml`, ...files.map((each) => relativePath(folder, each))] : [];
  });
  return [...filesIn(folder).map((each) => relativePath(folder, each)), ...below];
}
