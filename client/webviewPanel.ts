/** Web views: a panel with one script and one style sheet of ours, that may load and reach nothing else. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

export interface PageOptions {
  /** Name of the script and the style sheet in `dist/webview/`. */
  page: string;
  title: string;
  /** What the page has before its script runs, as HTML that holds no text from elsewhere. */
  body?: string;
}

/** Where pages of ours may load from. */
export const webviewOptions = (extension: vscode.Uri): vscode.WebviewOptions & vscode.WebviewPanelOptions => ({
  enableScripts: true,
  enableCommandUris: false,
  enableForms: false,
  localResourceRoots: [vscode.Uri.joinPath(extension, 'dist/webview')],
});

/**
 * The page of a web view. Its content security policy allows the script with this page's nonce and our style sheet: no inline script, no
 * `style` attribute, no picture from elsewhere, no connection.
 */
export function pageHtml(
  webview: vscode.Webview,
  extension: vscode.Uri,
  { page, title, body = '' }: PageOptions,
): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string): vscode.Uri => webview.asWebviewUri(vscode.Uri.joinPath(extension, 'dist/webview', name));
  const policy = `default-src 'none'; style-src ${webview.cspSource}; font-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${escapeHtml(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${file(`${page}.css`).toString()}">
</head>
<body>${body}<script nonce="${nonce}" src="${file(`${page}.js`).toString()}"></script></body>
</html>`;
}

/** For names that came from a file and stand in HTML. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
