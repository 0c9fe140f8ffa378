// Map and trace as somebody meets them who works by keyboard, in a narrow window, with forced colours or with long names; and their pictures as files.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { cloudFile } from '../../../bench/cloud.ts';
import { assertAccessible } from '../axe.mjs';
import { eventually, persist, styleOf, until } from '../patience.mjs';
import { startWorkbench } from '../workbench.mjs';

let w;
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

/** A large map on a busy machine. */
const LONG_MS = 180_000;

const view = () => w.webview();
const file = (name) => path.join(w.workspace.folder, name);
const focused = () => view().locator(':focus');
/** Who has the keyboard in the page, by its class, role or text. */
const hasFocus = (selector) => view().locator(`${selector}:focus`).waitFor();
const painted = (options) => view().locator('.stage[data-painted]').waitFor(options);

/** Brings the map to the front. */
async function toMap() {
  await w.tab('Map of').click();
  await painted();
}

async function compare() {
  await w.runWith('DVR: Compare with Live Nodes', [
    'Where the live state comes from',
    '',
    'Snapshots of This Workspace',
  ]);
  await w.toast('compute1 differs (1 difference)').waitFor();
  await w.runCommand('Notifications: Clear All Notifications');
}

async function trace(from, to) {
  await w.runWith(
    'DVR: Trace a Packet',
    ['From: a port, or type ADDRESS@NETWORK', from],
    ['To: a port, a floating IP, or type any address', to],
    ['Protocol and port: choose, or type one such as “tcp 8080”', '', 'icmp'],
  );
  await view().locator('h1', { hasText: '→' }).waitFor();
}

/** Only the map is on the screen. */
async function mapAlone(name = 'cloud.dvr.yaml') {
  await w.openFile(name);
  await w.runCommand('DVR: Show Map');
  await painted({ timeout: LONG_MS });
  await w.tab('Map of').click();
  // A page that is moved is loaded anew. What is asked must not be the one of before.
  await view()
    .locator('body')
    .evaluate((body) => {
      body.dataset.before = '';
    });
  await w.runCommand('View: Move Editor into First Group');
  await view().locator('body:not([data-before]) .stage[data-painted]').waitFor({ timeout: LONG_MS });
}

const selectedAt = () => view().locator('.stage').getAttribute('data-selected');

/** The whole of the file that was saved, as soon as it is there. */
const saved = (name) =>
  until(`${name} is saved`, async () => {
    const text = await readFile(file(name), 'utf8').catch(() => '');
    return text.endsWith('</svg>\n') && text;
  });

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
  const dialog = w.page.locator('.quick-input-widget');
  const input = dialog.locator('input[type="text"]');
  await input.waitFor();
  await w.page.waitForFunction(() =>
    document.querySelector('.quick-input-widget input[type="text"]')?.value.endsWith('.svg'),
  );
  await input.fill(file(name));
  // It is said for a few seconds only.
  const isSaid = view()
    .locator('.status, .said', { hasText: 'Saved' })
    .waitFor({ state: 'attached', timeout: LONG_MS });
  await Promise.all([isSaid, w.acceptDialog(dialog, 'OK')]);
  return parsed(await saved(name));
}

const shootSvg = async (picture, name) =>
  w.shootPage(picture, `data:image/svg+xml;base64,${Buffer.from(await saved(name)).toString('base64')}`);

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
    await hasFocus('.kinds input:not(:checked)');
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
    await w.toText('cloud.dvr.yaml');
    await toMap();
    assert.equal(await selectedAt(), at);
    assert.equal(await view().locator('input[type=search]').inputValue(), 'ra');
    await view().locator('input[type=search]').fill('');
  });

  it('stays where one looks with a packet on it, too; the packet goes on moving behind the table', async () => {
    await compare();
    await w.toText('cloud.dvr.yaml');
    await trace('a3', '198.51.100.10');
    await view().getByRole('button', { name: 'Show on Map' }).click();
    await view().locator('.note', { hasText: 'Expected: a3' }).waitFor();
    await view().locator('input[type=search]').fill('ra');
    await view().locator('input[type=search]').press('Enter');
    await view().locator('.surface').focus();
    for (const key of ['+', '+', 'ArrowLeft']) await w.page.keyboard.press(key);
    const at = await selectedAt();
    await w.toText('cloud.dvr.yaml');
    await toMap();
    await view().locator('.note', { hasText: 'Expected: a3' }).waitFor();
    assert.equal(await selectedAt(), at);
    const over = view().locator('.stage canvas').nth(1);
    /** Whether it changes while ten frames are shown, however long they take. */
    const changes = () =>
      over.evaluate(async (canvas) => {
        const first = canvas.toDataURL();
        for (let i = 0; i < 10; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
        return canvas.toDataURL() !== first;
      });
    // What is drawn anew once, at rest, changes once.
    const isMoving = async () => (await changes()) && (await changes()) && changes();
    await view().locator('.surface').focus();
    await w.page.keyboard.press('0');
    await until('it moves at first', isMoving);
    const table = view().getByRole('button', { name: 'Table', exact: true });
    await table.click();
    await table.click();
    await until('it moves after the table', isMoving);
    await w.page.emulateMedia({ reducedMotion: 'reduce' });
    await until('it stands still where less motion is asked for', async () => !(await changes()));
    await w.page.emulateMedia({ reducedMotion: null });
  });

  it('says in its table all that it draws: what is joined, what was found, where the packet goes', async () => {
    const table = view().getByRole('button', { name: 'Table', exact: true });
    await view().locator('input[type=search]').fill('');
    await table.click();
    const row = (name) => view().getByRole('row', { name }).first();
    const grid = view().getByRole('grid');
    await grid.waitFor();
    const says = (name, text) => view().getByRole('row', { name }).filter({ hasText: text }).first().waitFor();
    await says(/^Router ra /, /no route|redirect|167837697/i);
    await says(/^Port a3 /, /Expected: packet 1/);
    await view().getByRole('button', { name: 'Logical' }).click();
    await says(/^Router ra /, /neta-sub/);
    await w.inThemes(async (theme) => {
      const current = view().locator('tbody tr[aria-selected="true"]');
      const [its, other] = await Promise.all(
        [current, view().locator('tbody tr[aria-selected="false"]').first()].map((element) =>
          styleOf(element, 'backgroundColor', 'outlineColor'),
        ),
      );
      assert.notEqual(its, other, `the current row is seen, ${theme}`);
      await w.shoot(`views-map-table-${theme}`);
    });
    await row(/^Router ra /).click();
    await w.activeTab('cloud.dvr.yaml').waitFor();
    await view().locator('.whole', { hasText: 'neta-sub' }).waitFor();
    await view().getByRole('button', { name: 'Physical' }).click();
    await says(/^Node compute1 /, /differs/);
    await view().getByRole('button', { name: 'Logical' }).click();
    await table.click();
  });

  it('never takes the keyboard away from the file, however often it is drawn anew', async () => {
    await w.closeAll();
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('DVR: Show Map');
    await painted();
    await view().getByRole('button', { name: 'Table', exact: true }).click();
    await view()
      .getByRole('row', { name: /^Port a1 / })
      .click();
    await hasFocus('tr');
    await w.runCommand('View: Focus First Editor Group');
    await w.inEditor();
    // It would be taken away a moment after each change.
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
    await shootSvg('views-map-svg', 'map.svg');
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
  /** Until the page has its new room, and needs no more. */
  const fits = ({ width }) =>
    eventually(async () => {
      const [room, beyond] = await view()
        .locator('body')
        .evaluate((body) => [body.clientWidth, body.scrollWidth - body.clientWidth]);
      assert.ok(room <= width, `a page of ${room} px in ${width}`);
      assert.ok(beyond <= 0, `${beyond} px beyond the edge`);
    });
  const height = async (locator) => (await locator.boundingBox()).height;

  it('still has a map, with all of its tools', async () => {
    await mapAlone();
    const sideBar = w.page.locator('.part.sidebar');
    if (await sideBar.isVisible()) await w.runCommand('View: Close Primary Side Bar');
    await sideBar.waitFor({ state: 'hidden' });
    await w.page.setViewportSize(NARROW);
    await fits(NARROW);
    await w.shootThemes('views-narrow-map');
    await fits(NARROW);
    await eventually(async () => {
      const now = await height(view().locator('.stage'));
      assert.ok(now >= 200, `${now} px of map`);
    });
    await view().getByText('Kinds').click();
    // It is moved a moment after it was opened.
    await until('the menu of kinds is in sight', async () => {
      const { x, width } = await view().locator('.kinds').boundingBox();
      const edge = await view().locator('body').boundingBox();
      return x >= edge.x && x + width <= edge.x + edge.width;
    });
    const menu = await height(view().locator('.kinds'));
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
    await w.toText('cloud.dvr.yaml');
    await compare();
    await trace('a3', '198.51.100.10');
    await w.page.setViewportSize(NARROW);
    await fits(NARROW);
    await view().getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
    await w.shootThemes('views-narrow-trace');
    await assertAccessible(w.page, 'narrow trace');
    const title = view().locator('.picture.expected').getByRole('heading', { name: 'Expected', exact: true });
    // A page that was made narrow brings what is selected into sight a moment later.
    await eventually(async () => {
      await view().locator('.picture').first().scrollIntoViewIfNeeded();
      await view().locator('.picture.expected .box').nth(5).scrollIntoViewIfNeeded();
      const top = await title.evaluate((element) => element.getBoundingClientRect().top);
      assert.ok(top >= 0 && top < 40, `the title of the side at ${top}`);
    });
    await w.shoot('views-narrow-picture');
    const { width } = await view().locator('.picture .box').first().boundingBox();
    assert.ok(width >= 200, `${width} px for a box`);
    await w.page.setViewportSize(WIDE);
  });

  it('shows what is selected where colours are the system’s', async () => {
    await w.page.emulateMedia({ forcedColors: 'active' });
    const row = view().locator('[role=treeitem].selected');
    const other = view().locator('[role=treeitem]:not(.selected):visible').first();
    await row.waitFor();
    assert.notEqual(await styleOf(row, 'backgroundColor'), await styleOf(other, 'backgroundColor'));
    await w.shoot('views-forced-trace');
    await toMap();
    assert.equal(await styleOf(view().locator('.legend .swatch.port'), 'forcedColorAdjust'), 'none');
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
    // The keyboard comes into a new page a moment after it is shown.
    await w.pressUntil(
      async () => {
        await live.focus();
        await w.page.keyboard.press('Enter');
      },
      view().getByRole('group', { name: 'Show' }).getByRole('button', { name: 'Live', pressed: true }),
    );
    await focused()
      .filter({ hasText: /^Live$/ })
      .waitFor();
    const row = view().locator('[role=treeitem]:visible', { hasText: 'qrouter-220318bd' }).first();
    await row.click();
    await hasFocus('[role=treeitem]');
    const text = await focused().textContent();
    const yaml = await readFile(file('cloud.dvr.yaml'), 'utf8');
    // It is said for a few seconds, once for each time that the page is drawn anew.
    const redrawn = async () => {
      await view().locator('.status', { hasText: 'Updated' }).waitFor();
      await view().locator('.status:empty').waitFor({ state: 'attached' });
    };
    await writeFile(file('cloud.dvr.yaml'), yaml.replace('  a4:', '  newcomer: {network: neta}\n  a4:'));
    await redrawn();
    await hasFocus('[role=treeitem]');
    assert.equal(await focused().textContent(), text);
    await writeFile(file('cloud.dvr.yaml'), yaml);
    await redrawn();
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
    await view().locator('.picture.expected .box').first().waitFor();
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
    await shootSvg('views-trace-svg', 'trace.svg');
  });

  it('reads from the left with names that read from the right, and has room for long ones', async () => {
    await w.closeAll();
    await w.openFile('names.dvr.yaml');
    await trace('שרת', 'לקוח');
    await w.shoot('views-names-trace');
    await until('the sender stands first', async () => {
      const [from, to] = await view().locator('h1 bdi').all();
      return (await from.boundingBox()).x < (await to.boundingBox()).x;
    });
    await w.shoot('views-names-trace');
    await mapAlone('names.dvr.yaml');
    const search = view().locator('input[type=search]');
    await search.fill('x'.repeat(40));
    await search.press('Enter');
    const card = view().locator('.card');
    // Where it is changes while the editor still makes room.
    await persist(async () => {
      const [x, y, width, height] = (await selectedAt()).split(' ').map(Number);
      const stage = await view().locator('.surface').boundingBox();
      await w.page.mouse.move(stage.x + 2, stage.y + 2);
      await w.page.mouse.move(stage.x + x + width / 2, stage.y + y + height / 2);
      await card.filter({ hasText: 'xxx' }).waitFor({ timeout: 5000 });
    });
    await eventually(async () => {
      const stage = await view().locator('.surface').boundingBox();
      const { y, height } = await card.boundingBox();
      assert.ok(y + height <= stage.y + stage.height, 'the card is in sight');
    });
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
