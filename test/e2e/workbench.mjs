// A real VS Code in a browser with the packaged extension, and the hands and eyes of its user. Pictures go to dist/screenshots.
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { launchChromium, root, startCodeServer } from './code-server.mjs';
import { makeWorkspace } from './workspace.mjs';

const shots = path.join(root, 'dist/screenshots');
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const vsix = path.join(root, `dist/dvrscope-${version}.vsix`);

/** The themes that each view is looked at in, by the names of their pictures. */
const THEMES = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  contrast: 'Default High Contrast',
};

/**
 * Starts editor and browser over a folder.
 * @param options `strangers`: nodes whose host keys nobody knows; `isTrusted`; `settings`: the user's; `folder`: another folder than
 *   that of `makeWorkspace`, which is not removed
 */
export async function startWorkbench({ strangers, folder, ...options } = {}) {
  await mkdir(shots, { recursive: true });
  const workspace = folder ? { folder, remove: async () => {} } : await makeWorkspace({ strangers });
  const server = await startCodeServer({ vsix, ...options });
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  page.setDefaultTimeout(20_000);
  await page.goto(server.url({ folder: workspace.folder }));
  await page.locator('.monaco-workbench').waitFor();
  const stop = async () => {
    await browser.close();
    await server.stop();
    await workspace.remove();
  };
  const theme = async (name) => {
    await server.set({ 'workbench.colorTheme': THEMES[name] });
    await page.locator(`.monaco-workbench.${{ light: 'vs', dark: 'vs-dark', contrast: 'hc-black' }[name]}`).waitFor();
  };
  return { workspace, server, browser, page, stop, ...eyes(page, theme), ...hands(page) };
}

/** What is on the screen. */
function eyes(page, theme) {
  const shoot = (name) => page.screenshot({ path: path.join(shots, `${name}.png`), animations: 'disabled' });
  return {
    shoot,
    /** For `afterEach`: a picture of what a failing test saw. */
    shootFailure: async ({ name, passed }) => {
      if (!passed) await shoot(`failed ${name.replaceAll(/\W+/g, ' ')}`);
    },
    /** The same screen in light, dark and high contrast. */
    shootThemes: async (name) => {
      for (const each of Object.keys(THEMES)) {
        await theme(each);
        await shoot(`${name}-${each}`);
      }
      await theme('dark');
    },
    row: (text) => rowOf(page, text),
    line: (text) => page.locator('.monaco-editor .view-line', { hasText: text }).first(),
    problem: (text) => page.locator('.markers-panel-container .monaco-list-row', { hasText: text }).first(),
    /** A row of a tree view, by the title of the view. */
    treeRow: (view, text) =>
      page.locator('.pane', { hasText: view }).locator('.monaco-list-row', { hasText: text }).first(),
    activeTab: (text) => tabOf(page, text),
    toast: (text) => page.locator('.notifications-toasts', { hasText: text }),
    /** What is inside of the only webview that is shown. */
    webview: () => page.frameLocator('iframe.webview.ready').frameLocator('#active-frame'),
  };
}

const rowOf = (page, text) => page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
const tabOf = (page, text) => page.locator('.tab.active', { hasText: text }).first();

/** What a user does. */
function hands(page) {
  const type = (text) => page.locator('.quick-input-widget input[type="text"]').fill(text);

  async function runCommand(title) {
    await page.keyboard.press('F1');
    await type(`>${title}`);
    await rowOf(page, title).click();
  }

  async function openFile(name) {
    await page.keyboard.press('Control+P');
    await type(name);
    await rowOf(page, name).click();
    await tabOf(page, name).waitFor();
    await page.locator('#status\\.editor\\.mode', { hasText: 'Neutron DVR topology' }).waitFor();
  }

  /** Selects the first `text` of the active editor, by the editor's own find. */
  async function select(text) {
    const input = page.locator('.find-widget.visible textarea').first();
    const open = async () => {
      await page.locator('.monaco-editor .view-line').first().click();
      await page.keyboard.press('Control+F');
      await input.waitFor({ timeout: 2000 });
    };
    // A panel that is just opening may still take the focus away.
    await open().catch(open);
    await input.fill(text);
    await page.locator('.find-widget.visible .matchesCount', { hasText: /^1 of/ }).waitFor();
    await page.keyboard.press('Escape');
  }

  /** The answer to a quick pick whose placeholder is shown. */
  async function answer(placeholder, typed, label = typed) {
    await page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor();
    if (typed) await type(typed);
    await rowOf(page, label).click();
  }

  return { type, runCommand, openFile, select, answer };
}
