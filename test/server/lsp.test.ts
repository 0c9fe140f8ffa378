// The language server over a pipe, as any editor starts it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Diagnostic, DocumentSymbol, Hover } from 'vscode-languageserver';
import { REQUEST, type EndpointEntry, type NodeEntry, type TextResult } from '../../shared/protocol.ts';
import { startLsp, type LspClient } from '../support/lspClient.ts';

const example = path.resolve(import.meta.dirname, '../../examples/snat-two-subnets.dvr.yaml');
const uri = 'file:///cloud.dvr.yaml';

describe('the language server', () => {
  let text: string;
  let client: LspClient;
  const replace = (from: string, to: string): string => {
    assert.ok(text.includes(from), from);
    return text.replace(from, to);
  };
  const positionOf = (needle: string): { line: number; character: number } => {
    const lines = text.slice(0, text.indexOf(needle)).split('\n');
    return { line: lines.length - 1, character: lines.at(-1)!.length };
  };

  before(async () => {
    text = await readFile(example, 'utf8');
    client = await startLsp();
    await client.open(uri, text);
  });

  after(() => client.stop());

  it('publishes no diagnostics for an example', async () => {
    assert.deepEqual(await client.diagnostics(uri, () => true), []);
  });

  it('publishes a mistake when it is typed, and takes it back', async () => {
    const wrong = replace('10.0.0.0/24', '10.0.0.0/33');
    await client.change(uri, 2, [{ text: wrong }]);
    const [diagnostic] = await client.diagnostics(uri, (all) => all.length > 0);
    assert.equal(diagnostic!.source, 'dvrscope');
    assert.equal(diagnostic!.severity, 1);
    const start = positionOf('10.0.0.0/24');
    assert.deepEqual(diagnostic!.range, { start, end: { ...start, character: start.character + 11 } });
    const at = { line: start.line, character: start.character + 9 };
    const range = { start: at, end: { ...at, character: at.character + 2 } };
    await client.change(uri, 3, [{ range, text: '24' }]);
    assert.deepEqual(await client.diagnostics(uri, (all) => all.length === 0), []);
  });

  it('hovers with the lines that a router interface causes', async () => {
    const position = positionOf('port_id: c2e43983-5c');
    const hover = await client.connection.sendRequest<Hover>('textDocument/hover', { textDocument: { uri }, position });
    const value = JSON.stringify(hover.contents);
    assert.match(value, /\\n167772161:\\tfrom 10\.0\.0\.1\/24 lookup 167772161\\n/);
    assert.match(value, /\\ndefault via 10\.0\.0\.3 dev qr-c2e43983-5c table 167772161/);
  });

  it('gives the outline, the nodes, the ports and a state', async () => {
    const textDocument = { uri };
    const symbols = await client.connection.sendRequest<DocumentSymbol[]>('textDocument/documentSymbol', {
      textDocument,
    });
    assert.ok(symbols.length >= 4);
    const nodes = await client.connection.sendRequest<NodeEntry[]>(REQUEST.nodes, { uri });
    assert.ok(nodes.some((node) => node.namespaces.some(({ name }) => name.startsWith('snat-ef25020f'))));
    const endpoints = await client.connection.sendRequest<EndpointEntry[]>(REQUEST.endpoints, { uri });
    assert.ok(endpoints.length > 0 && endpoints.every(({ addresses }) => addresses.length > 0));
    const params = { uri, node: nodes[0]!.name, side: 'expected' };
    const state = await client.connection.sendRequest<TextResult>(REQUEST.state, params);
    assert.match(state.text, /^167772161:\tfrom 10\.0\.0\.1\/24 lookup 167772161$/m);
  });

  it('answers a request about an unknown document with a message', async () => {
    const request = client.connection.sendRequest(REQUEST.nodes, { uri: 'file:///other.dvr.yaml' });
    await assert.rejects(request, /other\.dvr\.yaml is not open/);
  });
});

describe('the language server, given garbage', () => {
  /** Edits as an editor sends them: a piece of the text becomes another. Positions past the end are allowed by LSP. */
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('\n', '  ', ': ', '{', '&a *a', '<<: *a', '\0', '%', '- '),
  );
  const edit = fc.record({ line: fc.nat(60), character: fc.nat(40), length: fc.nat(30), text: piece });

  it('lives through some hundred edits and still answers', async () => {
    const text = await readFile(example, 'utf8');
    const client = await startLsp();
    await client.open(uri, text);
    const edits = fc.sample(edit, { seed: 42, numRuns: 400 });
    for (const [i, { line, character, length, text: inserted }] of edits.entries()) {
      const range = { start: { line, character }, end: { line, character: character + length } };
      await client.change(uri, i + 2, [{ range, text: inserted }]);
      if (i % 20 === 0) {
        const params = { textDocument: { uri }, position: range.start };
        await client.connection.sendRequest('textDocument/hover', params);
        await client.connection.sendRequest('textDocument/documentSymbol', params);
        await client.connection.sendRequest(REQUEST.nodes, { uri });
      }
    }
    await client.diagnostics(uri, (all: Diagnostic[]) => all.length > 0);
    await client.change(uri, 1000, [{ text }]);
    await client.diagnostics(uri, (all) => all.length === 0);
    assert.deepEqual(await client.stop(), { status: 0, stderr: '' });
  });
});
