/** What the map's page and the extension say to each other. Everything is JSON. */
import type { CloudMap, MapPlace, MapView, ThingKind } from '../shared/map/types.ts';
import type { TraceParams } from '../shared/protocol.ts';

/** What is kept of a map when it is hidden or the window reloaded, besides what it shows. */
export interface KeptMap {
  uri: string;
  view: MapView;
  isTable: boolean;
  hidden: ThingKind[];
  onlyFindings: boolean;
  /** Id of the first router or network of the only cluster that is shown; empty for all. */
  cluster: string;
  camera?: { x: number; y: number; scale: number };
  selected?: string | undefined;
  trace?: Omit<TraceParams, 'uri'> | undefined;
}

/** To the page. */
export type MapMessage =
  /** `file`: the name of the topology, for a person. `kept` comes once, with the first map. */
  | { type: 'map'; uri: string; file: string; map: CloudMap; trace?: Omit<TraceParams, 'uri'>; kept?: Partial<KeptMap> }
  /** There is no map: why, for a person. */
  | { type: 'failed'; file: string; message: string }
  /** Where the cursor is in a file of the topology. */
  | { type: 'cursor'; place: { uri?: string; line: number } };

/** From the page. */
export type MapRequest =
  | { type: 'ready' }
  | { type: 'open'; place: MapPlace; isFocused: boolean }
  | { type: 'openFile' }
  | { type: 'retry' }
  | { type: 'compare' }
  | { type: 'clearTrace' }
  | { type: 'remember'; view: MapView; isTable: boolean };
