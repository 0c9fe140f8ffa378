// A new user in an empty folder: by what the screen says alone to a live difference and a traced packet, and the first steps besides.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { root } from '../code-server.mjs';
import { eventually, persist, until } from '../patience.mjs';
import { startWorkbench } from '../workbench.mjs';

let w;
let folder;

const start = (options) => async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-empty-'));
  w = await startWorkbench({ folder, ...options });
};
const stop = async () => {
  await w?.stop();
  await rm(folder, { recursive: true, force: true });
};

afterEach((test) => w.shootFailure(test));

const view = () => w.page.locator('.composite[id="workbench.view.extension.dvrscope"]');
const welcome = () => view().locator('.welcome-view-content');
const button = (title) => w.page.locator(`.sidebar .composite.title .action-label[aria-label^="${title}"]`).first();
const openContainer = () => w.page.locator('.activitybar .action-label[aria-label="DVR"]').first();
const runningRow = () =>
  w.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'dvrscope: Neutron DVR' });

/** What "Show Running Extensions" says of ours. */
async function activationTime() {
  await w.runCommand('Developer: Show Running Extensions');
  await w.page.locator('.runtime-extensions-editor').hover();
  // The slowest come first, in a list that holds only the rows that are to be seen; ours has no figure while it is being activated.
  await eventually(async () => {
    if ((await runningRow().count()) === 0) await w.page.mouse.wheel(0, 300);
    assert.match(await runningRow().innerText({ timeout: 500 }), /Activation: \d/);
  });
  const text = await runningRow().innerText();
  await w.shoot('running');
  await closeRunning();
  return Number(/Activation: (\d+)\s*ms/.exec(text)?.[1]);
}

const closeRunning = () =>
  persist(async () => {
    await w.page.keyboard.press('Escape');
    await w.page.locator('.runtime-extensions-editor').waitFor({ state: 'detached', timeout: 5000 });
  });

/** Processes of the extension that this editor has installed. */
const languageServers = () =>
  execFileSync('ps', ['-Ao', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(w.server.scratch) && line.includes('cli.cjs'));

async function reload() {
  await w.page.reload();
  await welcome().getByText('Open the Demo Cloud').waitFor();
}

describe('an empty folder', () => {
  const used = { clicks: 0, keys: 0 };
  const click = async (locator) => {
    await locator.click();
    used.clicks++;
  };

  before(start());
  after(stop);

  it('does not run the extension', async () => {
    await w.runCommand('Developer: Show Running Extensions');
    await w.page.locator('.runtime-extensions-editor').waitFor();
    assert.equal(await runningRow().count(), 0);
    await closeRunning();
  });

  it('says what can be done', async () => {
    await click(openContainer());
    await welcome().getByText('Open the Demo Cloud').waitFor();
    await w.shootThemes('welcome');
  });

  it('has the extension active in under 50 ms', async () => {
    // A machine that is busy with other things is given more than one chance.
    const seen = [];
    for (let i = 0; i < 8 && !(seen.at(-1) < 50); i++) {
      if (i > 0) await reload();
      seen.push(await activationTime());
    }
    console.log(`activation: ${seen.join(', ')} ms`);
    assert.ok(seen.at(-1) < 50, `${seen.join(', ')} ms`);
  });

  it('starts no language server while there is no topology', () => assert.deepEqual(languageServers(), []));

  it('becomes the demo cloud with one click', async () => {
    await w.page.evaluate(() => {
      const look = () => {
        const texts = [...document.querySelectorAll('.welcome-view-content')].map((each) => each.textContent);
        if (texts.some((text) => text.includes('no nodes yet'))) document.body.dataset.wasEmpty = 'yes';
      };
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
    });
    await click(welcome().getByText('Open the Demo Cloud'));
    await w.activeTab('demo.dvr.yaml').waitFor();
    await w.nodeRow('compute1').waitFor();
    const wasEmpty = await w.page.evaluate(() => document.body.dataset.wasEmpty);
    assert.equal(wasEmpty, undefined, 'it is not said to have no nodes before it is known');
    assert.equal(languageServers().length, 1);
    await w.shoot('demo');
  });

  it('compares with the nodes of the demo, over SSH, and asks nothing', async () => {
    await w.asking(async () => {
      await button('Compare with Live Nodes').click();
      await w.row('Nodes over SSH').waitFor({ timeout: 15_000 });
      await w.shoot('demo-source');
      await w.chooseRow('Nodes over SSH', 15_000);
    });
    used.clicks += 2;
    await w.toast('compute1 differs').waitFor();
    await w.shoot('demo-compared');
  });

  it('shows the live difference', async () => {
    // Who reads it goes on while it is shown.
    await w.pressInMessage('compute1 differs', /Diff/);
    used.clicks++;
    const diff = w.page.locator('.monaco-diff-editor');
    await diff.locator('.editor.original .view-line', { hasText: 'from 10.1.0.1/24' }).first().waitFor();
    await w.shootThemes('demo-diff');
  });

  it('traces a packet', async () => {
    await w.asking(async () => {
      await button('Trace a Packet').click();
      await w.row('a3').waitFor({ timeout: 15_000 });
      await w.shoot('demo-from');
      await w.chooseRow('a3', 15_000);
      await w.row('8.8.8.8').waitFor({ timeout: 15_000 });
      await w.shoot('demo-to');
      await w.chooseRow('8.8.8.8', 15_000);
      await w.chooseRow('icmp', 15_000);
    });
    used.clicks += 4;
    await w.activeTab('8.8.8.8').waitFor();
    await w.webview().getByText('compute1').first().waitFor();
    await w.shootThemes('demo-trace');
  });

  it('shows the map', async () => {
    await click(button('Show Map'));
    await w.activeTab('Map').waitFor();
    // Beside the trace: that is two views.
    await until(
      'two views',
      async () => (await w.page.locator('iframe.webview.ready').filter({ visible: true }).count()) === 2,
    );
    await until('a map', async () => {
      for (const frame of w.page.frames())
        if (
          (await frame
            .locator('.stage[data-painted]')
            .count()
            .catch(() => 0)) > 0
        )
          return true;
      return false;
    });
    await w.shootThemes('demo-map');
  });

  it('took few steps', () => {
    console.log(
      `from an empty folder to a live difference, a traced packet and the map: ${used.clicks} clicks, ${used.keys} keys`,
    );
    assert.ok(used.clicks <= 12 && used.keys === 0);
  });
});

describe('the first steps', () => {
  before(start());
  after(stop);

  const steps = [
    'Open the demo cloud',
    'See a mistake',
    'Trace a packet',
    'Compare with live nodes',
    'Bring your own cloud',
  ];
  const step = (title) => w.page.locator('.getting-started-step', { hasText: title }).first();

  it('are a walkthrough, from the welcome view', async () => {
    await openContainer().click();
    await welcome().getByText('Get started').click();
    for (const title of steps) await step(title).waitFor();
    await w.shootThemes('walkthrough');
  });

  it('have a picture each', async () => {
    for (const [index, title] of steps.entries()) {
      await step(title).click();
      await w.page.locator('.getting-started-step.expanded', { hasText: title }).waitFor();
      const picture = w.page.locator('.getting-started-media iframe');
      await picture.first().waitFor();
      await w.page.waitForTimeout(500);
      await w.shoot(`walkthrough-${index + 1}`);
    }
  });

  it('are ticked off when they are done', async () => {
    await step('Open the demo cloud').click();
    await step('Open the demo cloud').getByRole('button', { name: 'Open the Demo Cloud' }).click();
    await w.activeTab('demo.dvr.yaml').waitFor();
    await step('Open the demo cloud').locator('.codicon-getting-started-step-checked.complete').waitFor();
    await w.shoot('walkthrough-beside');
    await w.select('cidr: 10.1.0.0/24');
    await w.page.keyboard.press('ArrowRight');
    await w.page.keyboard.type('9');
    await step('See a mistake').locator('.codicon-getting-started-step-checked.complete').waitFor();
    await w.page.keyboard.press('Backspace');
  });
});

describe("a topology of one's own", () => {
  before(start());
  after(stop);
  const textOfEditor = () => w.page.locator('.monaco-editor .view-lines').first();

  it('begins with a small cloud, in the folder, without a problem', async () => {
    // Our commands are there when our view is.
    await openContainer().waitFor();
    await w.runCommand('DVR: New Topology');
    await w.activeTab('cloud.dvr.yaml').waitFor();
    await textOfEditor().getByText('agent_mode').first().waitFor();
    await w.page.keyboard.press('Control+Shift+M');
    await w.page.locator('.markers-panel-container', { hasText: 'No problems have been detected' }).waitFor();
    await w.shootThemes('new-topology');
    await w.page.keyboard.press('Control+Shift+M');
    await textOfEditor().click();
    await w.page.keyboard.press('Control+S');
    await eventually(async () =>
      assert.match(await readFile(path.join(folder, 'cloud.dvr.yaml'), 'utf8'), /^# What OpenStack/),
    );
    // What follows would take the focus from the palette.
    await w.page.locator('.tab.active:not(.dirty)', { hasText: 'cloud.dvr.yaml' }).waitFor();
    await w.page.locator('.markers-panel-container').waitFor({ state: 'hidden' });
  });

  it('is imported from saved answers, and what was left out is in the log', async () => {
    await cp(path.join(root, 'test/recordings/S4/api'), path.join(folder, 'answers'), { recursive: true });
    await w.asking(async () => {
      await w.runCommand('DVR: Import a Cloud');
      await w.row('Saved Answers of the Neutron API').waitFor({ timeout: 10_000 });
      await w.shoot('import');
      await w.chooseRow('Saved Answers of the Neutron API', 10_000);
    });
    await chooseFolder('answers');
    await w.activeTab('answers.dvr.yaml').waitFor();
    await w.line('release').or(w.line('nodes:')).first().waitFor();
    await w.shoot('imported');
  });

  it('says what is wrong with a folder that holds no answers', async () => {
    await chooseImport('Saved Answers of the Neutron API');
    await chooseFolder('.vscode');
    await w.toast('no answers of the Neutron API').waitFor();
    await w.shoot('import-nothing');
  });

  it('gives the script that saves the answers', async () => {
    await chooseImport('How to Save the Answers');
    await w.line('# Saves what the Neutron API says').waitFor();
    await w.shoot('import-script');
  });

  it('is another one when the first is there', async () => {
    await w.runCommand('DVR: New Topology');
    await w.activeTab('cloud-2.dvr.yaml').waitFor();
  });

  it('forgets passphrases', async () => {
    await w.runCommand('DVR: Forget Kept Passphrases');
    await w.toast('No passphrase was kept').waitFor();
  });
});

const chooseImport = (row) =>
  w.asking(async () => {
    await w.runCommand('DVR: Import a Cloud');
    await w.chooseRow(row, 10_000);
  });

/** In the dialog that asks for a folder. */
async function chooseFolder(name) {
  const dialog = w.page.locator('.quick-input-widget', { hasText: 'Folder of Saved Answers' });
  await dialog.waitFor();
  await w.chooseRow(name);
  await until('the folder is chosen', async () =>
    (await dialog.locator('input[type="text"]').inputValue()).endsWith(`/${name}/`),
  );
  await w.acceptDialog(dialog, 'Import');
}
