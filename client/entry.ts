/**
 * What VS Code loads and calls first: as little as can be. The rest, most of it the library of the language client, is a file of its
 * own that is loaded in the next turn, so that an editor that is just opening does not wait for it.
 */
import type { ExtensionContext } from 'vscode';

type Extension = typeof import('./extension.ts');

let extension: Promise<Extension> | undefined;

/** Called by VS Code when a topology is opened, a view of ours is shown or a command is run; resolves when commands can be run. */
export async function activate(context: ExtensionContext): Promise<void> {
  extension = load();
  (await extension).activate(context);
}

/** Called by VS Code when the extension is turned off or the window closes. */
export async function deactivate(): Promise<void> {
  await (await extension)?.deactivate();
}

async function load(): Promise<Extension> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  // oxlint-disable-next-line typescript/no-require-imports, typescript/no-unsafe-type-assertion -- the other bundle, from extension.ts
  return require('./client.cjs') as Extension;
}
