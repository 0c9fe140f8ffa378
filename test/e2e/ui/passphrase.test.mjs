// A private key with a passphrase: asked for once in the editor's own input box, kept when the user says so, and forgotten.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, describe, it } from 'node:test';
import { startWorkbench } from '../workbench.mjs';

const PASSPHRASE = 'correct horse battery staple';
let w;

const start = async () => {
  w = await startWorkbench();
  // The agent of whoever runs this knows nothing of the key.
  for (const file of w.workspace.login.identityFiles)
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', PASSPHRASE, '-f', file]);
};
const stop = () => w?.stop();

afterEach((test) => w.shootFailure(test));

async function compare() {
  await w.openFile('cloud.dvr.yaml');
  await w.runCommand('Notifications: Clear All Notifications');
  await w.runWith('DVR: Compare with Live Nodes', ['Where the live state comes from', '', 'Nodes over SSH']);
}

const box = () => w.page.locator('.quick-input-widget', { hasText: 'Passphrase of' });
const dialog = () => w.page.locator('.monaco-dialog-box', { hasText: 'Keep the passphrase' });
const compared = () => w.toast('compute1 differs (1 difference)').waitFor();

async function type(text) {
  await box().locator('input[type="password"]').fill(text);
  await w.inQuestion();
  await w.page.keyboard.press('Enter');
}

describe('a key with a passphrase', () => {
  before(start);
  after(stop);

  it('is asked for, hidden, and asked for again when it was wrong', async () => {
    await compare();
    await box().waitFor();
    await w.shoot('passphrase');
    await type('wrong');
    await box().getByText('That was wrong. Try again.').waitFor();
    assert.equal(await dialog().count(), 0, 'what was wrong is not offered to be kept');
  });

  it('is kept in the secret storage if it was right and the user says so', async () => {
    await type(PASSPHRASE);
    await dialog().getByRole('button', { name: 'Ask Every Time' }).waitFor();
    await w.shoot('passphrase-keep');
    assert.equal(await dialog().getByRole('button', { name: 'Cancel' }).count(), 0, 'one way not to keep it is enough');
    await dialog().getByRole('button', { name: 'Keep', exact: true }).click();
    await compared();
  });

  it('is not asked for while it is kept', async () => {
    await compare();
    await compared();
    assert.equal(await box().isVisible(), false);
  });

  it('is asked for again when it was forgotten', async () => {
    await w.runCommand('DVR: Forget Kept Passphrases');
    await w.toast('Passphrases forgotten: 1.').waitFor();
    await compare();
    await box().waitFor();
    await w.inQuestion();
    await w.page.keyboard.press('Escape');
    await w
      .toast(/is encrypted, and no passphrase was given: try again/)
      .first()
      .waitFor();
    await w.shoot('passphrase-refused');
  });
});
