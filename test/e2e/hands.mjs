// The hands of a user: each of them waits until the editor is where a user would go on, and does once more what the editor swallowed.
import { PATIENCE_MS, atRest, persist } from './patience.mjs';

export const rowOf = (page, text) => page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
export const tabOf = (page, text) => page.locator('.tab.active', { hasText: text }).first();
/** A message; one that was not looked at for a while has gone into the notification centre. */
export const toastOf = (page, text) =>
  page
    .locator('.notifications-toasts, .notifications-center')
    .locator('.notification-list-item', { hasText: text })
    .first();

/** A question that did not come, or was closed, is asked again after so long. */
const ASK_MS = 15_000;

/** All of them. */
export function hands(page) {
  const keyboard = focus(page);
  const ask = questions(page, keyboard);
  return {
    ...keyboard,
    ...ask,
    ...texts(page, keyboard),
    ...views(page, ask),
    ...messages(page, ask),
  };
}

/** Where keys go. */
function focus(page) {
  /** Keys go into the question that is shown. It is shown a moment before. */
  const inQuestion = (timeout = PATIENCE_MS) =>
    page.waitForFunction(() => document.activeElement?.closest('.quick-input-widget'), undefined, { timeout });

  /** Keys go into a text. The focus comes a moment after an editor is shown, and after a question or the find widget is gone. */
  const inEditor = () =>
    page.waitForFunction(() => {
      const focused = document.activeElement;
      return focused?.closest('.monaco-editor') && !focused.closest('.find-widget, .quick-input-widget');
    });

  /** Keys go into a web view. */
  const inView = () => page.waitForFunction(() => document.activeElement?.matches('iframe.webview'));

  return { inQuestion, inEditor, inView };
}

/** The palette, pickers and dialogs. */
function questions(page, { inQuestion }) {
  const quickInput = page.locator('.quick-input-widget');
  const input = quickInput.locator('input[type="text"]');
  const type = (text) => input.fill(text);

  async function closeQuestion() {
    if (!(await quickInput.isVisible())) return;
    await page.keyboard.press('Escape');
    await quickInput.waitFor({ state: 'hidden', timeout: ASK_MS }).catch(() => undefined);
  }

  /** Something that begins with a question. An editor that just opens takes the focus away, which closes it: then all of it once more. */
  const asking = (act) =>
    persist(async () => {
      try {
        return await act();
      } catch (error) {
        await closeQuestion();
        throw error;
      }
    });

  /** Rows of the list are used again for others while it is filtered: a row is chosen when the list is at rest. */
  async function chooseRow(text, timeout = PATIENCE_MS) {
    await rowOf(page, text).waitFor({ timeout });
    await atRest(() => page.locator('.quick-input-list .monaco-list-row').allInnerTexts());
    await rowOf(page, text).click({ timeout });
  }

  /** Types into the question that a key opens. */
  async function ask(key, text) {
    await page.keyboard.press(key);
    await inQuestion(ASK_MS);
    await input.fill(text, { timeout: ASK_MS });
  }

  const runCommand = (title) =>
    asking(async () => {
      await ask('F1', `>${title}`);
      await chooseRow(title, ASK_MS);
    });

  /** The answer to a quick pick whose placeholder is shown. */
  async function answer(placeholder, typed, label = typed, timeout = PATIENCE_MS) {
    await page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor({ timeout });
    if (typed) await input.fill(typed, { timeout });
    await chooseRow(label, timeout);
  }

  /** A command with the answers to its questions, each as `answer` takes them. */
  const runWith = (title, ...answers) =>
    asking(async () => {
      await ask('F1', `>${title}`);
      await chooseRow(title, ASK_MS);
      for (const [placeholder, typed, label] of answers) await answer(placeholder, typed, label, ASK_MS);
    });

  async function openFile(name) {
    // The search for files may not answer while the editor is starting.
    await asking(async () => {
      await ask('Control+P', name);
      await chooseRow(name, ASK_MS);
      await tabOf(page, name).waitFor({ timeout: ASK_MS });
    });
    await page.locator('#status\\.editor\\.mode', { hasText: 'Neutron DVR topology' }).waitFor();
  }

  /** The button of a dialog for files, which takes no answer while it reads a folder. */
  const acceptDialog = (dialog, name) =>
    persist(async () => {
      if (!(await dialog.isVisible())) return;
      await dialog.getByRole('button', { name, exact: true }).click({ timeout: 2000 });
      await dialog.waitFor({ state: 'hidden', timeout: 2000 });
    });

  return { type, asking, chooseRow, runCommand, answer, runWith, openFile, acceptDialog };
}

/** What is done in a text. */
function texts(page, { inEditor }) {
  /** Selects the next `text` of the editor that has the keyboard, which must be its first, by the editor's own find. */
  async function find(text) {
    const field = page.locator('.find-widget.visible textarea').first();
    // A panel that is just opening may still take the focus away.
    await persist(async () => {
      await inEditor();
      await page.keyboard.press('Control+F');
      await field.waitFor({ timeout: ASK_MS });
    });
    await field.fill(text);
    await page.locator('.find-widget.visible .matchesCount', { hasText: /^1 of/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.find-widget.visible').waitFor({ state: 'detached' });
    await inEditor();
    const count = [...text].length;
    await page.locator('#status\\.editor\\.selection', { hasText: `(${count} selected)` }).waitFor();
  }

  /** Selects the first `text` of the active editor. */
  async function select(text) {
    await page.locator('.monaco-editor .view-line').first().click();
    await find(text);
  }

  return { find, select };
}

/** Views, tabs, and what mouse and keys make appear. */
function views(page, { runCommand }) {
  /** Opens the view of nodes. */
  async function openNodes() {
    const view = page.locator('.composite[id="workbench.view.extension.dvrscope"]');
    // Its badge lies over the icon.
    const icon = page.locator('.action-label[aria-label^="DVR"]');
    await persist(async () => {
      // Another click would close it.
      if (await view.isVisible()) return;
      await page.locator('.activitybar .action-item', { has: icon }).first().click();
      await view.waitFor({ timeout: ASK_MS });
    });
  }

  /** Brings a text to the front, where there is one column: then no page is left on the screen. */
  async function toText(title) {
    await page.locator('.tab', { hasText: title }).first().click();
    await tabOf(page, title).waitFor();
    await noView();
  }

  /** Until a page that is closed or covered is gone: what is asked of it meanwhile has the answers of before. */
  const noView = () => page.locator('iframe.webview').first().waitFor({ state: 'detached' });

  async function closeAll() {
    await runCommand('View: Close All Editors');
    await page.locator('.editor-group-container .tab').first().waitFor({ state: 'detached' });
    await noView();
  }

  /** Rests the mouse on something until it shows what it shows to who waits. */
  const hoverUntil = (target, shown) =>
    persist(async () => {
      await page.mouse.move(700, 20);
      await target.hover();
      await shown.waitFor({ timeout: ASK_MS });
    });

  /** Presses a key until something is shown: nobody says when an editor that has the focus takes keys. */
  const pressUntil = (press, shown) =>
    persist(async () => {
      await press();
      await shown.waitFor({ timeout: ASK_MS });
    });

  return { openNodes, toText, noView, closeAll, hoverUntil, pressUntil };
}

/** Notifications. */
function messages(page, { runCommand }) {
  /** A message that came some time ago, wherever it is now. */
  const message = (text) =>
    persist(async () => {
      if (!(await toastOf(page, text).isVisible())) await runCommand('Notifications: Show Notifications');
      await toastOf(page, text).waitFor({ timeout: ASK_MS });
    });

  const buttonOf = (text, name) => toastOf(page, text).getByRole('button', { name });

  /** A button of a message. */
  const messageButton = (text, name) =>
    persist(async () => {
      await message(text);
      await buttonOf(text, name).waitFor({ timeout: ASK_MS });
    });

  const pressInMessage = (text, name) =>
    persist(async () => {
      await message(text);
      await buttonOf(text, name).click({ timeout: ASK_MS });
    });

  return { message, messageButton, pressInMessage };
}
