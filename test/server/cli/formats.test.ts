/** What other programs read: SARIF, annotations, JUnit. Each is held against its form, over all examples and hostile texts. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'node:test';
import ajvDraft04 from 'ajv-draft-04';
import ajvFormats from 'ajv-formats';
import { reportAsGithub } from '../../../server/cli/github.ts';
import { reportAsJunit } from '../../../server/cli/junit.ts';
import { reportAsSarif } from '../../../server/cli/sarif.ts';
import { BLANK, makeReport, type Finding, type Report } from '../../../server/report.ts';
import { CHECKS, runChecks } from '../../../shared/checks/table.ts';
import { READER_CODES } from '../../../shared/topology/codes.ts';
import { readTopology } from '../../../shared/topology/read.ts';

const reportOf = (text: string, file = 'a.dvr.yaml'): Report => {
  const { topology, sourceMap, problems } = readTopology(text);
  return makeReport({ file, text, topology, sourceMap, problems: [...problems, ...runChecks(topology)] }, []);
};

const REPORTS = CHECKS.map(({ wrong }) => reportOf(wrong));

const HOSTILE: Finding = {
  ...BLANK,
  code: 'rule-missing',
  severity: 'error',
  message: '100% wrong: a, b\n::error::x\r\u001b[31m<&>"',
  kind: 'missing',
  node: 'n:1,2',
  file: 'a b,c:d%.dvr.yaml',
  range: { start: { line: 1, character: 2 }, end: { line: 1, character: 2 } },
};

/** The schema of OASIS for SARIF 2.1.0, of draft 4, as a package has it. */
const SCHEMA = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as object;

interface Rule {
  id: string;
  shortDescription: { text: string };
  fullDescription: { text: string };
  help: { text: string };
}
interface Place {
  physicalLocation: { artifactLocation: { uri: string; uriBaseId?: string }; region: { startLine: number } };
}
interface Result {
  ruleId: string;
  ruleIndex: number;
  locations: Place[];
  partialFingerprints: Record<string, string>;
}
type Sarif = { runs: { tool: { driver: { rules: Rule[] } }; results: Result[] }[] };

describe('SARIF', () => {
  // A pattern of the schema is none with the flag "u".
  const ajv = new ajvDraft04.default({ allErrors: true, strict: false, unicodeRegExp: false });

  ajvFormats.default(ajv);
  const isSarif = ajv.compile(SCHEMA);

  it('has the form of 2.1.0, for all examples and hostile texts', () => {
    for (const report of [...REPORTS, { ...REPORTS[0]!, findings: [HOSTILE] }]) {
      const sarif: unknown = JSON.parse(reportAsSarif(report));
      assert.ok(isSarif(sarif), JSON.stringify(isSarif.errors));
    }
  });

  it('would be refused without what the schema asks for', () => {
    const sarif = JSON.parse(reportAsSarif(REPORTS[0]!)) as Sarif;
    sarif.runs[0]!.results = [{ ruleId: 'x' }] as Result[];
    assert.equal(isSarif(sarif), false);
  });

  it('names each rule once, and each result a rule that is there', () => {
    for (const report of REPORTS) {
      const [run] = (JSON.parse(reportAsSarif(report)) as Sarif).runs;
      const rules = run!.tool.driver.rules.map(({ id }) => id);
      assert.equal(new Set(rules).size, rules.length);
      assert.deepEqual([...new Set(run!.results.map(({ ruleId }) => ruleId))].toSorted(), rules);
      assert.equal(run!.results.length, report.findings.length);
      for (const { ruleId, ruleIndex } of run!.results) assert.equal(rules[ruleIndex], ruleId);
    }
  });

  const runOf = (report: Report): Sarif['runs'][number] => (JSON.parse(reportAsSarif(report)) as Sarif).runs[0]!;
  const uriOf = (file: string) =>
    runOf({ ...REPORTS[0]!, findings: [{ ...HOSTILE, file }] }).results[0]!.locations[0]!.physicalLocation
      .artifactLocation;

  it('has what GitHub asks for: rules with texts, results with a line and fingerprints', () => {
    const everyCode = [...Object.keys(READER_CODES), 'promise-broken', 'release-mismatch', 'not-collected'];
    const made = ['rule-missing', 'iptables-chain-unexpected', 'route-different', 'flow-misplaced', 'stale-namespace'];
    const findings = [...everyCode, ...made].map((code): Finding => ({ ...HOSTILE, code, range: null }));
    for (const report of [...REPORTS, { ...REPORTS[0]!, findings }]) {
      const { tool, results } = runOf(report);
      for (const rule of tool.driver.rules)
        for (const text of [rule.shortDescription.text, rule.fullDescription.text, rule.help.text])
          assert.match(text, /\S{2}/, rule.id);
      for (const { locations, partialFingerprints } of results) {
        assert.ok(locations[0]!.physicalLocation.region.startLine >= 1);
        assert.match(partialFingerprints['primaryLocationLineHash']!, /^[0-9a-f]{16}:\d+$/);
      }
      const all = results.map(({ partialFingerprints }) => partialFingerprints['primaryLocationLineHash']!);
      assert.equal(new Set(all).size, all.length);
    }
  });

  it('keeps fingerprints when lines move, and tells nodes and values apart', () => {
    const printsOf = (text: string): string[] =>
      runOf(reportOf(text)).results.map((result) => JSON.stringify([result.ruleId, result.partialFingerprints]));
    for (const { wrong } of CHECKS) assert.deepEqual(printsOf(`# a\n\n${wrong}`), printsOf(wrong));
    const findings = ['a', 'b'].map((node): Finding => ({ ...HOSTILE, node }));
    const prints = runOf({ ...REPORTS[0]!, findings }).results.map((result) =>
      JSON.stringify(result.partialFingerprints),
    );
    assert.notEqual(prints[0], prints[1]);
  });

  const rows: [file: string, uri: string, isRelative: boolean][] = [
    ['a.dvr.yaml', 'a.dvr.yaml', true],
    ['./a/b c.dvr.yaml', 'a/b%20c.dvr.yaml', true],
    ['a:b#c?d%.dvr.yaml', 'a%3Ab%23c%3Fd%25.dvr.yaml', true],
    ['../a.dvr.yaml', '../a.dvr.yaml', true],
    [path.resolve('a/b.dvr.yaml'), 'a/b.dvr.yaml', true],
    [path.resolve('/elsewhere/ä b.dvr.yaml'), pathToFileURL('/elsewhere/ä b.dvr.yaml').href, false],
  ];
  for (const [file, uri, isRelative] of rows)
    it(`names ${file}`, () => assert.deepEqual(uriOf(file), isRelative ? { uri, uriBaseId: '%SRCROOT%' } : { uri }));
});

describe('annotations for GitHub', () => {
  it('are one line each: command, properties, message', () => {
    for (const report of REPORTS) {
      const lines = reportAsGithub(report).split('\n').slice(0, -1);
      assert.equal(lines.length, report.findings.length);
      for (const line of lines)
        assert.match(
          line,
          /^::(?:error|warning|notice) file=[^,:]+,line=\d+,endLine=\d+(?:,col=\d+,endColumn=\d+)?,title=[^,:]+::.+$/,
        );
    }
  });

  it('cannot be broken by what a file or a node says', () => {
    const line = reportAsGithub({ ...REPORTS[0]!, findings: [HOSTILE] });
    assert.equal(
      line,
      '::error file=a b%2Cc%3Ad%25.dvr.yaml,line=2,endLine=2,col=3,endColumn=3,title=dvrscope rule-missing on n%3A1%2C2::100%25 wrong: a, b ::error::x [31m<&>"\n',
    );
  });
});

describe('JUnit', () => {
  it('counts its failures, and is XML whatever a node says', () => {
    for (const report of [...REPORTS, { ...REPORTS[0]!, findings: [{ ...HOSTILE, node: null }] }]) {
      const xml = reportAsJunit(report);
      assert.equal(xml.match(/<failure /g)?.length, report.findings.length);
      assert.doesNotMatch(xml.replaceAll(/&(?:amp|lt|gt|quot|#10);/g, ''), /&/);
      // oxlint-disable-next-line no-control-regex -- what XML forbids
      assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
      assert.equal(xml.match(/<testcase/g)?.length, xml.match(/<\/testcase>/g)?.length);
    }
  });
});
