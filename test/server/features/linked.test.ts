// Names that change together while one of them is typed: not where another topology that includes the file has the name as well.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LinkedEditingRanges } from 'vscode-languageserver';
import { linkedEditingRange } from '../../../server/features/linkedEditingRange.ts';
import { textOf } from '../../../server/text.ts';
import { makeWorkspace } from '../../../server/workspace.ts';
import { CLIENTS } from '../../support/clients.ts';

const uriOf = (name: string): string => `file:///t/${name}`;
const SHARED = 'networks:\n  red: {}\nports:\n  vm1: {network: red}\n';
const USES = 'include: [shared.dvr.yaml]\nports:\n  vm2: {network: red}\n';
const USES_NOT = 'include: [shared.dvr.yaml]\nnodes:\n  n1: {agent_mode: dvr}\n';

const ROWS: readonly [what: string, roots: Record<string, string>, linked: number][] = [
  ['in one file', {}, 2],
  ['in a file that another one includes, which has the name as well', { 'a.dvr.yaml': USES }, 0],
  ['in a file of two topologies, neither of which has the name', { 'a.dvr.yaml': USES_NOT, 'b.dvr.yaml': USES_NOT }, 2],
  ['in a file of two topologies, the second of which has it', { 'a.dvr.yaml': USES_NOT, 'b.dvr.yaml': USES }, 0],
];

for (const [what, roots, linked] of ROWS)
  it(what, () => {
    const workspace = makeWorkspace();
    for (const [name, text] of Object.entries({ 'shared.dvr.yaml': SHARED, ...roots }))
      workspace.put(textOf({ uri: uriOf(name), languageId: 'dvr-topology', version: 1 }, text));
    const uri = uriOf('shared.dvr.yaml');
    const answer = linkedEditingRange.answer(
      { textDocument: { uri }, position: { line: 1, character: 3 } },
      {
        client: CLIENTS.full,
        document: (at) => workspace.document(at)!,
        contexts: workspace.documents.bind(workspace),
        documents: () => [],
        comparison: () => undefined,
        isCancelled: () => false,
      },
    ) as LinkedEditingRanges | null;
    assert.equal(answer?.ranges.length ?? 0, linked);
  });
