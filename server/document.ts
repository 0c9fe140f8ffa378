/** One version of a topology's text, and what was computed from it: each thing once, and only when somebody asks. */
import { runChecks } from '../shared/checks/table.ts';
import { type Cloud, cloudOf, stateOf } from '../shared/cloud.ts';
import type { Problem } from '../shared/problem.ts';
import type { NodeState } from '../shared/state.ts';
import { readTopology } from '../shared/topology/read.ts';
import type { AnyText } from './text.ts';
import { promiseProblems, toldPromises } from './verified.ts';

export type Reading = ReturnType<typeof readTopology>;

export interface Document {
  text: AnyText;
  /** Topology, problems of reading, and where everything stands. */
  reading(): Reading;
  /** Problems of reading, then those of the checks, then promises that the cloud would not keep, as they were tested last. */
  problems(): Problem[];
  /** Tests the promises, which takes the state of all nodes: for when nobody types. Whether other problems were found than before. */
  testPromises(): boolean;
  /** What each node should hold, with what agents choose at its default; in the order of the file. */
  expected(): NodeState[];
  /** What was read and computed, of this version or, as long as nobody asked, of an earlier one: what the next version starts from. */
  latest(): { reading?: Reading; cloud?: Cloud; promised?: Problem[] };
}

/**
 * `text` must not change afterwards: an edit makes a new document.
 * @param previous the document before the edit: of it is kept what the edit does not concern
 */
export function makeDocument(text: AnyText, previous?: Document): Document {
  const latest = { ...previous?.latest() };
  const reading = once((): Reading => (latest.reading = readTopology(text.getText(), latest.reading)));
  const cloud = once((): Cloud => (latest.cloud = cloudOf(reading().topology, latest.cloud)));
  const expected = once(() => reading().topology.nodes.map((node) => stateOf(cloud(), node.name)));
  const checked = once(() => [...reading().problems, ...runChecks(reading().topology)]);
  return {
    text,
    reading,
    problems: () => [...checked(), ...toldPromises(reading().topology, latest.promised)],
    testPromises(): boolean {
      const before = latest.promised ?? [];
      const { topology } = reading();
      if (!topology.promises && before.length === 0) return false;
      latest.promised = promiseProblems(topology, checked(), expected);
      return JSON.stringify(before) !== JSON.stringify(latest.promised);
    },
    expected,
    latest: () => latest,
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
