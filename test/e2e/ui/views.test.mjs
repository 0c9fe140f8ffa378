// Map and trace as somebody meets them who works by keyboard, in a narrow window, with forced colours or with long names; and their pictures as files.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { cloudFile } from '../../../bench/cloud.ts';
import { assertAccessible } from '../axe.mjs';
import { startWorkbench } from '../workbench.mjs';

let w;
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

/** A large map on a busy machine. */
const LONG_MS = 90_000;

const view = () => w.webview();
const file = (name) => path.join(w.workspace.folder, name);
const focused = () => view().locator(':focus');
/** Who has the keyboard in the page, by its class, role or text. */
const hasFocus = (selector) => view().locator(`${selector}:focus`).waitFor();
const tab = (title) => w.page.locator('.tab', { hasText: title }).first();

async function compare() {
  await w.runCommand('DVR: Compare with Live Nodes');
  await w.answer('Where the live state comes from', '', 'Snapshots of This Workspace');
  await w.toast('compute1 differs (1 difference)').waitFor();
  await w.runCommand('Notifications: Clear All Notifications');
}

async function trace(from, to) {
  await w.runCommand('DVR: Trace a Packet');
  await w.answer('From: a port, or type ADDRESS@NETWORK', from);
  await w.answer('To: a port, a floating IP, or type any address', to);
  await w.answer('Protocol and port: choose, or type one such as “tcp 8080”', '', 'icmp');
  await view().getByRole('heading', { level: 1 }).waitFor();
}

/** Only the map is on the screen. */
async function mapAlone(name = 'cloud.dvr.yaml') {
  await w.openFile(name);
  await w.runCommand('DVR: Show Map');
  await view().locator('.toolbar').waitFor({ timeout: LONG_MS });
  await tab('Map of').click();
  await w.runCommand('View: Move Editor into First Group');
  await view().locator('.stage[data-painted]').waitFor({ timeout: LONG_MS });
}

const selectedAt = () => view().locator('.stage').getAttribute('data-selected');

/** The whole of the file that was saved, as soon as it is there. */
async function saved(name) {
  for (let i = 0; i < 100; i++) {
    const text = await readFile(file(name), 'utf8').catch(() => '');
    if (text.endsWith('</svg>\n')) return text;
    await w.page.waitForTimeout(50);
  }
  throw new Error(`${name} was not saved`);
}

/** What the browser's own XML parser makes of it. */
const parsed = (svg) =>
  w.page.evaluate((text) => {
    const { documentElement: root } = new DOMParser().parseFromString(text, 'image/svg+xml');
    const all = [...root.querySelectorAll('*')];
    return {
      root: root.nodeName,
      error: root.querySelector('parsererror')?.textContent ?? '',
      texts: [...root.querySelectorAll('text, title')].map(({ textContent }) => textContent),
      things: [...root.querySelectorAll('[data-id]')].map((element) => element.getAttribute('data-id')),
      kinds: [...new Set(all.map(({ nodeName }) => nodeName))],
      leans: all.flatMap(({ attributes }) => [...attributes]).filter(({ value }) => /var\(|url\(http|rgba/.test(value))
        .length,
    };
  }, svg);

async function saveAs(name) {
  await view().getByRole('button', { name: 'Save as SVG' }).click();
  const input = w.page.locator('.quick-input-widget input[type="text"]');
  await input.waitFor();
  await w.page.waitForFunction(() =>
    document.querySelector('.quick-input-widget input[type="text"]')?.value.endsWith('.svg'),
  );
  await input.fill(file(name));
  await w.page.keyboard.press('Enter');
  await view().locator('.status, .said', { hasText: 'Saved' }).waitFor({ state: 'attached', timeout: LONG_MS });
  return parsed(await saved(name));
}

describe('the map', () => {
  before(async () => {
    w = await startWorkbench();
  });
  after(stop);

  it('leaves the keyboard where it is when a kind is hidden or a filter taken away', async () => {
    await mapAlone();
    await view().getByText('Kinds').click();
    const box = view().locator('.kinds').getByLabel('Subnet');
    await box.focus();
    await w.page.keyboard.press('Space');
    assert.equal(await box.isChecked(), false);
    await hasFocus('.kinds input');
    for (const kind of ['External network', 'Network', 'Router', 'Port', 'Floating IP'])
      await view().locator('.kinds').getByLabel(kind, { exact: true }).uncheck();
    const all = view().getByRole('button', { name: 'Show Everything' });
    await all.focus();
    await w.page.keyboard.press('Enter');
    await hasFocus('.surface');
  });

  it('is as it was when it comes to the front again: camera, selection, search', async () => {
    const search = view().locator('input[type=search]');
    await search.fill('ra');
    await search.press('Enter');
    await view().locator('.surface').focus();
    for (const key of ['+', '+', 'ArrowLeft']) await w.page.keyboard.press(key);
    const at = await selectedAt();
    assert.notEqual(at, '');
    await tab('cloud.dvr.yaml').click();
    await tab('Map of').click();
    await view().locator('.stage[data-painted]').waitFor();
    assert.equal(await selectedAt(), at);
    assert.equal(await view().locator('input[type=search]').inputValue(), 'ra');
    await view().locator('input[type=search]').fill('');
  });

  it('stays where one looks with a packet on it, too; the packet goes on moving behind the table', async () => {
    await compare();
    await tab('cloud.dvr.yaml').click();
    await trace('a3', '198.51.100.10');
    await view().getByRole('button', { name: 'Show on Map' }).click();
    await view().locator('.note', { hasText: 'Expected: a3' }).waitFor();
    await view().locator('input[type=search]').fill('ra');
    await view().locator('input[type=search]').press('Enter');
    await view().locator('.surface').focus();
    for (const key of ['+', '+', 'ArrowLeft']) await w.page.keyboard.press(key);
    const at = await selectedAt();
    await tab('cloud.dvr.yaml').click();
    await tab('Map of').click();
    await view().locator('.note', { hasText: 'Expected: a3' }).waitFor();
    await view().locator('.stage[data-painted]').waitFor();
    assert.equal(await selectedAt(), at);
    const over = view().locator('.stage canvas').nth(1);
    const drawn = () => over.evaluate((canvas) => canvas.toDataURL());
    const isMoving = async () => {
      const first = await drawn();
      await w.page.waitForTimeout(300);
      return (await drawn()) !== first;
    };
    await w.page.keyboard.press('0');
    await w.page.waitForTimeout(500);
    assert.ok(await isMoving(), 'at first');
    const table = view().getByRole('button', { name: 'Table', exact: true });
    await table.click();
    await table.click();
    await w.page.waitForTimeout(500);
    assert.ok(await isMoving(), 'after the table');
    await w.page.emulateMedia({ reducedMotion: 'reduce' });
    await w.page.waitForTimeout(300);
    assert.equal(await isMoving(), false, 'where less motion is asked for');
    await w.page.emulateMedia({ reducedMotion: null });
  });

  it('says in its table all that it draws: what is joined, what was found, where the packet goes', async () => {
    const table = view().getByRole('button', { name: 'Table', exact: true });
    await view().locator('input[type=search]').fill('');
    await table.click();
    const row = (name) => view().getByRole('row', { name }).first();
    const grid = view().getByRole('grid');
    await grid.waitFor();
    assert.match(await row(/^Router ra /).textContent(), /no route|redirect|167837697/i);
    assert.match(await row(/^Port a3 /).textContent(), /Expected: packet 1/);
    await view().getByRole('button', { name: 'Logical' }).click();
    assert.match(await row(/^Router ra /).textContent(), /neta-sub/);
    await w.inThemes(async (theme) => {
      const current = view().locator('tbody tr[aria-selected="true"]');
      const [its, other] = await Promise.all(
        [current, view().locator('tbody tr[aria-selected="false"]').first()].map((element) =>
          element.evaluate((each) =>
            [getComputedStyle(each).backgroundColor, getComputedStyle(each).outlineColor].join(),
          ),
        ),
      );
      assert.notEqual(its, other, `the current row is seen, ${theme}`);
      await w.shoot(`views-map-table-${theme}`);
    });
    await row(/^Router ra /).click();
    await w.activeTab('cloud.dvr.yaml').waitFor();
    await view().locator('.whole', { hasText: 'neta-sub' }).waitFor();
    await view().getByRole('button', { name: 'Physical' }).click();
    assert.match(await row(/^Node compute1 /).textContent(), /differs/);
    await view().getByRole('button', { name: 'Logical' }).click();
    await table.click();
  });

  it('never takes the keyboard away from the file, however often it is drawn anew', async () => {
    await w.runCommand('View: Close All Editors');
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('DVR: Show Map');
    await view().locator('.stage[data-painted]').waitFor();
    await view().getByRole('button', { name: 'Table', exact: true }).click();
    await view()
      .getByRole('row', { name: /^Port a1 / })
      .click();
    await hasFocus('tr');
    await w.runCommand('View: Focus First Editor Group');
    const isInFile = () => w.page.evaluate(() => document.activeElement?.closest('.monaco-editor') !== null);
    for (let i = 0; i < 6; i++) {
      await w.page.keyboard.press('ArrowDown');
      await w.page.waitForTimeout(150);
      assert.ok(await isInFile(), `after ${i + 1} lines`);
    }
    await w.page.keyboard.press('Control+End');
    await w.page.keyboard.type('# typed');
    await w.page.waitForTimeout(600);
    assert.ok(await isInFile());
    await w.page.keyboard.type(' on');
    await w.line('# typed on').waitFor();
    await w.runCommand('File: Revert File');
    await view().getByRole('button', { name: 'Table', exact: true }).click();
  });

  it('is saved as an SVG that stands alone, with everything in it', async () => {
    const { root, error, texts, kinds, leans } = await saveAs('map.svg');
    assert.equal(error, '');
    assert.equal(root, 'svg');
    assert.ok(!kinds.includes('script') && !kinds.includes('foreignObject'));
    assert.equal(leans, 0, 'no variable, no other file');
    for (const name of ['ra', 'rb', 'neta', 'neta-sub', 'public', 'a1', 'a3', 'b1', '192.168.1.101'])
      assert.ok(
        texts.some((text) => text.includes(name)),
        name,
      );
    await w.page.goto(`data:image/svg+xml;base64,${Buffer.from(await saved('map.svg')).toString('base64')}`);
    await w.shoot('views-map-svg');
    await w.page.goBack();
    await w.page.locator('.monaco-workbench').waitFor();
  });
});

describe('the map of a thousand nodes', () => {
  before(async () => {
    w = await startWorkbench();
    await writeFile(file('large.dvr.yaml'), cloudFile(1000, 10).text);
  });
  after(stop);

  it('is saved as well, with every port', async () => {
    await mapAlone('large.dvr.yaml');
    const { error, things } = await saveAs('large.svg');
    assert.equal(error, '');
    assert.equal(things.filter((id) => id.startsWith('/ports/vm-')).length, 10_000);
  });
});

describe('a narrow window', () => {
  before(async () => {
    w = await startWorkbench({ settings: { 'workbench.activityBar.location': 'hidden' } });
  });
  after(stop);

  const NARROW = { width: 318, height: 760 };
  const WIDE = { width: 1500, height: 950 };
  const overflow = () =>
    view()
      .locator('body')
      .evaluate((body) => body.scrollWidth - body.clientWidth);

  it('still has a map, with all of its tools', async () => {
    await mapAlone();
    await w.runCommand('View: Close Primary Side Bar').catch(() => {});
    await w.page.setViewportSize(NARROW);
    await w.page.waitForTimeout(500);
    await w.shootThemes('views-narrow-map');
    assert.ok((await overflow()) <= 0, `${await overflow()} px beyond the edge`);
    const { height } = await view().locator('.stage').boundingBox();
    assert.ok(height >= 200, `${height} px of map`);
    await view().getByText('Kinds').click();
    // It is moved a moment after it was opened.
    const isInSight = async () => {
      const { x, width } = await view().locator('.kinds').boundingBox();
      const edge = await view().locator('body').boundingBox();
      return x >= edge.x && x + width <= edge.x + edge.width;
    };
    for (let i = 0; i < 20 && !(await isInSight()); i++) await w.page.waitForTimeout(50);
    assert.ok(await isInSight(), 'the menu of kinds is in sight');
    const { height: menu } = await view().locator('.kinds').boundingBox();
    assert.ok(menu < 240, `${menu} px for six kinds`);
    await w.shoot('views-narrow-kinds');
    await view().getByText('Kinds').click();
    await view().getByRole('button', { name: 'Table', exact: true }).click();
    await w.shootThemes('views-narrow-table');
    await assertAccessible(w.page, 'narrow table');
    await view().getByRole('button', { name: 'Table', exact: true }).click();
  });

  it('still has a trace, with all of its tools', async () => {
    await w.page.setViewportSize(WIDE);
    await tab('cloud.dvr.yaml').click();
    await compare();
    await trace('a3', '198.51.100.10');
    await w.page.setViewportSize(NARROW);
    await w.page.waitForTimeout(500);
    assert.ok((await overflow()) <= 0, `${await overflow()} px beyond the edge`);
    await view().getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
    await w.shootThemes('views-narrow-trace');
    await assertAccessible(w.page, 'narrow trace');
    await view().locator('.picture').first().scrollIntoViewIfNeeded();
    await view().locator('.picture.expected .box').nth(5).scrollIntoViewIfNeeded();
    const title = view().locator('.picture.expected').getByRole('heading', { name: 'Expected', exact: true });
    const top = await title.evaluate((element) => element.getBoundingClientRect().top);
    assert.ok(top >= 0 && top < 40, `the title of the side at ${top}`);
    await w.shoot('views-narrow-picture');
    const { width } = await view().locator('.picture .box').first().boundingBox();
    assert.ok(width >= 200, `${width} px for a box`);
    await w.page.setViewportSize(WIDE);
  });

  it('shows what is selected where colours are the system’s', async () => {
    await w.page.emulateMedia({ forcedColors: 'active' });
    const colour = (element) => getComputedStyle(element).backgroundColor;
    const row = view().locator('[role=treeitem].selected');
    const other = view().locator('[role=treeitem]:not(.selected):visible').first();
    await row.waitFor();
    assert.notEqual(await row.evaluate(colour), await other.evaluate(colour));
    await w.shoot('views-forced-trace');
    await tab('Map of').click();
    const swatch = view().locator('.legend .swatch.port');
    await swatch.waitFor();
    assert.equal(await swatch.evaluate((element) => getComputedStyle(element).forcedColorAdjust), 'none');
    await w.shoot('views-forced-map');
    await w.page.emulateMedia({ forcedColors: null });
  });
});

describe('a trace', () => {
  before(async () => {
    w = await startWorkbench();
    await writeFile(file('names.dvr.yaml'), NAMES);
  });
  after(stop);

  it('leaves the keyboard where it is when it is drawn anew', async () => {
    await w.openFile('cloud.dvr.yaml');
    await compare();
    await trace('a3', '198.51.100.10');
    const live = view().getByRole('group', { name: 'Show' }).getByRole('button', { name: 'Live' });
    await live.focus();
    await w.page.keyboard.press('Enter');
    await view().getByRole('group', { name: 'Show' }).getByRole('button', { name: 'Live', pressed: true }).waitFor();
    assert.equal(await focused().textContent(), 'Live');
    const row = view().locator('[role=treeitem]:visible', { hasText: 'qrouter-220318bd' }).first();
    await row.click();
    await hasFocus('[role=treeitem]');
    const text = await focused().textContent();
    const yaml = await readFile(file('cloud.dvr.yaml'), 'utf8');
    await writeFile(file('cloud.dvr.yaml'), yaml.replace('  a4:', '  newcomer: {network: neta}\n  a4:'));
    await view().locator('.status', { hasText: 'Updated' }).waitFor();
    await hasFocus('[role=treeitem]');
    assert.equal(await focused().textContent(), text);
    await writeFile(file('cloud.dvr.yaml'), yaml);
  });

  it('says in its steps all that its picture draws', async () => {
    const picture = await view()
      .locator('.picture.live')
      .locator('.box:not(.outside) .title, .box .owner, .hop .packet, .hop .by, .line:not(.flow) .text')
      .allTextContents();
    assert.ok(picture.length > 4);
    const steps = (await view().locator('[role=treeitem]').allTextContents()).join('\n');
    const missing = [...new Set(picture)].filter((text) => text !== '' && !steps.includes(text));
    assert.deepEqual(missing, []);
  });

  it('is saved as an SVG that stands alone, with every box', async () => {
    await view().getByRole('group', { name: 'Show' }).getByRole('button', { name: 'Side by Side' }).click();
    const titles = await view().locator('.box .title').allTextContents();
    const { root, error, texts, leans, kinds } = await saveAs('trace.svg');
    assert.equal(error, '');
    assert.equal(root, 'svg');
    assert.equal(leans, 0);
    assert.ok(!kinds.includes('script') && !kinds.includes('foreignObject'));
    for (const title of titles)
      assert.ok(
        texts.some((text) => text.includes(title)),
        title,
      );
    await w.page.goto(`data:image/svg+xml;base64,${Buffer.from(await saved('trace.svg')).toString('base64')}`);
    await w.shoot('views-trace-svg');
    await w.page.goBack();
    await w.page.locator('.monaco-workbench').waitFor();
  });

  it('reads from the left with names that read from the right, and has room for long ones', async () => {
    await w.runCommand('View: Close All Editors');
    await w.openFile('names.dvr.yaml');
    await trace('שרת', 'לקוח');
    await w.shoot('views-names-trace');
    const [from, to] = await view().locator('h1 bdi').all();
    assert.ok((await from.boundingBox()).x < (await to.boundingBox()).x, 'the sender stands first');
    await w.shoot('views-names-trace');
    await mapAlone('names.dvr.yaml');
    const search = view().locator('input[type=search]');
    await search.fill('x'.repeat(40));
    await search.press('Enter');
    const [x, y, width, height] = (await selectedAt()).split(' ').map(Number);
    const stage = await view().locator('.surface').boundingBox();
    await w.page.mouse.move(stage.x + x + width / 2, stage.y + y + height / 2);
    const card = await view().locator('.card:visible').boundingBox();
    assert.ok(card.y + card.height <= stage.y + stage.height, 'the card is in sight');
    await w.shoot('views-names-map');
  });
});

const NAMES = `dvr: 1
nodes:
  compute1: {agent_mode: dvr}
networks:
  רשת:
    network_type: vxlan
    segmentation_id: 7
    subnets: {תת: {cidr: 10.0.0.0/24}}
ports:
  שרת: {node: compute1, network: רשת, device_owner: compute:nova, fixed_ips: [{subnet: תת, ip_address: 10.0.0.5}]}
  לקוח: {node: compute1, network: רשת, device_owner: compute:nova, fixed_ips: [{subnet: תת, ip_address: 10.0.0.6}]}
  "<${'x'.repeat(2000)}> & \\"quoted\\" 😀😀😀": {node: compute1, network: רשת, device_owner: compute:nova}
`;
