/** What the view of a trace and the extension say to each other. Everything is JSON. */
import type { ItemPlace, Location, TraceView } from '../shared/picture/types.ts';
import type { Side, TraceExportParams, TraceParams } from '../shared/protocol.ts';
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
}

/** Which pictures are drawn. */
export type Shown = 'both' | Side;

export type ToTracePage =
  | { type: 'view'; params: TraceParams; strings: TraceStrings; view: TraceView; hasMap: boolean; isUpdate: boolean }
  | { type: 'problem'; params: TraceParams; strings: TraceStrings; problem: string }
  /** Something is on the clipboard. */
  | { type: 'copied' };

export type FromTracePage =
  /** The page has loaded and wants to be told. */
  | { type: 'ready' }
  | { type: 'topology'; location: Location }
  | { type: 'state'; side: Side; item: ItemPlace; text: string }
  | { type: 'export'; format: TraceExportParams['format'] }
  | { type: 'copy'; text: string }
  | { type: 'otherWay' | 'again' | 'asText' | 'map' | 'openTopology' | 'compare' };
