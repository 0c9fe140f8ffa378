// All fixtures: through the functions, over a pipe, and, for what is wrong in a file, through the command line.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Diagnostic, Range } from 'vscode-languageserver';
import { dvrscope } from '../../support/cli.ts';
import { fixtures, goldenOf, type Fixture, type FixtureFile, type Golden } from '../../support/fixture.ts';
import { checkMarker, placeText } from '../../support/markers.ts';
import { functionSession, wireSession, type OpenSession } from '../../support/sessions.ts';

const ALL = fixtures();

/** Every marker of a fixture; all that fail are told, not the first alone. */
async function check(fixture: Fixture, session: OpenSession): Promise<void> {
  const golden = goldenOf(fixture);
  const failures: string[] = [];
  for (const file of fixture.files) {
    const found = await session.diagnostics(file.uri);
    failures.push(...(await failuresOf(`${fixture.name}: diagnostics`, () => assertDiagnostics(file, found))));
    failures.push(...(await markerFailures(file, fixture.files, session, golden)));
  }
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

type Found = Pick<Diagnostic, 'code' | 'range' | 'message'>;

/** Each `diag CODE PIECE …` is a diagnostic, and each diagnostic is one of them. */
function assertDiagnostics(file: FixtureFile, found: Found[]): void {
  const wanted = file.markers
    .filter(({ verb }) => verb === 'diag')
    .map(({ text, line, start, end }) => {
      const [code, ...words] = text.split(' ');
      const range: Range = { start: { line, character: start }, end: { line, character: end } };
      return { title: `${code} ${placeText(range)}`, pieces: words.join(' ').split(' … ') };
    });
  const titles = found.map(({ code, range }) => `${code} ${placeText(range)}`);
  assert.deepEqual(titles.toSorted(), wanted.map(({ title }) => title).toSorted());
  for (const { title, pieces } of wanted) {
    const messages = found.filter((_, i) => titles[i] === title).map(({ message }) => JSON.stringify(message));
    assert.ok(
      messages.some((message) => pieces.every((piece) => message.includes(piece))),
      `${title}: ${messages.join(' | ')}`,
    );
  }
}

describe('fixtures through the functions', () => {
  const session = functionSession(ALL);
  for (const fixture of ALL) it(fixture.name, () => check(fixture, session));
});

describe('fixtures over a pipe', () => {
  let session: OpenSession;
  before(async () => {
    session = await wireSession(ALL);
  });
  after(() => session.stop());
  for (const fixture of ALL) it(fixture.name, () => check(fixture, session));
});

describe('fixtures through the command line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-fixtures-'));
  after(() => rmSync(folder, { recursive: true }));
  for (const fixture of ALL)
    it(fixture.name, async () => {
      const own = path.join(folder, fixture.name);
      const fileAt = ({ uri }: FixtureFile): string =>
        path.join(own, uri.slice(fixture.files[0]!.uri.lastIndexOf('/') + 1));
      for (const file of fixture.files) {
        mkdirSync(path.dirname(fileAt(file)), { recursive: true });
        writeFileSync(fileAt(file), file.text);
      }
      // Files that include none stand by themselves; with the others only the first is asked for.
      const isWhole = fixture.files[0]!.text.includes('\ninclude:');
      for (const file of isWhole ? fixture.files.slice(0, 1) : fixture.files) {
        const { out } = await dvrscope('check', fileAt(file), '--format', 'json');
        const { findings } = JSON.parse(out) as { findings: (Found & { file: string })[] };
        for (const each of isWhole ? fixture.files : [file])
          assertDiagnostics(
            each,
            findings.filter((finding) => finding.file === fileAt(each)),
          );
      }
    });
});

it('the fixtures are many', () => {
  const markers = ALL.flatMap(({ files }) => files).flatMap((file) => file.markers);
  console.log(`${ALL.length} fixtures with ${markers.length} markers`);
  assert.ok(markers.length >= 400);
});
