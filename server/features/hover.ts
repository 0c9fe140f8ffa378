/**
 * `textDocument/hover`: what the agents make of the thing under the cursor. It is found from the other end: every expected item says
 * which place of the topology it is there because of, so that any place that causes something has a hover, whatever it is.
 */
import type { Hover, MarkupKind, Position } from 'vscode-languageserver';
import type { Aspect } from '../../shared/aspects/aspect.ts';
import { aspectNamed, ASPECTS } from '../../shared/aspects/table.ts';
import { nodesConcerned } from '../../shared/cloud.ts';
import { placementOf } from '../../shared/placement.ts';
import { pointer, pointerKeys, type Pointer } from '../../shared/problem.ts';
import { isSix } from '../../shared/render.ts';
import type { Because, Item, NamespaceAspect, NamespaceState } from '../../shared/state.ts';
import type { Document } from '../document.ts';
import { at as placeAt } from './at.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { fieldDocumentation } from './fieldDocumentation.ts';
import { codeBlock, escapeMarkdown, fewNames, markup } from './markdown.ts';
import { rangeOf } from './range.ts';
import { pointerOfName, thingFacts } from './thingFacts.ts';

export const hoverRequest: Feature<PlaceParams> = {
  method: 'textDocument/hover',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.hover ? { hoverProvider: true } : {}),
  answer: ({ textDocument, position }, { client, document }) =>
    hover(document(textDocument.uri), position, client.textDocument?.hover?.contentFormat),
};

/** `null` where there is nothing to say: between things, and on what nothing is known of. */
export function hover(document: Document, position: Position, formats?: readonly MarkupKind[]): Hover | null {
  const place = placeAt(document, document.text.offsetAt(position));
  if (!place) return null;
  const { pointer: at, use } = place;
  const documentation = fieldDocumentation(at);
  const subject = subjectOf(at);
  // A device or an address is asked about by any of its fields; a router or a port only by its name.
  const effects = subject && (!documentation || isDevice(subject)) ? causedBy(document, subject) : [];
  // A name that is used says what is known of the thing that has it.
  const thing = at === subject ? subject : use?.role === 'reference' ? pointerOfName(document, use) : undefined;
  const facts = thing === undefined ? undefined : thingFacts(document, thing);
  const parts = [documentation, facts, subject && unservedText(document, subject), ...effects];
  const text = parts.filter((part) => part !== undefined).join('\n\n');
  return text === '' ? null : { contents: markup(text, formats), range: rangeOf(document, at, 'key') };
}

/** The smallest thing with a name of its own around a pointer: an interface, a gateway, a subnet, a port, a floating IP, … */
function subjectOf(at: Pointer): Pointer | undefined {
  const keys = pointerKeys(at);
  const depth = keys[2] === 'interfaces' || keys[2] === 'subnets' ? 4 : keys[2] === 'external_gateway' ? 3 : 2;
  // `interfaces:` alone, or `ports:`: a list, which is nobody's cause.
  return keys.length < depth ? undefined : pointer(...keys.slice(0, depth));
}

const isDevice = (subject: Pointer): boolean => /^\/(routers\/[^/]+\/|floating_ips\/)/.test(subject);

/** Why no node serves a floating IP; one that is served says so by its effects. */
function unservedText(document: Document, subject: Pointer): string | undefined {
  if (!subject.startsWith('/floating_ips/')) return undefined;
  const { unserved } = placementOf(document.reading().topology);
  const entry = unserved.find(({ floating }) => floating.pointer === subject);
  return entry && `No node serves it: ${escapeMarkdown(entry.reason)}.`;
}

/** What a person asks for first is shown; of the other aspects the number is said. */
const SHOWN: readonly NamespaceAspect[] = ['rules', 'routes', 'iptables', 'links'];

interface Effect {
  namespace: string;
  /** Lines as the tools print them. */
  lines: string;
  /** What else there is, counted. */
  rest: string;
  /** Why, as the first of the nodes has it that says something; the others differ in names only. */
  reasons: string;
  nodes: string[];
}

/** One part per different effect: nodes that hold the same are named together. */
function causedBy(document: Document, subject: Pointer): string[] {
  // What is on a node is there because of routers and ports; to look for it would take the states of all nodes.
  if (subject.startsWith('/nodes/')) return [];
  const effects = new Map<string, Effect>();
  const concerned = nodesConcerned(document.reading().topology, subject);
  for (const { node, namespaces } of concerned.map((name) => document.expectedOn(name))) {
    for (const [name, namespace] of Object.entries(namespaces)) {
      const effect = effectOn(name, namespace, subject);
      if (!effect) continue;
      const key = `${name}\n${effect.lines}\n${effect.rest}`;
      const same = effects.get(key) ?? effect;
      same.reasons ||= effect.reasons;
      same.nodes.push(node);
      effects.set(key, same);
    }
  }
  return [...effects.values()].map(({ namespace, lines, rest, reasons, nodes }) =>
    [`**${fewNames(nodes)}** · \`${namespace}\``, lines && codeBlock(lines), reasons, rest]
      .filter(Boolean)
      .join('\n\n'),
  );
}

/** What of a namespace is there because of `subject` or a part of it. */
function effectOn(name: string, namespace: NamespaceState & Item, subject: Pointer): Effect | undefined {
  const caused = (aspect: Aspect<Item>): Item[] =>
    (namespace[aspect.name] ?? []).filter((item: Item) => isCause(item, subject, namespace));
  const shown = SHOWN.map(aspectNamed).map((aspect) => ({ aspect, items: caused(aspect) }));
  const lines = shown.flatMap(({ aspect, items }) => {
    const sixTitle = TITLE_OF_SIX[aspect.name];
    if (sixTitle === undefined) return headed(aspect, aspect.title, items);
    const four = items.filter((item) => !isSix(item));
    return [...headed(aspect, aspect.title, four), ...headed(aspect, sixTitle, items.filter(isSix))];
  });
  const others = ASPECTS.filter((aspect) => !SHOWN.includes(aspect.name))
    .map((aspect) => ({ aspect, count: caused(aspect).length }))
    .filter(({ count }) => count > 0)
    .map(({ aspect, count }) => `${count} ${count === 1 ? aspect.noun : aspect.name}`);
  const because = [...shown.flatMap(({ items }) => items), namespace].flatMap((item) =>
    item.because && isWithin(item.because.pointer, subject) ? [item.because] : [],
  );
  if (because.length === 0 && others.length === 0) return undefined;
  const rest = others.length > 0 ? `Also: ${others.join(', ')}.` : '';
  return { namespace: name, lines: lines.join('\n'), rest, reasons: reasonsText(because), nodes: [] };
}

/** The commands that print IPv6 apart, in lines that do not say of which family they are. */
const TITLE_OF_SIX: { [name in NamespaceAspect]?: string } = { rules: 'ip -6 rule', iptables: 'ip6tables-save' };

const headed = (aspect: Aspect<Item>, title: string, items: readonly Item[]): string[] =>
  items.length === 0 ? [] : [`# ${title}`, ...items.map((item) => aspect.explain(item))];

const isCause = (item: Item, subject: Pointer, namespace: Item): boolean =>
  item.because !== undefined && isWithin(item.because.pointer, subject) && !isFrame(item, item.because, namespace);

const isWithin = (at: Pointer, subject: Pointer): boolean => at === subject || at.startsWith(`${subject}/`);

/** What every namespace starts with (lo, the kernel's rules, empty chains): it says nothing about what caused the namespace. */
const isFrame = (item: Item, { neutron, pointer: at }: Because, namespace: Item): boolean =>
  /^(iptables_manager|ip_lib)\.py:/.test(neutron) ||
  (neutron === namespace.because?.neutron && (deviceOf(item) ?? 'lo') === 'lo') ||
  // A port may be why its router is on the node; what that router is like is not because of the port.
  (at === namespace.because?.pointer && at.startsWith('/ports/') && deviceOf(item) === undefined);

/** The device that an item is or is on; the gateway's is there for the same reason as its namespace. */
const deviceOf = (item: Item): unknown => ('ifname' in item ? item.ifname : 'dev' in item ? item.dev : undefined);

/** Each sentence once, with all of Neutron's identifiers that it was said with. */
function reasonsText(all: readonly Because[]): string {
  const bySentence = new Map<string, Set<string>>();
  for (const { sentence, neutron } of all)
    bySentence.set(sentence, (bySentence.get(sentence) ?? new Set()).add(neutron));
  return [...bySentence]
    .map(
      ([sentence, sources]) =>
        `- ${escapeMarkdown(sentence)} (${[...sources].map((source) => `\`${source}\``).join(', ')})`,
    )
    .join('\n');
}
