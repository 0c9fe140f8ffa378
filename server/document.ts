/** One version of a topology's text, and what was computed from it: each thing once, and only when somebody asks. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { runChecks } from '../shared/checks/table.ts';
import { type Cloud, cloudOf, stateOf } from '../shared/cloud.ts';
import type { Problem } from '../shared/problem.ts';
import type { NodeState } from '../shared/state.ts';
import { readTopology } from '../shared/topology/read.ts';

export type Reading = ReturnType<typeof readTopology>;

export interface Document {
  text: TextDocument;
  /** Topology, problems of reading, and where everything stands. */
  reading(): Reading;
  /** Problems of reading, then those of the checks. */
  problems(): Problem[];
  /** What each node should hold, with what agents choose at its default; in the order of the file. */
  expected(): NodeState[];
  /** What was computed of it, of this version or, as long as nobody asked, of an earlier one: what the next version starts from. */
  computed(): Cloud | undefined;
}

/**
 * `text` must not change afterwards: an edit makes a new document.
 * @param previous the document before the edit: of its expected state is kept what the edit does not concern
 */
export function makeDocument(text: TextDocument, previous?: Document): Document {
  const reading = once(() => readTopology(text.getText()));
  let known = previous?.computed();
  const cloud = once((): Cloud => (known = cloudOf(reading().topology, known)));
  return {
    text,
    reading,
    problems: once(() => [...reading().problems, ...runChecks(reading().topology)]),
    expected: once(() => reading().topology.nodes.map((node) => stateOf(cloud(), node.name))),
    computed: () => known,
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
