/** Everything about live nodes: the tree, its commands, the timed refresh. */
import type * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { TopologyParams } from '../../shared/protocol.ts';
import { compare } from '../compare.ts';
import type { CurrentTopology } from '../currentTopology.ts';
import { registerNodeCommands } from './commands.ts';
import type { Reader } from './reader.ts';
import { refreshInTime } from './refreshTimer.ts';
import { showTree } from './tree.ts';

/** @param onDidChange the server would answer differently about a topology */
export function showNodes(
  client: LanguageClient,
  topology: CurrentTopology,
  reader: Reader,
  onDidChange: vscode.Event<TopologyParams>,
): vscode.Disposable[] {
  const view = showTree(client, topology, reader, onDidChange);
  const refresh = (uri: string): Promise<unknown> =>
    compare(client, reader, uri, { source: reader.last(uri)?.source, isUnattended: true });
  return [view, ...registerNodeCommands(client, topology, reader), refreshInTime(topology, reader, view, refresh)];
}
