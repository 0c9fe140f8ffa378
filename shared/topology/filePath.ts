/** Paths as text: parts with `/` between them. Nothing is looked up. */

/** The folder of a file; empty for a name alone. */
export function folderOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '' : path.slice(0, Math.max(cut, 1));
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The path of what a folder's file calls `relative`, without `.`, and with `..` only in front. */
export function joinPath(folder: string, relative: string): string {
  const isRooted = folder.startsWith('/');
  const parts: string[] = [];
  for (const part of `${folder}/${relative}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!isRooted) parts.push(part);
  }
  return (isRooted ? '/' : '') + parts.join('/');
}

/** How a file in `folder` calls another one; both paths absolute, or both from the same folder. */
export function relativePath(folder: string, path: string): string {
  const [from, to] = [joinPath(folder, '').split('/').filter(Boolean), joinPath('', path).split('/').filter(Boolean)];
  let same = 0;
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same++;
  return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/');
}
