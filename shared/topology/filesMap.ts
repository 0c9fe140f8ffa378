/** Where everything stands in a topology of several files. Offsets are over all of them (`fileSpan.ts`). */
import type { Pointer } from '../problem.ts';
import type { TopologyFile } from './files.ts';
import { FILE_SPAN, fileOf, ownOffset, promisePointer, rangeIn } from './fileSpan.ts';
import type { MergedSection, NamedSection } from './mergedSection.ts';
import type { Place, SourceMap, TextMap } from './sourceMap.ts';

type Sections = Readonly<Partial<Record<string, MergedSection>>> & Readonly<Record<NamedSection, MergedSection>>;

export function filesMap(files: readonly TopologyFile[], sections: Sections): SourceMap {
  // After an edit few of a thousand files are asked.
  const maps: (SourceMap | undefined)[] = [];
  const mapOf = (file: number): SourceMap => (maps[file] ??= fileMap(files[file]!, file));
  const get = (pointer: Pointer): Place | undefined => {
    const owner = ownerAt(files, sections, pointer);
    return owner === undefined ? undefined : mapOf(owner).get(pointer);
  };
  return {
    get,
    has: (pointer) => get(pointer) !== undefined,
    isOuter: (pointer) => files.some((_, file) => mapOf(file).isOuter(pointer)),
    around: (offset) => (fileOf(offset) < files.length ? mapOf(fileOf(offset)).around(offset) : []),
    *[Symbol.iterator]() {
      for (const file of files.keys()) yield* mapOf(file);
    },
    fileAt(pointer) {
      const thing = thingOf(pointer);
      const section = thing && Object.hasOwn(sections, thing.section) ? sections[thing.section] : undefined;
      const owner = section?.owners.get(thing!.pointer);
      if (owner === undefined) return undefined;
      return section!.from[owner]!.isPlaced || mapOf(owner).has(thing!.pointer) ? owner : undefined;
    },
  };
}

/** The thing of a section that a pointer leads into: the section's name, and the thing's pointer and last key as they are written. */
function thingOf(pointer: Pointer): { section: string; name: string; pointer: Pointer } | undefined {
  const cut = pointer.indexOf('/', 1);
  if (cut < 0) return undefined;
  const next = pointer.indexOf('/', cut + 1);
  const end = next < 0 ? pointer.length : next;
  return { section: pointer.slice(1, cut), name: pointer.slice(cut + 1, end), pointer: pointer.slice(0, end) };
}

/** The number of the file whose entry a pointer means: of what several have (`/ports`), the first one that has it. */
export function ownerAt(files: readonly TopologyFile[], sections: Sections, pointer: Pointer): number | undefined {
  if (pointer === '') return 0;
  const thing = thingOf(pointer);
  if (thing) {
    const { section, name } = thing;
    const owner = Object.hasOwn(sections, section) ? sections[section]!.owners.get(thing.pointer) : undefined;
    if (owner !== undefined) return owner;
    if (section === 'promises') {
      const last = files.findLastIndex(({ promises }) => promises <= Number(name));
      return last < 0 ? undefined : last;
    }
  }
  const has = files.findIndex(({ read, promises }) => read.sourceMap.has(promisePointer(pointer, -promises)));
  return has < 0 ? undefined : has;
}

/** Where the entries of one file stand, by their pointers over all files. @param number its place among the files; 0: offsets of its own */
export function fileMap({ read, promises }: TopologyFile, number: number): TextMap {
  const own = read.sourceMap;
  if (number === 0 && promises === 0) return own;
  const moved = ({ key, value }: Place): Place => ({
    ...(key && { key: rangeIn(key, number) }),
    value: rangeIn(value, number),
  });
  const inside = (pointer: Pointer): Pointer => promisePointer(pointer, -promises);
  function* all(entries: Iterable<[Pointer, Place]>): Generator<[Pointer, Place]> {
    for (const [pointer, place] of entries) yield [promisePointer(pointer, promises), moved(place)];
  }
  return {
    get(pointer) {
      const place = own.get(inside(pointer));
      return place && moved(place);
    },
    has: (pointer) => own.has(inside(pointer)),
    isOuter: (pointer) => own.isOuter(inside(pointer)),
    around: (offset) => all(own.around(ownOffset(offset))),
    chunks() {
      const chunks = own.chunks();
      const places = (i: number): [Pointer, Place][] =>
        chunks.places(i).map(([pointer, place]) => [promisePointer(pointer, promises), place]);
      return { ...chunks, start: chunks.start + number * FILE_SPAN, places };
    },
    [Symbol.iterator]: () => all(own),
  };
}
