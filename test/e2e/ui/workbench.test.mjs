// The packaged extension by mouse and keyboard, as a user would: writing, expected state, differences, traces.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { startWorkbench } from '../workbench.mjs';

let w;
const start = (options) => async () => {
  w = await startWorkbench(options);
};
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

const tree = (text) => w.nodeRow(text);

describe('the workbench', () => {
  before(start());
  after(stop);

  it('welcomes where no topology is open, and its link finds one', async () => {
    await w.openNodes();
    const welcome = w.page.locator('.welcome-view-content');
    await welcome.getByText('Open a Topology').waitFor();
    await w.shoot('welcome');
    await welcome.getByText('Open a Topology').click();
    await w.chooseRow('cloud.dvr.yaml');
    await w.activeTab('cloud.dvr.yaml').waitFor();
  });

  it('shows the nodes and namespaces in the tree', async () => {
    await tree('compute1').waitFor();
    await tree('qrouter-220318bd').waitFor();
    await w.shoot('tree');
  });

  it('has no problem with a good topology', async () => {
    await w.inEditor();
    await w.page.keyboard.press('Control+Shift+M');
    await w.page.locator('.markers-panel-container', { hasText: 'No problems have been detected' }).waitFor();
  });

  it('shows a mistake while it is typed, and not when it is mended', async () => {
    await w.select('cidr: 10.1.0.0/24');
    await w.page.keyboard.press('ArrowRight');
    await w.page.keyboard.type('9');
    await w.problem('10.1.0.0/249').waitFor();
    await w.page.locator('.monaco-editor .squiggly-error').first().waitFor();
    await w.shoot('problem');
    await w.page.keyboard.press('Backspace');
    await w.page.locator('.markers-panel-container', { hasText: 'No problems have been detected' }).waitFor();
  });

  it('hovers with what a router interface causes', async () => {
    await w.select('4015509f-fc57');
    await w.pressUntil(
      async () => {
        await w.page.keyboard.press('Control+K');
        await w.page.keyboard.press('Control+I');
      },
      w.page.locator('.monaco-hover', { hasText: 'from 10.1.0.1/24 lookup 167837697' }).first(),
    );
    await w.shoot('hover');
    await w.page.keyboard.press('Escape');
  });

  it('DVR: Show Expected State asks for the node', async () => {
    await w.runWith('DVR: Show Expected State', ['Node', 'net1']);
    await w.activeTab('net1 (expected)').waitFor();
    await w.line('qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb: ip link').waitFor();
    await w.shoot('expected');
  });

  it('DVR: Compare with Live Nodes reads snapshots and offers the diff', async () => {
    await w.asking(async () => {
      await w.runCommand('DVR: Compare with Live Nodes');
      const placeholder = 'Where the live state comes from';
      await w.page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor({ timeout: 10_000 });
      await w.shoot('compare-source');
      await w.answer(placeholder, '', 'Snapshots of This Workspace', 10_000);
    });
    await w.toast('compute1 differs (1 difference)').waitFor();
    await w.shoot('compared');
    await w.pressInMessage('compute1 differs (1 difference)', 'Open Diff');
    const diff = w.page.locator('.monaco-diff-editor');
    await diff.locator('.editor.original .view-line', { hasText: 'lookup 167837697' }).first().waitFor();
    await w.shoot('diff');
    assert.equal(await diff.locator('.editor.modified .view-line', { hasText: 'from 10.1.0.1/24' }).count(), 0);
  });

  it('shows the difference as a problem of the line that caused it, and in the tree', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.problem('rule is missing').dblclick();
    await tree('1 difference').waitFor();
    await w.shoot('difference');
  });
});
