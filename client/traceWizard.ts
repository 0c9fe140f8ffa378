/** The questions of "DVR: Trace a Packet": from, to, protocol, and the destination port where there is one. */
import { isIP } from 'node:net';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { REQUEST, type EndpointEntry, type TraceParams } from '../shared/protocol.ts';
import { pick, type PickOptions } from './pick.ts';

const TITLE = 'Trace a Packet';
const PROTOCOLS = [
  { label: 'icmp', description: 'ping' },
  { label: 'tcp', description: 'asks for the destination port' },
  { label: 'udp', description: 'asks for the destination port' },
];

/**
 * `undefined` as soon as one question was not answered.
 * @param start where the packet starts, if that is known
 */
export async function askTrace(
  client: LanguageClient,
  uri: string,
  start?: string,
): Promise<Omit<TraceParams, 'uri'> | undefined> {
  const endpoints = await client.sendRequest<EndpointEntry[]>(REQUEST.endpoints, { uri });
  if (endpoints.length === 0) throw new Error('This topology has no ports that a packet could start from.');
  const from =
    start ??
    (await ask(1, { placeholder: 'From: a port', items: endpoints.map(endpointItem), freeItem: addressAtNetwork }));
  if (!from) return undefined;
  const targets = endpoints.filter((endpoint) => endpoint.name !== from).map(endpointItem);
  const to = await ask(2, { placeholder: 'To: a port, or type any address', items: targets, freeItem: anyAddress });
  if (!to) return undefined;
  const protocol = await ask(3, { placeholder: 'Protocol', items: PROTOCOLS });
  if (!protocol) return undefined;
  if (protocol === 'icmp') return { from, to, protocol };
  const dport = await askPort(protocol);
  return dport === undefined ? undefined : { from, to, protocol, dport };
}

const ask = (step: number, options: Omit<PickOptions, 'title'>): Promise<string | undefined> =>
  pick({ title: TITLE, step, totalSteps: 3, ...options });

const endpointItem = (endpoint: EndpointEntry): vscode.QuickPickItem => ({
  label: endpoint.name,
  description: [endpoint.addresses.join(', '), endpoint.node ?? 'on no node', endpoint.network]
    .filter(Boolean)
    .join(' · '),
  ...(endpoint.device_owner && { detail: endpoint.device_owner }),
});

const anyAddress = (typed: string): vscode.QuickPickItem | undefined =>
  isIP(typed) ? { label: typed, description: 'this address' } : undefined;

const addressAtNetwork = (typed: string): vscode.QuickPickItem | undefined => {
  const [address, network] = typed.split('@');
  return network && isIP(address!) ? { label: typed, description: 'this address on this network' } : undefined;
};

async function askPort(protocol: string): Promise<number | undefined> {
  const typed = await vscode.window.showInputBox({
    title: TITLE,
    prompt: `Destination port (${protocol})`,
    value: protocol === 'tcp' ? '80' : '53',
    validateInput: (text) => (isPort(text) ? undefined : 'A port is a number from 1 to 65535.'),
  });
  return typed === undefined ? undefined : Number(typed);
}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
