/**
 * `npm run bench`: figures, not tests. `-- --only NAME` runs those whose name begins so, `-- --json FILE` writes
 * figure name → `{"value", "unit", "target", "peer", "ratio"}`, `-- --readme FILE` puts them between the two marks of that file.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { collectFleetFigures, collectNodeFigures } from './collect.ts';
import { expectFigures } from './expect.ts';
import { flowFigures } from './flows.ts';
import { lspFigures } from './lsp.ts';
import { parseFigures } from './parse.ts';
import { routesFigures } from './routes.ts';
import { verifyFigures } from './verify.ts';
import { traceFigures } from './trace.ts';
import { traceViewFigures } from './traceView.ts';
import { mapFigures } from './views.ts';
import { workspaceFigures } from './workspace.ts';
import type { Figure } from './figure.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'string' },
    readme: { type: 'string' },
    child: { type: 'string' },
  },
});

/** Groups run in processes of their own, so that the memory of one is not counted for the next. */
const GROUPS: Record<string, () => Figure[] | Promise<Figure[]>> = {
  'expect 10': () => expectFigures(10),
  'expect 100': () => expectFigures(100),
  'expect 1000': () => expectFigures(1000),
  parse: parseFigures,
  flows: flowFigures,
  'lsp 1000': async () => lspFigures(1000),
  'lsp 10000': async () => lspFigures(10_000),
  'lsp 50000': async () => lspFigures(50_000),
  'workspace alone': async () => workspaceFigures(false),
  'workspace included': async () => workspaceFigures(true),
  routes: routesFigures,
  'trace, 1000': async () => traceFigures(1000, false),
  'trace with flows, 1000': async () => traceFigures(1000, true),
  'verify 1000': () => verifyFigures(100),
  'verify 3000': () => verifyFigures(300),
  'verify 10000': () => verifyFigures(1000),
  'verify with flows 1000': () => verifyFigures(100, true),
  'verify with flows 10000': () => verifyFigures(1000, true),
  'map 1000': mapFigures,
  'trace view': traceViewFigures,
  'collect node': collectNodeFigures,
  'collect 100': async () => collectFleetFigures(100),
  'collect 200': async () => collectFleetFigures(200),
  'collect 400': async () => collectFleetFigures(400),
};

function report(): void {
  const figures = Object.keys(GROUPS)
    .filter((name) => name.startsWith(values.only ?? ''))
    .flatMap((name): Figure[] => {
      const args = ['--max-old-space-size=4096', import.meta.filename, '--child', name];
      const found: Figure[] = JSON.parse(
        execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 24 }),
      );
      for (const figure of found) process.stdout.write(`${lineOf(figure)}\n`);
      return found;
    });
  if (values.readme !== undefined) writeTable(values.readme, figures);
  if (values.json === undefined) return;
  const entries = figures.map(({ name, value, unit, target = null, peer = null, ratio = null }) => [
    name,
    { value, unit, target, peer, ratio },
  ]);
  writeFileSync(values.json, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

const MARKS = /(<!-- figures -->\n)[^]*(<!-- end of figures -->)/;

function writeTable(file: string, figures: readonly Figure[]): void {
  const rows = figures.map(
    (figure) => `| ${figure.name} | ${shown(figure)} ${figure.unit} | ${targetOf(figure)?.text ?? ''} |`,
  );
  const made = `Made by \`npm run bench -- --readme README.md\` on Node ${process.versions.node}, ${cpus().length} cores.`;
  const table = [made, '', '| what | measured | target |', '|---|---|---|', ...rows, ''].join('\n');
  const text = readFileSync(file, 'utf8');
  if (!MARKS.test(text)) throw new Error(`${file} has no marks <!-- figures --> and <!-- end of figures -->`);
  writeFileSync(
    file,
    text.replace(MARKS, (_, begin: string, end: string) => `${begin}${table}${end}`),
  );
}

const shown = ({ value }: Pick<Figure, 'value'>): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

function targetOf({ value, unit, target, more }: Figure): { text: string; isMet: boolean } | undefined {
  if (target === undefined) return undefined;
  const text = `${more ? '≥' : '<'} ${Math.round(target).toLocaleString('en')} ${unit}`;
  return { text, isMet: more ? value >= target : value < target };
}

function lineOf(figure: Figure): string {
  const target = targetOf(figure);
  const judged = target ? `  target ${target.text}${target.isMet ? '' : '  MISSED'}` : '';
  const { unit, peer, ratio } = figure;
  const beside = peer === undefined ? '' : `  peer ${shown({ value: peer })} ${unit}, ${ratio!.toPrecision(2)} times`;
  return `${figure.name.padEnd(56)} ${shown(figure).padStart(10)} ${unit}${judged}${beside}`;
}

if (values.child !== undefined) process.stdout.write(JSON.stringify(await GROUPS[values.child]?.()));
else report();
