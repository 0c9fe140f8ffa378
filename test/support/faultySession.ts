/** A language server that has the cloud with one fault open, and a folder with the snapshots of its nodes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClientCapabilities } from 'vscode-languageserver';
import { REQUEST, type ClientOptions, type CompareResult } from '../../shared/protocol.ts';
import { faultyCloud, NODES, type FaultyCloud } from './faultyCloud.ts';
import { startLsp, type LspClient } from './lspClient.ts';

/** Of the topology. */
export const FAULTY_URI = 'file:///cloud.dvr.yaml';

export interface FaultySession {
  cloud: FaultyCloud;
  folder: string;
  client: LspClient;
  /** A request about the topology. */
  ask<T>(method: string, params?: object): Promise<T>;
  /** Compares with the snapshots. */
  compare(nodes?: string[]): Promise<CompareResult>;
  /** Another snapshot of a node. */
  write(node: (typeof NODES)[number], text: string): Promise<void>;
  /** What `LspClient.stop` says. */
  stop(): Promise<{ status: number | null; stderr: string }>;
}

export async function startFaulty(
  capabilities?: ClientCapabilities,
  options: ClientOptions = {},
): Promise<FaultySession> {
  const cloud = await faultyCloud();
  const folder = await mkdtemp(path.join(tmpdir(), 'dvrscope-snapshots-'));
  const write: FaultySession['write'] = (node, text) => writeFile(path.join(folder, `${node}.snapshot`), text);
  await Promise.all(NODES.map((node) => write(node, cloud.snapshots[node])));
  const client = await startLsp({}, undefined, undefined, capabilities, options);
  await client.open(FAULTY_URI, cloud.topology);
  await client.diagnostics(FAULTY_URI, () => true);
  const ask: FaultySession['ask'] = (method, params) =>
    client.connection.sendRequest(method, { uri: FAULTY_URI, ...params });
  return {
    cloud,
    folder,
    client,
    ask,
    compare: (nodes) =>
      ask(REQUEST.compare, { source: { kind: 'snapshots', paths: [folder] }, ...(nodes && { nodes }) }),
    write,
    async stop() {
      const ended = await client.stop();
      await rm(folder, { recursive: true, force: true });
      return ended;
    },
  };
}
