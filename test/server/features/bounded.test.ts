/** Requests take time in proportion to a text: a line that is as long as people never write, and many things of one kind. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Position } from 'vscode-languageserver';
import { makeDocument, type Document } from '../../../server/document.ts';
import { complete } from '../../../server/features/completion.ts';
import { documentLinks } from '../../../server/features/documentLink.ts';
import { inlayHints } from '../../../server/features/inlayHint.ts';
import { traceChoices } from '../../../server/features/traceChoices.ts';
import { makeWorkspace } from '../../../server/workspace.ts';
import { textOf } from '../../../server/text.ts';
import { CLIENTS } from '../../support/clients.ts';

const uri = 'file:///cloud.dvr.yaml';
const textAt = (at: string, text: string) => textOf({ uri: at, languageId: 'dvr-topology', version: 1 }, text);
const documentOf = (text: string): Document => makeDocument(textAt(uri, text));
const list = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('');

/** In milliseconds of the processor. */
function usedBy(ask: () => unknown): number {
  const before = process.cpuUsage();
  ask();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const LENGTH = 80_000;
const SPACES = ' '.repeat(LENGTH);
/** Patterns that begin anew at each character of a line take as many steps as the square of its length: half a minute. */
const LINES: readonly [what: string, section: string, line: string][] = [
  ['spaces behind a value', 'nodes', `  a: x${SPACES}`],
  ['spaces in an open quote', 'nodes', `  a: "x${SPACES}`],
  ['spaces in what may become a key', 'nodes', `  a${SPACES}b`],
  ['a long word in a promise', 'promises', `  - reach ${'x'.repeat(LENGTH)} `],
  ['many quotes in a promise', 'promises', `  - reach ${'"x" '.repeat(LENGTH / 4)}`],
];

describe('completion at the end of a long line', () => {
  for (const [what, section, line] of LINES)
    it(what, () => {
      const document = documentOf(`${section}:\n${line}\n`);
      document.reading();
      const position: Position = { line: 1, character: line.length };
      const took = usedBy(() => complete(document, position, CLIENTS.full));
      assert.ok(took < 1500, `${took} ms`);
    });
});

const COUNT = 12_000;
const MANY = `nodes: {n1: {agent_mode: dvr}}
networks:
  pub: {router:external: true, subnets: {p: {cidr: 172.16.0.0/12}}}
  red: {subnets: {r: {cidr: 10.0.0.0/8}}}
routers:
  r1: {external_gateway: {network: pub}, interfaces: {r: {}}}
ports:
${list(COUNT, (i) => `  p${i}: {node: n1, network: red, fixed_ips: [{ip_address: 10.${i >> 8}.${i & 255}.5}]}\n`)}floating_ips:
${list(COUNT, (i) => `  172.16.${i >> 8}.${i & 255}: {port: p${i}}\n`)}`;

describe(`${COUNT} floating IPs`, () => {
  const document = documentOf(MANY);
  document.problems();
  const range = { start: { line: 0, character: 0 }, end: { line: 2 * COUNT + 10, character: 0 } };

  it('have hints in the time that so many lines take', () => {
    let hints = 0;
    const took = usedBy(() => (hints = inlayHints(document, range).length));
    assert.ok(hints >= COUNT, `${hints}`);
    // Ten seconds when each was searched for among all others.
    assert.ok(took < 3000, `${took} ms`);
  });

  it('are offered to a trace', () => {
    const took = usedBy(() => assert.equal(traceChoices(document, { uri }).floatingIps.at(-1)?.node, 'n1'));
    assert.ok(took < 1000, `${took} ms`);
  });
});

it('links of many includes', () => {
  const files = 4000;
  const workspace = makeWorkspace();
  for (let i = 0; i < files; i++) workspace.put(textAt(`file:///t/f${i}.dvr.yaml`, `ports:\n  p${i}: {}\n`));
  workspace.put(textAt('file:///t/root.dvr.yaml', `include:\n${list(files, (i) => `  - f${i}.dvr.yaml\n`)}`));
  const document = workspace.document('file:///t/root.dvr.yaml')!;
  assert.equal(document.parts().length, files + 1);
  let links: unknown[] = [];
  const took = usedBy(() => (links = documentLinks(document)));
  assert.equal(links.length, files);
  assert.ok(took < 2500, `${took} ms`);
});
