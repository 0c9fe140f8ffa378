/** Paths as text: parts with `/` between them. Nothing is looked up. */

/** The folder of a file; empty for a name alone. */
export function folderOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '' : path.slice(0, Math.max(cut, 1));
}

/** All folders that a path is in, the innermost one first. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let [folder, below] = [folderOf(path), path]; folder !== below; [folder, below] = [folderOf(folder), folder])
    folders.push(folder);
  return folders;
}

/** Whether a path, or a folder that it is in, is one of these. */
export const isAmong = (path: string, paths: ReadonlySet<string>): boolean =>
  paths.has(path) || foldersAbove(path).some((folder) => paths.has(folder));

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The path of what a folder's file calls `relative`, without `.`, and with `..` only in front. */
export function joinPath(folder: string, relative: string): string {
  // `//SERVER/SHARE` is what Windows and WSL call a folder of another machine.
  const root = /^\/\/(?=[^/])|^\/|^/.exec(folder)![0];
  const isRooted = root !== '';
  const parts: string[] = [];
  for (const part of `${folder}/${relative}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!isRooted) parts.push(part);
  }
  return root + parts.join('/');
}

/** How a file in `folder` calls another one; both paths absolute, or both from the same folder. */
export function relativePath(folder: string, path: string): string {
  const [from, to] = [joinPath(folder, '').split('/').filter(Boolean), joinPath('', path).split('/').filter(Boolean)];
  let same = 0;
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same++;
  return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/');
}
