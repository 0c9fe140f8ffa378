// Runs test/e2e/suite inside the extension host of code-server. Exit code: 0 when every test passed.
import path from 'node:path';
import { format } from 'node:util';
import { launchChromium, root, startCodeServer } from './code-server.mjs';
import { PATIENCE_MS } from './patience.mjs';
import { makeWorkspace } from './workspace.mjs';

const workspace = await makeWorkspace();
const server = await startCodeServer({ testDriver: true });
const browser = await launchChromium();
let code = 1;
try {
  code = await runSuite();
} catch (error) {
  console.error(error);
  console.error(server.log());
} finally {
  await browser.close();
  await server.stop();
  await workspace.remove();
}
console.log(`exit code of the extension tests: ${code}`);
process.exit(code);

async function runSuite() {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  // The workbench in a browser calls these two when it has run `extensionTestsPath`.
  const finished = new Promise((resolve) => void page.exposeFunction('codeAutomationExit', resolve));
  await page.exposeFunction('codeAutomationLog', (_type, args) => {
    for (const line of format(...args).split('\n'))
      if (process.env.E2E_VERBOSE || line.startsWith('[mocha]')) console.log(line.replace(/^\[mocha\] /, ''));
  });
  const remote = (file) => `vscode-remote://${server.authority}${path.join(root, file)}`;
  const payload = [
    ['extensionDevelopmentPath', remote('')],
    ['extensionTestsPath', remote('dist/test/index.cjs')],
  ];
  await page.goto(server.url({ folder: workspace.folder, payload }));
  const timeout = new Promise((_, reject) => setTimeout(reject, 900_000, new Error('no result after 900 s')).unref());
  return Promise.race([finished, timeout]);
}
