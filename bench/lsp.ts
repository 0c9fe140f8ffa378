/**
 * How fast the language server answers, beside yaml-language-server with a file that has the same things in it, one after the other.
 * A request that a server does not announce is not measured.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { SemanticTokens, SemanticTokensDelta } from 'vscode-languageserver';
import type { Figure } from './figure.ts';
import { filesOf, MISTAKES } from './lspFiles.ts';
import { startSession, type Server, type Session } from './lspSession.ts';

const ROOT = join(import.meta.dirname, '..');

/** Targets in milliseconds and MiB, for 1,000, 10,000 and 50,000 lines. */
const TARGETS: Record<string, readonly (number | undefined)[]> = {
  'open to diagnostics, cold': [150, 250, 500],
  'edit to diagnostics': [5, 10, 25],
  'edit to computed diagnostics': [20, 50, 150],
  completion: [5, 10, 25],
  'completion right after an edit': [5, 10, 25],
  hover: [2, 5, 10],
  definition: [2, 5, 10],
  highlight: [2, 5, 10],
  references: [5, 15, 50],
  rename: [5, 15, 50],
  'document symbols': [5, 20, 80],
  'document symbols right after an edit': [5, 20, 80],
  'semantic tokens': [5, 20, 80],
  'semantic tokens, the first time': [undefined, undefined, 80],
  'semantic tokens right after an edit': [5, 20, 80],
  'semantic tokens, what an edit changed': [2, 4, 10],
  formatting: [20, 100, 400],
  'memory after open': [80, 100, 150],
  'memory, peak': [100, 140, 250],
  'shutdown to exit': [100, 100, 100],
};
const SIZES = [1000, 10_000, 50_000];

export async function lspFigures(lines: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dvrscope-bench-'));
  try {
    const { topology, yaml, schema } = filesOf(lines);
    const cli = await buildServer(folder);
    writeFileSync(join(folder, 'schema.json'), JSON.stringify(schema));
    // The first start on a machine compiles for all later ones (`server/start.ts`).
    await (await startSession(ownServer(cli, folder))).stop();
    const own = await measure(ownServer(cli, folder), topology, OWN);
    const peer = await measure(peerServer(folder), yaml, PEER);
    return Object.entries(own).map(([what, value]): Figure => {
      const target = TARGETS[what]?.[SIZES.indexOf(lines)];
      const other = peer[what];
      return {
        name: `lsp ${lines.toLocaleString('en')} lines: ${what}`,
        value,
        unit: what.startsWith('memory') ? 'MiB' : 'ms',
        ...(target !== undefined && { target }),
        ...(other !== undefined && { peer: other, ratio: other / value }),
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program in a folder, and what starts it. */
export async function buildServer(folder: string): Promise<string> {
  const cli = join(folder, 'cli.cjs');
  // As `npm run build` does, but away from what somebody may be using.
  await build({
    entryPoints: { cli: join(ROOT, 'server/start.ts'), main: join(ROOT, 'server/bin.ts') },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    keepNames: true,
    external: ['./main.cjs', 'cpu-features', '*.node'],
    logLevel: 'error',
  });
  return cli;
}

const ownServer = (cli: string, folder: string): Server => ({
  command: [process.execPath, cli, 'lsp', '--stdio'],
  env: { XDG_CACHE_HOME: folder },
  language: 'dvr-topology',
  // So deep that what others left in the folder for temporary files is looked at by nobody (`server/roots.ts`).
  uri: pathToFileURL(join(folder, 'a/b/c/d/e/f/cloud.dvr.yaml')).href,
  settings: {},
});

const peerServer = (folder: string): Server => ({
  command: [process.execPath, join(ROOT, 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio'],
  language: 'yaml',
  uri: pathToFileURL(join(folder, 'cloud.yaml')).href,
  settings: {
    yaml: {
      validate: true,
      hover: true,
      completion: true,
      format: { enable: true },
      schemaStore: { enable: false },
      schemas: { [pathToFileURL(join(folder, 'schema.json')).href]: '*.yaml' },
    },
  },
});

/** Where things are in a file. */
interface Spots {
  /** A line with a value that may be made wrong: what stands before the value, and the value. */
  value: readonly [string, string];
  wrong: string;
  /** A line of which the value is a name that is used much. */
  name: string;
  /** A line with a value that may be made wrong in a way that only computing shows. */
  computed?: readonly [string, RegExp, string];
}

const OWN: Spots = {
  value: ['    admin_state_up: ', 'true'],
  wrong: 'truee',
  name: '    network: public',
  // Another router, which is not on the port's subnet.
  computed: ['    router: ', /router-\d+/, 'router-0'],
};
const PEER: Spots = { value: ['    up: ', 'true'], wrong: 'truee', name: '    network: public' };

/** Runs of what is measured; one more, before, warms up. */
const RUNS = 7;

async function measure(server: Server, text: string, spots: Spots): Promise<Record<string, number>> {
  const session = await startSession(server);
  // Both are idle before they are asked.
  await sleep(500);
  const figures: Record<string, number> = {};
  let diagnosed = session.diagnosed(MISTAKES);
  let start = performance.now();
  await session.open(text);
  await diagnosed;
  figures['open to diagnostics, cold'] = session.initialized + performance.now() - start;
  figures['memory after open'] = session.memory().now;
  if (session.announced.semanticTokensProvider) {
    start = performance.now();
    await session.request('textDocument/semanticTokens/full', { textDocument: { uri: server.uri } });
    figures['semantic tokens, the first time'] = performance.now() - start;
  }
  const lines = text.split('\n');
  const middle = lines.indexOf(spots.value.join(''), Math.floor(lines.length / 2));
  const column = spots.value[0].length;
  let isWrong = false;
  /** Makes the value wrong, or right again. */
  const flip = async (): Promise<void> => {
    const [from, to] = isWrong ? [spots.wrong, spots.value[1]] : [spots.value[1], spots.wrong];
    isWrong = !isWrong;
    await session.change(middle, column, column + from.length, to);
  };
  const edit = async (): Promise<number> => {
    await sleep(30);
    diagnosed = session.diagnosed(MISTAKES + (isWrong ? 0 : 1));
    start = performance.now();
    await flip();
    await diagnosed;
    return performance.now() - start;
  };
  figures['edit to diagnostics'] = await median(edit);
  if (isWrong) await edit();
  if (spots.computed)
    figures['edit to computed diagnostics'] = await median(computedEdit(session, lines, spots.computed));
  Object.assign(figures, await requests(session, server.uri, lines, middle, spots));
  Object.assign(figures, await afterEdits(session, server.uri, { middle, column, flip, edit }));
  figures['memory, peak'] = session.memory().peak;
  figures['shutdown to exit'] = await session.stop();
  return figures;
}

function computedEdit(session: Session, lines: string[], [before, old, now]: NonNullable<Spots['computed']>) {
  const line = lines.findLastIndex((each) => each.startsWith(before) && each.slice(before.length) !== now);
  const right = old.exec(lines[line]?.slice(before.length) ?? '')?.[0] ?? '';
  let is = right;
  return async (): Promise<number> => {
    await sleep(30);
    const next = is === right ? now : right;
    const diagnosed = session.diagnosed(MISTAKES + (next === right ? 0 : 1));
    const start = performance.now();
    await session.change(line, before.length, before.length + is.length, next);
    is = next;
    await diagnosed;
    return performance.now() - start;
  };
}

async function requests(
  session: Session,
  uri: string,
  lines: string[],
  middle: number,
  { value, name }: Spots,
): Promise<Record<string, number>> {
  const { announced } = session;
  const textDocument = { uri };
  const named = lines.lastIndexOf(name);
  const at = (line: number, character: number) => ({ textDocument, position: { line, character } });
  const onName = at(named, name.length - 2);
  const list: [what: string, announced: unknown, method: string, params: object][] = [
    ['completion', announced.completionProvider, 'completion', at(middle, value[0].length)],
    ['hover', announced.hoverProvider, 'hover', at(middle, 6)],
    ['definition', announced.definitionProvider, 'definition', onName],
    ['highlight', announced.documentHighlightProvider, 'documentHighlight', onName],
    ['references', announced.referencesProvider, 'references', { ...onName, context: { includeDeclaration: true } }],
    ['rename', announced.referencesProvider && announced.renameProvider, 'rename', { ...onName, newName: 'renamed' }],
    ['document symbols', announced.documentSymbolProvider, 'documentSymbol', { textDocument }],
    ['semantic tokens', announced.semanticTokensProvider, 'semanticTokens/full', { textDocument }],
    [
      'formatting',
      announced.documentFormattingProvider,
      'formatting',
      { textDocument, options: { tabSize: 2, insertSpaces: true } },
    ],
  ];
  const figures: Record<string, number> = {};
  for (const [what, isAnnounced, method, params] of list) {
    if (!isAnnounced) continue;
    figures[what] = await median(async () => {
      const start = performance.now();
      await session.request(`textDocument/${method}`, params);
      return performance.now() - start;
    });
  }
  return figures;
}

/** Who types asks at once: what is timed begins with the edit, which the answer has to take in. */
async function afterEdits(
  session: Session,
  uri: string,
  {
    middle,
    column,
    flip,
    edit,
  }: { middle: number; column: number; flip: () => Promise<void>; edit: () => Promise<number> },
): Promise<Record<string, number>> {
  const { completionProvider, hoverProvider, documentSymbolProvider, semanticTokensProvider } = session.announced;
  const textDocument = { uri };
  const at = (character: number) => ({ textDocument, position: { line: middle, character } });
  const timed = (method: string, params: object) =>
    median(async () => {
      await sleep(30);
      const start = performance.now();
      await flip();
      await session.request(`textDocument/${method}`, params);
      return performance.now() - start;
    });
  const figures: Record<string, number> = {};
  if (completionProvider) figures['completion right after an edit'] = await timed('completion', at(column));
  if (hoverProvider) figures['hover right after an edit'] = await timed('hover', at(6));
  if (documentSymbolProvider)
    figures['document symbols right after an edit'] = await timed('documentSymbol', { textDocument });
  if (semanticTokensProvider?.full === undefined) return figures;
  figures['semantic tokens right after an edit'] = await timed('semanticTokens/full', { textDocument });
  if (typeof semanticTokensProvider.full !== 'object') return figures;
  // What came last is what the next one differs from.
  const { resultId } = await session.request<SemanticTokens>('textDocument/semanticTokens/full', { textDocument });
  let previousResultId = resultId;
  const delta = async (): Promise<number> => {
    const start = performance.now();
    const params = { textDocument, previousResultId };
    const { resultId: next, edits } = await session.request<SemanticTokensDelta>(
      'textDocument/semanticTokens/full/delta',
      params,
    );
    if (!Array.isArray(edits)) throw new Error('all tokens came, not what changed');
    previousResultId = next;
    return performance.now() - start;
  };
  figures['semantic tokens, what an edit changed'] = await median(async () => {
    await sleep(30);
    const start = performance.now();
    await flip();
    await delta();
    return performance.now() - start;
  });
  figures['semantic tokens, what an edit changed, behind its diagnostics'] = await median(async () => {
    await edit();
    return delta();
  });
  return figures;
}

async function median(run: () => Promise<number>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await run());
  return times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)]!;
}
