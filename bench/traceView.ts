/** What the view of a trace costs: one in a cloud of 1,000 nodes with Open vSwitch, and one of very many steps, in headless Chromium. */
import type { Picture, TraceView } from '../shared/picture/types.ts';
import { atlasOf } from '../shared/picture/atlas.ts';
import { picturesOf } from '../shared/picture/picture.ts';
import { traceIn } from '../shared/trace/trace.ts';
import { expectedView } from '../server/tracedViews.ts';
import { cloudFile } from './cloud.ts';
import { type Figure, medianOf } from './figure.ts';
import { withTunnels } from './trace.ts';
import { CHROMIUM, type Page, hasChromium, launch, openPage } from './viewPage.mjs';

const NODES = 1000;
const NO_ALLOCATIONS = new Map();
/** A trace over so many steps is longer than any real one. */
const MANY = 1000;

export async function traceViewFigures(): Promise<Figure[]> {
  const topology = withTunnels(cloudFile(NODES, 10).topology);
  const from = topology.ports.find(({ device_owner: owner }) => !owner.startsWith('network:'))!.name;
  const to = '198.51.100.10';
  const made = (): TraceView => {
    const expected = traceIn(expectedView(topology, NO_ALLOCATIONS), { from, to });
    const pictures = picturesOf(
      expected,
      expected,
      atlasOf(topology, () => undefined),
    );
    return { request: { from, to }, ...pictures, parting: null, findings: [], notes: [] };
  };
  const start = performance.now();
  const view = made();
  const name = `trace view, ${NODES.toLocaleString('en')} nodes`;
  const server: Figure[] = [
    { name: `${name}: made, first`, value: performance.now() - start, unit: 'ms' },
    { name: `${name}: made, again`, value: medianOf(3, () => void made()), unit: 'ms' },
  ];
  if (!hasChromium()) {
    process.stderr.write(`no browser at ${CHROMIUM}: name one by CHROMIUM=… to measure views\n`);
    return server;
  }
  const browser = await launch();
  try {
    const many = { ...view, expected: manyTimes(view.expected), live: manyTimes(view.live!) };
    const steps = many.expected.steps.length;
    const figures = [
      ...(await measured(await pageOf(browser), name, view)),
      ...(await measured(await pageOf(browser), `trace view, ${steps.toLocaleString('en')} steps`, many)),
    ];
    return [...server, ...figures];
  } finally {
    await browser.close();
  }
}

const pageOf = (browser: Awaited<ReturnType<typeof launch>>): Promise<Page> =>
  openPage(
    browser,
    'trace',
    (strings) =>
      `<div id="words" hidden data-words="${strings.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></div>`,
  );

async function measured(page: Page, name: string, view: TraceView): Promise<Figure[]> {
  const params = { uri: 'file:///cloud.dvr.yaml', ...view.request };
  const message = JSON.stringify({ type: 'view', params, view, hasMap: false, isUpdate: false });
  const told = `probe.told(JSON.stringify({ ...JSON.parse(${JSON.stringify(message)}), strings: JSON.parse(document.querySelector('#words').dataset.words) }), () => document.querySelector('[role=tree]'))`;
  const paint = await page.evaluate<number>(told);
  const key = await page.evaluate<number>('probe.keys(60)');
  return [
    { name: `${name}: first paint`, value: paint, unit: 'ms', target: 1000 },
    { name: `${name}: a key in the tree`, value: key, unit: 'ms', target: 50 },
  ];
}

/** The same way again and again, as a loop would have it. */
function manyTimes({ steps, there, ...rest }: Picture): Picture {
  const times = Math.ceil(MANY / steps.length);
  const all = Array.from({ length: times }, (_, i) => i * steps.length);
  return {
    ...rest,
    steps: all.flatMap((offset) => steps.map((step) => ({ ...step, twin: offset + (step.twin ?? 0) }))),
    there: {
      ...there,
      boxes: all.flatMap((offset) => there.boxes.map((box) => ({ ...box, step: offset + box.step }))),
    },
  };
}
