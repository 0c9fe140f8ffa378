// The law of the workspace: after any edit of any file, what is told of each is what a server says that has just been started.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnostics, diagnosticsInAll } from '../../server/features/diagnostics.ts';
import { documentSymbols } from '../../server/features/documentSymbol.ts';
import { textOf } from '../../server/text.ts';
import { makeWorkspace, type Workspace } from '../../server/workspace.ts';
import { edited, randomOf } from '../shared/topology/edits.ts';

const EDITS = Number(process.env['EDITS'] ?? 600);
const SEED = Number(process.env['SEED'] ?? 1);

const FILES: Record<string, string> = {
  'a.dvr.yaml':
    'include: [t/b.dvr.yaml, t/c.dvr.yaml]\nnodes:\n  n1: {agent_mode: dvr}\n  n2: {agent_mode: dvr_snat}\npromises:\n  - isolated red blue\n',
  't/b.dvr.yaml':
    'networks:\n  red: {segmentation_id: 1, network_type: vxlan, subnets: {r4: {cidr: 10.0.0.0/24}}}\n  blue: {network_type: vxlan, segmentation_id: 2}\nrouters:\n  r: {interfaces: {r4: {}}}\n',
  't/c.dvr.yaml':
    'include: [d.dvr.yaml]\nports:\n  p: {node: n1, network: red, fixed_ips: [{ip_address: 10.0.0.5}]}\n  q: {node: n3, network: red}\n',
  't/d.dvr.yaml': 'ports:\n  p: {node: n2, network: blue}\n  s: {node: n2, network: red} # dvrscope: ignore x\n',
  'other.dvr.yaml': 'include: [t/d.dvr.yaml]\nnetworks:\n  red: {}\n',
  'alone.dvr.yaml': 'ports:\n  p: {network: red}\n',
};

const uriOf = (name: string): string => `file:///w/${name}`;

/** What a user sees of each file. */
function told(workspace: Workspace, names: readonly string[]): unknown {
  return names.map((name) => {
    const documents = workspace.documents(uriOf(name));
    const [first] = documents;
    assert.ok(first, name);
    return {
      name,
      roots: documents.map((document) => document.parts()[0]!.text.uri),
      diagnostics: diagnosticsInAll(documents, (document) => diagnostics(document, undefined)),
      symbols: documentSymbols(first),
      topology: first.reading().topology,
    };
  });
}

test(`${EDITS} random edits of random files`, () => {
  const random = randomOf(SEED);
  const names = Object.keys(FILES);
  const workspace = makeWorkspace();
  let texts = { ...FILES };
  const put = (to: Workspace, name: string, version: number): void =>
    to.put(textOf({ uri: uriOf(name), languageId: 'dvr-topology', version }, texts[name]!));
  for (const name of names) put(workspace, name, 0);
  let compared = 0;
  for (let version = 1; version <= EDITS; version++) {
    const isFresh = random.below(8) === 0;
    const name = random.pick(names);
    texts = isFresh ? { ...FILES } : { ...texts, [name]: edited(texts[name]!, random) };
    for (const each of isFresh ? names : [name]) put(workspace, each, version);
    const now = told(workspace, names);
    // Of a file that is no YAML at the moment, what it said before serves: that nobody knows who has just come.
    const isBroken = JSON.stringify(now).includes('"yaml-error"');
    if (isBroken) continue;
    const other = makeWorkspace();
    for (const each of names) put(other, each, version);
    assert.deepEqual(now, told(other, names), JSON.stringify(texts, null, 1));
    compared++;
  }
  assert.ok(compared > EDITS / 10, `${compared} of ${EDITS} compared`);
});
