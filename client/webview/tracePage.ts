/** The page of the trace view: pictures and tree of one trace, of which one step is selected. */
import type { Picture, TraceView } from '../../shared/picture/types.ts';
import type { Side } from '../../shared/protocol.ts';
import { type FromTracePage, type Shown, type ToTracePage, type TraceState, readTraceState } from '../traceMessages.ts';
import { host, onMessage } from './host.ts';
import { fillDetails } from './trace/details.ts';
import { button, el, sign } from './trace/dom.ts';
import { keepPlace } from './trace/focus.ts';
import { chooser, comparison, header } from './trace/header.ts';
import { drawPicture, type PictureElement } from './trace/picture.ts';
import { placesSaid } from './trace/said.ts';
import { pictureSvg } from './trace/savePicture.ts';
import { makeTree, type TreeElement } from './trace/tree.ts';
import { fill } from './words.ts';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is VS Code's, not a window's
const post = (message: FromTracePage): void => host.postMessage(message);
const status = el('div', { class: 'status', attributes: { role: 'status', 'aria-live': 'polite' } });
const page = el('div', { class: 'page' });
document.body.append(page, status);

type ViewMessage = Extract<ToTracePage, { type: 'view' }>;

/** What is on the page. */
interface Shows extends ViewMessage {
  shown: Shown;
  /** Whose tree it is. */
  side: Side;
  step: number | undefined;
}

let now: Shows | undefined;

onMessage((data) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody but the extension speaks to the page
  const message = data as ToTracePage;
  if (message.type === 'view') {
    show(begin(message));
    say(message.isUpdate ? message.strings.updated : '');
  } else if (message.type === 'problem') showProblem(message);
  else if (message.type === 'copied' || message.type === 'saved') say(now?.strings[message.type] ?? '');
});
post({ type: 'ready' });

/** What was chosen stays so, if the page is the same one again. A live state that is new is what a person wants to see. */
function begin(message: ViewMessage): Shows {
  const { view, params } = message;
  const state = readTraceState(host.getState());
  const kept = isFor(state, params) && Boolean(view.live) === Boolean(state.hasLive) ? state : undefined;
  const side = kept?.side ?? (view.live ? 'live' : 'expected');
  return {
    ...message,
    shown: kept?.shown ?? (view.parting ? 'both' : side),
    side,
    step: stepToSelect(view, side, kept),
  };
}

const isFor = (state: Partial<TraceState>, params: TraceState['params']): boolean =>
  JSON.stringify(state.params) === JSON.stringify(params);

/** The step of before; else where they part. */
function stepToSelect(view: TraceView, side: Side, before: Pick<TraceState, 'step' | 'text'> = {}): number | undefined {
  const { steps } = pictureOf(view, side);
  const { step, text } = before;
  if (step !== undefined && (text === undefined || steps[step]?.text === text) && step < steps.length) return step;
  // There may be more steps, or fewer, before it now.
  const same = text === undefined ? -1 : steps.findIndex((each) => each.text === text);
  if (same >= 0) return same;
  const parting = steps.findIndex(({ isParting }) => isParting);
  return parting < 0 ? undefined : parting;
}

const pictureOf = (view: TraceView, side: Side): Picture => (side === 'live' && view.live) || view.expected;

function keep({ params, view, shown, side, step }: Shows): void {
  const hasLive = view.live !== undefined;
  const text = step === undefined ? undefined : pictureOf(view, side).steps[step]?.text;
  const selected = { ...(step === undefined ? {} : { step }), ...(text === undefined ? {} : { text }) };
  host.setState({ params, hasLive, shown, side, ...selected } satisfies TraceState);
}

function show(shows: Shows): void {
  const place = keepPlace(page);
  const opened = now && isSameSteps(now, shows) ? parts?.tree?.opened() : undefined;
  now = shows;
  keep(shows);
  const { view, strings, hasMap } = shows;
  const save = (): void => post({ type: 'save', svg: pictureSvg(view, shows.shown, strings) });
  const options = { strings, hasMap, post, save };
  const isLive = view.live !== undefined;
  const pictures = el('div', { class: `pictures ${shows.shown}` });
  const drawn = new Map<Side, PictureElement>();
  const sides: Side[] = shows.shown === 'both' ? ['expected', 'live'] : [isLive ? shows.shown : 'expected'];
  for (const side of sides) {
    const picture = drawPicture(pictureOf(view, side), { lanes: view.lanes, strings, choose: selectIn });
    drawn.set(side, picture);
    pictures.append(picture.element);
  }
  const details = el('section', { class: 'details', attributes: { 'aria-label': strings.step } });
  const treeHolder = el('div', { class: 'tree-holder' });
  const panes = el(
    'div',
    { class: `panes ${shows.shown}` },
    el(
      'div',
      { class: 'pane left' },
      isLive ? chooser(shows.shown, strings, (shown) => show({ ...now!, shown })) : undefined,
      pictures,
    ),
    el('div', { class: 'pane right' }, treeTabs(shows), treeHolder, details),
  );
  page.replaceChildren(
    header(view, options),
    el(
      'main',
      {},
      comparison(view, options),
      ...view.notes.map((note) => el('p', { class: 'hint' }, sign('!'), el('span', { text: note }))),
      panes,
    ),
  );
  parts = { drawn, details, treeHolder, tree: undefined };
  showTree({ scroll: place.scroll, open: opened });
  place.focus();
}

const isSameSteps = (a: Shows, b: Shows): boolean =>
  JSON.stringify(stepTexts(a)) === JSON.stringify(stepTexts(b)) && a.side === b.side;
const stepTexts = ({ view, side }: Shows): string[] => pictureOf(view, side).steps.map(({ text }) => text);

interface Parts {
  drawn: Map<Side, PictureElement>;
  details: HTMLElement;
  treeHolder: HTMLElement;
  tree: TreeElement | undefined;
}

let parts: Parts | undefined;

/** Of which side the steps are; one name alone where there is one side. */
function treeTabs({ view, strings, side }: Shows): HTMLElement {
  if (!view.live) return el('h2', { text: strings.tree });
  const tab = (each: Side): HTMLElement =>
    button(strings[each], () => switchTo(each), {
      attributes: { 'aria-pressed': String(each === side), 'data-side': each },
    });
  return el(
    'div',
    { class: 'tree-head' },
    el('h2', { text: strings.tree }),
    el(
      'div',
      { class: 'joined', attributes: { role: 'group', 'aria-label': strings.tree } },
      tab('expected'),
      tab('live'),
    ),
  );
}

/** The same step of the other side, where it has one. */
function switchTo(side: Side): void {
  if (!now || now.side === side) return;
  const twin = now.step === undefined ? undefined : pictureOf(now.view, now.side).steps[now.step]?.twin;
  now = { ...now, side, step: twin ?? stepToSelect(now.view, side) };
  keep(now);
  for (const tab of document.querySelectorAll<HTMLElement>('.tree-head button'))
    tab.setAttribute('aria-pressed', String(tab.dataset['side'] === side));
  showTree();
}

/** @param scroll what was scrolled before something is selected, which must be in sight */
function showTree({ scroll, open: opened }: { scroll?: () => void; open?: readonly boolean[] | undefined } = {}): void {
  if (!now || !parts) return;
  const { view, strings, side } = now;
  const picture = pictureOf(view, side);
  const tree = makeTree(picture, {
    strings,
    label: fill(strings.pictureOf, strings.tree, strings[side]),
    said: placesSaid(picture, view.lanes, strings),
    open: opened,
    choose: (step) => select(step),
    activate: (step) => open(picture, step),
  });
  parts.tree = tree;
  parts.treeHolder.replaceChildren(tree.element);
  scroll?.();
  select(now.step, true);
}

/** What was selected stays in sight when the editor is made narrow: then all is one below the other. */
window.addEventListener('resize', () => {
  clearTimeout(resized);
  resized = setTimeout(() => {
    if (now?.step !== undefined) parts?.tree?.select(now.step);
  }, RESIZED_MS);
});

let resized: ReturnType<typeof setTimeout> | undefined;
/** The browser itself scrolls to what has the focus. */
const RESIZED_MS = 150;

/** From the picture of either side. */
function selectIn(side: Side, step: number): void {
  if (!now) return;
  if (side !== now.side) {
    now = { ...now, step: undefined };
    switchTo(side);
  }
  select(step, true);
}

function select(step: number | undefined, inTree = false): void {
  if (!now || !parts) return;
  now = { ...now, step };
  keep(now);
  const { view, strings, side } = now;
  const picture = pictureOf(view, side);
  const twin = step === undefined ? undefined : picture.steps[step]?.twin;
  // First, since it takes room from the tree.
  fillDetails(parts.details, picture, step, { strings, hasLive: view.live !== undefined, post });
  // The selected one last: it must be seen, whatever the other side scrolls to.
  for (const [each, drawn] of parts.drawn) if (each !== side) drawn.select(twin, true);
  parts.drawn.get(side)?.select(step, false);
  if (inTree && step !== undefined) parts.tree?.select(step);
}

/** Enter: the line of the topology that a step follows from, else its place in the state. */
function open({ side, steps }: Picture, number: number): void {
  const step = steps[number];
  if (step?.location) post({ type: 'topology', location: step.location });
  else if (step?.item) post({ type: 'state', side, item: step.item, text: step.text });
}

function showProblem({ params, strings, problem }: Extract<ToTracePage, { type: 'problem' }>): void {
  now = undefined;
  const place = keepPlace(page);
  const state = readTraceState(host.getState());
  // What was chosen is still so when it can be traced again.
  host.setState((isFor(state, params) ? { ...state, params } : { params }) satisfies TraceState);
  page.replaceChildren(
    el(
      'main',
      { class: 'problem' },
      el('h1', {}, el('bdi', { text: params.from }), document.createTextNode(' → '), el('bdi', { text: params.to })),
      el('h2', {}, sign('✗', 'bad'), el('span', { text: strings.problem })),
      el('p', { text: problem }),
      el(
        'p',
        { class: 'toolbar' },
        button(strings.again, () => post({ type: 'again' })),
        button(strings.openTopology, () => post({ type: 'openTopology' })),
      ),
    ),
  );
  place.focus();
  say('');
}

/** For a moment on the screen, and to whoever listens. */
function say(text: string): void {
  status.textContent = text;
  clearTimeout(said);
  if (text !== '') said = setTimeout(() => (status.textContent = ''), SAID_MS);
}

let said: ReturnType<typeof setTimeout> | undefined;
const SAID_MS = 4000;
