/** A recorded cloud as the trace takes it: the live states of its nodes, and the wiring from its API. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamespaceState } from '../../shared/state.ts';
import type { Cloud } from '../../shared/trace/cloud.ts';
import { liveCloud } from '../../shared/wiring.ts';
import { liveState, nodeNames, RECORDINGS, topologyOf, type ScenarioName } from './recordings.ts';

export interface Scenario {
  /** VM → its port. */
  vms: Record<string, { node: string; port: string; ips: string[] }>;
  /** Addresses of the world outside, with their devices. */
  outside: [address: string, dev: string][];
}

/** A packet that was sent, or an answer of the kernel. */
export interface PacketRow {
  kind?: string;
  from: string;
  /** Which of its addresses the VM sent from, where it was told. */
  src?: string;
  to: string;
  proto: string;
  dport?: number;
  delivered: boolean;
  source_seen: string | null;
  note: string | null;
  path?: string[];
  node: string;
  ns: string;
  cmd: string;
  out: string;
}

/** A fresh copy, free to be altered. */
export function recordedCloud(scenario: ScenarioName): Cloud {
  const states = nodeNames(scenario).map((node) => liveState(scenario, node));
  return liveCloud(topologyOf(scenario), states);
}

export function recordedScenario(scenario: ScenarioName): Scenario {
  const value: Scenario = JSON.parse(readFileSync(join(RECORDINGS, scenario, 'scenario.json'), 'utf8'));
  return value;
}

export function recordedRows(scenario: ScenarioName): PacketRow[] {
  const rows: PacketRow[] = JSON.parse(readFileSync(join(RECORDINGS, scenario, 'packets.json'), 'utf8'));
  return rows;
}

/** The namespace of a cloud whose name starts so. */
export function namespaceIn(cloud: Cloud, node: string, prefix: string): NamespaceState {
  const namespaces = cloud.states.find((state) => state.node === node)?.namespaces ?? {};
  const found = Object.entries(namespaces).find(([name]) => name.startsWith(prefix));
  if (!found) throw new Error(`there is no ${prefix} on ${node}`);
  return found[1];
}

/** The external network of the cloud. */
export const outsideOf = ({ wiring }: Cloud): string =>
  Object.entries(wiring.segments).find(([, segment]) => segment.external)![0];
