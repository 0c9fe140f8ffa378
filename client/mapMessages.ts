/** What the map's page and the extension say to each other. Everything is JSON. */
import type { CloudMap, MapPlace, MapView, ThingKind } from '../shared/map/types.ts';
import type { TraceParams } from '../shared/protocol.ts';
import { fieldOf, isCount, isOneOf, isSvg, isText } from './shape.ts';

/** What is kept of a map when it is hidden or the window reloaded, besides what it shows. */
export interface KeptMap {
  uri: string;
  view: MapView;
  isTable: boolean;
  hidden: ThingKind[];
  onlyFindings: boolean;
  /** Id of the first router or network of the only cluster that is shown; empty for all. */
  cluster: string;
  /** What is searched for. */
  search: string;
  camera?: { x: number; y: number; scale: number };
  selected?: string | undefined;
  trace?: Omit<TraceParams, 'uri'> | undefined;
}

/** To the page. */
export type MapMessage =
  /** `file`: the name of the topology, for a person. `kept` comes once, with the first map. */
  | { type: 'map'; uri: string; file: string; map: CloudMap; trace?: Omit<TraceParams, 'uri'>; kept?: Partial<KeptMap> }
  /** There is no map: why, for a person. */
  | { type: 'failed'; uri: string; file: string; message: string }
  /** The picture is in a file. */
  | { type: 'saved' }
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
  | { type: 'remember'; view: MapView; isTable: boolean }
  /** What is drawn, as a file that stands alone. */
  | { type: 'save'; svg: string };

const VIEWS: readonly MapView[] = ['physical', 'logical'];
const KINDS: readonly ThingKind[] = [
  'node',
  'namespace',
  'carrier',
  'external-network',
  'network',
  'subnet',
  'router',
  'port',
  'floating-ip',
];

/** Whether something that came from the page is one of its requests. */
export function isMapRequest(value: unknown): value is MapRequest {
  const type = fieldOf(value, 'type');
  if (type === 'open') return isPlace(fieldOf(value, 'place')) && typeof fieldOf(value, 'isFocused') === 'boolean';
  if (type === 'remember')
    return isOneOf(fieldOf(value, 'view'), VIEWS) && typeof fieldOf(value, 'isTable') === 'boolean';
  if (type === 'save') return isSvg(fieldOf(value, 'svg'));
  return isOneOf(type, ['ready', 'openFile', 'retry', 'compare', 'clearTrace']);
}

const isPlace = (value: unknown): boolean =>
  isCount(fieldOf(value, 'first')) &&
  isCount(fieldOf(value, 'last')) &&
  ['string', 'undefined'].includes(typeof fieldOf(value, 'uri'));

/** What was kept of a map, as far as it can be read: it may be of an earlier version. */
export function readKeptMap(value: unknown): Partial<KeptMap> {
  const of = (key: string): unknown => fieldOf(value, key);
  const [uri, view, hidden, cluster, search, selected] = [
    of('uri'),
    of('view'),
    of('hidden'),
    of('cluster'),
    of('search'),
    of('selected'),
  ];
  const [isTable, onlyFindings, trace] = [of('isTable'), of('onlyFindings'), of('trace')];
  const [x, y, scale] = ['x', 'y', 'scale'].map((key) => Number(fieldOf(of('camera'), key)));
  const isCamera = [x, y, scale].every(Number.isFinite) && scale! > 0;
  return {
    ...(isText(uri) ? { uri } : {}),
    ...(isOneOf(view, VIEWS) ? { view } : {}),
    ...(typeof isTable === 'boolean' ? { isTable } : {}),
    ...(Array.isArray(hidden) ? { hidden: KINDS.filter((kind) => hidden.includes(kind)) } : {}),
    ...(typeof onlyFindings === 'boolean' ? { onlyFindings } : {}),
    ...(isText(cluster) ? { cluster } : {}),
    ...(isText(search) ? { search } : {}),
    ...(isText(selected) ? { selected } : {}),
    ...(isCamera ? { camera: { x: x!, y: y!, scale: scale! } } : {}),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only compared as a whole
    ...(typeof trace === 'object' && trace !== null ? { trace: trace as KeptMap['trace'] } : {}),
  };
}
