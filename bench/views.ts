/**
 * What views cost in a browser: a cloud of 1,000 compute nodes on the map. Measured in headless Chromium without a GPU, which draws by
 * software: what a user sees is quicker.
 */
import type { CloudMap, MapView } from '../shared/map/types.ts';
import { makeDocument } from '../server/document.ts';
import { cloudMap } from '../server/features/map.ts';
import { textOf } from '../server/text.ts';
import { cloudFile } from './cloud.ts';
import { type Figure, medianOf } from './figure.ts';
import { CHROMIUM, type Page, escaped, hasChromium, launch, openPage } from './viewPage.mjs';

const NODES = 1000;
const PORTS_PER_NODE = 10;
const URI = 'file:///cloud.dvr.yaml';

export async function mapFigures(): Promise<Figure[]> {
  const { text } = cloudFile(NODES, PORTS_PER_NODE);
  const document = makeDocument(textOf({ uri: URI, languageId: 'dvr-topology', version: 1 }, text));
  // As behind every edit: they are told to the editor anyway.
  document.problems();
  const start = performance.now();
  const map = cloudMap(document, { uri: URI }, undefined);
  const first = performance.now() - start;
  const again = medianOf(3, () => void cloudMap(document, { uri: URI }, undefined));
  const server: Figure[] = [
    { name: `map ${NODES} nodes: answer of the server, first`, value: first, unit: 'ms' },
    { name: `map ${NODES} nodes: answer of the server, again`, value: again, unit: 'ms' },
  ];
  if (!hasChromium()) {
    process.stderr.write(`no browser at ${CHROMIUM}: name one by CHROMIUM=… to measure views\n`);
    return server;
  }
  const browser = await launch();
  try {
    const views = [];
    for (const view of ['logical', 'physical'] as const) {
      const page = await openPage(
        browser,
        'map',
        (texts) => `<div id="texts" hidden data-texts="${escaped(texts)}"></div>`,
      );
      views.push(...(await measured(page, view, map)));
      await page.close();
    }
    return [...server, ...views];
  } finally {
    await browser.close();
  }
}

async function measured(page: Page, view: MapView, map: CloudMap): Promise<Figure[]> {
  const paint = await firstPaint(page, view, map);
  const name = (what: string): string => `map ${NODES} nodes, ${view}: ${what}`;
  const links = map.links.filter((link) => link.view === view).length;
  const figures: Figure[] = [{ name: name('first paint'), value: paint, unit: 'ms', target: 1000 }];
  for (const [what, steps] of [
    ['all in sight', 0],
    ['nearer', 6],
    ['near', 8],
  ] as const) {
    await zoomed(page, steps);
    const { frames, drawn } = await framesOnPan(page);
    figures.push({ name: name(`frames on pan, ${what}`), value: frames, unit: 'fps', target: 30, more: true });
    process.stderr.write(`${view}, ${what}: ${drawn} of ${map.things.length} things, ${links} links\n`);
  }
  return figures;
}

/** From the message with the map to the frame after the one in which it was drawn, with the layout. */
async function firstPaint(page: Page, view: MapView, map: CloudMap): Promise<number> {
  const message = { type: 'map', uri: URI, file: 'cloud.dvr.yaml', kept: { view }, map };
  const isDone = `() => document.querySelector('[data-painted]')`;
  return page.evaluate<number>(`probe.told(${JSON.stringify(JSON.stringify(message))}, ${isDone})`);
}

interface Pan {
  frames: number;
  /** Boxes and lines of the last frame. */
  drawn: string;
}

const framesOnPan = (page: Page): Promise<Pan> => page.evaluate<Pan>('probe.pan()');

async function zoomed(page: Page, steps: number): Promise<void> {
  await page.mouse.move(750, 450);
  for (let i = 0; i < steps; i++) await page.mouse.wheel(0, -200);
  await page.waitForTimeout(300);
}
