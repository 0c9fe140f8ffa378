/** Who may import whom: the import rules of ARCHITECTURE.md. A broken rule is printed with its file and line. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { it } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

interface Import {
  file: string;
  line: number;
  /** A path from the root for our own files, else the package's name. */
  target: string;
  typeOnly: boolean;
}

const files = ['shared', 'server', 'client'].flatMap((layer) =>
  readdirSync(join(ROOT, layer), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
);

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

function importsOf(file: string): Import[] {
  const text = textOf(file);
  const pattern =
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?from\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
  return [...text.matchAll(pattern)].map((match) => {
    const target = match[2] ?? match[3]!;
    return {
      file,
      line: text.slice(0, match.index).split('\n').length,
      target: target.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), target)) : target,
      typeOnly: match[1] !== undefined,
    };
  });
}

const imports = files.flatMap(importsOf);

function check(rule: string, isBroken: (entry: Import) => boolean): void {
  it(rule, () => {
    const broken = imports
      .filter(isBroken)
      .map(({ file, line, target }) => `${file}:${line} imports ${target}: ${rule}`);
    assert.deepEqual(broken, []);
  });
}

const inside = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const isOwn = (target: string): boolean =>
  ['shared', 'server', 'client', 'test', 'tools'].some((layer) => inside(target, layer));

check(
  'shared/ imports only itself, and yaml in one file',
  ({ file, target }) =>
    inside(file, 'shared') &&
    !inside(target, 'shared') &&
    !(target === 'yaml' && file === 'shared/topology/yamlTree.ts'),
);
check(
  'trace/ imports only states, ip, problems, openflow/ and itself',
  ({ file, target }) =>
    inside(file, 'shared/trace') &&
    !inside(target, 'shared/trace') &&
    !inside(target, 'shared/openflow') &&
    !['shared/state.ts', 'shared/ip.ts', 'shared/problem.ts'].includes(target),
);
const VERIFY_USES = ['shared/state.ts', 'shared/ip.ts', 'shared/placement.ts', 'shared/releases.ts'];
check(
  'verify/ imports only states, ip, topology/, trace/, placement, releases and itself',
  ({ file, target }) =>
    inside(file, 'shared/verify') &&
    !['shared/verify', 'shared/trace', 'shared/topology'].some((layer) => inside(target, layer)) &&
    !VERIFY_USES.includes(target),
);
check(
  'openflow/ imports only states, ip and itself',
  ({ file, target }) =>
    inside(file, 'shared/openflow') &&
    !inside(target, 'shared/openflow') &&
    !['shared/state.ts', 'shared/ip.ts'].includes(target),
);
check(
  'compare and pair know no topology, no allocations and no namespaces',
  ({ file, target }) =>
    ['shared/compare.ts', 'shared/pair.ts'].includes(file) &&
    (inside(target, 'shared/topology') ||
      inside(target, 'shared/namespaces') ||
      /\/(allocations|readAllocations|expect|placement)\.ts$/.test(target)),
);
const ASPECT_COMMON = new Set(
  [
    'aspect.ts',
    'iptablesDhcp.ts',
    'iptablesExpect.ts',
    'iptablesFrame.ts',
    'iptablesScopes.ts',
    'ip6tablesExpect.ts',
    'kernelRoutes6.ts',
    'routeText.ts',
  ].map((name) => `shared/aspects/${name}`),
);
check(
  'aspects do not import each other',
  ({ file, target }) =>
    inside(file, 'shared/aspects') &&
    file !== 'shared/aspects/table.ts' &&
    inside(target, 'shared/aspects') &&
    !ASPECT_COMMON.has(target),
);
check(
  'only server/lsp.ts imports the LSP connection',
  ({ file, target }) =>
    /^vscode-languageserver(\/|$)/.test(target) &&
    !(file === 'server/lsp.ts') &&
    !target.endsWith('-types') &&
    !isTypesOnly(file, target),
);
check(
  'only client/ imports vscode',
  ({ file, target }) => (target === 'vscode' || target.startsWith('vscode-languageclient')) && !inside(file, 'client'),
);
check(
  'client/ takes from shared/ only protocol.ts and types, and the pages of web views the layout of the map',
  ({ file, target, typeOnly }) =>
    inside(file, 'client') &&
    isOwn(target) &&
    !inside(target, 'client') &&
    !(inside(file, 'client/webview') && inside(target, 'shared/map')) &&
    target !== 'shared/protocol.ts' &&
    !(inside(target, 'shared') && typeOnly),
);
check(
  'server/ does not import client/, nobody imports test/',
  ({ file, target }) => (inside(file, 'server') && inside(target, 'client')) || inside(target, 'test'),
);

/** `features/` may use LSP's plain data types. */
const isTypesOnly = (file: string, target: string): boolean =>
  importsOf(file)
    .filter((entry) => entry.target === target)
    .every((entry) => entry.typeOnly);

function absent(rule: string, layer: string, pattern: RegExp): void {
  it(rule, () => {
    const found = files
      .filter((file) => inside(file, layer))
      .flatMap((file) =>
        textOf(file)
          .split('\n')
          .flatMap((line, i) =>
            pattern.test(line.replace(/\/\/.*|^\s*\*.*|\/\*.*/, ''))
              ? [`${file}:${i + 1} ${line.trim()}: ${rule}`]
              : [],
          ),
      );
    assert.deepEqual(found, []);
  });
}

absent(
  'nothing in shared/ is async, reads a clock or draws a random number',
  'shared',
  /\basync\b|\bawait\b|\bDate\b|Math\.random|performance\.|setTimeout|\bPromise\b/,
);

it('state.ts and protocol.ts hold only JSON types', () => {
  for (const file of ['shared/state.ts', 'shared/protocol.ts']) {
    const odd =
      textOf(file).match(/\b(Map|Set|Date|RegExp|Function|symbol|bigint|class|undefined)\b(?![^\n]*\*\/)/g) ?? [];
    const code = odd.filter((word) =>
      new RegExp(`^[^*/]*\\b${word}\\b`, 'm').test(textOf(file).replace(/\/\*[\s\S]*?\*\//g, '')),
    );
    assert.deepEqual(code, [], file);
  }
});

it('no file is longer than 400 lines', () => {
  assert.deepEqual(
    files.filter((file) => textOf(file).split('\n').length > 401),
    [],
  );
});

it('every file says at its top what it is for', () => {
  // A check says it in its `doc`, which the documentation and the editor show too.
  const silent = files.filter((file) => !/^\/[*/]/.test(textOf(file)) && !/^ {2}doc:/m.test(textOf(file)));
  assert.deepEqual(silent, []);
});

it('the rules are about real files', () => {
  assert.ok(files.length > 60);
  assert.ok(imports.length > 200);
});
