/** Fixes of names, ids and spellings: what was probably meant, or left out what may be left out. */
import { pointer as join, pointerKeys, type Range } from '../problem.ts';
import { RELEASES } from '../releases.ts';
import { CODENAMES } from '../topology/build.ts';
import { decodeScalar } from '../topology/decodeScalar.ts';
import { quote } from '../topology/describe.ts';
import { fieldAt } from '../topology/fieldAt.ts';
import { fieldsOf } from '../topology/fields.ts';
import { nearest } from '../topology/nearest.ts';
import { promiseNames, renamedPromise } from '../topology/promiseNames.ts';
import { readPromise } from '../topology/promiseText.ts';
import { type Reference, references } from '../topology/references.ts';
import { relationsOf } from '../topology/relations.ts';
import { scalarText } from '../topology/scalarText.ts';
import type { Topology } from '../topology/types.ts';
import { yamlScalar } from '../topology/yamlText.ts';
import { type Edits, inStyleOf, parentOf, removeEntries, setEntry } from './edits.ts';
import type { Fix, Fixes, Given } from './fix.ts';

const MOST_CHOICES = 3;

/** Names near to one, the nearest first. */
function nearestOnes(name: string, candidates: Iterable<string>): string[] {
  const left = new Set(candidates);
  const found: string[] = [];
  for (let near = nearest(name, left); near !== undefined && found.length < MOST_CHOICES; near = nearest(name, left)) {
    found.push(near);
    left.delete(near);
  }
  return found;
}

/** Another text at a place; none in that of an alias, which is shared with other places. */
function inPlaceOf(text: string, range: Range, value: string | number | boolean): Edits {
  const before = text.slice(...range);
  return before.startsWith('*') ? undefined : [{ range, text: inStyleOf(before, value) }];
}

const cache = new WeakMap<Topology, Map<string, Reference>>();

/** Made once for each topology, since a file may have many wrong names. */
function referencesByPlace(topology: Topology): Map<string, Reference> {
  const known = cache.get(topology);
  if (known) return known;
  const made = new Map(references(topology).map((each) => [`${each.at} ${each.pointer}`, each]));
  cache.set(topology, made);
  return made;
}

function meantName(given: Given): Fix[] {
  const { topology, problem } = given;
  const reference = referencesByPlace(topology).get(`${problem.at ?? 'value'} ${problem.pointer}`);
  if (!reference) return [];
  const place = given.sourceMap.get(problem.pointer);
  const range = reference.at === 'key' ? place?.key : place?.value;
  // An interface that is there already cannot be meant a second time.
  const isFree = (name: string): boolean =>
    reference.at !== 'key' || given.sourceMap.get(parentOf(problem.pointer) + join(name)) === undefined;
  return nearestOnes(reference.name, relationsOf(topology)[reference.to].keys())
    .filter(isFree)
    .map((name, i): Fix => ({
      title: `Change to ${quote(name)}`,
      edits: range && inPlaceOf(given.text, range, name),
      ...(i === 0 && { isPreferred: true }),
    }));
}

/** Where one name of a promise is wrong. A name that stands in the line already is hardly meant twice. */
function meantInPromise({ topology, problem, sourceMap, text }: Given): Fix[] {
  const promise = topology.promises?.find(({ pointer }) => pointer === problem.pointer);
  const range = sourceMap.get(problem.pointer)?.value;
  if (!promise || !range || 'problem' in readPromise(promise.text)) return [];
  const find = relationsOf(topology);
  const names = promiseNames(promise.text);
  const wrong = names.filter(({ kind, name }) => !find[kind].has(name));
  const [{ kind, name: written } = { kind: 'port' as const, name: '' }] = wrong;
  if (wrong.length !== 1) return [];
  const candidates = [...find[kind].keys()].filter((name) => !names.some((each) => each.name === name));
  return nearestOnes(written, candidates).flatMap((name, i): Fix[] => {
    const line = renamedPromise(promise.text, kind, written, name);
    if (line === promise.text) return [];
    // What was plain stays so with another plain name.
    const isPlain = text.slice(...range) === promise.text && yamlScalar(name) === name;
    const edits = isPlain ? [{ range, text: line }] : inPlaceOf(text, range, line);
    return [{ title: `Change to ${quote(name)}`, edits, ...(i === 0 && { isPreferred: true }) }];
  });
}

/** The text as the reader took it, where it took it in spite of its form. */
function asRead(given: Given): Fix[] {
  const { problem, text } = given;
  const found = fieldAt(pointerKeys(problem.pointer));
  const { range } = problem;
  if (!found || !range || range[0] === range[1]) return [];
  const written = text.slice(...range);
  const { type } = found;
  if (type.type === 'list' || type.type === 'map' || type.type === 'record') return [];
  const scalar = scalarText(written);
  if (scalar === undefined) return [];
  const { value, wrong } = decodeScalar(type, { kind: 'scalar', text: scalar, plain: !/^["']/.test(written), range });
  if (wrong && value !== undefined) return [replacement(given, range, value, true)];
  const words = type.type === 'enum' && !type.open ? nearestOnes(scalar, type.values) : [];
  return words.map((word, i) => replacement(given, range, word, i === 0));
}

const replacement = ({ text }: Given, range: Range, value: string | number | boolean, isPreferred: boolean): Fix => ({
  title: `Write \`${value}\``,
  edits: [{ range, text: inStyleOf(text.slice(...range), value) }],
  ...(isPreferred && { isPreferred }),
});

function meantKey({ problem, text }: Given): Fix[] {
  const keys = pointerKeys(problem.pointer);
  const parent = fieldAt(keys.slice(0, -1));
  const fields = parent?.type.type === 'record' ? fieldsOf(parent.type.kind) : undefined;
  const { range } = problem;
  if (!fields || !range) return [];
  return nearestOnes(keys.at(-1)!, fields.keys()).map((key, i): Fix => ({
    title: `Change to \`${key}\``,
    edits: [{ range, text: inStyleOf(text.slice(...range), key) }],
    ...(i === 0 && { isPreferred: true }),
  }));
}

/** Of two things with one name the second one gets another; what refers to the name means the first. */
function otherName({ problem, sourceMap, text }: Given): Fix[] {
  const keys = pointerKeys(problem.pointer);
  const { range } = problem;
  // Keys of the vocabulary have no other name, and addresses name themselves.
  if (!range || fieldAt(keys)?.parent?.type !== 'map' || keys[0] === 'floating_ips') return [];
  const name = keys.at(-1)!;
  const nameOf = (number: number): string => `${name}-${number}`;
  let number = 2;
  while (sourceMap.get(parentOf(problem.pointer) + join(nameOf(number)))) number++;
  const edits = [{ range, text: inStyleOf(text.slice(...range), nameOf(number)) }];
  return [{ title: `Rename it to ${quote(nameOf(number))}`, edits }];
}

/** Values for a key that is missing, where there is a choice of few. */
function missingKey(given: Given): Fix[] {
  const { problem, sourceMap, topology } = given;
  const type = fieldAt(pointerKeys(problem.pointer))?.type;
  const fields = type?.type === 'record' ? [...(fieldsOf(type.kind) ?? [])] : [];
  return fields.flatMap(([key, field]) => {
    if (!field.required || sourceMap.get(problem.pointer + join(key))) return [];
    const values =
      field.type === 'enum'
        ? field.values
        : field.type === 'reference'
          ? [...relationsOf(topology)[field.to].keys()]
          : [];
    return values.slice(0, MOST_VALUES).map((value): Fix => ({
      title: `Add \`${key}: ${value}\``,
      edits: setEntry(given, problem.pointer + join(key), value),
    }));
  });
}

/** As many as a menu has room for. */
const MOST_VALUES = 5;

/** What Neutron allots may be left out; then it is read from the nodes. */
const leftOut =
  (what: string) =>
  (given: Given): Fix[] => {
    const { pointer } = given.problem;
    const key = pointerKeys(pointer).at(-1)!;
    return [{ title: `Leave the ${what} out`, edits: removeEntries(given, parentOf(pointer), [key]) }];
  };

export const NAME_FIXES: Fixes = {
  'bad-address': asRead,
  'bad-mac': asRead,
  'bad-prefix': asRead,
  'bad-promise': meantInPromise,
  'conflicting-keys': (given) => [
    {
      title: 'Take `ip_address` out: `external_fixed_ips` counts',
      edits: removeEntries(given, parentOf(given.problem.pointer), ['ip_address']),
      isPreferred: true,
    },
  ],
  'duplicate-id': leftOut('id'),
  'duplicate-key': otherName,
  'duplicate-mac': leftOut('MAC'),
  'missing-key': missingKey,
  'unknown-key': meantKey,
  'unknown-reference': meantName,
  'unknown-release': (given) => {
    const written = given.problem.range ? scalarText(given.text.slice(...given.problem.range)) : undefined;
    return nearestOnes(written ?? '', [...RELEASES, ...CODENAMES.keys()]).map((release, i): Fix => ({
      title: `Change to \`${release}\``,
      edits: setEntry(given, '/release', release),
      ...(i === 0 && { isPreferred: true }),
    }));
  },
  'wrong-type': asRead,
};
