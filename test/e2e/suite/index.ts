/** The entry point that the extension host calls, under desktop VS Code and under code-server alike. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

const say = (text: string): void => console.log(text.replace(/^/gm, '[mocha] '));

/** Rejects when a test failed: the extension host turns that into the exit code. */
export async function run(): Promise<void> {
  // Marked, so that a runner which sees the whole window log can pick the report out of it.
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => say(format(...args));
  try {
    const mocha = new Mocha({ ui: 'bdd', timeout: 180_000, color: false });
    for (const file of readdirSync(__dirname).toSorted()) {
      if (file.endsWith('.suite.cjs')) mocha.addFile(path.join(__dirname, file));
    }
    const failures = await new Promise<number>((resolve) => {
      mocha.run(resolve);
    });
    if (failures > 0) throw new Error(`${failures} test(s) failed`);
  } catch (error) {
    say(format(error));
    throw error;
  }
}
