/**
 * `textDocument/codeLens`: differences of a node after a comparison, and a trace from each VM. They run commands of the client,
 * so that they are for clients which say in their initialization options that they have them (`ClientOptions.commands`).
 */
import type { CodeLens } from 'vscode-languageserver';
import { COMMAND } from '../../shared/protocol.ts';
import type { Document } from '../document.ts';
import { thingsIn } from './across.ts';
import type { LiveComparison } from './compare.ts';
import type { Feature, TextParams } from './feature.ts';
import { rangeOf } from './range.ts';

export const codeLens: Feature<TextParams> = {
  method: 'textDocument/codeLens',
  needs: ['textDocument'],
  announce: ({ textDocument }, commands) =>
    textDocument?.codeLens && commands.length > 0 ? { codeLensProvider: {} } : {},
  answer: ({ textDocument: { uri } }, { document, comparison, commands = [] }) =>
    codeLenses(document(uri), comparison(uri)).filter(({ command }) => commands.includes(command!.command)),
};

/** Above nodes and ports, in the order of the file. */
function codeLenses(document: Document, comparison: LiveComparison | undefined): CodeLens[] {
  const { topology } = document.reading();
  const [nodes, ports] = [thingsIn(document, topology.nodes), thingsIn(document, topology.ports)];
  const lens = (pointer: string, title: string, command: string, argument: object): CodeLens => ({
    range: rangeOf(document, pointer, 'key'),
    command: { title, command, arguments: [argument] },
  });
  const differing = nodes.flatMap(({ name, pointer }) => {
    const outcome = comparison?.nodes.find(({ node }) => node === name);
    const count = outcome?.differences ?? 0;
    if (outcome?.status !== 'differs') return [];
    return [
      lens(pointer, count === 1 ? `1 difference on ${name}` : `${count} differences on ${name}`, COMMAND.diff, {
        node: { name },
      }),
    ];
  });
  const traced = ports
    .filter(({ device_owner: owner, fixed_ips: addresses }) => !owner.startsWith('network:') && addresses.length > 0)
    .map(({ name, pointer }) => lens(pointer, 'Trace from here', COMMAND.trace, { from: name }));
  return [...differing, ...traced];
}
