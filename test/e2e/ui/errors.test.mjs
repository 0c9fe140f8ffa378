// What goes wrong with nodes, snapshots and topologies: one clear message each, with a way out.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { startWorkbench } from '../workbench.mjs';

let w;
const start = (options) => async () => {
  w = await startWorkbench(options);
};
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

async function compare(source) {
  await w.openFile('cloud.dvr.yaml');
  await w.runCommand('Notifications: Clear All Notifications');
  await w.runCommand('DVR: Compare with Live Nodes');
  await w.answer('Where the live state comes from', '', source);
}

/** With the snapshots of another folder, which the setting names. */
async function compareWith(name) {
  const settings = JSON.stringify({ 'dvrscope.snapshots.folder': name });
  await writeFile(path.join(w.workspace.folder, '.vscode/settings.json'), settings);
  await w.openFile('cloud.dvr.yaml');
  await w.runCommand('Notifications: Clear All Notifications');
  const row = w.row(new RegExp(`Snapshots of This Workspace.*/${name}`));
  // The editor sees the new setting a moment later.
  for (let i = 0; i < 20 && !(await row.isVisible()); i++) {
    await w.page.keyboard.press('Escape');
    await w.runCommand('DVR: Compare with Live Nodes');
    await w.row('Snapshots of This Workspace').waitFor();
  }
  await row.click();
}

/** A message; one that was not looked at for a while has gone into the notification centre. */
const toast = (text) =>
  w.page
    .locator('.notifications-toasts, .notifications-center')
    .locator('.notification-list-item', { hasText: text })
    .first();

async function button(text, name) {
  if (!(await toast(text).isVisible())) await w.runCommand('Notifications: Show Notifications');
  return toast(text).getByRole('button', { name });
}

/** What the tree tells of a node whose name is pointed at. */
async function tells(node, text, picture) {
  await w.nodeRow(node).locator('.label-name').first().hover();
  await w.page.locator('.monaco-hover', { hasText: text }).first().waitFor();
  await w.shoot(picture);
  await w.page.mouse.move(700, 20);
  await w.page.locator('.monaco-hover', { hasText: text }).first().waitFor({ state: 'hidden' });
}

describe('nodes that cannot be read', () => {
  before(
    start({
      cloud: {
        // The user is not root, so that sudo is asked.
        modes: { compute1: 'fails', compute2: 'silent', net1: 'password-only' },
        settings: { 'dvrscope.ssh.user': 'stack', 'dvrscope.ssh.timeout': 3 },
      },
    }),
  );
  after(stop);

  it('say why and what to do: sudo asks, the node is silent, the key is refused', async () => {
    await compare('Nodes over SSH');
    // The one that takes no key would take a password.
    await w.page.getByText('Log in as stack@127.0.0.1').waitFor();
    await w.page.keyboard.press('Escape');
    await toast('sudo wants a password for stack').waitFor();
    await w.openNodes();
    await w.nodeRow('compute2').waitFor();
    await toast('Not read either: compute2, net1.').waitFor();
    await w.shootThemes('errors-nodes');
    for (const node of ['compute1', 'compute2', 'net1']) await w.nodeRow(node).getByText('unreachable').waitFor();
    await tells('compute2', /compute2 \(127\.0\.0\.1, port \d+\): no output for 3 s/, 'errors-slow');
    await tells('net1', /net1 \(127\.0\.0\.1, port \d+\): login as stack was refused/, 'errors-refused');
  });

  it('lead to the log', async () => {
    await (await button('sudo wants a password for stack', 'Show Log')).click();
    await w.page.locator('.panel .view-line', { hasText: 'login as stack was refused' }).first().waitFor();
    await w.shoot('errors-log');
  });
});

describe('nodes that are not there', () => {
  before(start({ cloud: { addresses: { compute2: 'no-such-host.invalid' } } }));
  after(stop);

  it('say so: a name that nobody knows, a server that is down; the others are read', async () => {
    await w.workspace.nodes.net1.stop();
    await compare('Nodes over SSH');
    await toast('Not read either: net1').waitFor();
    await w.openNodes();
    await w.nodeRow('compute2').waitFor();
    await toast('compute1 differs (1 difference). compute2 (no-such-host.invalid, port ').waitFor();
    await w.shootThemes('errors-down');
    await tells(
      'compute2',
      /this machine knows no address for the name no-such-host\.invalid|could not be looked up/,
      'errors-unknown',
    );
    await tells('net1', /connection refused\. No SSH server listens there/, 'errors-refused-connection');
    assert.equal(
      await w.page.getByText(/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|getaddrinfo/).count(),
      0,
      'no code of the system',
    );
  });

  it('can be tried again, without the others', async () => {
    const ran = w.workspace.nodes.compute1.executed.length;
    await (await button('Not read either: net1', 'Try Again')).click();
    await toast('Not read either: net1').waitFor();
    assert.equal(w.workspace.nodes.compute1.executed.length, ran);
  });
});

describe('snapshots and topologies that cannot be used', () => {
  const file = (name) => path.join(w.workspace.folder, name);
  before(async () => {
    await start()();
    // Before the first search for files, which remembers what it saw.
    const text = await readFile(file('cloud.dvr.yaml'), 'utf8');
    await writeFile(file('empty.dvr.yaml'), 'dvr: 1\n');
    await writeFile(file('wrong.dvr.yaml'), text.replace('cidr: 10.1.0.0/24', 'cidr: 10.1.0.0/99'));
    await writeFile(file('torn.dvr.yaml'), 'dvr: 1\nnodes: {{{\n<<<<<<< HEAD\n');
  });
  after(stop);

  it('a folder without snapshots: another folder, or SSH', async () => {
    await mkdir(file('empty'));
    await compareWith('empty');
    await toast('holds no snapshot of these nodes').waitFor();
    await (await button('holds no snapshot of these nodes', 'Another Folder…')).waitFor();
    await (await button('holds no snapshot of these nodes', 'Read over SSH')).waitFor();
    await w.shootThemes('errors-no-snapshot');
  });

  it('a snapshot that is cut short, and one that is none: what could be read is compared', async () => {
    await mkdir(file('broken'));
    const whole = await readFile(file('snapshots/compute1.snapshot'), 'utf8');
    await writeFile(file('broken/compute1.snapshot'), whole.slice(0, whole.length / 2));
    await writeFile(file('broken/compute2.snapshot'), 'I am no snapshot.\n');
    await compareWith('broken');
    await toast('of which no snapshot could be used. The log says why.').waitFor();
    await (await button('of which no snapshot could be used', 'Show Log')).waitFor();
    await w.shootThemes('errors-broken-snapshot');
  });

  it('snapshots that are old: how old, and SSH', async () => {
    await mkdir(file('old'));
    for (const node of ['compute1', 'compute2', 'net1']) {
      const text = await readFile(file(`snapshots/${node}.snapshot`), 'utf8');
      await writeFile(
        file(`old/${node}.snapshot`),
        text.replace(/^collected_at: .*$/m, 'collected_at: 2026-01-01T00:00:00Z'),
      );
    }
    await compareWith('old');
    await toast('snapshots are old').waitFor();
    await (await button('snapshots are old', 'Read over SSH')).waitFor();
    await w.openNodes();
    await w.nodeRow('days ago').waitFor();
    await toast('The topology was changed since then.').waitFor();
    await w.shootThemes('errors-old');
  });

  it('snapshots from before the last change of the topology: a calm note', async () => {
    await mkdir(file('before'));
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
    for (const node of ['compute1', 'compute2', 'net1']) {
      const text = await readFile(file(`snapshots/${node}.snapshot`), 'utf8');
      await writeFile(file(`before/${node}.snapshot`), text.replace(/^collected_at: .*$/m, `collected_at: ${hourAgo}`));
    }
    await compareWith('before');
    await toast('The topology was changed after 3 snapshots were read (that of compute1 1 h ago).').waitFor();
    await w.shootThemes('errors-before-change');
  });

  it('a topology without nodes: where to add them', async () => {
    await w.openFile('empty.dvr.yaml');
    await w.runCommand('DVR: Compare with Live Nodes');
    await toast('empty.dvr.yaml has no nodes').waitFor();
    await (await button('empty.dvr.yaml has no nodes', 'Show the File')).waitFor();
    await w.page.locator('.welcome-view-content', { hasText: 'This topology has no nodes yet' }).waitFor();
    await w.shootThemes('errors-empty');
  });

  it('a topology with errors: the errors, or compare all the same', async () => {
    await w.openFile('wrong.dvr.yaml');
    await w.runCommand('DVR: Compare with Live Nodes');
    await toast('wrong.dvr.yaml has').waitFor();
    await w.shootThemes('errors-topology');
    await (await button('wrong.dvr.yaml has', 'Show Problems')).click();
    await w.problem('10.1.0.0/99').waitFor();
  });

  it('a topology that is no YAML: its errors', async () => {
    await w.openFile('torn.dvr.yaml');
    await w.runCommand('Notifications: Clear All Notifications');
    await w.runCommand('DVR: Compare with Live Nodes');
    await toast('the file has errors').waitFor();
    await w.page.locator('.welcome-view-content', { hasText: 'because the file has errors' }).waitFor();
    await w.shoot('errors-torn');
  });
});
