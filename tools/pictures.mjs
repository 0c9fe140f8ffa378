// `npm run pictures`: the pictures of the README, from the screenshots that `npm run e2e:ui` has left in dist/screenshots.
// They are kept in the repository, since GitHub and the marketplace show them from there; the package holds none.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { launchChromium, root } from '../test/e2e/code-server.mjs';

/** Screenshots of the demo cloud, and what the README calls them. */
const PICTURES = { difference: 'demo-diff-dark', trace: 'demo-trace-dark', map: 'demo-map-dark' };

const browser = await launchChromium();
const page = await browser.newPage();
mkdirSync(`${root}/docs/pictures`, { recursive: true });
for (const [name, shot] of Object.entries(PICTURES)) {
  const png = readFileSync(`${root}/dist/screenshots/${shot}.png`).toString('base64');
  const webp = await page.evaluate(toWebp, `data:image/png;base64,${png}`);
  writeFileSync(`${root}/docs/pictures/${name}.webp`, Buffer.from(webp.split(',')[1], 'base64'));
}
await browser.close();

/** In the browser: a third of the bytes of the PNG. */
async function toWebp(source) {
  const picture = new Image();
  picture.src = source;
  await picture.decode();
  const canvas = document.createElement('canvas');
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d').drawImage(picture, 0, 0);
  return canvas.toDataURL('image/webp', 0.6);
}
