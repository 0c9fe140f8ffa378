/** States and differences as documents. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, type Side, type StateParams } from '../../shared/protocol.ts';
import type { CloudEntry } from '../../shared/protocolNodes.ts';
import { differencesText } from '../outcome.ts';
import { pick } from '../pick.ts';
import { stateUri } from '../stateDocuments.ts';
import { isCollected } from './items.ts';
import type { NodeArgument } from './model.ts';

/** "DVR: Show Expected State". */
export async function showState(client: LanguageClient, uri: string, element?: NodeArgument): Promise<void> {
  const node = element?.node?.name ?? (await askNode(client, uri, 'expected'));
  if (!node) return;
  const document = await vscode.workspace.openTextDocument(
    stateUri({ uri, node, ...placeOf(element), side: 'expected' }),
  );
  await vscode.window.showTextDocument(document, { preview: true });
}

/** "DVR: Show Difference": the editor's own diff, expected against live. */
export async function showDiff(client: LanguageClient, uri: string, element?: NodeArgument): Promise<void> {
  const node = element?.node?.name ?? (await askNode(client, uri, 'live'));
  if (!node) return;
  const place = placeOf(element);
  const side = (name: Side): vscode.Uri => stateUri({ uri, node, ...place, side: name, isDiff: true });
  const what = [node, place.namespace, place.aspect].filter(Boolean).join(' ');
  const title = vscode.l10n.t('{0}: Expected ↔ Live', what);
  await vscode.commands.executeCommand('vscode.diff', side('expected'), side('live'), title, { preview: true });
}

const placeOf = (element: NodeArgument = {}): Pick<StateParams, 'namespace' | 'aspect'> => ({
  ...(element.namespace && { namespace: element.namespace.name }),
  ...(element.aspect && { aspect: element.aspect.name }),
});

/** Nodes to choose from; for the live side, those that the last comparison reached. */
async function askNode(client: LanguageClient, uri: string, side: Side): Promise<string | undefined> {
  const { nodes: all } = await client.sendRequest<CloudEntry>(REQUEST.cloud, { uri });
  const nodes = side === 'expected' ? all : all.filter(isCollected);
  if (nodes.length === 0)
    throw new Error(
      side === 'expected'
        ? vscode.l10n.t('This topology has no nodes.')
        : vscode.l10n.t('No live state yet: run "DVR: Compare with Live Nodes" first.'),
    );
  const title = side === 'expected' ? vscode.l10n.t('Show Expected State') : vscode.l10n.t('Show Difference');
  const items = nodes.map(({ name, agent_mode, differences }) => ({
    label: name,
    description: [agent_mode, differences ? differencesText(differences, vscode.l10n.t) : '']
      .filter(Boolean)
      .join(' · '),
  }));
  return pick({ title, placeholder: vscode.l10n.t('Node'), items });
}
