// Runs test/e2e/suite inside desktop VS Code, which @vscode/test-electron downloads (or VSCODE_EXECUTABLE names).
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { root } from './code-server.mjs';
import { makeWorkspace } from './workspace.mjs';

const workspace = await makeWorkspace();
process.exitCode = await runTests({
  vscodeExecutablePath: process.env.VSCODE_EXECUTABLE,
  extensionDevelopmentPath: root,
  extensionTestsPath: path.join(root, 'dist/test/index.cjs'),
  launchArgs: [workspace.folder, '--disable-workspace-trust', '--disable-extensions'],
}).catch((error) => {
  console.error(error);
  return 1;
});
await workspace.remove();
