// The topology map by mouse, by keyboard and as a table: what it shows, where it leads, and what becomes of it when the file changes.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { cloudFile } from '../../../bench/cloud.ts';
import { assertAccessible } from '../axe.mjs';
import { atRest, eventually, persist, until } from '../patience.mjs';
import { startWorkbench } from '../workbench.mjs';

let w;
const start = async () => {
  w = await startWorkbench();
  // Before the editor has looked for files.
  await writeFile(path.join(w.workspace.folder, 'empty.dvr.yaml'), 'dvr: 1\n');
  await writeFile(path.join(w.workspace.folder, 'large.dvr.yaml'), cloudFile(1000, 10).text);
};
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

/** The page of a web view by its title, as soon as there is something in it. */
const page = (title, content) =>
  until(`the page ${title}`, async () => {
    for (const frame of w.page.frames()) {
      const isIt = (await frame.title().catch(() => '')) === title;
      if (isIt && (await frame.locator(content).count()) > 0) return frame;
    }
    return undefined;
  });

const map = (file = 'cloud.dvr.yaml') => page(`Map of ${file}`, '.toolbar');

/** Waits until the map has painted so many boxes, or any. */
const painted = async (frame) => {
  await frame.locator('.stage[data-painted]').waitFor();
  return Number((await frame.locator('.stage').getAttribute('data-painted')).split(' ')[0]);
};

const cursorAt = (line) => w.page.locator('#status\\.editor\\.selection', { hasText: `Ln ${line},` }).waitFor();
const said = (frame, text) => frame.locator('.said', { hasText: text }).waitFor({ state: 'attached' });
const lineOf = async (text, file = 'cloud.dvr.yaml') => {
  const lines = (await readFile(path.join(w.workspace.folder, file), 'utf8')).split('\n');
  return lines.findIndex((line) => text.test(line)) + 1;
};

/** Puts the keyboard into the file, which is in the first column. */
async function toFile() {
  await w.runCommand('View: Focus First Editor Group');
  await w.page.locator('#status\\.editor\\.selection').waitFor();
  await w.inEditor();
}

/** Selects the first `text` of the file, by the editor's own find: a click would scroll a narrow editor aside. */
async function select(text) {
  await toFile();
  await w.page.keyboard.press('Control+Home');
  await w.find(text);
}

/** Selects a thing by search, and says where it is on the screen. */
async function find(frame, text) {
  const search = frame.locator('input[type=search]');
  await search.fill(text);
  await search.press('Enter');
  return atRest(async () => {
    const [x, y, width, height] = (await frame.locator('.stage').getAttribute('data-selected')).split(' ').map(Number);
    const stage = await frame.locator('.surface').boundingBox();
    return { x: stage.x + x + width / 2, y: stage.y + y + Math.min(height, 36) / 2 };
  });
}

/** Moves the mouse over a place until the card says it: a map that is drawn anew meanwhile hides it. */
const cardAt = (frame, { x, y }, selector, text) =>
  persist(async () => {
    await w.page.mouse.move(x + 3, y + 3);
    await w.page.mouse.move(x, y);
    await frame.locator(selector, { hasText: text }).waitFor({ timeout: 5000 });
  });

/** Until so many boxes are painted. */
const paints = (frame, count, what) => eventually(async () => assert.equal(await painted(frame), count, what));

async function compare() {
  await w.runWith('DVR: Compare with Live Nodes', [
    'Where the live state comes from',
    '',
    'Snapshots of This Workspace',
  ]);
  await w.toast('compute1 differs (1 difference)').waitFor();
  await w.runCommand('Notifications: Clear All Notifications');
}

describe('the map', () => {
  before(start);
  after(stop);

  it('opens beside the file from its title, with all that the cloud has', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.page.locator('.editor-actions .action-label[aria-label^="Show Map"]').first().click();
    const frame = await map();
    assert.ok((await painted(frame)) > 10);
    await frame.getByRole('button', { name: 'Logical', pressed: true }).waitFor();
    await frame.locator('.legend', { hasText: 'Floating IP to its port' }).waitFor();
    await eventually(async () => {
      const rows = await frame
        .locator('.toolbar > :not(.filler)')
        .evaluateAll((all) => new Set(all.map((each) => Math.round(each.getBoundingClientRect().bottom / 20))).size);
      assert.ok(rows <= 2, `${rows} rows of tools beside the file`);
    });
    await w.shootThemes('map-logical');
  });

  it('shows nodes and what they host in the physical view', async () => {
    const frame = await map();
    await frame.getByRole('button', { name: 'Physical' }).click();
    await frame.locator('.legend', { hasText: 'Namespace' }).waitFor();
    await w.shootThemes('map-physical');
    await frame.getByRole('button', { name: 'Logical' }).click();
  });

  it('leads from a thing to its line by a click, and says what it is to who hovers', async () => {
    const frame = await map();
    const at = await find(frame, 'dhcp-netb-net1');
    await w.page.mouse.click(at.x, at.y);
    await cardAt(frame, at, '.card', '10.2.0.200');
    await w.shoot('map-card');
    await toFile();
    await cursorAt(await lineOf(/^ {2}dhcp-netb-net1:/));
  });

  it('follows the cursor of the file', async () => {
    const frame = await map();
    await select('neta2-sub:');
    await said(frame, 'Subnet, neta2-sub, 10.11.0.0/24');
  });

  it('finds by name and address while one types, one after the other', async () => {
    const frame = await map();
    const search = frame.locator('input[type=search]');
    await search.fill('10.1.0.1');
    await frame.locator('.count', { hasText: 'found' }).waitFor();
    await search.press('Enter');
    await frame.locator('.count', { hasText: '1 of' }).waitFor();
    await search.press('Enter');
    await frame.locator('.count', { hasText: '2 of' }).waitFor();
    await w.shoot('map-search');
    await search.press('Escape');
  });

  it('shows what a comparison found where it is, and nothing else if asked', async () => {
    await toFile();
    await compare();
    const frame = await map();
    await frame.getByText('Only findings (1 error)').waitFor();
    await w.shootThemes('map-findings');
    await frame.getByText('Only findings (1 error)').click();
    await cardAt(frame, await find(frame, 'ra'), '.card .finding.error', '167837697');
    await paints(frame, 1, 'the router alone');
    await frame.getByRole('button', { name: 'Physical' }).click();
    await w.shoot('map-only-findings');
    await frame.getByText('Only findings (1 error)').click();
    await frame.locator('input[type=search]').fill('');
  });

  it('draws the way of a traced packet, expected and live', async () => {
    await toFile();
    await w.runWith(
      'DVR: Trace a Packet',
      ['From: a port, or type ADDRESS@NETWORK', 'a3'],
      ['To: a port, a floating IP, or type any address', '198.51.100.10'],
      ['Protocol and port: choose, or type one such as “tcp 8080”', '', 'icmp'],
    );
    await w.activeTab('a3 → 198.51.100.10').waitFor();
    await w.page.locator('iframe.webview.ready').first().waitFor();
    const trace = await page('a3 → 198.51.100.10', 'button');
    await trace.getByRole('button', { name: 'Show on Map' }).click();
    const frame = await map();
    await frame.locator('.note', { hasText: 'Expected: a3 → 198.51.100.10 icmp: exits-network' }).waitFor();
    await frame.locator('.note', { hasText: 'Live: a3 → 198.51.100.10 icmp: no-route' }).waitFor();
    await w.shootThemes('map-trace-physical');
    await frame.getByRole('button', { name: 'Logical' }).click();
    await w.shoot('map-trace-logical');
    await frame.getByRole('button', { name: 'Clear' }).click();
    await frame.locator('.note', { hasText: 'a3' }).first().waitFor({ state: 'detached' });
  });

  it('is a table for who would rather read, sorted and searched', async () => {
    const frame = await map();
    await frame.getByRole('button', { name: 'Table' }).click();
    const grid = frame.getByRole('grid', { name: 'Things of the map' });
    await grid.getByRole('row', { name: /^Port a3 / }).waitFor();
    await grid.getByRole('button', { name: 'Findings' }).click();
    await grid.getByRole('button', { name: 'Findings' }).click();
    const first = grid.locator('tbody tr').first();
    await eventually(async () => assert.match(await first.textContent(), /^Routerra.*✕ 1 error: ✕ Live: /));
    await w.shootThemes('map-table');
    await frame.locator('input[type=search]').fill('dhcp');
    await grid.getByRole('row', { name: /^Port a3 / }).waitFor({ state: 'detached' });
    await frame.locator('input[type=search]').fill('');
  });

  it('is read by assistive technology, in every theme, as map and as table', async () => {
    await w.closeAll();
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('DVR: Show Map');
    const frame = await map();
    const table = frame.getByRole('button', { name: 'Table' });
    // With the map comes what form it had the last time.
    await frame.locator('.stage[data-painted], tbody tr').first().waitFor();
    if ((await table.getAttribute('aria-pressed')) === 'false') await table.click();
    await frame.getByRole('grid').waitFor();
    await w.inThemes((theme) => assertAccessible(w.page, `table, ${theme}`));
    await table.click();
    await frame.locator('.surface').waitFor();
    // Under the mouse, too, what is chosen can be read.
    await frame.locator('button[aria-pressed=true]').first().hover();
    await w.inThemes((theme) => assertAccessible(w.page, `map, ${theme}`));
    await frame.getByText('Kinds').click();
    await assertAccessible(w.page, 'kinds');
    await w.shoot('map-kinds');
    await frame.getByText('Kinds').click();
  });
});

describe('the map by keyboard', () => {
  before(start);
  after(stop);

  it('is opened, searched, walked over and left for a line, without a mouse', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.inEditor();
    await w.asking(async () => {
      await w.page.keyboard.press('F1');
      await w.inQuestion(10_000);
      await w.page.keyboard.type('DVR: Show Map');
      await w.focusedRow('DVR: Show Map').waitFor({ timeout: 10_000 });
    });
    await w.page.keyboard.press('Enter');
    const frame = await map();
    await painted(frame);
    await w.inView();
    const focused = () =>
      frame.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
    const tabTo = async (name) => {
      for (let i = 0; i < 30 && !name.test((await focused()) ?? ''); i++) await w.page.keyboard.press('Tab');
      assert.match((await focused()) ?? '', name);
    };
    await tabTo(/^Search the map$/);
    await w.page.keyboard.type('rb');
    await w.page.keyboard.press('Enter');
    await said(frame, 'Router, rb');
    await tabTo(/^Map of cloud\.dvr\.yaml/);
    await w.page.keyboard.press('Shift+ArrowDown');
    const below = await eventually(async () => {
      const text = await frame.locator('.said').textContent();
      assert.notEqual(text, '');
      assert.doesNotMatch(text, /^Router, rb/);
      return text;
    });
    await w.page.keyboard.press('+');
    await w.page.keyboard.press('ArrowRight');
    await w.page.keyboard.press('0');
    await w.page.keyboard.press('Enter');
    await w.activeTab('cloud.dvr.yaml').waitFor();
    const name = below.split(', ')[1];
    await cursorAt(await lineOf(new RegExp(`^ +"?${name}"?:`)));
    await w.inEditor();
  });

  it('has a table that is walked by arrows, and left by Enter', async () => {
    const frame = await map();
    const table = frame.getByRole('button', { name: 'Table' });
    await table.focus();
    await frame.locator('button:focus', { hasText: 'Table' }).waitFor();
    await w.page.keyboard.press('Enter');
    await frame.locator('tbody tr[tabindex="0"]').focus();
    await frame.locator('tbody tr:focus').waitFor();
    await w.page.keyboard.press('End');
    await w.page.keyboard.press('ArrowUp');
    const row = frame.locator('tbody tr:focus');
    await row.waitFor();
    const name = await row.locator('th').textContent();
    await w.page.keyboard.press('Enter');
    await cursorAt(await lineOf(new RegExp(`^ +"?${name}"?:`)));
  });

  it('remembers that it was a table, when it is opened again', async () => {
    await w.tab('Map of').click({ button: 'middle' });
    await w.tab('Map of').waitFor({ state: 'detached' });
    await w.noView();
    await w.runCommand('DVR: Show Map');
    const frame = await map();
    await frame.getByRole('grid').waitFor();
    await frame.getByRole('button', { name: 'Table', pressed: true }).click();
    await frame.locator('.surface').waitFor();
  });

  it('comes back after a reload', async () => {
    // As its user would: VS Code writes down what is open before it goes.
    const loaded = w.page.waitForEvent('load');
    await w.runCommand('Developer: Reload Window');
    await loaded;
    await w.page.locator('.monaco-workbench').waitFor();
    // Who has just come back may be loaded once more.
    await eventually(async () =>
      (await map()).getByRole('option', { name: 'ra' }).waitFor({ state: 'attached', timeout: 20_000 }),
    );
  });
});

describe('the map of a file that changes', () => {
  before(start);
  after(stop);

  it('keeps the last whole map while the file has a mistake, and says where it is', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('DVR: Show Map');
    const frame = await map();
    const whole = await painted(frame);
    await select('agent_mode: dvr_snat');
    await w.page.keyboard.press('ArrowRight');
    await w.page.keyboard.type('x: [');
    await frame.locator('.note', { hasText: 'The file has a mistake; this is the map from before it' }).waitFor();
    await paints(frame, whole);
    await w.shoot('map-broken');
    for (let i = 0; i < 4; i++) await w.page.keyboard.press('Backspace');
    await frame.locator('.note').first().waitFor({ state: 'detached' });
  });

  it('shows what is written as soon as it is', async () => {
    const frame = await map();
    await frame.locator('.legend').evaluate((element) => {
      element.dataset.mark = '';
    });
    await select('ports:');
    await w.page.keyboard.press('End');
    await w.page.keyboard.press('Enter');
    await w.page.keyboard.type('newcomer: {network: neta}');
    await frame.locator('input[type=search]').fill('newcomer');
    await frame.locator('.count', { hasText: /^1 / }).waitFor();
    assert.equal(await frame.locator('.legend[data-mark]').count(), 1, 'what stays the same is not drawn anew');
    await w.shoot('map-written');
    await toFile();
    await w.runCommand('File: Revert File');
  });

  it('says that there is nothing yet, with a way to the file', async () => {
    await w.openFile('empty.dvr.yaml');
    await w.runCommand('DVR: Show Map');
    const frame = await map('empty.dvr.yaml');
    await frame.getByRole('heading', { name: 'Nothing to show yet' }).waitFor();
    await w.shootThemes('map-empty');
    await frame.getByRole('button', { name: 'Go to the File' }).click();
    await w.activeTab('empty.dvr.yaml').waitFor();
    // Its tab was active before; the keyboard comes a moment later, and would close a picker.
    await w.inEditor();
  });

  it('shows a thousand nodes at once, and each of them when one looks closer', async () => {
    await w.closeAll();
    await w.openFile('large.dvr.yaml');
    await w.runCommand('DVR: Show Map');
    const frame = await map('large.dvr.yaml');
    await painted(frame);
    await w.shoot('map-large-logical');
    await frame.getByRole('button', { name: 'Physical' }).click();
    await w.shootThemes('map-large-physical');
    await find(frame, 'vm-5000');
    await said(frame, 'Port, vm-5000');
    await w.shoot('map-large-near');
  });
});
