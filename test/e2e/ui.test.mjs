// Drives the packaged extension by mouse and keyboard, as a user would, and takes pictures into dist/screenshots.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { launchChromium, root, startCodeServer } from './code-server.mjs';
import { makeWorkspace } from './workspace.mjs';

const shots = path.join(root, 'dist/screenshots');
let workspace;
let server;
let browser;
let page;

const shoot = (name) => page.screenshot({ path: path.join(shots, `${name}.png`), animations: 'disabled' });
const row = (text) => page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
const line = (text) => page.locator('.monaco-editor .view-line', { hasText: text }).first();
const problem = (text) => page.locator('.markers-panel-container .monaco-list-row', { hasText: text }).first();
const tree = (text) =>
  page.locator('.pane', { hasText: 'DVR Topology' }).locator('.monaco-list-row', { hasText: text }).first();
const activeTab = (text) => page.locator('.tab.active', { hasText: text }).first();

async function type(text) {
  await page.locator('.quick-input-widget input[type="text"]').fill(text);
}

async function runCommand(title) {
  await page.keyboard.press('F1');
  await type(`>${title}`);
  await row(title).click();
}

async function openFile(name) {
  await page.keyboard.press('Control+P');
  await type(name);
  await row(name).click();
  await activeTab(name).waitFor();
  await page.locator('#status\\.editor\\.mode', { hasText: 'Neutron DVR topology' }).waitFor();
}

/** Selects the first `text` of the active editor, by the editor's own find. */
async function select(text) {
  const input = page.locator('.find-widget.visible textarea').first();
  const open = async () => {
    await page.locator('.monaco-editor .view-line').first().click();
    await page.keyboard.press('Control+F');
    await input.waitFor({ timeout: 2000 });
  };
  // A panel that is just opening may still take the focus away.
  await open().catch(open);
  await input.fill(text);
  await page.locator('.find-widget.visible .matchesCount', { hasText: /^1 of/ }).waitFor();
  await page.keyboard.press('Escape');
}

/** The answer to a quick pick whose placeholder is shown. */
async function answer(placeholder, typed, label = typed) {
  await page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor();
  if (typed) await type(typed);
  await row(label).click();
}

async function compareOverSsh() {
  await openFile('cloud.dvr.yaml');
  await runCommand('Notifications: Clear All Notifications');
  await page.locator('.editor-actions .action-label[aria-label^="Compare with Live Nodes"]').first().click();
  await answer('Where the live state comes from', '', 'Nodes over SSH');
}

const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const vsix = path.join(root, `dist/dvrscope-${version}.vsix`);

async function start({ strangers, ...options }) {
  workspace = await makeWorkspace({ strangers });
  server = await startCodeServer({ vsix, ...options });
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  page.setDefaultTimeout(20_000);
  await page.goto(server.url({ folder: workspace.folder }));
  await page.locator('.monaco-workbench').waitFor();
}

async function stop() {
  await browser?.close();
  await server?.stop();
  await workspace?.remove();
}

before(() => mkdir(shots, { recursive: true }));

afterEach(async ({ name, passed }) => {
  if (!passed) await shoot(`failed ${name.replaceAll(/\W+/g, ' ')}`);
});

describe('the workbench', () => {
  before(() => start({ strangers: ['net1'] }));
  after(stop);

  it('welcomes where no topology is open, and its link finds one', async () => {
    await page.locator('.pane-header', { hasText: 'DVR Topology' }).click();
    const welcome = page.locator('.pane', { hasText: 'DVR Topology' }).locator('.welcome-view-content');
    await welcome.getByText('Open a Topology').waitFor();
    await shoot('welcome');
    await welcome.getByText('Open a Topology').click();
    await row('cloud.dvr.yaml').click();
    await activeTab('cloud.dvr.yaml').waitFor();
  });

  it('shows the nodes and namespaces in the tree', async () => {
    await tree('compute1').waitFor();
    await tree('qrouter-220318bd').waitFor();
    await shoot('tree');
  });

  it('has no problem with a good topology', async () => {
    await page.keyboard.press('Control+Shift+M');
    await page.locator('.markers-panel-container', { hasText: 'No problems have been detected' }).waitFor();
  });

  it('shows a mistake while it is typed, and not when it is mended', async () => {
    await select('cidr: 10.1.0.0/24');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('9');
    await problem('10.1.0.0/249').waitFor();
    await page.locator('.monaco-editor .squiggly-error').first().waitFor();
    await shoot('problem');
    await page.keyboard.press('Backspace');
    await page.locator('.markers-panel-container', { hasText: 'No problems have been detected' }).waitFor();
  });

  it('hovers with what a router interface causes', async () => {
    await select('4015509f-fc57');
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+I');
    await page.locator('.monaco-hover', { hasText: 'from 10.1.0.1/24 lookup 167837697' }).first().waitFor();
    await shoot('hover');
    await page.keyboard.press('Escape');
  });

  it('DVR: Show Expected State asks for the node', async () => {
    await runCommand('DVR: Show Expected State');
    await answer('Node', 'net1');
    await activeTab('net1 (expected)').waitFor();
    await line('qrouter-220318bd-a72b-4bbc-86fa-9eae5a90acdb: ip link').waitFor();
    await shoot('expected');
  });

  it('DVR: Compare with Live Nodes reads snapshots and offers the diff', async () => {
    await runCommand('DVR: Compare with Live Nodes');
    const placeholder = 'Where the live state comes from';
    await page.locator(`.quick-input-widget input[placeholder="${placeholder}"]`).waitFor();
    await shoot('compare-source');
    await answer(placeholder, '', 'Snapshots of This Workspace');
    const toast = page.locator('.notifications-toasts', { hasText: 'compute1 differs (1 difference)' });
    await toast.waitFor();
    await shoot('compared');
    await toast.getByRole('button', { name: 'Open Diff' }).click();
    const diff = page.locator('.monaco-diff-editor');
    await diff.locator('.editor.original .view-line', { hasText: 'lookup 167837697' }).first().waitFor();
    await shoot('diff');
    assert.equal(await diff.locator('.editor.modified .view-line', { hasText: 'from 10.1.0.1/24' }).count(), 0);
  });

  it('shows the difference as a problem of the line that caused it, and in the tree', async () => {
    await openFile('cloud.dvr.yaml');
    await problem('rule is missing').dblclick();
    await tree('1 difference').waitFor();
    await shoot('difference');
  });

  it('DVR: Trace a Packet asks for from, to and protocol, and shows where the states part', async () => {
    await runCommand('DVR: Trace a Packet');
    await answer('From: a port', 'a3');
    await page.locator('.quick-input-widget input[placeholder^="To: a port"]').waitFor();
    await type('198.51.100.10');
    await row('198.51.100.10').waitFor();
    await shoot('trace-to');
    await row('198.51.100.10').click();
    await answer('Protocol', '', 'icmp');
    await activeTab('a3 → 198.51.100.10').waitFor();
    await line('Expected and live state part').waitFor();
    await shoot('trace');
  });

  const compared = () =>
    page.locator('.notifications-toasts', { hasText: '2 nodes in sync, compute1 differs (1 difference)' }).waitFor();

  it('asks whether to trust a host key that nobody knows, with its fingerprint', async () => {
    await compareOverSsh();
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(/The host key of .* is not known\. Trust it\?/).waitFor();
    await dialog.getByText('SHA256:').waitFor();
    await shoot('host-key');
    const known = await readFile(workspace.knownHostsFile, 'utf8');
    await dialog.getByRole('button', { name: 'Trust and Remember' }).click();
    await compared();
    const remembered = await readFile(workspace.knownHostsFile, 'utf8');
    assert.equal(remembered.trim().split('\n').length, known.trim().split('\n').length + 1);
  });

  it('compares with live nodes over SSH, and asks no more', async () => {
    await compareOverSsh();
    await compared();
    await shoot('ssh');
  });

  it('says in the status bar menu that the server runs', async () => {
    await page.locator('#status\\.languageStatus').first().hover();
    await page.getByText('Language server running').first().waitFor();
    await shoot('status');
  });
});

describe('a workspace that is not trusted', () => {
  before(() => start({ isTrusted: false }));
  after(stop);

  it('compares with snapshots, and connects to nothing', async () => {
    await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await openFile('cloud.dvr.yaml');
    await runCommand('DVR: Compare with Live Nodes');
    await row('Folder of Snapshots').waitFor();
    assert.equal(await row('Nodes over SSH').count(), 0);
    await shoot('restricted');
    await answer('Where the live state comes from', '', 'Snapshots of This Workspace');
    await page.locator('.notifications-toasts', { hasText: 'compute1 differs (1 difference)' }).waitFor();
  });
});
