/** What the view of a trace and the extension say to each other. Everything is JSON. */
import type { ItemPlace, Location, TraceView } from '../shared/picture/types.ts';
import type { Side, TraceExportParams, TraceParams } from '../shared/protocol.ts';
import { fieldOf, isCount, isOneOf, isSvg, isText } from './shape.ts';
import type { TraceStrings } from './traceStrings.ts';

/** What the page keeps over a reload of the window. */
export interface TraceState {
  params: TraceParams;
  /** Of what follows; with a live state there is more to show. */
  hasLive?: boolean;
  shown?: Shown;
  /** The selected step. */
  side?: Side;
  step?: number;
  /** What it says: its number may be that of another step when the trace is another. */
  text?: string;
}

/** Which pictures are drawn. */
export type Shown = 'both' | Side;

export type ToTracePage =
  | { type: 'view'; params: TraceParams; strings: TraceStrings; view: TraceView; hasMap: boolean; isUpdate: boolean }
  | { type: 'problem'; params: TraceParams; strings: TraceStrings; problem: string }
  /** Something is on the clipboard, or in a file. */
  | { type: 'copied' | 'saved' };

export type FromTracePage =
  /** The page has loaded and wants to be told. */
  | { type: 'ready' }
  | { type: 'topology'; location: Location }
  | { type: 'state'; side: Side; item: ItemPlace; text: string }
  | { type: 'export'; format: TraceExportParams['format'] }
  | { type: 'copy'; text: string }
  /** What is drawn, as a file that stands alone. */
  | { type: 'save'; svg: string }
  | { type: (typeof ASKS)[number] };

const ASKS = ['otherWay', 'again', 'asText', 'map', 'openTopology', 'compare'] as const;
const FORMATS: readonly TraceExportParams['format'][] = ['text', 'json', 'mermaid'];
const SIDES: readonly Side[] = ['expected', 'live'];

/** Whether something that came from the page is one of its messages. */
export function isFromTracePage(value: unknown): value is FromTracePage {
  const type = fieldOf(value, 'type');
  if (type === 'topology') return isLocation(fieldOf(value, 'location'));
  if (type === 'export') return isOneOf(fieldOf(value, 'format'), FORMATS);
  if (type === 'copy') return isText(fieldOf(value, 'text'));
  if (type === 'save') return isSvg(fieldOf(value, 'svg'));
  if (type === 'state')
    return isOneOf(fieldOf(value, 'side'), SIDES) && isText(fieldOf(value, 'text')) && isItem(fieldOf(value, 'item'));
  return type === 'ready' || isOneOf(type, ASKS);
}

const isLocation = (value: unknown): boolean =>
  isText(fieldOf(value, 'uri')) && isCount(fieldOf(value, 'line')) && isCount(fieldOf(value, 'character'));

const isItem = (value: unknown): boolean =>
  ['node', 'namespace', 'aspect'].every((key) => isText(fieldOf(value, key))) &&
  ['string', 'undefined'].includes(typeof fieldOf(value, 'table'));

const SHOWN: readonly Shown[] = ['both', 'expected', 'live'];

/** What the page kept, as far as it can be read: it may be of an earlier version. */
export function readTraceState(value: unknown): Partial<TraceState> {
  const [hasLive, shown, side, step, text] = ['hasLive', 'shown', 'side', 'step', 'text'].map((key) =>
    fieldOf(value, key),
  );
  const params: unknown = fieldOf(value, 'params');
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only compared as a whole
    ...(typeof params === 'object' && params !== null ? { params: params as TraceParams } : {}),
    ...(typeof hasLive === 'boolean' ? { hasLive } : {}),
    ...(isOneOf(shown, SHOWN) ? { shown } : {}),
    ...(isOneOf(side, SIDES) ? { side } : {}),
    ...(isCount(step) ? { step } : {}),
    ...(isText(text) ? { text } : {}),
  };
}
