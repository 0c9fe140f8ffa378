// A real VS Code in a browser with the packaged extension, and the hands and eyes of its user. Pictures go to dist/screenshots.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { launchChromium, root, startCodeServer } from './code-server.mjs';
import { hands, rowOf, tabOf, toastOf } from './hands.mjs';
import { PATIENCE_MS } from './patience.mjs';
import { makeWorkspace } from './workspace.mjs';

const shots = path.join(root, 'dist/screenshots');
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const vsix = path.join(root, `dist/dvrscope-${version}.vsix`);

/** The themes that each view is looked at in, by the names of their pictures. */
const THEMES = {
  light: 'Light Modern',
  dark: 'Dark Modern',
  contrast: 'Default High Contrast',
};

/**
 * Starts editor and browser over a folder. What was started is stopped when the rest does not start: a process that is left over would keep
 * the test from ending.
 * @param options `strangers`: nodes whose host keys nobody knows; `cloud`: more for `makeWorkspace`; `isTrusted`; `settings`: the user's; `folder`: another folder than
 *   that of `makeWorkspace`, which is not removed
 */
export async function startWorkbench({ strangers, cloud, folder, ...options } = {}) {
  const started = [];
  const stop = async () => {
    for (const end of started.splice(0).toReversed()) await end();
  };
  try {
    await mkdir(shots, { recursive: true });
    const workspace = folder ? { folder, remove: async () => {} } : await makeWorkspace({ strangers, ...cloud });
    started.push(() => workspace.remove());
    const server = await startCodeServer({ vsix, ...options });
    started.push(() => server.stop());
    const browser = await launchChromium();
    started.push(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(server.url({ folder: workspace.folder }));
    await page.locator('.monaco-workbench').waitFor();
    const theme = (name) => setTheme(page, workspace.folder, name);
    return { workspace, server, browser, page, stop, ...eyes(page, theme), ...hands(page) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function setTheme(page, folder, name) {
  await setOfWorkspace(folder, { 'workbench.colorTheme': THEMES[name] });
  await page.locator(`.monaco-workbench.${{ light: 'vs', dark: 'vs-dark', contrast: 'hc-black' }[name]}`).waitFor();
  const inside = { light: 'vscode-light', dark: 'vscode-dark', contrast: 'vscode-high-contrast' }[name];
  for (const frame of await page.locator('iframe.webview.ready').all())
    if (await frame.isVisible())
      await frame.contentFrame().locator('#active-frame').contentFrame().locator(`body.${inside}`).waitFor();
}

/** While the editor runs it follows changes of these settings, not of the user's. */
async function setOfWorkspace(folder, more) {
  const file = path.join(folder, '.vscode/settings.json');
  const settings = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ ...settings, ...more }, null, 2));
}

/** What is on the screen. */
function eyes(page, theme) {
  const shoot = (name) => page.screenshot({ path: path.join(shots, `${name}.png`), animations: 'disabled' });
  const inThemes = async (act) => {
    for (const each of Object.keys(THEMES)) {
      await theme(each);
      await act(each);
    }
    await theme('dark');
  };
  return {
    shoot,
    /** For `afterEach`: a picture of what a failing test saw. */
    shootFailure: async ({ name, passed }) => {
      // The editor may not even have started.
      if (!passed) await shoot(`failed ${name.replaceAll(/\W+/g, ' ')}`).catch(() => {});
    },
    /** Does something in light, dark and high contrast. */
    inThemes,
    /** The same screen in each of them. */
    shootThemes: (name) => inThemes((each) => shoot(`${name}-${each}`)),
    row: (text) => rowOf(page, text),
    line: (text) => page.locator('.monaco-editor .view-line', { hasText: text }).first(),
    problem: (text) => page.locator('.markers-panel-container .monaco-list-row', { hasText: text }).first(),
    /** A row of a tree view, by the title of the view. */
    treeRow: (view, text) =>
      page.locator('.pane', { hasText: view }).locator('.monaco-list-row', { hasText: text }).first(),
    /** A row of the tree of nodes. */
    nodeRow: (text) =>
      page.locator('.composite[id="workbench.view.extension.dvrscope"] .monaco-list-row', { hasText: text }).first(),
    activeTab: (text) => tabOf(page, text),
    toast: (text) => toastOf(page, text),
    tab: (text) => page.locator('.tab', { hasText: text }).first(),
    /** The row that Enter takes. */
    focusedRow: (text) => page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).first(),
    /** A picture of something else than the editor, which goes on meanwhile. */
    shootPage: async (name, url) => {
      const other = await page.context().browser().newPage({ viewport: page.viewportSize() });
      other.setDefaultTimeout(PATIENCE_MS);
      await other.goto(url);
      await other.screenshot({ path: path.join(shots, `${name}.png`) });
      await other.close();
    },
    /** What is inside of the only webview that is shown. */
    webview: () => page.frameLocator('iframe.webview.ready').frameLocator('#active-frame'),
  };
}
