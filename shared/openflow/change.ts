/** Actions that change a frame and nothing else. */
import type { Action } from './actions.ts';
import { VLAN_CFI, clearConnection, hasField, popVlan, pushVlan } from './frame.ts';
import { type Slice, type Words, field, readSlice, writeSlice } from './layout.ts';

export type Change = Extract<Action, { type: 'set' | 'move' | 'pushVlan' | 'popVlan' | 'modVlan' | 'ctClear' | 'decTtl' | 'pass' | 'conjunction' }>; // prettier-ignore

/** What a change could not do: nothing worth more than a note, something that is not known here, or `expired`: the TTL ran out. */
export type Unchanged = { note: string } | { unclear: string } | 'expired';

const VLAN_TCI = field('vlan_tci').word;
const NW_TTL = field('nw_ttl').word;

export function change(words: Words, action: Change): Unchanged | undefined {
  switch (action.type) {
    case 'set':
      // `do_xlate_actions`: a field that the frame does not have is not set.
      if (!hasField(words, action.requires)) return { note: 'unmet prerequisites, set_field ignored' };
      for (const { word, mask, value } of action.words) words[word] = (words[word]! & ~mask) | value;
      return undefined;
    case 'move':
      move(words, action.from, action.to);
      return undefined;
    case 'pushVlan':
      return pushVlan(words) ? undefined : { unclear: 'a frame with more than two VLAN tags' };
    case 'popVlan':
      popVlan(words);
      return undefined;
    case 'modVlan':
      words[VLAN_TCI] = (words[VLAN_TCI]! & ~0xfff) | VLAN_CFI | action.vid;
      return undefined;
    case 'ctClear':
      clearConnection(words);
      return undefined;
    case 'decTtl':
      if (!hasField(words, 'ipAny')) return undefined;
      if (words[NW_TTL]! <= 1) return 'expired';
      words[NW_TTL]!--;
      return undefined;
    default:
      return undefined;
  }
}

/** `lib/nx-match.c: mf_subfield_copy`: nothing when the frame lacks one of both. */
function move(words: Words, from: Slice, to: Slice): void {
  if (!hasField(words, from.field.requires) || !hasField(words, to.field.requires)) return;
  writeSlice(words, to, readSlice(words, from));
}
