/**
 * What markers say of the diagnostics of a fixture, wherever they come from: an editor's answer, or what `check` prints.
 *
 * - `diag CODE PIECE … PIECE`: a diagnostic here, whose message has these. Each diagnostic is marked.
 * - `severity WORD`: what the one here is worth.
 * - `related PIECE … PIECE`: another place that a diagnostic of the fixture leads to, with these words. One marked, all are marked.
 */
import assert from 'node:assert/strict';
import type { Diagnostic, Range } from 'vscode-languageserver';
import type { Fixture, FixtureFile, Marker } from './fixture.ts';
import { placeText } from './markers.ts';

interface Told {
  uri: string;
  range: Range;
  message: string;
}

export interface Found extends Told {
  code: string;
  severity: string;
  related: Told[];
}

const SEVERITIES = ['error', 'warning', 'information', 'hint'];

/** A diagnostic of a file, as an editor has it. */
export const foundOf =
  ({ uri }: FixtureFile) =>
  ({ code, severity, range, message, relatedInformation = [] }: Diagnostic): Found => ({
    uri,
    range,
    message: typeof message === 'string' ? message : message.value,
    code: String(code),
    severity: SEVERITIES[severity! - 1]!,
    related: relatedInformation.map(({ location, message: words }) => ({ ...location, message: words })),
  });

interface Printed extends Omit<Found, 'uri' | 'related'> {
  file: string;
  related?: { file: string; range: Range | null; message: string }[];
}

/** What `check --format json` printed. */
export function toldOf(out: string, uris: ReadonlyMap<string, string>): Found[] {
  const { findings } = JSON.parse(out) as { findings: Printed[] };
  const uriOf = (file: string): string => {
    const uri = uris.get(file);
    assert.ok(uri, `${file} is not of the fixture`);
    return uri;
  };
  return findings.map(({ file, related = [], ...found }) => ({
    ...found,
    uri: uriOf(file),
    related: related.map((each) => ({ uri: uriOf(each.file), range: each.range!, message: each.message })),
  }));
}

/** Nothing is found that is not marked, and nothing marked that is not found. */
export function assertFound({ files }: Fixture, found: readonly Found[]): void {
  const marked = (verb: string): { marker: Marker; place: string }[] =>
    files.flatMap(({ uri, markers }) =>
      markers
        .filter((marker) => marker.verb === verb)
        .map((marker) => ({
          marker,
          place: placeIn(uri, {
            start: { line: marker.line, character: marker.start },
            end: { line: marker.line, character: marker.end },
          }),
        })),
    );
  const titled = found.map((each) => ({
    title: `${each.code} ${placeIn(each.uri, each.range)}`,
    message: each.message,
  }));
  assertSame(
    titled,
    marked('diag').map(({ marker: { text }, place }) => {
      const [code, ...words] = text.split(' ');
      return { title: `${code} ${place}`, pieces: words.join(' ') };
    }),
  );
  for (const { marker, place } of marked('severity')) {
    const here = found.filter((each) => placeIn(each.uri, each.range) === place);
    assert.deepEqual([...new Set(here.map(({ severity }) => severity))], [marker.text], `severity at ${place}`);
  }
  const related = marked('related');
  if (related.length === 0) return;
  assertSame(
    found.flatMap((each) => each.related.map(({ uri, range, message }) => ({ title: placeIn(uri, range), message }))),
    related.map(({ marker, place }) => ({ title: place, pieces: marker.text })),
  );
}

const placeIn = (uri: string, range: Range): string => `${placeText(range)} ${uri.slice(uri.lastIndexOf('/') + 1)}`;

/** The same titles as often, and for each that is wanted a message that has its pieces. */
function assertSame(
  found: readonly { title: string; message: string }[],
  wanted: readonly { title: string; pieces: string }[],
): void {
  assert.deepEqual(found.map(({ title }) => title).toSorted(), wanted.map(({ title }) => title).toSorted());
  for (const { title, pieces } of wanted) {
    const messages = found.filter((each) => each.title === title).map(({ message }) => JSON.stringify(message));
    assert.ok(
      messages.some((message) => pieces.split(' … ').every((piece) => message.includes(piece))),
      `${title}: ${pieces} is not in ${messages.join(' | ')}`,
    );
  }
}
