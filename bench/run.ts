/**
 * `npm run bench`: figures, not tests. `-- --only NAME` runs those whose name begins so, `-- --json FILE` writes
 * figure name → `{"value", "unit", "target", "peer", "ratio"}`.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { expectFigures } from './expect.ts';
import { parseFigures } from './parse.ts';
import type { Figure } from './figure.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' }, child: { type: 'string' } },
});

/** Groups run in processes of their own, so that the memory of one is not counted for the next. */
const GROUPS: Record<string, () => Figure[]> = {
  'expect 10': () => expectFigures(10),
  'expect 100': () => expectFigures(100),
  'expect 1000': () => expectFigures(1000),
  parse: parseFigures,
};

if (values.child !== undefined) process.stdout.write(JSON.stringify(GROUPS[values.child]?.()));
else report();

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
  if (values.json === undefined) return;
  const entries = figures.map(({ name, value, unit, target = null }) => [
    name,
    { value, unit, target, peer: null, ratio: null },
  ]);
  writeFileSync(values.json, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

function lineOf({ name, value, unit, target, more }: Figure): string {
  const judged =
    target === undefined
      ? ''
      : `  target ${more ? '≥' : '<'} ${target} ${unit}${(more ? value >= target : value < target) ? '' : '  MISSED'}`;
  const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  return `${name.padEnd(44)} ${shown.padStart(10)} ${unit}${judged}`;
}
