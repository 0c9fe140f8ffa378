// Bundles what ships (extension; language server and command line in one file, since they share nearly all) and the suite for the extension host.
// CommonJS and `.cjs`, because the extension host loads it so and package.json says "module".
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

// esbuild leaves old outputs behind, and a test file that is gone from the sources would still be run.
const outdir = 'dist';
if (existsSync(outdir)) {
  for (const name of readdirSync(outdir)) {
    if (name === 'test' || /\.cjs(\.map)?$/.test(name)) rmSync(`${outdir}/${name}`, { recursive: true });
  }
}

const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outdir,
  outExtension: { '.js': '.cjs' },
  sourcemap: true,
  logLevel: 'warning',
  // dist/ ships without sources; a stack trace in somebody's bug report should still name functions.
  keepNames: true,
  // 'vscode' is the editor's own. ssh2's two native helpers are optional: without them it uses node:crypto.
  external: ['vscode', 'cpu-features', '*.node'],
};

await build({ ...common, minify: true, entryPoints: { extension: 'client/extension.ts' } });
await build({
  ...common,
  minify: true,
  entryPoints: { cli: 'server/bin.ts' },
  banner: { js: '#!/usr/bin/env node' },
});

// Mocha finds its files at run time, so it stays outside.
const suite = readdirSync('test/e2e/suite').filter((name) => name.endsWith('.ts'));
await build({
  ...common,
  entryPoints: suite.map((name) => `test/e2e/suite/${name}`),
  outdir: `${outdir}/test`,
  external: [...common.external, 'mocha'],
});
