import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { makeDocument } from '../../../server/document.ts';
import { documentation } from '../../../server/documentation.ts';
import { diagnostics } from '../../../server/features/diagnostics.ts';

test('the code of a problem leads to its documentation', () => {
  const text = 'networks:\n  red: {subnets: {red-v4: {cidr: 0.0.0.0/0}}}\n  blue: {mtu: many}\n';
  const found = diagnostics(
    makeDocument(TextDocument.create('file:///a.dvr.yaml', 'dvr-topology', 1, text)),
    undefined,
  );
  assert.deepEqual(
    found.map(({ code, codeDescription }) => [code, codeDescription?.href]),
    ['wrong-type', 'unspecified-prefix'].map((code) => [code, documentation(code)]),
  );
});
