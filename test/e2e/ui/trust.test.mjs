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

describe('a workspace that is not trusted', () => {
  before(start({ isTrusted: false }));
  after(stop);

  it('compares with snapshots, and connects to nothing', async () => {
    await w.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('DVR: Compare with Live Nodes');
    await w.row('Folder of Snapshots').waitFor();
    assert.equal(await w.row('Nodes over SSH').count(), 0);
    await w.shoot('restricted');
    await w.answer('Where the live state comes from', '', 'Snapshots of This Workspace');
    await w.page.locator('.notifications-toasts', { hasText: 'compute1 differs (1 difference)' }).waitFor();
  });
});
