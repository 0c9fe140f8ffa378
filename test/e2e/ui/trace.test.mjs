// Tracing a packet: pickers, the view with picture and tree, where expected and live part, and what leads out of it.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from '../axe.mjs';
import { startWorkbench } from '../workbench.mjs';

let w;
const start = (options) => async () => {
  w = await startWorkbench(options);
  await w.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
};
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

const FROM = 'From: a port, or type ADDRESS@NETWORK';
const TO = 'To: a port, a floating IP, or type any address';
const PROTOCOL = 'Protocol and port: choose, or type one such as “tcp 8080”';

const view = () => w.webview();
const treeItem = (text) => view().locator('[role=treeitem]:visible', { hasText: text }).first();
const selected = (text) => view().locator('[role=treeitem][aria-selected=true]', { hasText: text }).waitFor();
const pushed = (group, name) =>
  view().getByRole('group', { name: group }).getByRole('button', { name, exact: true, pressed: true }).waitFor();
const asked = (placeholder) => w.page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor();
const tab = (title) => w.page.locator('.tab', { hasText: title }).first();

/** The cursor goes to a text of the active editor, with nothing under the mouse that could show a hover. */
async function goTo(text) {
  await w.page.mouse.move(700, 600);
  await w.page.keyboard.press('Control+F');
  await w.page.locator('.find-widget.visible textarea').first().fill(text);
  await w.page.locator('.find-widget.visible .matchesCount', { hasText: /^1 of/ }).waitFor();
  await w.closeFind();
}

/** What is on the clipboard, as soon as it begins so. */
async function clipboard(beginning) {
  for (let i = 0; i < 100; i++) {
    const text = await w.page.evaluate(() => navigator.clipboard.readText());
    if (text.startsWith(beginning)) return text;
    await w.page.waitForTimeout(50);
  }
  throw new Error(`nothing that begins with "${beginning}" is on the clipboard`);
}

async function trace(from, to, protocol = 'icmp') {
  await w.runCommand('DVR: Trace a Packet');
  await w.answer(FROM, from);
  await w.answer(TO, to);
  await w.answer(PROTOCOL, protocol);
  await view()
    .getByRole('heading', { name: `${from} → ${to}` })
    .waitFor();
}

async function compare() {
  await w.runCommand('DVR: Compare with Live Nodes');
  await w.answer('Where the live state comes from', '', 'Snapshots of This Workspace');
  await w.toast('compute1 differs (1 difference)').waitFor();
  await w.runCommand('Notifications: Clear All Notifications');
}

describe('a trace', () => {
  before(start());
  after(stop);

  it('asks for sender, receiver and protocol, with a way back', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('DVR: Trace a Packet');
    await asked(FROM);
    await w.shoot('trace-from');
    await w.answer(FROM, 'b1');
    await asked(TO);
    await w.page.locator('.quick-input-widget [aria-label^="Back"]').click();
    await w.answer(FROM, 'a3');
    await asked(TO);
    await w.shoot('trace-to');
    await w.answer(TO, '198.51.100.10');
    await asked(PROTOCOL);
    await w.shoot('trace-protocol');
    await w.answer(PROTOCOL, '', 'icmp');
    await w.activeTab('a3 → 198.51.100.10').waitFor();
  });

  it('shows the expected way there and back', async () => {
    await view().getByText('Leaves the cloud, answered').waitFor();
    await view().getByText('nothing has been read from the nodes yet').waitFor();
    await view().locator('.lane', { hasText: 'net1' }).waitFor();
    await treeItem('reply: icmp').waitFor();
    const source = view().locator('.hop .new').first();
    assert.equal(await source.textContent(), '192.168.1.21', 'the address after NAT is marked');
    await w.shootThemes('trace-expected');
  });

  it('follows a comparison and says where expected and live part', async () => {
    await compare();
    await tab('a3 → 198.51.100.10').click();
    await view().getByText('Expected and live state part in qrouter-220318bd on compute1').waitFor();
    await view().getByText('the redirect to the SNAT node is missing').waitFor();
    await selected('no-route: no rule leads to a route');
    await pushed('Show', 'Side by Side');
    await w.shootThemes('trace-parting');
  });

  it('has no fault that axe knows, in any theme', () =>
    w.inThemes((theme) => assertAccessible(w.page, `trace, ${theme}`)));

  it('has one selection in picture and tree, of either side', async () => {
    await view().locator('.picture.expected .line.rule', { hasText: '167837697' }).click();
    await pushed('Steps', 'Expected');
    await selected('167837697: from 10.1.0.1/24 lookup 167837697');
    await view().locator('.details', { hasText: 'the centralised SNAT port of neta-sub' }).waitFor();
    await view().locator('.picture.expected .box.selected', { hasText: 'qrouter-220318bd' }).waitFor();
    await treeItem('a3 on compute1').click();
    await view().locator('.picture.expected .box.selected', { hasText: 'a3' }).waitFor();
    await view().locator('.picture.live .box.twin', { hasText: 'a3' }).waitFor();
    await w.shoot('trace-selected');
    const boxes = view().getByRole('listbox', { name: 'Expected, There' });
    await boxes.getByRole('option').first().focus();
    await w.page.keyboard.press('ArrowDown');
    await boxes.getByRole('option', { name: 'br-int', selected: true }).waitFor();
    await selected('br-int on compute1, in by tap');
  });

  it('says which side a lane is of, however far the picture is scrolled', async () => {
    const pictures = view().locator('.pictures');
    await pictures.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    const { y, height } = await pictures.boundingBox();
    for (const side of ['Expected', 'Live']) {
      const title = await pictures.getByRole('heading', { name: side, exact: true }).boundingBox();
      assert.ok(title.y >= y - 1 && title.y < y + height / 2, `${side} at ${title.y} of ${y}`);
    }
    await w.shootThemes('trace-scrolled');
  });

  it('leads from a step to the line of the expected and of the live state', async () => {
    await treeItem('167837697: from 10.1.0.1/24 lookup 167837697').click();
    await view().locator('.details').getByRole('button', { name: 'Expected State' }).click();
    await w.activeTab('(expected)').waitFor();
    await w.page
      .locator('.editor-group-container.active .view-line', { hasText: 'from 10.1.0.1/24 lookup 167837697' })
      .first()
      .waitFor();
    await view().locator('.details').getByRole('button', { name: 'Live State' }).click();
    await w.activeTab('(live)').waitFor();
    const lines = w.page.locator('.editor-group-container.active .view-line');
    await lines.filter({ hasText: 'ip rule' }).first().waitFor();
    assert.equal(await lines.filter({ hasText: 'lookup 167837697' }).count(), 0);
    await view().getByRole('heading', { name: 'a3 → 198.51.100.10' }).scrollIntoViewIfNeeded();
    await w.shootThemes('trace-narrow');
    await assertAccessible(w.page, 'narrow');
    await treeItem('reply: icmp').scrollIntoViewIfNeeded();
    await w.shoot('trace-narrow-tree');
  });

  it('copies as text, JSON and Mermaid, and a command that mends', async () => {
    await view().getByRole('button', { name: 'Copy as Text' }).click();
    await view().locator('.status', { hasText: 'Copied.' }).waitFor();
    await clipboard('Expected and live state part in qrouter-220318bd');
    await view().getByRole('button', { name: 'Copy as JSON' }).click();
    assert.equal(JSON.parse(await clipboard('{')).divergence.node, 'compute1');
    await view().getByRole('button', { name: 'Mermaid' }).click();
    await clipboard('sequenceDiagram');
    await view().getByRole('button', { name: 'Copy Command' }).click();
    await clipboard('ip netns exec');
  });

  it('opens as text, and its packet from the recent ones', async () => {
    await view().getByRole('button', { name: 'Open as Text' }).click();
    await w.line('Expected and live state part').waitFor();
    await w.runCommand('View: Close All Editors');
    await w.runCommand('DVR: Recent Traces');
    await w.answer('A packet to trace again, as things are now', '', 'a3 → 198.51.100.10');
    await view().getByText('Expected and live state part in qrouter-220318bd on compute1').waitFor();
  });

  it('survives a reload of the window', async () => {
    await treeItem('a3 on compute1').click();
    const loaded = w.page.waitForEvent('load');
    await w.runCommand('Developer: Reload Window');
    await loaded;
    await w.page.locator('.monaco-workbench').waitFor();
    await view().getByRole('heading', { name: 'a3 → 198.51.100.10' }).waitFor();
    await view().getByText('Leaves the cloud, answered').waitFor();
    await w.shoot('trace-reloaded');
  });
});

/** By the menu at the cursor. A menu that has just been opened may not take a click yet. */
async function traceHere() {
  await w.page.keyboard.press('Shift+F10');
  await w.page.getByRole('menuitem', { name: 'Trace a Packet from Here' }).hover();
  await w.page.keyboard.press('Enter');
}

describe('a trace by keyboard alone', () => {
  before(start());
  after(stop);

  const type = (text) => w.page.keyboard.type(text);
  const press = (key) => w.page.keyboard.press(key);

  it('goes from the palette over pickers and tree to a line of the topology', async () => {
    await w.page.keyboard.press('Control+P');
    await w.page.locator('.quick-input-widget input[type="text"]').waitFor();
    await type('cloud.dvr.yaml');
    await w.row('cloud.dvr.yaml').waitFor();
    await press('Enter');
    await w.page.locator('#status\\.editor\\.mode', { hasText: 'Neutron DVR topology' }).waitFor();
    await press('F1');
    await type('DVR: Trace a Pack');
    await w.row('DVR: Trace a Packet').waitFor();
    await press('Enter');
    for (const [placeholder, text] of [
      [FROM, 'a1'],
      [TO, '8.8.8.8'],
      [PROTOCOL, 'tcp 443'],
    ]) {
      await asked(placeholder);
      await type(text);
      await w.row(text).waitFor();
      await press('Enter');
    }
    await view().getByRole('heading', { name: 'a1 → 8.8.8.8 tcp 443' }).waitFor();
    const isInTree = () => view().locator('[role=treeitem]:focus').count();
    for (let i = 0; i < 40 && !(await isInTree()); i++) await press('Tab');
    assert.equal(await isInTree(), 1, 'Tab leads to the tree');
    await press('Home');
    await press('End');
    await selected('delivered: the port has the address');
    await press('Home');
    await type('rule 3');
    await selected('from 10.1.0.11 lookup 16');
    await w.shoot('trace-keyboard');
    await press('Enter');
    await w.activeTab('cloud.dvr.yaml').waitFor();
    await w.page.locator('.view-line', { hasText: '192.168.1.101:' }).first().waitFor();
  });

  it('goes the other way: from outside to the floating IP', async () => {
    await tab('a1 → 8.8.8.8').click();
    await view().getByRole('button', { name: 'Other Way' }).click();
    await view().getByRole('heading', { name: '8.8.8.8@public → 192.168.1.101' }).waitFor();
    await view().getByText('Delivered, answered').waitFor();
    await view().locator('.line.nat', { hasText: 'DNAT' }).first().waitFor();
    await w.shoot('trace-other-way');
  });

  it('says when its port is gone, with a way out, and comes back', async () => {
    await w.runCommand('View: Close All Editors');
    await w.openFile('cloud.dvr.yaml');
    await trace('a4', '8.8.8.8');
    await tab('cloud.dvr.yaml').click();
    await goTo('  a4:');
    await w.page.keyboard.press('ArrowRight');
    await w.page.keyboard.press('ArrowLeft');
    await w.page.keyboard.type('x');
    await tab('a4 → 8.8.8.8').click();
    await view().getByText('There is no port "a4"').waitFor();
    await assertAccessible(w.page, 'a port that is gone');
    await w.shootThemes('trace-gone');
    await view().getByRole('button', { name: 'Open Topology' }).click();
    await w.activeTab('cloud.dvr.yaml').waitFor();
    await w.page.keyboard.press('Control+Z');
    await tab('a4 → 8.8.8.8').click();
    await view().getByText('Leaves the cloud, answered').waitFor();
    await view().getByText('Updated: the topology').waitFor();
  });

  it('starts at the port under the cursor, and puts what was answered lately first', async () => {
    await tab('cloud.dvr.yaml').click();
    await goTo('10.2.0.11');
    await traceHere();
    await asked(TO);
    await w.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Recently Used' }).first().waitFor();
    await w.row('8.8.8.8').click();
    await w.answer(PROTOCOL, '', 'icmp');
    await view().getByRole('heading', { name: 'b1 → 8.8.8.8' }).waitFor();
  });

  it('starts outside for a floating IP under the cursor', async () => {
    await tab('cloud.dvr.yaml').click();
    await goTo('192.168.1.101:');
    await traceHere();
    await asked(FROM);
    await w.shoot('trace-from-outside');
    await w.row('198.51.100.10@public').click();
    await w.answer(PROTOCOL, 'tcp 22');
    await view().getByRole('heading', { name: '198.51.100.10@public → 192.168.1.101' }).waitFor();
    await view().getByText('Delivered, answered').waitFor();
  });
});
