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
  await w.runWith('DVR: Compare with Live Nodes', ['Where the live state comes from', '', source]);
}

/** With the snapshots of another folder, which the setting names. */
async function compareWith(name) {
  const settings = JSON.stringify({ 'dvrscope.snapshots.folder': name });
  await writeFile(path.join(w.workspace.folder, '.vscode/settings.json'), settings);
  await w.openFile('cloud.dvr.yaml');
  await w.runCommand('Notifications: Clear All Notifications');
  const row = w.row(new RegExp(`Snapshots of This Workspace.*/${name}`));
  // The editor sees the new setting a moment later.
  await w.asking(async () => {
    await w.runCommand('DVR: Compare with Live Nodes');
    await row.click({ timeout: 3000 });
  });
}

/** What the tree tells of a node whose name is pointed at. */
async function tells(node, text, picture) {
  await w.hoverUntil(
    w.nodeRow(node).locator('.label-name').first(),
    w.page.locator('.monaco-hover', { hasText: text }).first(),
  );
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
        settings: { 'dvrscope.ssh.user': 'stack', 'dvrscope.ssh.timeout': 10 },
      },
    }),
  );
  after(stop);

  it('say why and what to do: sudo asks, the node is silent, the key is refused', async () => {
    await compare('Nodes over SSH');
    // The one that takes no key would take a password.
    await w.page.getByText('Log in as stack@127.0.0.1').waitFor();
    await w.inQuestion();
    await w.page.keyboard.press('Escape');
    await w.toast('sudo wants a password for stack').waitFor();
    await w.openNodes();
    await w.nodeRow('compute2').waitFor();
    await w.message('Not read either: compute2, net1.');
    await w.shootThemes('errors-nodes');
    for (const node of ['compute1', 'compute2', 'net1']) await w.nodeRow(node).getByText('unreachable').waitFor();
    await tells('compute2', /compute2 \(127\.0\.0\.1, port \d+\): no output for 10 s/, 'errors-slow');
    await tells('net1', /net1 \(127\.0\.0\.1, port \d+\): login as stack was refused/, 'errors-refused');
  });

  it('lead to the log', async () => {
    await w.pressInMessage('sudo wants a password for stack', 'Show Log');
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
    await w.toast('Not read either: net1').waitFor();
    await w.openNodes();
    await w.nodeRow('compute2').waitFor();
    await w.message('compute1 differs (1 difference). compute2 (no-such-host.invalid, port ');
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
    await w.pressInMessage('Not read either: net1', 'Try Again');
    await w.toast('Not read either: net1').waitFor();
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
    await w.toast('holds no snapshot of these nodes').waitFor();
    await w.messageButton('holds no snapshot of these nodes', 'Another Folder…');
    await w.messageButton('holds no snapshot of these nodes', 'Read over SSH');
    await w.shootThemes('errors-no-snapshot');
  });

  it('a snapshot that is cut short, and one that is none: what could be read is compared', async () => {
    await mkdir(file('broken'));
    const whole = await readFile(file('snapshots/compute1.snapshot'), 'utf8');
    await writeFile(file('broken/compute1.snapshot'), whole.slice(0, whole.length / 2));
    await writeFile(file('broken/compute2.snapshot'), 'I am no snapshot.\n');
    await compareWith('broken');
    await w.toast('of which no snapshot could be used. The log says why.').waitFor();
    await w.messageButton('of which no snapshot could be used', 'Show Log');
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
    await w.toast('snapshots are old').waitFor();
    await w.messageButton('snapshots are old', 'Read over SSH');
    await w.openNodes();
    await w.nodeRow('days ago').waitFor();
    await w.message('The topology was changed since then.');
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
    await w.toast('The topology was changed after 3 snapshots were read (that of compute1 1 h ago).').waitFor();
    await w.shootThemes('errors-before-change');
  });

  it('a topology without nodes: where to add them', async () => {
    await w.openFile('empty.dvr.yaml');
    await w.runCommand('DVR: Compare with Live Nodes');
    await w.toast('empty.dvr.yaml has no nodes').waitFor();
    await w.messageButton('empty.dvr.yaml has no nodes', 'Show the File');
    await w.page.locator('.welcome-view-content', { hasText: 'This topology has no nodes yet' }).waitFor();
    await w.shootThemes('errors-empty');
  });

  it('a topology with errors: the errors, or compare all the same', async () => {
    await w.openFile('wrong.dvr.yaml');
    await w.runCommand('DVR: Compare with Live Nodes');
    await w.toast('wrong.dvr.yaml has').waitFor();
    await w.shootThemes('errors-topology');
    await w.pressInMessage('wrong.dvr.yaml has', 'Show Problems');
    await w.problem('10.1.0.0/99').waitFor();
  });

  it('a topology that is no YAML: its errors', async () => {
    await w.openFile('torn.dvr.yaml');
    await w.runCommand('Notifications: Clear All Notifications');
    await w.runCommand('DVR: Compare with Live Nodes');
    await w.toast('the file has errors').waitFor();
    await w.page.locator('.welcome-view-content', { hasText: 'because the file has errors' }).waitFor();
    await w.shoot('errors-torn');
  });
});
