/**
 * `textDocument/prepareCallHierarchy` on a port: the way of its packets as a call hierarchy. What it calls is the first namespace on the
 * way to the outside and to each other network, what that calls is the next one; its callers are the last ones before it, from outside.
 */
import type { CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall } from 'vscode-languageserver';
import { contains } from '../../shared/ip.ts';
import { pointer as pointerTo } from '../../shared/problem.ts';
import type { Port, Topology } from '../../shared/topology/types.ts';
import { remembered } from '../../shared/trace/remembered.ts';
import { traceIn, type Trace, type TraceRequest } from '../../shared/trace/trace.ts';
import type { Document } from '../document.ts';
import { expectedView, NO_ALLOCATIONS } from '../tracedViews.ts';
import { at } from './at.ts';
import { KIND } from './documentSymbol.ts';
import type { Context, Feature, PlaceParams } from './feature.ts';
import { locationOf } from './range.ts';

export const prepareCallHierarchy: Feature<PlaceParams> = {
  method: 'textDocument/prepareCallHierarchy',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.callHierarchy ? { callHierarchyProvider: true } : {}),
  answer: ({ textDocument, position }, context) => {
    const document = context.document(textDocument.uri);
    const use = at(document, document.text.offsetAt(position))?.use;
    const port = use?.kind === 'port' && document.reading().topology.ports.find(({ name }) => name === use.name);
    return port ? [portItem(document, port)] : null;
  },
};

export const outgoingCalls: Feature<{ item: CallHierarchyItem }> = {
  method: 'callHierarchy/outgoingCalls',
  needs: ['item'],
  announce: () => ({}),
  answer: ({ item }, context) =>
    callsOf(item, context, outgoingOf).map((to): CallHierarchyOutgoingCall => ({
      to,
      fromRanges: [item.selectionRange],
    })),
};

export const incomingCalls: Feature<{ item: CallHierarchyItem }> = {
  method: 'callHierarchy/incomingCalls',
  needs: ['item'],
  announce: () => ({}),
  answer: ({ item }, context) =>
    callsOf(item, context, incomingOf).map((from): CallHierarchyIncomingCall => ({
      from,
      fromRanges: [from.selectionRange],
    })),
};

/** What an item stands for: a port, or a step on the way of one packet. */
type Spot = { port: string } | { request: TraceRequest; title: string; step: number };

function callsOf(
  { uri, data }: CallHierarchyItem,
  { document }: Context,
  calls: (document: Document, spot: Spot) => CallHierarchyItem[],
): CallHierarchyItem[] {
  const spot = spotFrom(data);
  return spot ? calls(document(uri), spot) : [];
}

/** What comes back from the editor may be anything. */
function spotFrom(data: unknown): Spot | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  if ('port' in data && typeof data.port === 'string') return { port: data.port };
  if (!('request' in data && 'title' in data && 'step' in data) || !Number.isInteger(data.step)) return undefined;
  const request = requestFrom(data.request);
  return request && { request, title: String(data.title), step: Number(data.step) };
}

function requestFrom(data: unknown): TraceRequest | undefined {
  if (typeof data !== 'object' || data === null || !('from' in data && 'to' in data)) return undefined;
  const { from, to } = data;
  if (typeof to !== 'string') return undefined;
  if (typeof from === 'string') return { from, to };
  if (typeof from !== 'object' || from === null || !('address' in from && 'segment' in from)) return undefined;
  return { from: { address: String(from.address), segment: String(from.segment) }, to };
}

function outgoingOf(document: Document, spot: Spot): CallHierarchyItem[] {
  if (!('port' in spot)) return stepItem(document, spot.request, spot.title, spot.step + 1);
  return destinations(document, spot.port).flatMap(({ title, to }) =>
    stepItem(document, { from: spot.port, to }, title, 0),
  );
}

function incomingOf(document: Document, spot: Spot): CallHierarchyItem[] {
  if (!('port' in spot)) return spot.step > 0 ? stepItem(document, spot.request, spot.title, spot.step - 1) : [];
  const { topology } = document.reading();
  return topology.floating_ips
    .filter(({ port, network }) => port === spot.port && network !== undefined)
    .flatMap(({ floating_ip_address: to, network }) => {
      const address = addressOutside(document, network!);
      if (address === undefined) return [];
      const request = { from: { address, segment: network! }, to };
      return stepItem(document, request, `from outside to ${to}`, traceOf(document, request).path.length - 1);
    });
}

/** More of them help nobody. */
const MOST_NETWORKS = 10;

/** Where packets of a port may go: outside, and to the first VM of each other network. */
function destinations(document: Document, name: string): { title: string; to: string }[] {
  const { topology } = document.reading();
  const sender = topology.ports.find((port) => port.name === name);
  if (!sender || sender.fixed_ips.length === 0) return [];
  const own = sender.network;
  const first = new Map<string, Port>();
  for (const port of topology.ports)
    if (
      port.network !== own &&
      port.fixed_ips.length > 0 &&
      !port.device_owner.startsWith('network:') &&
      !first.has(port.network)
    )
      first.set(port.network, port);
  const others = [...first.values()].slice(0, MOST_NETWORKS);
  const outside = OUTSIDE.find((address) =>
    topology.networks.every(({ subnets }) => subnets.every(({ cidr }) => !contains(cidr, address))),
  );
  return [
    ...(outside === undefined ? [] : [{ title: `to the outside (${outside})`, to: outside }]),
    ...others.map((port) => ({ title: `to ${port.name}`, to: port.fixed_ips[0]!.ip_address })),
  ];
}

/** Addresses for documentation (RFC 5737): they are nowhere. */
const OUTSIDE = ['198.51.100.10', '203.0.113.10', '192.0.2.10'];

/** An address on an external network that nothing of the topology has. */
function addressOutside(document: Document, network: string): string | undefined {
  const { topology } = document.reading();
  const subnet = topology.networks.find(({ name }) => name === network)?.subnets[0];
  return subnet && OUTSIDE.find((address) => !contains(subnet.cidr, address));
}

const tracesIn = remembered<Topology, Map<string, Trace>>(() => new Map());

/** Each packet once for each version of the topology. */
function traceOf(document: Document, request: TraceRequest): Trace {
  const { topology } = document.reading();
  const known = tracesIn(topology);
  const key = JSON.stringify(request);
  const made = known.get(key) ?? traceIn(expectedView(topology, NO_ALLOCATIONS), request);
  known.set(key, made);
  return made;
}

/** A namespace that is passed; behind the last one what becomes of the packet. None before the first and behind the end. */
function stepItem(document: Document, request: TraceRequest, title: string, step: number): CallHierarchyItem[] {
  const { path, disposition, final } = traceOf(document, request);
  if (step < 0 || step > path.length) return [];
  const data: Spot = { request, title, step };
  const passed = path[step];
  if (!passed) {
    const last = path.at(-1);
    const pointer = last ? pointerOf(document, last.node, last.namespace) : '';
    return [itemAt(document, disposition, `${title}: ${final.src} to ${final.dst}`, pointer, data)];
  }
  const { node, namespace, rule, route, nat } = passed;
  const detail = [title, node, route ?? rule, nat].filter(Boolean).join(' · ');
  return [itemAt(document, namespace, detail, pointerOf(document, node, namespace), data)];
}

/** What of the topology a namespace is there for. */
const pointerOf = (document: Document, node: string, namespace: string): string =>
  document.expectedOn(node).namespaces[namespace]?.because?.pointer ?? pointerTo('nodes', node);

const portItem = (document: Document, { name, pointer, fixed_ips: addresses, node }: Port): CallHierarchyItem => ({
  ...itemAt(
    document,
    name,
    [addresses.map(({ ip_address }) => ip_address).join(', '), node].filter(Boolean).join(' on '),
    pointer,
    {
      port: name,
    },
  ),
  kind: KIND.port,
});

function itemAt(document: Document, name: string, detail: string, pointer: string, data: Spot): CallHierarchyItem {
  const { uri, range: selectionRange } = locationOf(document, pointer, 'key');
  return {
    name: name || '(no name)',
    kind: KIND.section,
    detail,
    uri,
    range: selectionRange,
    selectionRange,
    data,
  };
}
