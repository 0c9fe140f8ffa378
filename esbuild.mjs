// Bundles what ships (extension; language server and command line as one program, since they share nearly all, and what starts it) and the suite for the extension host.
// CommonJS and `.cjs`, because the extension host loads it so and package.json says "module".
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

// esbuild leaves old outputs behind, and a test file that is gone from the sources would still be run.
const outdir = 'dist';
if (existsSync(outdir)) {
  for (const name of readdirSync(outdir)) {
    if (name === 'test' || name === 'webview' || /\.cjs(\.map)?$/.test(name))
      rmSync(`${outdir}/${name}`, { recursive: true });
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

await build({ ...common, minify: true, entryPoints: { client: 'client/extension.ts' } });
await build({
  ...common,
  minify: true,
  sourcemap: false,
  entryPoints: { extension: 'client/entry.ts' },
  external: [...common.external, './client.cjs'],
});
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
await build({
  ...common,
  minify: true,
  entryPoints: { main: 'server/bin.ts' },
  define: { 'process.env.DVRSCOPE_VERSION': JSON.stringify(version) },
});
await build({
  ...common,
  minify: true,
  sourcemap: false,
  entryPoints: { cli: 'server/start.ts' },
  external: ['./main.cjs'],
  banner: { js: '#!/usr/bin/env node' },
});

// Pages of web views: a script for the browser and a style sheet, by the names that end in `Page`.
const pages = readdirSync('client/webview').filter((name) => /^\w+Page\.(ts|css)$/.test(name));
if (pages.length > 0) {
  await build({
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'chrome130',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    entryPoints: pages.map((name) => `client/webview/${name}`),
    outdir: `${outdir}/webview`,
  });
}

// What the nodes of the demo answer.
const { packedDemo } = await import('./tools/demoRecordings.ts');
writeFileSync(`${outdir}/demo.br`, await packedDemo());

// The marketplace takes no SVG.
const { iconPng } = await import('./tools/icon.ts');
writeFileSync(`${outdir}/icon.png`, iconPng(readFileSync('media/icon.svg', 'utf8')));

// Mocha finds its files at run time, so it stays outside.
const suite = readdirSync('test/e2e/suite').filter((name) => name.endsWith('.ts'));
await build({
  ...common,
  entryPoints: suite.map((name) => `test/e2e/suite/${name}`),
  outdir: `${outdir}/test`,
  external: [...common.external, 'mocha'],
});
