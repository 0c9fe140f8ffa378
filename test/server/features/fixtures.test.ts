// All fixtures: through the functions, over a pipe, and, for what is wrong in a file, through the command line.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CHECKS } from '../../../shared/checks/table.ts';
import { FIXES } from '../../../shared/fixes/table.ts';
import { READER_CODES } from '../../../shared/topology/codes.ts';
import { dvrscope } from '../../support/cli.ts';
import { assertFound, foundOf, toldOf, type Found } from '../../support/diagMarkers.ts';
import {
  fixtures,
  goldenOf,
  strangeGolden,
  type Fixture,
  type FixtureFile,
  type Golden,
  type Marker,
} from '../../support/fixture.ts';
import { checkMarker } from '../../support/markers.ts';
import { functionSession, wireSession, type OpenSession, type WireSession } from '../../support/sessions.ts';

const ALL = fixtures();

/** Every marker of a fixture; all that fail are told, not the first alone. */
async function check(fixture: Fixture, session: OpenSession): Promise<void> {
  const golden = goldenOf(fixture);
  const failures: string[] = [];
  const found: Found[] = [];
  for (const file of fixture.files) found.push(...(await session.diagnostics(file.uri)).map(foundOf(file)));
  failures.push(...(await failuresOf(`${fixture.name}: diagnostics`, () => assertFound(fixture, found))));
  for (const file of fixture.files) failures.push(...(await markerFailures(file, fixture.files, session, golden)));
  // Answers of a server that fails are not worth keeping.
  if (failures.length === 0) golden.save();
  failures.push(
    ...golden.unused().map((title) => `${fixture.name}: its golden file has "${title}", which no marker asks for`),
  );
  assert.equal(failures.join('\n\n'), '');
}

async function markerFailures(
  file: FixtureFile,
  files: readonly FixtureFile[],
  session: OpenSession,
  golden: Golden,
): Promise<string[]> {
  const failures: string[] = [];
  for (const marker of file.markers) {
    const title = `${marker.where}: ${marker.verb} ${marker.text}`;
    failures.push(...(await failuresOf(title, () => checkMarker({ session, file, files, marker, golden }))));
  }
  return failures;
}

async function failuresOf(title: string, run: () => Promise<void> | void): Promise<string[]> {
  try {
    await run();
    return [];
  } catch (error) {
    return [`${title}\n${error instanceof Error ? error.message : String(error)}`];
  }
}

describe('fixtures through the functions', () => {
  for (const fixture of ALL) it(fixture.name, () => check(fixture, functionSession([fixture])));
});

describe('fixtures over a pipe', () => {
  let session: WireSession;
  before(async () => {
    session = await wireSession();
  });
  after(() => session.stop());
  for (const fixture of ALL)
    it(fixture.name, async () => {
      await session.open(fixture);
      try {
        await check(fixture, session);
      } finally {
        await session.close(fixture);
      }
    });
});

describe('fixtures through the command line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-fixtures-'));
  after(() => rmSync(folder, { recursive: true }));
  const pathOf = ({ uri }: FixtureFile): string => path.join(folder, uri.slice('file:///'.length));
  for (const fixture of ALL)
    it(fixture.name, async () => {
      for (const file of fixture.files) {
        mkdirSync(path.dirname(pathOf(file)), { recursive: true });
        writeFileSync(pathOf(file), file.text);
      }
      const uris = new Map(fixture.files.map((file) => [pathOf(file), file.uri]));
      // Files that include none stand by themselves; with the others only the first is asked for.
      const isWhole = /(?:^|\n)include:/.test(fixture.files[0]!.text);
      const found: Found[] = [];
      for (const file of isWhole ? fixture.files.slice(0, 1) : fixture.files) {
        const { out } = await dvrscope('check', pathOf(file), '--format', 'json');
        found.push(...toldOf(out, uris));
      }
      assertFound(fixture, found);
    });
});

it('the fixtures are many', () => {
  const markers = ALL.flatMap(({ files }) => files).flatMap((file) => file.markers);
  console.log(`${ALL.length} fixtures with ${markers.length} markers`);
  assert.ok(ALL.length >= 590);
  assert.ok(markers.length >= 2000);
});

/** What is only there on a disk: a folder or a file that may not be read. */
const ON_DISK = ['include-unreadable'];

const codeOf = ({ text }: Marker): string => text.split(' ')[0]!;

/** The codes of a file whose diagnostics have quick fixes marked with them. */
const fixedIn = ({ markers }: FixtureFile): string[] =>
  markers
    .filter(({ verb, line, start }) => {
      const isFix = (each: Marker): boolean => each.verb === 'fix' || each.verb === 'fixes';
      return verb === 'diag' && markers.some((each) => isFix(each) && each.line === line && each.start === start);
    })
    .map(codeOf);

it('each code that a text can have is in a fixture, and each that has quick fixes with them', () => {
  const files = ALL.flatMap((fixture) => fixture.files);
  const told = new Set(files.flatMap(({ markers }) => markers.filter(({ verb }) => verb === 'diag').map(codeOf)));
  const codes = [...CHECKS.map(({ code }) => code), ...Object.keys(READER_CODES)];
  const untold = codes.filter((code) => !told.has(code) && !ON_DISK.includes(code));
  assert.deepEqual(untold, []);
  const fixed = new Set(files.flatMap(fixedIn));
  const unfixed = Object.keys(FIXES).filter((code) => !fixed.has(code));
  assert.deepEqual(unfixed, []);
});

it('what golden files have is asked for', () => {
  assert.deepEqual([...new Set(ALL.flatMap((fixture) => strangeGolden(fixture)))], []);
});
