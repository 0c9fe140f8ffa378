// Live nodes over SSH: real OpenSSH servers with recordings behind them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { startWorkbench } from '../workbench.mjs';

let w;
const start = (options) => async () => {
  w = await startWorkbench(options);
};
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

async function compareOverSsh() {
  await w.openFile('cloud.dvr.yaml');
  await w.runCommand('Notifications: Clear All Notifications');
  await w.page.locator('.editor-actions .action-label[aria-label^="Compare with Live Nodes"]').first().click();
  await w.answer('Where the live state comes from', '', 'Nodes over SSH');
}

describe('live nodes', () => {
  before(start({ strangers: ['net1'] }));
  after(stop);

  const compared = () =>
    w.page.locator('.notifications-toasts', { hasText: '2 nodes in sync, compute1 differs (1 difference)' }).waitFor();

  it('asks whether to trust a host key that nobody knows, with its fingerprint', async () => {
    await compareOverSsh();
    const dialog = w.page.locator('.monaco-dialog-box');
    await dialog.getByText(/The host key of .* is not known\. Trust it\?/).waitFor();
    await dialog.getByText('SHA256:').waitFor();
    await w.shoot('host-key');
    const known = await readFile(w.workspace.knownHostsFile, 'utf8');
    await dialog.getByRole('button', { name: 'Trust and Remember' }).click();
    await compared();
    const remembered = await readFile(w.workspace.knownHostsFile, 'utf8');
    assert.equal(remembered.trim().split('\n').length, known.trim().split('\n').length + 1);
  });

  it('compares with live nodes over SSH, and asks no more', async () => {
    await compareOverSsh();
    await compared();
    await w.shoot('ssh');
  });

  it('says in the status bar menu that the server runs', async () => {
    await w.page.locator('#status\\.languageStatus').first().hover();
    await w.page.getByText('Language server running').first().waitFor();
    await w.shoot('status');
  });
});
