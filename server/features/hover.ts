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
import type { Because, Item, NamespaceAspect, NamespaceState } from '../../shared/state.ts';
import type { Document } from '../document.ts';
import { at as placeAt } from './at.ts';
import type { Feature, PlaceParams } from './feature.ts';
import { fieldDocumentation } from './fieldDocumentation.ts';
import { codeBlock, escapeMarkdown, markup } from './markdown.ts';
import { rangeOf } from './range.ts';

export const hoverRequest: Feature<PlaceParams> = {
  method: 'textDocument/hover',
  needs: ['textDocument', 'position'],
  announce: ({ textDocument }) => (textDocument?.hover ? { hoverProvider: true } : {}),
  answer: ({ textDocument, position }, { client, document }) =>
    hover(document(textDocument.uri), position, client.textDocument?.hover?.contentFormat),
};

/** `null` where there is nothing to say: between things, and on what nothing is known of. */
export function hover(document: Document, position: Position, formats?: readonly MarkupKind[]): Hover | null {
  const at = placeAt(document, document.text.offsetAt(position))?.pointer;
  if (at === undefined) return null;
  const documentation = fieldDocumentation(at);
  const subject = subjectOf(at);
  // A device or an address is asked about by any of its fields; a router or a port only by its name.
  const effects = subject && (!documentation || isDevice(subject)) ? causedBy(document, subject) : [];
  const parts = [documentation, subject && unservedText(document, subject), ...effects];
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
  /** Why, as the first of the nodes has it; the others differ in names only. */
  reasons: string;
  nodes: string[];
}

/** One part per different effect: nodes that hold the same are named together. */
function causedBy(document: Document, subject: Pointer): string[] {
  const effects = new Map<string, Effect>();
  const concerned = nodesConcerned(document.reading().topology, subject);
  for (const { node, namespaces } of concerned.map((name) => document.expectedOn(name))) {
    for (const [name, namespace] of Object.entries(namespaces)) {
      const effect = effectOn(name, namespace, subject);
      const key = `${name}\n${effect?.lines}\n${effect?.rest}`;
      if (effect) effects.set(key, effects.get(key) ?? effect);
      effects.get(key)?.nodes.push(node);
    }
  }
  return [...effects.values()].map(({ namespace, lines, rest, reasons, nodes }) =>
    [`**${namesOf(nodes)}** · \`${namespace}\``, lines && codeBlock(lines), reasons, rest].filter(Boolean).join('\n\n'),
  );
}

/** What of a namespace is there because of `subject` or a part of it. */
function effectOn(name: string, namespace: NamespaceState & Item, subject: Pointer): Effect | undefined {
  const caused = (aspect: Aspect<Item>): Item[] =>
    (namespace[aspect.name] ?? []).filter(({ because }: Item) => isCause(because, subject, namespace));
  const shown = SHOWN.map(aspectNamed).map((aspect) => ({ aspect, items: caused(aspect) }));
  const lines = shown
    .filter(({ items }) => items.length > 0)
    .flatMap(({ aspect, items }) => [`# ${aspect.title}`, ...items.map((item) => aspect.explain(item))]);
  const others = ASPECTS.filter((aspect) => !SHOWN.includes(aspect.name))
    .map((aspect) => ({ aspect, count: caused(aspect).length }))
    .filter(({ count }) => count > 0)
    .map(({ aspect, count }) => `${count} ${aspect.name}`);
  const because = [...shown.flatMap(({ items }) => items), namespace].flatMap((item) =>
    item.because && isWithin(item.because.pointer, subject) ? [item.because] : [],
  );
  if (because.length === 0 && others.length === 0) return undefined;
  const rest = others.length > 0 ? `Also: ${others.join(', ')}.` : '';
  return { namespace: name, lines: lines.join('\n'), rest, reasons: reasonsText(because), nodes: [] };
}

const isCause = (because: Because | undefined, subject: Pointer, namespace: Item): boolean =>
  because !== undefined && isWithin(because.pointer, subject) && !isFrame(because, namespace);

const isWithin = (at: Pointer, subject: Pointer): boolean => at === subject || at.startsWith(`${subject}/`);

/** What every namespace starts with (lo, the kernel's rules, empty chains): it says nothing about what caused the namespace. */
const isFrame = ({ neutron }: Because, namespace: Item): boolean =>
  neutron === namespace.because?.neutron || /^(iptables_manager|ip_lib)\.py:/.test(neutron);

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

const MOST_NAMES = 8;

function namesOf(nodes: readonly string[]): string {
  const shown = nodes.slice(0, MOST_NAMES).map(escapeMarkdown).join(', ');
  return nodes.length > MOST_NAMES ? `${shown} and ${nodes.length - MOST_NAMES} more` : shown;
}
