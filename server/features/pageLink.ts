/**
 * Links from a page to a line of a file. VS Code's preview of Markdown, in which pages are shown, runs no command and opens no `file:`
 * (`validateLink` of markdown-it), but a path that begins with `/` leads from the first folder of the workspace to a file.
 */

/** `undefined` where no path leads there. @param root URI of the folder that `/` stands for @param line counted from 0 */
export function pageLink(root: string, uri: string, line: number): string | undefined {
  const [from, to] = [placeOf(root), placeOf(uri)];
  if (!from || !to || from.base !== to.base) return undefined;
  const parting = from.names.findIndex((name, i) => name !== to.names[i]);
  const same = parting === -1 ? from.names.length : parting;
  const names = [...from.names.slice(same).map(() => '..'), ...to.names.slice(same).map(encoded)];
  return `/${names.join('/')}#L${line + 1}`;
}

/** Brackets would end the link. */
const encoded = (name: string): string => encodeURIComponent(name).replaceAll('(', '%28').replaceAll(')', '%29');

/** `file://host`, and the names below it. */
function placeOf(uri: string): { base: string; names: string[] } | undefined {
  const [, base, path] = /^([a-z][\w+.-]*:\/\/[^/?#]*)\/([^?#]*)$/i.exec(uri) ?? [];
  if (base === undefined || path === undefined) return undefined;
  return {
    base,
    names: path
      .split('/')
      .filter((name) => name !== '')
      .map(decoded),
  };
}

/** A name out of a URI; what is no encoding stays as it is. */
export function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
