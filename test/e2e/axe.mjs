// Accessibility of a page in a web view, judged by axe-core.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './code-server.mjs';

const source = await readFile(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');

/** Fails with what axe finds in the only web view that is shown. `evaluate` is not bound by the page's content security policy. */
export async function assertAccessible(page, what) {
  const frame = await (await page.locator('iframe.webview.ready').elementHandle()).contentFrame();
  const inner = await (await frame.locator('#active-frame').elementHandle()).contentFrame();
  await inner.evaluate(source);
  const violations = await inner.evaluate(async () => {
    // The editor gives the page its title and landmarks; it is no document by itself.
    const options = { rules: { 'document-title': { enabled: false }, 'html-has-lang': { enabled: false } } };
    const found = await globalThis.axe.run(document, options);
    return found.violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).slice(0, 3)}`,
    );
  });
  assert.deepEqual(violations, [], what);
}
