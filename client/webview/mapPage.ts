/** The page of the topology map: what comes from the extension and from the user, and what is drawn because of it. */
import type { KeptMap, MapMessage, MapRequest } from '../mapMessages.ts';
import type { Box } from '../../shared/map/scene.ts';
import type { MapThing } from '../../shared/map/types.ts';
import { host, onMessage } from './host.ts';
import { type Camera, fit, toward, zoom } from './map/camera.ts';
import { makeCard } from './map/card.ts';
import { make } from './map/dom.ts';
import { listen } from './map/input.ts';
import { legendOf } from './map/legend.ts';
import {
  type MapNews,
  type Model,
  arranged,
  clusterChoices,
  follow,
  modelOf,
  relatedFor,
  searched,
  thingAt,
} from './map/model.ts';
import { emptyElement, noteElement, notesOf } from './map/notes.ts';
import { type Palette, paletteOf } from './map/palette.ts';
import { type Painted } from './map/paint.ts';
import { isBar, routeOf, stopsOf } from './map/route.ts';
import { makeStage } from './map/stage.ts';
import { makeTable } from './map/table.ts';
import { countText, fill, texts } from './map/texts.ts';
import { makeToolbar } from './map/toolbar.ts';

const send = (request: MapRequest): void =>
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is VS Code's, not a window's
  host.postMessage(request);

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this page ever set it
const stored = (host.getState() ?? {}) as Partial<KeptMap>;
const kept: KeptMap = {
  uri: '',
  view: 'logical',
  isTable: false,
  hidden: [],
  onlyFindings: false,
  cluster: '',
  ...stored,
};
let isNew = stored.uri === undefined;
let model: Model | undefined;
let camera: Camera = stored.camera ?? { x: 0, y: 0, scale: 1 };
let isPlaced = stored.camera !== undefined;
let palette: Palette = paletteOf(document.body);
let hovered: string | undefined;
let phase = 0;

const stage = makeStage(
  () =>
    model && {
      scene: model.scene,
      camera,
      look: { palette, matches: new Set(model.matches.map(({ id }) => id)) },
      over: {
        palette,
        view: kept.view,
        boxes: model.boxes,
        findings: model.index.findings,
        selected: kept.selected,
        hovered,
        related: model.related,
        paths: model.map.paths ?? [],
        phase,
      },
    },
  painted,
);
const card = makeCard();
const table = makeTable((thing, isFocused) => {
  choose({ selected: thing.id });
  open(thing, isFocused);
});
const toolbar = makeToolbar({
  choose: (choices) => choose(choices),
  search: () => find(),
  step,
  zoom: (factor) => lookFrom(zoom(camera, factor, middle())),
  fit: () => model && lookFrom(fit(model.scene, stage.size())),
});
const notes = make('div', { class: 'notes', role: 'status' });
const legend = make('div', { class: 'legend-place' });
const heading = make('h1', { class: 'heading' }, document.title);
const said = make('div', { class: 'said', 'aria-live': 'polite' });
const empty = make('div', { class: 'empty-place', hidden: true });
stage.element.append(card.element);
stage.surface.setAttribute('aria-roledescription', texts.map);
document.body.append(
  make('main', {}, heading, toolbar.element, notes, stage.element, table.element, empty, legend, said),
);

listen(stage.surface, {
  scene: () => model?.scene,
  camera: () => camera,
  size: () => stage.size(),
  look: lookFrom,
  selected: () => model?.boxes.get(kept.selected ?? ''),
  select: (box, isOpened, isFocused) => {
    choose({ selected: box?.thing.id });
    if (box && isOpened) open(box.thing, isFocused);
    else if (box) reveal(box);
  },
  hover,
});
// VS Code changes classes and variables of the page with the theme.
new MutationObserver(() => {
  palette = paletteOf(document.body);
  stage.draw();
}).observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
onMessage((message) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the extension is the only one that sends
  receive(message as MapMessage);
});
showChoices();
send({ type: 'ready' });

function receive(message: MapMessage): void {
  if (message.type === 'map') take(message);
  else if (message.type === 'cursor') selectAt(message.place);
  else fail(message.message);
}

function take(news: MapNews): void {
  if (isNew) Object.assign(kept, news.kept);
  isNew = false;
  const before = model;
  if (kept.uri !== news.uri && kept.uri !== '') isPlaced = false;
  kept.uri = news.uri;
  kept.trace = news.trace;
  model = modelOf(news, kept, toolbar.search.value, before);
  if (isPlaced && before) camera = follow(camera, before, model, kept.selected, middle());
  toolbar.offer(clusterChoices(model), countText(model.map.findings));
  if (!model.clusters.has(kept.cluster)) kept.cluster = '';
  showAll();
  const isOther = JSON.stringify(before?.news.trace) !== JSON.stringify(news.trace);
  if (isOther && (model.map.paths ?? []).length > 0) showPath();
  move();
}

/** Everything that follows from the model. */
function showAll(): void {
  if (!model) return;
  const { news, isOld, scene, things, index } = model;
  notes.replaceChildren(...notesOf(news, isOld).map((note) => noteElement(note, send)));
  const isEmpty = model.map.things.length === 0;
  const nothing = emptyElement(
    texts.empty,
    fill(texts.emptyHelp, news.file),
    [{ label: texts.goToFile, request: { type: 'openFile' } }],
    send,
  );
  const hidden = emptyElement(texts.filtered, texts.filteredHelp, [], send);
  if (!isEmpty && things.length === 0)
    hidden.append(
      make(
        'button',
        { type: 'button', click: () => choose({ hidden: [], onlyFindings: false, cluster: '' }) },
        texts.showEverything,
      ),
    );
  empty.replaceChildren(isEmpty ? nothing : hidden);
  empty.hidden = things.length > 0;
  stage.element.hidden = kept.isTable || things.length === 0;
  table.element.hidden = !kept.isTable || things.length === 0;
  legend.hidden = stage.element.hidden;
  legend.replaceChildren(legendOf(kept.view, (model.map.paths ?? []).length));
  stage.surface.setAttribute('aria-label', fill(texts.mapOf, news.file, texts.views[kept.view], things.length));
  if (!isPlaced && stage.size().width > 0) {
    camera = fit(scene, stage.size());
    isPlaced = true;
  }
  if (kept.isTable) {
    const wanted = toolbar.search.value.trim() !== '';
    table.fill(wanted ? model.matches : things, index, kept.view);
    table.select(kept.selected);
  }
  showChoices();
  keep();
  stage.draw();
}

function showChoices(): void {
  toolbar.show(kept);
  foundText();
}

/** Another choice of the user: what is laid out anew is laid out. */
function choose(choices: Partial<KeptMap>): void {
  const isOtherView = choices.view !== undefined && choices.view !== kept.view;
  const isOtherForm = choices.isTable !== undefined && choices.isTable !== kept.isTable;
  Object.assign(kept, choices);
  if ('selected' in choices && Object.keys(choices).length === 1) return showSelected();
  if (isOtherView || isOtherForm) send({ type: 'remember', view: kept.view, isTable: kept.isTable });
  if (isOtherView) kept.hidden = [];
  if (!isOtherForm) isPlaced = false;
  card.hide();
  if (model) model = arranged(model, kept, toolbar.search.value);
  showAll();
  const box = model?.boxes.get(kept.selected ?? '');
  if (isOtherView && (model?.map.paths ?? []).length > 0) showPath();
  else if (isOtherView && box) reveal(box);
}

function showSelected(): void {
  if (!model) return;
  model = { ...model, related: relatedFor(model.index, kept.selected) };
  const thing = model.index.things.get(kept.selected ?? '');
  const found = countText(model.index.findings.get(kept.selected ?? '') ?? []);
  said.textContent = thing ? [texts.kind[thing.kind], thing.name, thing.detail, found].filter(Boolean).join(', ') : '';
  card.hide();
  if (kept.isTable) table.select(kept.selected);
  keep();
  stage.drawOver();
}

function open(thing: MapThing, isFocused: boolean): void {
  // A namespace is written nowhere; what it is of is.
  const place = thing.place ?? model?.index.things.get(thing.of ?? '')?.place;
  if (place) send({ type: 'open', place, isFocused });
}

function selectAt(place: { uri?: string; line: number }): void {
  const thing = model && thingAt(model, kept.view, place);
  if (!thing || thing.id === kept.selected) return;
  choose({ selected: thing.id });
  const box = model?.boxes.get(thing.id);
  if (box && !kept.isTable) reveal(box, false);
}

/** @param isLarge also large enough to be read */
function reveal(box: Box, isLarge = true): void {
  const next = toward(camera, box, stage.size());
  if (next === camera) return;
  lookFrom(isLarge || isOutside(box) ? next : camera);
}

function isOutside({ x, y, width, height }: Box): boolean {
  const size = stage.size();
  const [left, top] = [camera.x + x * camera.scale, camera.y + y * camera.scale];
  return left + width * camera.scale < 0 || top + height * camera.scale < 0 || left > size.width || top > size.height;
}

function lookFrom(next: Camera): void {
  camera = next;
  card.hide();
  keep();
  stage.look();
}

function hover(box: Box | undefined, at: { x: number; y: number }): void {
  const id = box?.thing.id;
  if (id === hovered && box === undefined) return;
  stage.surface.classList.toggle('over', box !== undefined);
  if (model && id !== undefined) card.show(model.index, id, at, stage.size());
  else card.hide();
  if (id === hovered) return;
  hovered = id;
  stage.drawOver();
}

function find(): void {
  if (!model) return;
  model = { ...model, ...searched(model.things, toolbar.search.value) };
  if (kept.isTable)
    table.fill(toolbar.search.value.trim() === '' ? model.things : model.matches, model.index, kept.view);
  foundText();
  stage.draw();
}

function step(by: 1 | -1): void {
  const matches = model?.matches ?? [];
  if (!model || matches.length === 0) return;
  const now = matches.findIndex(({ id }) => id === kept.selected);
  const next = now < 0 ? (by === 1 ? 0 : matches.length - 1) : (now + by + matches.length) % matches.length;
  choose({ selected: matches[next]!.id });
  const box = model.boxes.get(matches[next]!.id);
  if (box && !kept.isTable) reveal(box);
  foundText();
}

function foundText(): void {
  const matches = model?.matches ?? [];
  const now = matches.findIndex(({ id }) => id === kept.selected) + 1;
  toolbar.found(searchText(now, matches.length));
}

function searchText(now: number, count: number): string {
  if (toolbar.search.value.trim() === '') return '';
  if (count === 0) return texts.foundNone;
  return now > 0 ? fill(texts.foundOf, now, count) : fill(texts.found, count);
}

/** Where names can be read, all of the map is shown with a path. */
const PATH_READABLE = 0.5;

/** All of the way in sight, once, when it is new. */
function showPath(): void {
  if (!model || kept.isTable) return;
  const { boxes, scene } = model;
  const ways = (model.map.paths ?? []).flatMap((path) => [path.there[kept.view], path.back[kept.view]]);
  const stops = ways.map((ids) => stopsOf(scene, boxes, ids));
  const points = [
    ...stops.flatMap((each) => routeOf(scene, each)),
    ...stops
      .flat()
      .filter((box) => !isBar(box))
      .flatMap(({ x, y, width, height }) => [[x, y] as const, [x + width, y + height] as const]),
  ];
  const all = fit(scene, stage.size());
  if (points.length === 0 || all.scale >= PATH_READABLE) return lookFrom(all);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const next = fit({ width: Math.max(...xs) - x, height: Math.max(...ys) - y }, stage.size());
  lookFrom({ scale: next.scale, x: next.x - x * next.scale, y: next.y - y * next.scale });
}

/** The packet moves along its way, unless the user asked for less motion. */
const still = matchMedia('(prefers-reduced-motion: reduce)');
let isMoving = false;
function move(): void {
  const wants = (): boolean =>
    (model?.map.paths ?? []).length > 0 &&
    !still.matches &&
    !document.body.classList.contains('vscode-reduce-motion') &&
    !kept.isTable;
  const frame = (): void => {
    isMoving = wants();
    if (!isMoving) phase = 0;
    else {
      phase = (phase + 0.5) % 360;
      requestAnimationFrame(frame);
    }
    stage.drawOver();
  };
  if (!isMoving && wants()) {
    isMoving = true;
    requestAnimationFrame(frame);
  }
}

function middle(): { x: number; y: number } {
  const { width, height } = stage.size();
  return { x: width / 2, y: height / 2 };
}

function keep(): void {
  kept.camera = camera;
  host.setState(kept);
  const box = model?.boxes.get(kept.selected ?? '');
  // For who looks for it on the screen.
  stage.element.dataset['selected'] = box
    ? [
        camera.x + box.x * camera.scale,
        camera.y + box.y * camera.scale,
        box.width * camera.scale,
        box.height * camera.scale,
      ]
        .map(Math.round)
        .join(' ')
    : '';
}

function fail(message: string): void {
  const actions = [
    { label: texts.retry, request: { type: 'retry' } },
    { label: texts.goToFile, request: { type: 'openFile' } },
  ] as const;
  empty.replaceChildren(emptyElement(texts.failed, message, [...actions], send));
  empty.hidden = false;
  stage.element.hidden = table.element.hidden = legend.hidden = true;
}

/** For who measures: how much was drawn. */
function painted({ boxes, wires }: Painted): void {
  stage.element.dataset['painted'] = `${boxes} ${wires}`;
}
