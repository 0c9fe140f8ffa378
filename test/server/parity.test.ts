/** The command line and the editor say the same of a file: code, severity, message, place, related places. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Diagnostic } from 'vscode-languageserver';
import type { Finding } from '../../server/report.ts';
import { CHECKS } from '../../shared/checks/table.ts';
import { writeTopology } from '../../shared/topology/write.ts';
import { dvrscope } from '../support/cli.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';
import { SCENARIOS, topologyOf } from '../support/recordings.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples');

const TEXTS: [name: string, text: string][] = [
  ...CHECKS.flatMap(({ code, wrong, right }): [string, string][] => [
    [`${code}, wrong`, wrong],
    [`${code}, right`, right],
    [`${code}, silenced`, `# dvrscope: ignore-file ${code}, no-such-code\n${wrong} # dvrscope: ignore duplicate-mac\n`],
    [`${code}, cut short`, wrong.slice(0, Math.floor(wrong.length * 0.7))],
  ]),
  ...SCENARIOS.map((name): [string, string] => [name, writeTopology(topologyOf(name))]),
  ...readdirSync(EXAMPLES).map((name): [string, string] => [name, readFileSync(path.join(EXAMPLES, name), 'utf8')]),
  ['nothing', ''],
  ['no YAML', 'a: [b\n  - {c\n\t"d'],
  [
    'conflict markers, CRLF',
    'nodes:\r\n<<<<<<< HEAD\r\n  a: {agent_mode: dvr}\r\n=======\r\n  a: {agent_mode: x}\r\n>>>>>>> b\r\n',
  ],
  ['a byte order mark', '\uFEFFnodes:\n  a: {agent_mode: dvrr}\n'],
];

/** LSP `DiagnosticSeverity`. */
const SEVERITY = ['', 'error', 'warning', 'information', 'hint'];

const ofEditor = ({ code, severity, message, range, relatedInformation = [] }: Diagnostic) => ({
  code,
  severity: SEVERITY[severity!],
  message,
  range,
  related: relatedInformation.map((related) => ({ message: related.message, range: related.location.range })),
});

const ofReport = ({ code, severity, message, range, related = [] }: Finding) => ({
  code,
  severity,
  // A command is for a shell; an editor has its own.
  message: message.replace(/ To see it: dvrscope .*$/, ''),
  // An editor needs a place; what has none is at the start.
  range: range ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
  related: related.map((other) => ({ message: other.message, range: other.range })),
});

/** An editor sorts by place. */
const inOrder = (all: object[]): string[] => all.map((each) => JSON.stringify(each)).toSorted();

describe('check and the editor say the same', () => {
  let client: LspClient;
  const folder = mkdtempSync(path.join(tmpdir(), 'dvrscope-parity-'));
  const file = path.join(folder, 'cloud.dvr.yaml');
  before(async () => {
    client = await startLsp();
  });
  after(async () => {
    await client.stop();
    rmSync(folder, { recursive: true });
  });

  for (const [i, [name, text]] of TEXTS.entries())
    it(name, async () => {
      const uri = `file:///${i}.dvr.yaml`;
      await client.open(uri, text);
      writeFileSync(file, text);
      const { out } = await dvrscope('check', file, '--format', 'json');
      const { findings } = JSON.parse(out) as { findings: Finding[] };
      const expected = inOrder(findings.map(ofReport));
      const isSame = (all: Diagnostic[]): boolean => isDeepStrictEqual(inOrder(all.map(ofEditor)), expected);
      // Promises are tested when nobody types, after the first diagnostics.
      await client.diagnostics(uri, isSame).catch(() => undefined);
      assert.deepEqual(inOrder((await client.diagnostics(uri, () => true)).map(ofEditor)), expected);
    });
});
