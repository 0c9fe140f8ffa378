// A page of a web view in a headless browser, without an editor around it: what it is told, and what it says.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '..');

/** Debian's Chromium, or the one that CHROMIUM names. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Without one there is nothing to measure with. */
export const hasChromium = () => existsSync(CHROMIUM);

/** As the editor tests start it; without a GPU it draws by software. */
export const launch = () =>
  chromium.launch({ executablePath: CHROMIUM, headless: true, args: ['--no-sandbox', '--disable-gpu'] });

/**
 * The page as it is packaged, with the words of `client/<page>Strings.ts`. `window.sent` has what it said.
 * @param name `map` for `mapPage.ts` and `mapPage.css`
 * @param body what the extension puts into the page before its script, made of the words
 */
export async function openPage(browser, name, body, size = { width: 1500, height: 900 }) {
  const { script, style, strings } = await bundled(name);
  const page = await browser.newPage({ viewport: size });
  await page.addInitScript(HOST);
  await page.addInitScript({ path: path.join(import.meta.dirname, 'viewProbe.mjs') });
  // A file of its own address, for scripts of a page without one run before its first frame.
  await page.route('http://page.test/', (route) =>
    route.fulfill({
      contentType: 'text/html; charset=utf-8',
      body: `<!DOCTYPE html><html lang="en"><head><title>${name}</title><style>${THEME}${style}</style></head><body class="vscode-dark">${body(strings)}<script>${script}</script></body></html>`,
    }),
  );
  await page.goto('http://page.test/');
  return page;
}

async function bundled(name) {
  const common = { bundle: true, minify: true, write: false, logLevel: 'warning' };
  const views = path.join(root, 'client/webview');
  const outdir = path.join(root, 'dist');
  const [page, strings] = await Promise.all([
    build({
      ...common,
      outdir,
      format: 'iife',
      target: 'chrome130',
      entryPoints: [path.join(views, `${name}Page.ts`), path.join(views, `${name}Page.css`)],
    }),
    stringsOf(name),
  ]);
  const textOf = (end) => page.outputFiles.find((file) => file.path.endsWith(end))?.text ?? '';
  return { script: textOf('.js').replaceAll('</script', '<\\/script'), style: textOf('.css'), strings };
}

/** The words in English: the extension's own, with a `vscode` that translates nothing. */
async function stringsOf(name) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'dvrscope-strings-'));
  try {
    const outfile = path.join(scratch, 'strings.mjs');
    await build({
      bundle: true,
      format: 'esm',
      outfile,
      logLevel: 'warning',
      entryPoints: [path.join(root, `client/${name}Strings.ts`)],
      plugins: [
        {
          name: 'vscode',
          setup(to) {
            to.onResolve({ filter: /^vscode$/ }, () => ({ path: 'vscode', namespace: 'stub' }));
            to.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({
              contents: 'export const l10n = { t: (text) => text };',
            }));
          },
        },
      ],
    });
    const made = await import(outfile);
    return JSON.stringify(made[`${name}Strings`]?.());
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What VS Code gives its pages to speak with. */
const HOST = `
  globalThis.sent = [];
  let state;
  globalThis.acquireVsCodeApi = () => ({
    postMessage: (message) => void sent.push(message),
    getState: () => state,
    setState: (next) => (state = next),
  });
`;

/** Some of what VS Code gives its pages: enough for text and lines to be seen. */
const THEME = `:root{${Object.entries({
  'editor-background': '#1f1f1f',
  foreground: '#cccccc',
  descriptionForeground: '#9d9d9d',
  'sideBar-background': '#181818',
  'panel-border': '#2b2b2b',
  focusBorder: '#0078d4',
  'font-family': 'sans-serif',
  'charts-blue': '#59a4f9',
  'charts-green': '#89d185',
  'charts-orange': '#d18616',
  'charts-purple': '#b180d7',
  'charts-yellow': '#cca700',
  'charts-red': '#f14c4c',
  'charts-lines': '#808080',
  'editorError-foreground': '#f14c4c',
  'editorWarning-foreground': '#cca700',
  'textLink-foreground': '#4daafc',
})
  .map(([key, value]) => `--vscode-${key}:${value}`)
  .join(';')}}`;

/** For an attribute of HTML. */
export const escaped = (text) => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
