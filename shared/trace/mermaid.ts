/**
 * A trace as a Mermaid sequence diagram, for tickets: places as participants, the packet as it is on each hop as arrows, what decided as notes.
 * Names and texts come from files and nodes, so that whatever the grammar could take for its own is written as a character reference
 * (mermaid, `sequenceDiagram.jison`: a text ends at `#`, `;` or the line; `utils.ts: encodeEntities` sets `#59;` aside before).
 */
import type { Divergence } from './diverge.ts';
import { packetText } from './packet.ts';
import type { PathElement } from './pass.ts';
import type { Trace } from './trace.ts';
import { type Place, type Way, verdictOf, waysOf } from './verdict.ts';

/** Ends in a newline. @param parting where the expected state goes another way, noted at the place */
export function mermaidOf(trace: Trace, parting: Divergence | null = null): string {
  const { there, back } = waysOf(trace);
  const ids = new Map<string, string>();
  const labels = new Map<string, string>();
  for (const place of [...there.places, ...back.places]) {
    const key = keyOf(place);
    if (!ids.has(key)) ids.set(key, `p${ids.size + 1}`);
    labels.set(key, place.label);
  }
  // A trace that did not begin has no place, and a diagram without participants is none.
  if (ids.size === 0) ids.set(trace.packet.src || 'nobody', 'p1');
  const whole = ids.size > 1 ? `p1,p${ids.size}` : 'p1';
  return [
    'sequenceDiagram',
    ...[...ids].map(([key, id]) => `    participant ${id} as ${escaped(labels.get(key) ?? key)}`),
    note(whole, verdictOf(trace)),
    ...wayLines({ way: there, path: trace.path, arrow: '->>', parting: parting?.isReply ? null : parting }, ids),
    ...(trace.reply
      ? wayLines({ way: back, path: trace.reply.path, arrow: '-->>', parting: parting?.isReply ? parting : null }, ids)
      : []),
    '',
  ].join('\n');
}

/** Labels are shortened; two routers may begin alike. */
const keyOf = ({ node: { namespace, node }, label }: Place): string =>
  namespace === undefined ? label : `${namespace} on ${node}`;

interface Leg {
  way: Way;
  path: readonly PathElement[];
  arrow: '->>' | '-->>';
  parting: Divergence | null;
}

function wayLines({ way: { places, end }, path, arrow, parting }: Leg, ids: ReadonlyMap<string, string>): string[] {
  const idOf = (place: Place): string => ids.get(keyOf(place)) ?? 'p1';
  const at = placeOfParting(places, parting);
  let passed = 0;
  const lines = places.flatMap((place, i) => {
    const next = places[i + 1];
    const element = place.node.type === 'namespace' ? path[passed++] : undefined;
    return [
      ...(element ? decisions(element) : []).map((text) => note(idOf(place), text)),
      ...(parting && i === at ? partingNotes(idOf(place), parting) : []),
      ...(next ? [`    ${idOf(place)}${arrow}${idOf(next)}: ${escaped(packetText(place.packet))}`] : []),
    ];
  });
  const last = places.at(-1);
  return [...lines, ...(end ? [note(last ? idOf(last) : 'p1', end.text)] : [])];
}

const note = (id: string, text: string): string => `    Note over ${id}: ${escaped(text)}`;

/** What decided in a namespace, each in a line of its own. */
const decisions = ({ rule, route, nat }: PathElement): string[] => [
  ...(rule === null ? [] : [`rule ${rule}`]),
  ...(route === null ? [] : [`route ${route}`]),
  ...(nat === null ? [] : nat.split('; ')),
];

/** The namespace that it names; the last place where it names none, or one that this way does not come to. */
function placeOfParting(places: readonly Place[], parting: Divergence | null): number {
  if (!parting) return -1;
  const at = places.findIndex(
    ({ node }) => node.node === parting.node && (node.namespace ?? null) === parting.namespace,
  );
  return at < 0 ? places.length - 1 : at;
}

const partingNotes = (id: string, { expected, live }: Divergence): string[] => [
  note(id, `expected: ${expected ?? 'no further step'}`),
  note(id, `live: ${live ?? 'no further step'}`),
];

/** Letters, figures and what means nothing to the grammar stay; all else becomes `#<code point>;`, and what breaks lines a space. */
function escaped(text: string): string {
  const plain = text.replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const safe = plain.replace(/[^\p{L}\p{N} .,:/_()=@!*'→-]/gu, (character) => `#${character.codePointAt(0)};`);
  // `wrap:` and `nowrap:` in front of a text are instructions, and the word `end` closes blocks.
  return safe.replace(/^(?=:?(?:no)?wrap:)/i, '#8203;').replace(/\be(?=nd\b)/gi, (e) => `#${e.codePointAt(0)};`) || '-';
}
