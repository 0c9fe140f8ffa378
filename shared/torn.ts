/**
 * Whether a node changed while it was read. The collector prints a few cheap sections first and once more last: the names of the
 * namespaces, and the counters by which Open vSwitch tells changes of its configuration. Where the two differ, what they stand for is a gap.
 */
import type { Section } from './snapshot.ts';
import type { AspectName, Gap } from './state.ts';

/** What is printed twice, how it is read, and the aspects that cannot be trusted when it changed. */
const STAMPS: readonly { command: string; words: (text: string) => string[]; aspects: readonly AspectName[] }[] = [
  { command: 'ip netns list', words: namesOf, aspects: ['namespaces'] },
  {
    command: 'ovs-vsctl get Open_vSwitch . next_cfg cur_cfg',
    words: (text) => [text.trim().split(/\s+/).join(', then ')],
    aspects: ['ports', 'flows'],
  },
];

/** @param sections those of the node's own namespace */
export const tornGaps = (sections: readonly Section[]): Gap[] =>
  STAMPS.flatMap(({ command, words, aspects }) => {
    const [first, ...more] = sections.filter((section) => section.command === command && section.status === 0);
    const last = more.at(-1);
    if (!first || !last) return [];
    const [before, after] = [words(first.stdout), words(last.stdout)];
    const gone = before.filter((word) => !after.includes(word));
    const come = after.filter((word) => !before.includes(word));
    if (gone.length === 0 && come.length === 0) return [];
    const reason = `the node changed while it was read: "${command}" said ${said(gone)} first and ${said(come)} last; collect it again`;
    return aspects.map((aspect): Gap => ({ namespace: '-', aspect, reason }));
  });

/** `NAME` or `NAME (id: 3)`; the kernel gives an id to a namespace at any time. */
function namesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);
}

/** No more than three: a reason is one sentence. */
const said = (words: readonly string[]): string =>
  words.length === 0 ? 'nothing else' : `${words.slice(0, 3).join(', ')}${words.length > 3 ? ', …' : ''}`;
