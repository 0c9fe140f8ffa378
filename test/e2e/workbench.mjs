// A real VS Code in a browser with the packaged extension, and the hands and eyes of its user. Pictures go to dist/screenshots.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { launchChromium, root, startCodeServer } from './code-server.mjs';
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
 * Starts editor and browser over a folder.
 * @param options `strangers`: nodes whose host keys nobody knows; `cloud`: more for `makeWorkspace`; `isTrusted`; `settings`: the user's; `folder`: another folder than
 *   that of `makeWorkspace`, which is not removed
 */
export async function startWorkbench({ strangers, cloud, folder, ...options } = {}) {
  await mkdir(shots, { recursive: true });
  const workspace = folder ? { folder, remove: async () => {} } : await makeWorkspace({ strangers, ...cloud });
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
    await setOfWorkspace(workspace.folder, { 'workbench.colorTheme': THEMES[name] });
    await page.locator(`.monaco-workbench.${{ light: 'vs', dark: 'vs-dark', contrast: 'hc-black' }[name]}`).waitFor();
    const inside = { light: 'vscode-light', dark: 'vscode-dark', contrast: 'vscode-high-contrast' }[name];
    for (const frame of await page.locator('iframe.webview.ready').all())
      if (await frame.isVisible())
        await frame.contentFrame().locator('#active-frame').contentFrame().locator(`body.${inside}`).waitFor();
  };
  return { workspace, server, browser, page, stop, ...eyes(page, theme), ...hands(page) };
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
      if (!passed) await shoot(`failed ${name.replaceAll(/\W+/g, ' ')}`);
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

  /** Types into the question that a key opens. An editor that just opens takes the focus away, which closes it: then once more. */
  async function ask(key, text) {
    const input = page.locator('.quick-input-widget input[type="text"]');
    const open = async () => {
      await page.keyboard.press(key);
      await input.fill(text, { timeout: 3000 });
    };
    await open().catch(open);
  }

  async function runCommand(title) {
    await ask('F1', `>${title}`);
    await rowOf(page, title).click();
  }

  async function openFile(name) {
    await ask('Control+P', name);
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
    await closeFind();
  }

  /** The focus comes back a moment after the widget is gone: keys pressed before would still go to it. */
  async function closeFind() {
    await page.keyboard.press('Escape');
    await page.locator('.find-widget.visible').waitFor({ state: 'detached' });
    await page.waitForFunction(() => {
      const focused = document.activeElement;
      return focused?.closest('.monaco-editor') && !focused.closest('.find-widget');
    });
  }

  /** The answer to a quick pick whose placeholder is shown. */
  async function answer(placeholder, typed, label = typed) {
    await page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor();
    if (typed) await type(typed);
    await rowOf(page, label).click();
  }

  /** Opens the view of nodes. */
  async function openNodes() {
    const view = page.locator('.composite[id="workbench.view.extension.dvrscope"]');
    // Another click would close it.
    if (await view.isVisible()) return;
    // Its badge lies over the icon.
    const icon = page.locator('.action-label[aria-label^="DVR"]');
    await page.locator('.activitybar .action-item', { has: icon }).first().click();
    await view.waitFor();
  }

  return { type, runCommand, openFile, select, closeFind, answer, openNodes };
}
