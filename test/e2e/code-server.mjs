// Starts code-server on a free loopback port with scratch folders, and a headless Chromium to look at it.
import { spawn } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const entry = path.join(root, 'tools/code-server/node_modules/code-server/out/node/entry.js');

const userSettings = {
  // It lies over the first lines of a scrolled editor and takes the clicks.
  'editor.stickyScroll.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'security.workspace.trust.startupPrompt': 'never',
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

/**
 * A running server: `url` names the page of a folder, `stop` ends it and removes its scratch folders.
 * `vsix` is installed first; `testDriver` lets a page run the suite in the extension host, and hides notifications.
 * A workspace that is not trusted opens in Restricted Mode. `settings` and `keybindings` are the user's; `set` changes some settings while it runs.
 */
export async function startCodeServer({
  vsix,
  testDriver = false,
  isTrusted = true,
  settings = {},
  keybindings = [],
} = {}) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'dvrscope-e2e-'));
  const remove = () => rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  try {
    const user = { ...userSettings, 'security.workspace.trust.enabled': !isTrusted, ...settings };
    const dirs = await scratchFolders(scratch, user);
    await writeFile(path.join(scratch, 'user-data/User/keybindings.json'), JSON.stringify(keybindings));
    const set = (more) => writeFile(settingsFile(scratch), JSON.stringify(Object.assign(user, more)));
    const env = { ...process.env, XDG_CONFIG_HOME: scratch, XDG_DATA_HOME: scratch, EXTENSIONS_GALLERY: '{}' };
    if (vsix) await install(vsix, dirs, env);
    const server = await serve(dirs, env, { testDriver, isTrusted });
    return { ...server, scratch, set, stop: () => server.stop().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

const settingsFile = (scratch) => path.join(scratch, 'user-data/User/settings.json');

async function scratchFolders(scratch, settings) {
  const userData = path.join(scratch, 'user-data');
  await mkdir(path.join(userData, 'User'), { recursive: true });
  await writeFile(settingsFile(scratch), JSON.stringify(settings));
  const extensions = path.join(scratch, 'extensions');
  // Without a --config of its own it writes one into the home folder.
  const config = path.join(scratch, 'config.yaml');
  return ['--user-data-dir', userData, '--extensions-dir', extensions, '--config', config];
}

async function install(vsix, dirs, env) {
  const child = spawn(process.execPath, [entry, ...dirs, '--install-extension', vsix, '--force'], { env });
  let log = '';
  child.stdout.on('data', (data) => (log += data));
  child.stderr.on('data', (data) => (log += data));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`--install-extension exited with ${code}:\n${log}`);
}

async function serve(dirs, env, { testDriver, isTrusted }) {
  const authority = `127.0.0.1:${await freePort()}`;
  const options = ['--auth', 'none', '--bind-addr', authority, '--disable-telemetry', '--disable-update-check'];
  options.push('--disable-getting-started-override', '--disable-proxy');
  if (isTrusted) options.push('--disable-workspace-trust');
  // A built workbench ignores the `payload` of its address without this one.
  if (testDriver) options.push('--vscode-option', 'enable-smoke-test-driver');
  const child = spawn(process.execPath, [entry, ...dirs, ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (data) => (log += data));
  child.stderr.on('data', (data) => (log += data));
  const closed = new Promise((resolve) => child.once('close', resolve));
  const stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    return closed;
  };
  if (!(await isHealthy(`http://${authority}`, child))) {
    await stop('SIGKILL');
    throw new Error(`code-server did not start:\n${log}`);
  }
  return { authority, log: () => log, url: pageUrl(authority), stop };
}

async function isHealthy(origin, child) {
  for (let i = 0; i < 900 && child.exitCode === null; i++) {
    const answer = await fetch(`${origin}/healthz`).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

const pageUrl =
  (authority) =>
  ({ folder, payload }) => {
    const query = new URLSearchParams({ folder });
    if (payload) query.set('payload', JSON.stringify(payload));
    return `http://${authority}/?${query}`;
  };

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Debian's Chromium, or the one that CHROMIUM names; it may speak to loopback only. */
export const launchChromium = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
