// A workspace that is not trusted.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { startWorkbench } from '../workbench.mjs';

let w;
const start = (options) => async () => {
  w = await startWorkbench(options);
};
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

/** Commands with arguments that answer all questions, on keys of the user's. */
const KEYS = {
  'ctrl+f8': { command: 'dvrscope.compare', args: { kind: 'ssh' } },
  'ctrl+f9': { command: 'dvrscope.refreshNode', args: { node: { name: 'compute1' } } },
  'ctrl+f10': { command: 'dvrscope.openTerminal', args: { node: { name: 'compute1' } } },
};

/** Presses a key and waits for what it says. One that comes while the editor still closes a question is lost. */
const press = (key, text) => w.pressUntil(() => w.page.keyboard.press(key), w.toast(text));

const connections = () => Object.values(w.workspace.nodes).reduce((sum, node) => sum + node.connections(), 0);

describe('a workspace that is not trusted', () => {
  before(start({ isTrusted: false, keybindings: Object.entries(KEYS).map(([key, rest]) => ({ key, ...rest })) }));
  after(stop);

  it('compares with snapshots, and connects to nothing', async () => {
    await w.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await w.openFile('cloud.dvr.yaml');
    await w.asking(async () => {
      await w.runCommand('DVR: Compare with Live Nodes');
      await w.row('Folder of Snapshots').waitFor({ timeout: 10_000 });
      assert.equal(await w.row('Nodes over SSH').count(), 0);
      await w.shoot('restricted');
      await w.answer('Where the live state comes from', '', 'Snapshots of This Workspace', 10_000);
    });
    await w.toast('compute1 differs (1 difference)').waitFor();
  });

  it('refuses a key that would connect, and says what can be done', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('Notifications: Clear All Notifications');
    await press('Control+F8', 'needs a trusted workspace. Snapshots can be compared without.');
    await w.shootThemes('restricted-refused');
  });

  it('opens no terminal on a node, by key or from the palette', async () => {
    await w.openFile('cloud.dvr.yaml');
    await press('Control+F10', 'A terminal on a node needs a trusted workspace');
    await w.inEditor();
    await w.asking(async () => {
      await w.page.keyboard.press('F1');
      await w.inQuestion(10_000);
      await w.type('>DVR: ');
      await w.row('DVR: Trace a Packet').waitFor({ timeout: 10_000 });
      assert.equal(await w.row('DVR: Open Terminal on Node').count(), 0);
    });
    await w.page.keyboard.press('Escape');
  });

  it('refreshes from what it was compared with, and from nothing else', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('Notifications: Clear All Notifications');
    await press('Control+F9', 'compute1 differs (1 difference)');
  });

  it('opens the demo cloud, and does not connect to it either', async () => {
    await w.runCommand('DVR: Open the Demo Cloud');
    await w.activeTab('demo.dvr.yaml').waitFor();
    await w.runCommand('Notifications: Clear All Notifications');
    await press('Control+F8', 'needs a trusted workspace');
  });

  it('has connected to nothing', () => assert.equal(connections(), 0));
});
