// Live nodes over SSH: real SSH servers with recordings behind them, the tree, differences, findings.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { eventually, persist, until } from '../patience.mjs';
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
  await w.asking(async () => {
    const timeout = 10_000;
    await w.page
      .locator('.editor-actions .action-label[aria-label^="Compare with Live Nodes"]')
      .first()
      .click({ timeout });
    await w.answer('Where the live state comes from', '', 'Nodes over SSH', timeout);
  });
}

const compared = () => w.toast('2 nodes in sync, compute1 differs (1 difference)').waitFor();

/** An action of a row of the tree, by its menu. */
async function choose(row, title) {
  const item = w.page.locator('.context-view .monaco-menu .action-label', { hasText: title }).first();
  // A tree that is drawn anew may close it.
  await persist(async () => {
    await w.nodeRow(row).click({ button: 'right' });
    await item.waitFor({ timeout: 10_000 });
  });
  // A menu takes no click in its first moment, so that the one which opened it chooses nothing.
  await persist(async () => {
    if (!(await item.isVisible())) return;
    await item.click({ timeout: 1000 });
    await item.waitFor({ state: 'hidden', timeout: 1000 });
  });
}

/** From the first row of the tree down to another one, with the keyboard. */
async function goTo(row) {
  const rows = '.composite[id="workbench.view.extension.dvrscope"] .monaco-list-row';
  const focused = w.page.locator(`${rows}.focused`);
  await w.page.locator('.composite[id="workbench.view.extension.dvrscope"] .monaco-list:focus-within').waitFor();
  // A tree that is drawn anew may begin again.
  await persist(async () => {
    await w.page.keyboard.press('Home');
    await w.page.locator(`${rows}[data-index="0"].focused`).waitFor({ timeout: 10_000 });
    for (let i = 0; i < 20 && !(await focused.innerText()).includes(row); i++) await w.page.keyboard.press('ArrowDown');
    await focused.filter({ hasText: row }).waitFor({ timeout: 1000 });
  });
}

/** The line of the file that the cursor is on, as soon as it is this one. */
const cursorIsOn = (text) =>
  eventually(async () => {
    const position = await w.page.locator('#status\\.editor\\.selection').innerText();
    const lines = (await readFile(`${w.workspace.folder}/cloud.dvr.yaml`, 'utf8')).split('\n');
    assert.equal(lines[Number(/Ln (\d+)/.exec(position)[1]) - 1].trim(), text);
  });

const FINDING = 'the redirect to the SNAT node is missing';

describe('live nodes', () => {
  before(start({ strangers: ['net1'] }));
  after(stop);

  it('ask whether to trust a host key that nobody knows, with its fingerprint', async () => {
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

  it('are compared, and ask no more', async () => {
    await compareOverSsh();
    await compared();
    await w.shoot('ssh');
  });

  it('stand in a tree: state, age, and the finding in its namespace and aspect', async () => {
    await w.runCommand('Notifications: Clear All Notifications');
    await w.openNodes();
    await w.nodeRow(FINDING).waitFor();
    // It is said for a minute.
    await w
      .nodeRow('compute2')
      .getByText(/in sync · (just now|[1-9] min ago)/)
      .waitFor();
    await eventually(async () =>
      assert.match(await w.nodeRow('cloud.dvr.yaml').innerText(), /cloud\.dvr\.yaml\s*1 differing\s*$/),
    );
    const badge = w.page.locator('.activitybar .action-item', { has: w.page.locator('[aria-label*="DVR"]') });
    await badge
      .locator('.badge-content')
      .filter({ hasText: /^\s*1\s*$/ })
      .waitFor();
    await w.shootThemes('nodes');
  });

  it('lead from a finding to the line of the topology that caused it, by keyboard alone', async () => {
    await w.closeAll();
    await w.runCommand('DVR: Focus on Nodes View');
    await goTo(FINDING);
    await w.page.keyboard.press('Enter');
    await w.activeTab('cloud.dvr.yaml').waitFor();
    const line = w.page.locator('.monaco-editor .view-line', { hasText: 'neta-sub' }).first();
    await line.waitFor();
    await cursorIsOn('neta-sub:');
  });

  it('show a difference in the tools own text, coloured', async () => {
    await choose('ip rule', 'Show Difference');
    const diff = w.page.locator('.monaco-diff-editor');
    const lost = diff.locator('.editor.original .view-line', { hasText: 'from 10.1.0.1/24 lookup 167837697' }).first();
    await lost.waitFor();
    await w.page.locator('#status\\.editor\\.mode', { hasText: 'DVR node state' }).waitFor();
    // Colours come a moment after the text.
    await w.page.waitForFunction(() => {
      const line = [...document.querySelectorAll('.editor.original .view-line')].find((each) =>
        each.textContent.includes('167837697'),
      );
      return (
        line && new Set([...line.querySelectorAll('span[class^="mtk"]')].map(({ className }) => className)).size >= 3
      );
    });
    await w.shootThemes('difference');
  });

  it('explain a line of it, and lead to what caused it', async () => {
    const lost = w.page
      .locator('.monaco-diff-editor .editor.original .view-line', { hasText: 'from 10.1.0.1/24 lookup 167837697' })
      .first();
    const hover = w.page.locator('.monaco-hover', { hasText: 'This is missing on the node.' }).first();
    await w.hoverUntil(lost.locator('span', { hasText: 'lookup' }).first(), hover);
    await hover.getByText('Expected because').waitFor();
    await w.shootThemes('difference-hover');
    await w.pressUntil(async () => {
      await lost.click({ timeout: 5000 });
      await w.page.keyboard.press('F12');
    }, w.activeTab('cloud.dvr.yaml'));
    await w.page.locator('.monaco-editor .view-line', { hasText: 'neta-sub' }).first().waitFor();
  });

  it('have a page for a finding', async () => {
    await w.openNodes();
    await choose(FINDING, 'Explain This Finding');
    const page = w.webview();
    await page.getByRole('heading', { name: 'What is broken' }).waitFor();
    for (const name of ['Whom it concerns', 'Evidence', 'Why we think so', 'To look at it', 'To mend it', 'To read on'])
      await eventually(async () => assert.equal(await page.getByRole('heading', { name }).count(), 1, name));
    await page.getByText('ip rule add').first().waitFor();
    await w.shootThemes('finding');
    const end = page.getByRole('heading', { name: 'To read on' });
    // The preview draws itself anew with each theme.
    await eventually(() => end.scrollIntoViewIfNeeded({ timeout: 10_000 }));
    await w.shoot('finding-end');
  });

  it('lead from that page to the line of the topology', async () => {
    await w
      .webview()
      .getByRole('link', { name: /^line \d+ of cloud\.dvr\.yaml$/ })
      .click();
    await w.activeTab('cloud.dvr.yaml').waitFor();
    await w.page.locator('.monaco-editor .view-line', { hasText: 'neta-sub' }).first().waitFor();
    await cursorIsOn('neta-sub:');
  });

  it('have a menu for those without a mouse, and say to a screen reader how they are', async () => {
    await w.runCommand('DVR: Focus on Nodes View');
    await goTo('compute2');
    const row = w.nodeRow('compute2');
    await eventually(async () => {
      assert.match(await row.getAttribute('aria-label'), /^compute2, in sync · /);
      assert.match(await w.nodeRow(FINDING).getAttribute('aria-label'), /^error: the redirect/);
    });
    // Before the menu is there, arrows would move in the tree.
    await w.page.keyboard.press('Shift+F10');
    await w.page.locator('.context-view .monaco-menu:focus-within').waitFor();
    const item = w.page.locator('.context-view .monaco-menu .action-item.focused', { hasText: 'Show Expected State' });
    for (let i = 0; i < 15 && !(await item.isVisible()); i++) await w.page.keyboard.press('ArrowDown');
    await item.waitFor();
    await w.shoot('nodes-menu');
    await w.page.keyboard.press('Enter');
    await w.activeTab('compute2 (expected)').waitFor();
  });

  it('offer the page of a finding as a quick fix, and the live text below the problem', async () => {
    await w.closeAll();
    await w.openFile('cloud.dvr.yaml');
    await w.runCommand('Problems: Focus on Problems View');
    await w.problem(FINDING).waitFor();
    await w.problem('live: no line').waitFor();
    await w.shootThemes('finding-problem');
    await w.problem('live: no line').dblclick();
    await w.activeTab('(live)').waitFor();
    await w.page.locator('#status\\.editor\\.mode', { hasText: 'DVR node state' }).waitFor();
    await w.openFile('cloud.dvr.yaml');
    await w.problem(FINDING).dblclick();
    await w.page.locator('.monaco-editor .view-line', { hasText: 'neta-sub' }).first().waitFor();
    const fixes = w.page.locator('.action-widget', { hasText: /Explain \S+ on compute1/ });
    // The focus goes to the editor a moment later.
    await w.pressUntil(async () => {
      await w.inEditor();
      await w.page.keyboard.press('Escape');
      await w.page.keyboard.press('Control+.');
    }, fixes);
    await w.shoot('finding-quick-fix');
    await w.page.keyboard.press('Escape');
  });

  it('are read again one by one: the others are left alone', async () => {
    const ran = () => Object.values(w.workspace.nodes).map(({ executed }) => executed.length);
    const first = ran();
    await w.runCommand('Notifications: Clear All Notifications');
    await choose('compute2', 'Refresh This Node');
    await w.toast('1 node in sync').waitFor();
    assert.deepEqual(
      ran().map((count, i) => count - first[i]),
      [0, 1, 0],
    );
    await w.runCommand('DVR: Refresh Nodes');
    await compared();
    assert.deepEqual(
      ran().map((count, i) => count - first[i]),
      [1, 2, 1],
    );
  });

  it('trace from a node asks for one of its ports', async () => {
    await choose('compute2', 'Trace from Here');
    await w.page
      .locator('.quick-input-widget', { hasText: /Trace|To/ })
      .first()
      .waitFor();
    await w.inQuestion();
    await w.shoot('nodes-trace');
    await w.page.keyboard.press('Escape');
  });

  it('open a terminal with ssh, word by word; the focus stays in the tree', async () => {
    await choose('compute2', 'Open Terminal on Node');
    await w.page.locator('.terminal-wrapper, .terminal-outer-container').first().waitFor();
    // Its text is drawn on a canvas; what runs in it is `ssh`, with the node as its last word.
    const args = () =>
      processes().find(
        (each) => /(^|\/)ssh /.test(each.args) && each.args.includes(String(w.workspace.nodes.compute2.port)),
      )?.args;
    assert.match(await until('ssh runs', args), / -l root -- 127\.0\.0\.1$/);
    const isInTree = await w.page.evaluate(() => document.activeElement.closest('.terminal-wrapper') === null);
    assert.ok(isInTree, 'the focus went to the terminal');
    await w.shoot('terminal');
  });

  it('say in the status bar menu that the server runs', async () => {
    await w.openFile('cloud.dvr.yaml');
    await w.hoverUntil(
      w.page.locator('#status\\.languageStatus').first(),
      w.page.getByText('Language server running').first(),
    );
    await w.shoot('status');
  });
});

describe('nodes that take their time', () => {
  before(async () => {
    const modes = { compute1: 'slow', compute2: 'silent', net1: 'hangs' };
    await start({ cloud: { modes, settings: { 'dvrscope.ssh.timeout': 600 } } })();
    const nodes = Array.from({ length: 1000 }, (_, i) => `  n${i}: {agent_mode: dvr}\n`);
    await writeFile(`${w.workspace.folder}/many.dvr.yaml`, `dvr: 1\nnodes:\n${nodes.join('')}`);
  });
  // The last test stops it.
  after(() => (w.isStopped ? undefined : w.stop()));

  it('are a thousand in the tree, and the last is a key away', async () => {
    await w.openFile('many.dvr.yaml');
    await w.openNodes();
    await w.nodeRow('n1').waitFor();
    await w.runCommand('DVR: Focus on Nodes View');
    await w.page.locator('.composite[id="workbench.view.extension.dvrscope"] .monaco-list:focus-within').waitFor();
    // A machine that is busy with other things is given more than one chance.
    const seen = [];
    for (let i = 0; i < 8 && !(seen.at(-1) < 2000); i++) {
      await w.page.keyboard.press('Home');
      await w.nodeRow('n1').waitFor();
      const began = performance.now();
      await w.page.keyboard.press('End');
      await w.nodeRow('n999').waitFor();
      seen.push(performance.now() - began);
    }
    assert.ok(seen.at(-1) < 2000, `${seen.map(Math.round).join(', ')} ms`);
    await w.nodeRow('n999').getByText('dvr').first().waitFor();
    await w.shoot('nodes-thousand');
  });

  it('turn a wheel while they are read, and can be stopped', async () => {
    await compareOverSsh();
    await w.openNodes();
    await w.nodeRow('compute2').getByText('being read').waitFor();
    await w.nodeRow('cloud.dvr.yaml').getByText('being read').waitFor();
    await w.shootThemes('nodes-reading');
    // Another comparison takes the place of this one.
    await compareOverSsh();
    await w.page.getByText('Comparing with live nodes').first().waitFor();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await w.nodeRow('compute2').getByText('being read').waitFor();
    await w.hoverUntil(
      w.page.locator('#status\\.languageStatus').first(),
      w.page.locator('.monaco-hover', { hasText: 'comparing with the nodes' }).first(),
    );
    await w.shoot('status-reading');
    await w.page.mouse.move(700, 400);
    await w.runCommand('DVR: Stop Reading Nodes');
    await w.nodeRow('compute2').getByText('being read').waitFor({ state: 'detached' });
    await w.nodeRow('cloud.dvr.yaml').getByText('being read').waitFor({ state: 'detached' });
  });

  it('are not read any more when the language server dies: that is said, and another one takes its place', async () => {
    await compareOverSsh();
    await w.openNodes();
    await w.nodeRow('compute2').getByText('being read').waitFor();
    const server = () =>
      processes().find(({ args }) => args.includes('cli.cjs') && args.includes(w.server.scratch))?.pid;
    const died = server();
    process.kill(died, 'SIGKILL');
    await w.toast('The language server stopped before it could answer. It is being started again').waitFor();
    await w.shootThemes('server-died');
    await until('another server', () => (server() ?? died) !== died);
    await w.nodeRow('compute2').getByText('being read').waitFor({ state: 'detached' });
    await w.nodeRow('cloud.dvr.yaml').getByText('not compared').waitFor();
  });

  it('leave nothing behind when the window is closed: no process, no connection', async () => {
    await compareOverSsh();
    await w.openNodes();
    await w.nodeRow('compute2').getByText('being read').waitFor();
    const ports = Object.values(w.workspace.nodes).map(({ port }) => port);
    const servers = await eventually(() => {
      const all = processes().filter(({ args }) => args.includes('cli.cjs') && args.includes(w.server.scratch));
      assert.equal(all.length, 1, 'one language server');
      return all;
    });
    await until('it is connected', () => connections(ports).length > 0);
    w.isStopped = true;
    await w.browser.close();
    await w.server.stop();
    const left = () => processes().filter(({ pid }) => servers.some((server) => server.pid === pid));
    await eventually(() => assert.deepEqual([...left(), ...connections(ports)], []));
    await w.workspace.remove();
  });
});

const processes = () =>
  execFileSync('ps', ['-Ao', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+) (.*)$/.exec(line))
    .filter((match) => match)
    .map(([, pid, args]) => ({ pid: Number(pid), args }));

/** Established TCP connections to these ports, from /proc/net/tcp: state 01, ports in hexadecimal. */
const connections = (ports) => {
  const text = execFileSync('cat', ['/proc/net/tcp'], { encoding: 'utf8' });
  return text.split('\n').filter((line) => {
    const [, , remote, state] = line.trim().split(/\s+/);
    return state === '01' && ports.includes(parseInt(remote?.split(':')[1], 16));
  });
};
