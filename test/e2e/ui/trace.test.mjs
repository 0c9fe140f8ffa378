// Tracing a packet: pickers, the view with picture and tree, where expected and live part, and what leads out of it.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from '../axe.mjs';
import { eventually, persist, until } from '../patience.mjs';
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
const asked = (placeholder, timeout) =>
  w.page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor({ timeout });
const tab = (title) => w.tab(title);

/** The cursor goes to a text of the active editor, with nothing under the mouse that could show a hover. */
async function goTo(text) {
  await w.page.mouse.move(700, 600);
  await w.find(text);
}

/** What is on the clipboard, as soon as it begins so. */
const clipboard = (beginning) =>
  until(`"${beginning}" is on the clipboard`, async () => {
    const text = await w.page.evaluate(() => navigator.clipboard.readText());
    return text.startsWith(beginning) && text;
  });

async function trace(from, to, protocol = 'icmp') {
  await w.runWith('DVR: Trace a Packet', [FROM, from], [TO, to], [PROTOCOL, protocol]);
  await view()
    .getByRole('heading', { name: `${from} → ${to}` })
    .waitFor();
}

describe('a trace', () => {
  before(start());
  after(stop);

  it('asks for sender, receiver and protocol, with a way back', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.inEditor();
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
    // The address after NAT is marked.
    await source.filter({ hasText: /^192\.168\.1\.21$/ }).waitFor();
    await w.shootThemes('trace-expected');
  });

  it('has its own topology compared, whatever else is open, and says where expected and live part', async () => {
    await w.openFile('snat-two-subnets.dvr.yaml');
    await tab('a3 → 198.51.100.10').click();
    await view().getByRole('button', { name: 'Compare with Live Nodes' }).click();
    await w.answer('Where the live state comes from', '', 'Snapshots of This Workspace');
    await w.toast('compute1 differs (1 difference)').waitFor();
    await w.runCommand('Notifications: Clear All Notifications');
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
    await boxes.locator('[role=option]:focus').waitFor();
    await w.page.keyboard.press('ArrowDown');
    await boxes.getByRole('option', { name: 'br-int', selected: true }).waitFor();
    await selected('br-int on compute1, in by tap');
  });

  it('says which side a lane is of, however far the picture is scrolled', async () => {
    const pictures = view().locator('.pictures');
    await eventually(async () => {
      await pictures.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      const { y, height } = await pictures.boundingBox();
      for (const side of ['Expected', 'Live']) {
        const title = await pictures.getByRole('heading', { name: side, exact: true }).boundingBox();
        assert.ok(title.y >= y - 1 && title.y < y + height / 2, `${side} at ${title.y} of ${y}`);
      }
    });
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
    // Its tab is active a moment before its text is shown.
    await eventually(async () => {
      await lines.filter({ hasText: 'ip rule' }).first().waitFor();
      assert.equal(await lines.filter({ hasText: 'lookup 167837697' }).count(), 0);
    });
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
    await w.closeAll();
    await w.runWith('DVR: Recent Traces', ['A packet to trace again, as things are now', '', 'a3 → 198.51.100.10']);
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
const traceHere = (question) =>
  w.asking(async () => {
    await w.inEditor();
    await w.page.keyboard.press('Escape');
    await w.page.keyboard.press('Shift+F10');
    await w.page.getByRole('menuitem', { name: 'Trace a Packet from Here' }).hover({ timeout: 10_000 });
    await w.page.keyboard.press('Enter');
    await w.page.locator(`.quick-input-widget input[placeholder="${question}"]`).waitFor({ timeout: 10_000 });
  });

describe('a trace by keyboard alone', () => {
  before(start());
  after(stop);

  const type = (text) => w.page.keyboard.type(text);
  const press = (key) => w.page.keyboard.press(key);
  const choose = async (key, text, row) => {
    await press(key);
    await w.inQuestion(10_000);
    await type(text);
    await w.focusedRow(row).waitFor({ timeout: 20_000 });
    await press('Enter');
  };

  it('goes from the palette over pickers and tree to a line of the topology', async () => {
    await w.asking(() => choose('Control+P', 'cloud.dvr.yaml', 'cloud.dvr.yaml'));
    await w.page.locator('#status\\.editor\\.mode', { hasText: 'Neutron DVR topology' }).waitFor();
    await w.inEditor();
    await w.asking(async () => {
      await choose('F1', 'DVR: Trace a Pack', 'DVR: Trace a Packet');
      await asked(FROM, 20_000);
    });
    for (const [placeholder, text] of [
      [FROM, 'a1'],
      [TO, '8.8.8.8'],
      [PROTOCOL, 'tcp 443'],
    ]) {
      await asked(placeholder);
      await w.inQuestion();
      await type(text);
      await w.focusedRow(text).waitFor();
      await press('Enter');
    }
    await view().getByRole('heading', { name: 'a1 → 8.8.8.8 tcp 443' }).waitFor();
    await w.inView();
    const isInTree = () => view().locator('[role=treeitem]:focus').count();
    for (let i = 0; i < 40 && !(await isInTree()); i++) await press('Tab');
    assert.equal(await isInTree(), 1, 'Tab leads to the tree');
    await press('Home');
    await press('End');
    await selected('delivered: the port has the address');
    // What is typed counts as one word while it comes quickly.
    const step = view().locator('[role=treeitem][aria-selected=true]', { hasText: 'from 10.1.0.11 lookup 16' });
    await persist(async () => {
      await press('Home');
      await type('rule 3');
      await step.waitFor({ timeout: 3000 });
    });
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
    await w.closeAll();
    await w.openFile('cloud.dvr.yaml');
    await trace('a4', '8.8.8.8');
    await treeItem('reply: icmp').click();
    await selected('reply: icmp');
    await w.toText('cloud.dvr.yaml');
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
    await w.inEditor();
    await w.page.keyboard.press('Control+Z');
    await w.line('  a4:').waitFor();
    await tab('a4 → 8.8.8.8').click();
    // It is said for a few seconds only.
    await Promise.all([
      view().getByText('Leaves the cloud, answered').waitFor(),
      view().getByText('Updated: the topology').waitFor(),
    ]);
    // What was chosen is still so.
    await selected('reply: icmp');
  });

  it('starts at the port under the cursor, and puts what was answered lately first', async () => {
    await w.toText('cloud.dvr.yaml');
    await goTo('10.2.0.11');
    await traceHere(TO);
    await w.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Recently Used' }).first().waitFor();
    await w.chooseRow('8.8.8.8');
    await w.answer(PROTOCOL, '', 'icmp');
    await view().getByRole('heading', { name: 'b1 → 8.8.8.8' }).waitFor();
  });

  it('starts outside for a floating IP under the cursor', async () => {
    await w.toText('cloud.dvr.yaml');
    await goTo('192.168.1.101:');
    await traceHere(FROM);
    await w.shoot('trace-from-outside');
    await w.chooseRow('198.51.100.10@public');
    await w.answer(PROTOCOL, 'tcp 22');
    await view().getByRole('heading', { name: '198.51.100.10@public → 192.168.1.101' }).waitFor();
    await view().getByText('Delivered, answered').waitFor();
  });
});
