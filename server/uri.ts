/** URIs of an editor, and paths of files as `include` has them: with `/` between the parts, on all systems. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nameOf } from '../shared/topology/filePath.ts';
import { slashed } from './diskLibrary.ts';

/** `undefined`: what the editor has there is no file, such as a text that was never saved. */
export function pathOf(uri: string): string | undefined {
  if (!/^file:/i.test(uri)) return undefined;
  try {
    // Editors and Node.js write drives of Windows differently.
    return slashed(fileURLToPath(uri)).replace(/^[A-Z](?=:)/, (drive) => drive.toLowerCase());
  } catch {
    return undefined;
  }
}

/** What a text is known by, however its URI is written: its path, or of one that is no file the URI. */
export const keyOf = (uri: string): string => pathOf(uri) ?? uri;

/** The last part, for a person. */
export const nameOfUri = (uri: string): string => nameOf(pathOf(uri) ?? uri);

export const uriOf = (path: string): string => pathToFileURL(path).href;
