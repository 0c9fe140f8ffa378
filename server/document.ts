/**
 * One version of a topology's text, and what was computed from it: each thing once, and only when somebody asks. A text may be one of
 * several files of a topology: then what is computed belongs to all of them, and each knows where in its own text things stand.
 */
import { runChecks } from '../shared/checks/table.ts';
import { type Cloud, cloudOf, stateOf } from '../shared/cloud.ts';
import type { Pointer, Problem } from '../shared/problem.ts';
import type { NodeState } from '../shared/state.ts';
import type { ReadFiles, TopologyFile } from '../shared/topology/files.ts';
import { folderOf, relativePath } from '../shared/topology/filePath.ts';
import { fileMap } from '../shared/topology/filesMap.ts';
import { fileOf } from '../shared/topology/fileSpan.ts';
import { readTopology, type ReadText, type ReadTopology } from '../shared/topology/read.ts';
import { locate, type SourceMap } from '../shared/topology/sourceMap.ts';
import type { Topology } from '../shared/topology/types.ts';
import { problemsByFile } from './place.ts';
import type { AnyText } from './text.ts';
import { promiseProblems, toldPromises } from './verified.ts';

export type Reading = ReadText;

export interface Document {
  text: AnyText;
  /** The topology, of all its files; problems of reading this text, and where things stand in it. */
  reading(): Reading;
  /** Of this text: problems of reading, then those of the checks, then promises that the cloud would not keep, as they were tested last. */
  problems(): Problem[];
  /** Tests the promises, which takes the state of all nodes: for when nobody types. Whether other problems were found than before. */
  testPromises(): boolean;
  /** What each node should hold, with what agents choose at its default; in the order of the file. */
  expected(): NodeState[];
  /** The same of one node, while nobody needs the others. */
  expectedOn(node: string): NodeState;
  /** What was read and computed, of this version or, as long as nobody asked, of an earlier one: what the next version starts from. */
  latest(): Latest;
  /** All files of the topology, the root first; this one alone when it is no part of another. */
  parts(): readonly Document[];
  /** The file in which an entry of the topology stands. */
  home(pointer: Pointer): Document;
  /** What would be read if files of the topology had other texts. */
  readWith(texts: ReadonlyMap<Document, string>): ReadTopology;
  /** The topology as a whole, with offsets over all files (`fileSpan.ts`). */
  whole(): Whole;
}

/** A version that only texts have which are not open. */
export const CLOSED = -1;

export const isOpen = ({ text }: Document): boolean => text.version !== CLOSED;

export interface Whole {
  /** Of the root. */
  text: string;
  topology: Topology;
  sourceMap: SourceMap;
  /** Absent: there is no other file. */
  files?: readonly TopologyFile[];
}

export interface Latest {
  reading?: ReadTopology;
  cloud?: Cloud;
  promised?: Problem[];
}

/**
 * `text` must not change afterwards: an edit makes a new document.
 * @param previous the document before the edit: of it is kept what the edit does not concern
 */
export function makeDocument(text: AnyText, previous?: Document): Document {
  const latest = { ...previous?.latest() };
  const reading = once((): Reading => {
    const read = readTopology(text.getText(), latest.reading);
    latest.reading = read;
    return read;
  });
  const { problems, ...computed } = computedOf(reading, latest);
  const document: Document = {
    text,
    reading,
    problems,
    ...computed,
    parts: () => [document],
    home: () => document,
    readWith: (texts) => readTopology(texts.get(document) ?? text.getText(), reading()),
    whole: () => ({ text: text.getText(), topology: reading().topology, sourceMap: reading().sourceMap }),
  };
  return document;
}

/** A topology of several files. */
export interface Parts {
  /** In the order in which they were read, the root first. */
  documents: readonly Document[];
  latest(): Latest;
}

/**
 * @param read all files as they were read together
 * @param textAt the text of a file as the editor has it
 * @param readWith the files read again, some by path with other texts
 */
export function makeParts(
  read: ReadFiles,
  textAt: (file: TopologyFile) => AnyText,
  readWith: (texts: ReadonlyMap<string, string>) => ReadTopology,
  previous?: Pick<Parts, 'latest'>,
): Parts {
  const latest: Latest = { ...previous?.latest(), reading: read };
  const { problems, ...computed } = computedOf(() => read, latest);
  const { files, sourceMap, topology } = read;
  const readProblems = once(() => problemsByFile(sourceMap, read.problems));
  // They are made anew only where promises were tested.
  let known: { all: Problem[]; of: (file: number) => Problem[] } | undefined;
  const toldProblems = (file: number): Problem[] => {
    const all = problems();
    if (known?.all !== all) known = { all, of: problemsByFile(sourceMap, all) };
    return known.of(file);
  };
  // For people: as the root would call them.
  const named = once(() => files.map((file) => ({ ...file, path: relativePath(folderOf(files[0]!.path), file.path) })));
  const documents = files.map((file, i): Document => ({
    text: textAt(file),
    reading: once(() => ({ topology, sourceMap: fileMap(file, 0), problems: readProblems()(i) })),
    problems: () => toldProblems(i),
    ...computed,
    parts: () => documents,
    home: (pointer) => documents[fileOf(locate(sourceMap, pointer, 'key')?.[0] ?? 0)]!,
    readWith: (texts) =>
      readWith(new Map([...texts].map(([part, text]) => [files[documents.indexOf(part)]!.path, text]))),
    whole: () => ({ text: files[0]!.text, topology, sourceMap, files: named() }),
  }));
  return { documents, latest: () => latest };
}

type Computed = Pick<Document, 'problems' | 'testPromises' | 'expected' | 'expectedOn' | 'latest'>;

/** What follows from a topology, however many files it has. */
function computedOf(reading: () => ReadTopology, latest: Latest): Computed {
  const cloud = once((): Cloud => (latest.cloud = cloudOf(reading().topology, latest.cloud)));
  const expectedOn = (node: string): NodeState => stateOf(cloud(), node);
  const expected = once(() => reading().topology.nodes.map(({ name }) => expectedOn(name)));
  const checked = once(() => [...reading().problems, ...runChecks(reading().topology)]);
  let told: { of: Problem[] | undefined; all: Problem[] } | undefined;
  return {
    problems(): Problem[] {
      if (!told || told.of !== latest.promised)
        told = { of: latest.promised, all: [...checked(), ...toldPromises(reading().topology, latest.promised)] };
      return told.all;
    },
    testPromises(): boolean {
      const before = latest.promised ?? [];
      const { topology } = reading();
      if (!topology.promises && before.length === 0) return false;
      latest.promised = promiseProblems(topology, checked(), expected);
      return JSON.stringify(before) !== JSON.stringify(latest.promised);
    },
    expected,
    expectedOn,
    latest: () => latest,
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
