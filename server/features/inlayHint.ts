/**
 * `textDocument/inlayHint`: what a topology decides and does not say: tables of redirects, names of devices, who serves a floating IP,
 * where SNAT is. What an agent chooses at run time is not among them. Only what is asked for is worked out: the visible lines.
 */
import type { InlayHint, InlayHintLabelPart, Range as LspRange } from 'vscode-languageserver';
import { defaultAllocations } from '../../shared/allocations.ts';
import { parsePrefix } from '../../shared/ip.ts';
import { qrouterNamespace } from '../../shared/namespaces/qrouter.ts';
import { deviceName, NS_PREFIX } from '../../shared/neutron.ts';
import { hasExternal, placementOf, type Hosted, type Placement } from '../../shared/placement.ts';
import type { Pointer } from '../../shared/problem.ts';
import { snatIndex } from '../../shared/snatIndex.ts';
import { relationsOf } from '../../shared/topology/relations.ts';
import type { FloatingIp, Network, Router, Topology } from '../../shared/topology/types.ts';
import { remembered } from '../../shared/trace/remembered.ts';
import type { Document } from '../document.ts';
import type { Feature, TextParams } from './feature.ts';
import { escapeMarkdown, markup } from './markdown.ts';
import { locationOf } from './range.ts';

export const inlayHint: Feature<TextParams & { range: LspRange }> = {
  method: 'textDocument/inlayHint',
  needs: ['textDocument', 'range'],
  announce: ({ textDocument }) => {
    if (!textDocument?.inlayHint) return {};
    const isLazy = textDocument.inlayHint.resolveSupport?.properties.includes('tooltip') === true;
    return { inlayHintProvider: isLazy ? { resolveProvider: true } : true };
  },
  answer: ({ textDocument, range }, { client, document }) => {
    const isLazy = client.textDocument?.inlayHint?.resolveSupport?.properties.includes('tooltip') === true;
    return inlayHints(document(textDocument.uri), range).map((hint) => (isLazy ? hint : withTooltip(hint)));
  },
};

export const inlayHintResolve: Feature<InlayHint> = {
  method: 'inlayHint/resolve',
  needs: ['position'],
  announce: () => ({}),
  answer: (hint) => withTooltip(hint),
};

/** Hints carry the reason as data; it becomes a tooltip when it is looked at. */
function withTooltip(hint: InlayHint): InlayHint {
  const data: unknown = hint.data;
  if (typeof data !== 'object' || data === null || !('why' in data) || typeof data.why !== 'string') return hint;
  const { data: _, ...rest } = hint;
  return { ...rest, tooltip: markup(data.why) };
}

/** A hint before it has a place. */
interface Hint {
  /** Behind the key or value of this entry. */
  pointer: Pointer;
  at: 'key' | 'value';
  text: string;
  /** Nodes to name behind it, which lead to their entries. */
  nodes?: readonly string[];
  /** For a person, as markdown. */
  why: string;
}

/** In the order of the text. */
export function inlayHints(document: Document, range: LspRange): InlayHint[] {
  const { topology, sourceMap } = document.reading();
  const [first, last] = [document.text.offsetAt(range.start), document.text.offsetAt(range.end)];
  const isVisible = ({ pointer }: { pointer: Pointer }): boolean => {
    const place = sourceMap.get(pointer);
    return (
      place !== undefined &&
      (place.key?.[0] ?? place.value[0]) <= last &&
      first <= Math.max(place.value[1], place.key?.[1] ?? 0)
    );
  };
  const hints = [
    ...topology.networks.filter(isVisible).flatMap(networkHints),
    ...topology.routers.filter(isVisible).flatMap((router) => routerHints(topology, router)),
    ...floatingIpHints(topology, topology.floating_ips.filter(isVisible)),
  ];
  return hints
    .flatMap((hint) => {
      const place = sourceMap.get(hint.pointer);
      const end = hint.at === 'key' ? behindColon(document, place?.key?.[1]) : place?.value[1];
      return end === undefined || end < first || end > last ? [] : [{ hint, end }];
    })
    .toSorted((a, b) => a.end - b.end)
    .map(({ hint, end }) => inlay(document, hint, end));
}

/** Behind `key:`; between key and colon a hint would look like a part of the name. */
function behindColon({ text }: Document, keyEnd: number | undefined): number | undefined {
  return keyEnd === undefined || text.getText()[keyEnd] !== ':' ? keyEnd : keyEnd + 1;
}

function inlay(document: Document, { text, nodes = [], why }: Hint, end: number): InlayHint {
  const parts = nodes.map((name, i): InlayHintLabelPart => {
    const node = document.reading().topology.nodes.find((each) => each.name === name);
    const location = node && locationOf(document, node.pointer, 'key');
    return { value: `${i === 0 ? '' : ', '}${name}`, ...(location && { location }) };
  });
  return {
    position: document.text.positionAt(end),
    label: parts.length === 0 ? text : [{ value: `${text} ` }, ...parts],
    paddingLeft: true,
    data: { why },
  };
}

const networkHints = ({ external, id, pointer }: Network): Hint[] =>
  external && id?.length === 36
    ? [
        {
          pointer: `${pointer}/id`,
          at: 'value',
          text: `${NS_PREFIX.fip}…`,
          why: `On nodes that serve floating IPs of this network: namespace \`${NS_PREFIX.fip}${id}\` (\`dvr_fip_ns.py: FipNamespace\`).`,
        },
      ]
    : [];

function routerHints(topology: Topology, router: Router): Hint[] {
  return [...deviceHints(router), ...snatHints(topology, router), ...tableHints(topology, router)];
}

function deviceHints({ external_gateway: gateway, interfaces }: Router): Hint[] {
  const device = (
    kind: 'qr' | 'qg' | 'sg',
    owner: { pointer: Pointer; port_id?: string } | undefined,
    where: string,
  ): Hint[] =>
    owner?.port_id === undefined
      ? []
      : [
          {
            pointer: `${owner.pointer}/port_id`,
            at: 'value',
            text: deviceName(kind, owner.port_id),
            why: `Device of this port ${where}: the prefix and the first 11 characters of the port's id.`,
          },
        ];
  return [
    ...device('qg', gateway, 'where the router has its gateway'),
    ...interfaces.flatMap((entry) => [
      ...device('qr', entry, "in the router's namespace, on every node that has the router"),
      ...device('sg', entry.snat, 'in the snat namespace'),
    ]),
  ];
}

/** Only where the file leaves no choice: the scheduler takes any of several nodes. */
function snatHints(
  topology: Topology,
  { external_gateway: gateway, ha, distributed, l3_agents, pointer }: Router,
): Hint[] {
  const candidates = topology.nodes.filter(({ agent_mode }) => agent_mode === 'dvr_snat');
  if (!gateway || gateway.node !== undefined || ha || !distributed || l3_agents || candidates.length !== 1) return [];
  return [
    {
      pointer: gateway.pointer === pointer ? pointer : `${pointer}/external_gateway`,
      at: 'key',
      text: gateway.enable_snat ? 'SNAT on' : 'gateway on',
      nodes: [candidates[0]!.name],
      why: 'The only node in mode `dvr_snat`, so that the scheduler has no choice (`l3_dvrscheduler_db.py`).',
    },
  ];
}

/** The `ip rule` and table of each interface whose packets go to the SNAT node. */
function tableHints(topology: Topology, router: Router): Hint[] {
  const holder = holders(placementOf(topology)).get(router);
  if (!holder) return [];
  const { name, hosted } = holder;
  const lookup = relationsOf(topology);
  const context = { lookup, node: lookup.node.get(name)!, allocations: defaultAllocations(topology, name) };
  return qrouterNamespace(context, hosted)
    .interfaces.flatMap(({ redirects }) => redirects)
    .flatMap(({ address, because }): Hint[] => {
      const table = parsePrefix(address) && snatIndex(address);
      if (table === undefined) return [];
      const why = `${escapeMarkdown(because.sentence)} (\`${because.neutron}\`): \`${table}: from ${address} lookup ${table}\``;
      return [{ pointer: because.pointer, at: 'key', text: `table ${table}`, why }];
    });
}

/** Of each router some node that has it; its tables are the same on all of them. */
const holders = remembered(({ routersByNode }: Placement): ReadonlyMap<Router, { name: string; hosted: Hosted }> => {
  const byRouter = new Map<Router, { name: string; hosted: Hosted }>();
  for (const [name, all] of routersByNode)
    for (const hosted of all) if (!byRouter.has(hosted.router)) byRouter.set(hosted.router, { name, hosted });
  return byRouter;
});

function floatingIpHints(topology: Topology, visible: readonly FloatingIp[]): Hint[] {
  if (visible.length === 0) return [];
  const placement = placementOf(topology);
  const servedBy = new Map([...placement.floatingIpsByRouter.values()].flat().map((each) => [each.floating, each]));
  const reasons = new Map(placement.unserved.map((each) => [each.floating, each.reason]));
  const lookup = relationsOf(topology);
  return visible.flatMap((floating): Hint[] => {
    const served = servedBy.get(floating);
    const at = { pointer: floating.pointer, at: 'key' as const };
    if (!served) {
      const reason = reasons.get(floating);
      return reason === undefined ? [] : [{ ...at, text: 'not served', why: `${escapeMarkdown(reason)}.` }];
    }
    const why = `${escapeMarkdown(served.because.sentence)} (\`${served.because.neutron}\`)`;
    if (served.node === undefined) return [{ ...at, text: 'centralised', why }];
    const node = lookup.node.get(served.node);
    return node && hasExternal(node) ? [{ ...at, text: 'served by', nodes: [served.node], why }] : [];
  });
}
