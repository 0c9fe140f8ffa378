/** The page of the topology map: what comes from the extension and from the user, and what is drawn because of it. */
import { type KeptMap, type MapMessage, type MapRequest, readKeptMap } from '../mapMessages.ts';
import type { Box } from '../../shared/map/scene.ts';
import type { MapThing } from '../../shared/map/types.ts';
import { focusedElement } from './focus.ts';
import { host, onMessage } from './host.ts';
import { type Camera, fit, toward, zoom } from './map/camera.ts';
import { makeCard } from './map/card.ts';
import { make } from './map/dom.ts';
import { listen } from './map/input.ts';
import { makeLegend } from './map/legend.ts';
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
import { makeMotion } from './map/motion.ts';
import { type Note, emptyElement, noteElement, notesOf } from './map/notes.ts';
import type { Palette } from './map/colours.ts';
import { paletteOf } from './map/palette.ts';
import { type Painted } from './map/paint.ts';
import { pathCamera } from './map/pathCamera.ts';
import { type Signs, numbered } from './map/signs.ts';
import { makeStage } from './map/stage.ts';
import { makeTable } from './map/table.ts';
import { saidOf, svgOf, waysIn } from './map/told.ts';
import { countText, texts } from './map/texts.ts';
import { makeToolbar } from './map/toolbar.ts';
import { fill } from './words.ts';

const send = (request: MapRequest): void =>
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is VS Code's, not a window's
  host.postMessage(request);

const stored = readKeptMap(host.getState());
const kept: KeptMap = {
  uri: '',
  view: 'logical',
  isTable: false,
  hidden: [],
  onlyFindings: false,
  cluster: '',
  search: '',
  ...stored,
};
let isNew = stored.view === undefined;
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
      look: { palette, matches: new Set(model.matches.map(({ id }) => id)), signs: signsOf(model) },
      over: {
        palette,
        view: kept.view,
        boxes: model.boxes,
        findings: model.index.findings,
        signs: signsOf(model),
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
  save,
});
toolbar.search.value = kept.search;
// What was chosen the last time comes with the map, and would undo what is chosen before.
toolbar.element.inert = true;
const notes = make('div', { class: 'notes', role: 'status' });
const motion = makeMotion(
  () => (model?.map.paths ?? []).length > 0 && !kept.isTable,
  (now) => {
    phase = now;
    stage.drawOver();
  },
);
const legend = makeLegend();
const heading = make('h1', { class: 'heading' }, document.title);
const said = make('div', { class: 'said', 'aria-live': 'polite' });
const empty = make('div', { class: 'empty-place', hidden: true });
stage.element.append(card.element);
stage.surface.setAttribute('aria-roledescription', texts.map);
document.body.append(
  make('main', {}, heading, toolbar.element, notes, stage.element, table.element, empty, legend.element, said),
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
  else if (message.type === 'failed') fail(message);
  else if (message.type === 'saved') said.textContent = texts.saved;
}

function take(news: MapNews): void {
  toolbar.element.inert = false;
  if (isNew) Object.assign(kept, news.kept);
  isNew = false;
  const before = model;
  if (kept.uri !== news.uri && kept.uri !== '') isPlaced = false;
  // A page that comes to the front again is looked at from where it was.
  const isOther = !isPlaced || JSON.stringify(kept.trace) !== JSON.stringify(news.trace);
  kept.uri = news.uri;
  kept.trace = news.trace;
  model = modelOf(news, kept, toolbar.search.value, before);
  if (isPlaced && before) camera = follow(camera, before, model, kept.selected, middle());
  toolbar.offer(clusterChoices(model), countText(model.map.findings));
  if (!model.clusters.has(kept.cluster)) kept.cluster = '';
  showAll();
  if (isOther && (model.map.paths ?? []).length > 0) showPath();
}

/** Everything that follows from the model. */
function showAll(): void {
  if (!model) return;
  const { news, isOld, scene, things } = model;
  const giveBack = keepFocus();
  showNotes(notesOf(news, isOld));
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
  toolbar.canSave(things.length > 0);
  stage.element.hidden = kept.isTable || things.length === 0;
  table.element.hidden = !kept.isTable || things.length === 0;
  legend.element.hidden = stage.element.hidden;
  legend.show(kept.view, (model.map.paths ?? []).length);
  stage.surface.setAttribute('aria-label', fill(texts.mapOf, news.file, texts.views[kept.view], things.length));
  if (!isPlaced && stage.size().width > 0) {
    camera = fit(scene, stage.size());
    isPlaced = true;
  }
  if (kept.isTable) {
    fillTable(model);
    table.select(kept.selected);
  }
  showChoices();
  keep();
  stage.draw();
  motion.start();
  giveBack();
}

function signsOf({ scene, boxes, map, index }: Model): Signs {
  return { found: index.findings, stops: numbered(scene, boxes, map.paths ?? [], kept.view) };
}

function fillTable(shown: Model): void {
  const { index, things, matches } = shown;
  const ways = waysIn(shown, kept.view);
  const isWanted = toolbar.search.value.trim() !== '';
  table.fill(isWanted ? matches : things, { index, view: kept.view, ways });
}

let noted = '[]';

/** Those that are there already are not read out again. */
function showNotes(all: Note[]): void {
  const now = JSON.stringify(all);
  if (now !== noted) notes.replaceChildren(...all.map((note) => noteElement(note, send)));
  noted = now;
}

/** Whoever used a button that is gone goes on where it led. */
function keepFocus(): () => void {
  const at = focusedElement();
  return () => {
    const isGone = at !== undefined && (!at.isConnected || at.closest('[hidden]') !== null);
    if (isGone) (kept.isTable ? table.element.querySelector<HTMLElement>('tr[tabindex="0"]') : stage.surface)?.focus();
  };
}

function save(): void {
  if (model) send({ type: 'save', svg: svgOf(model, kept.view, palette) });
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
  said.textContent = thing ? saidOf(model, kept.view, thing) : '';
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
  kept.search = toolbar.search.value;
  if (kept.isTable) fillTable(model);
  keep();
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

/** All of the way in sight, once, when it is new. */
function showPath(): void {
  if (model && !kept.isTable) lookFrom(pathCamera(model, kept.view, stage.size()));
}

function middle(): { x: number; y: number } {
  const { width, height } = stage.size();
  return { x: width / 2, y: height / 2 };
}

function keep(): void {
  if (isPlaced) kept.camera = camera;
  else delete kept.camera;
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

function fail({ uri, message }: Extract<MapMessage, { type: 'failed' }>): void {
  kept.uri = uri;
  host.setState(kept);
  const actions = [
    { label: texts.retry, request: { type: 'retry' } },
    { label: texts.goToFile, request: { type: 'openFile' } },
  ] as const;
  empty.replaceChildren(emptyElement(texts.failed, message, [...actions], send));
  empty.hidden = false;
  stage.element.hidden = table.element.hidden = legend.element.hidden = true;
  toolbar.canSave(false);
}

/** For who measures: how much was drawn. */
function painted({ boxes, wires }: Painted): void {
  stage.element.dataset['painted'] = `${boxes} ${wires}`;
}
