/**
 * The verbs of fixtures about texts that are being typed: what is told at once, and what only when the typing stops. Without a clock:
 * the question is what the server withholds where the text changed, which it is asked for both sessions alike.
 */
import assert from 'node:assert/strict';
import { diagnostics } from '../../server/features/diagnostics.ts';
import { changedRange, textOf } from '../../server/text.ts';
import { makeWorkspace } from '../../server/workspace.ts';
import { unescape, type Asked } from './markers.ts';

export const typingVerbs: Record<string, (asked: Asked) => Promise<void>> = {
  /** `` silent `TEXT` ``: typed here, nothing is told that was not told before. One caret is a place, more are a text that it replaces. */
  async silent(asked) {
    const { before, now, later } = typed(asked, asked.marker.text);
    assert.deepEqual(now, before);
    assert.notDeepEqual(later, before, 'there is nothing to be silent about');
  },

  /** `` told CODE, … `TEXT` ``: these codes are new at once. */
  async told(asked) {
    const [, codes, text] = /^(.*?) (`.*`)$/.exec(asked.marker.text)!;
    const { before, now } = typed(asked, text!);
    const left = [...before];
    const came = now.filter((code) => !left.includes(code) || (left.splice(left.indexOf(code), 1), false));
    assert.deepEqual(came, codes!.split(', '));
  },
};

/** The codes before, while somebody types the text, and when the typing stopped. */
function typed(
  { file, marker: { line, start, end } }: Asked,
  text: string,
): { before: string[]; now: string[]; later: string[] } {
  const inserted = unescape(/^`(.*)`$/.exec(text)![1]!);
  const lines = file.text.split('\n');
  const at = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, start);
  const after = file.text.slice(0, at) + inserted + file.text.slice(end - start === 1 ? at : at + end - start);
  const workspace = makeWorkspace();
  const codesOf = (version: number, content: string, typing?: readonly [number, number]): string[] => {
    workspace.put(textOf({ uri: file.uri, languageId: 'dvr-topology', version }, content));
    const found = diagnostics(workspace.document(file.uri)!, undefined, undefined, typing);
    return found.map(({ code }) => String(code)).toSorted();
  };
  return {
    before: codesOf(1, file.text),
    now: codesOf(2, after, changedRange(file.text, after)),
    later: codesOf(3, after),
  };
}
