/** A picture of a view as a file. */
import * as vscode from 'vscode';

/**
 * Asks where to, beside the topology at first. `false` when the user turned away.
 * @param name of the file without its ending; what no file system likes in a name is left out
 */
export async function saveSvg(topology: string, name: string, svg: string): Promise<boolean> {
  const uri = vscode.Uri.parse(topology);
  const folder =
    uri.scheme === 'untitled' ? vscode.workspace.workspaceFolders?.[0]?.uri : vscode.Uri.joinPath(uri, '..');
  const file = `${
    name
      .replaceAll(/[^\p{L}\p{N}@._-]+/gu, ' ')
      .trim()
      .slice(0, MOST) || 'picture'
  }.svg`;
  const target = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, file) }),
    filters: { SVG: ['svg'] },
    title: vscode.l10n.t('Save as SVG'),
  });
  if (!target) return false;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(svg));
  return true;
}

/** Names of files are no longer than 255 bytes nearly everywhere. */
const MOST = 60;
