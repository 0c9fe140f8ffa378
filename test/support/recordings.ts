/** Recordings of real Neutron agents: each scenario's topology, as the importer makes it, and its nodes' live states. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { importTopology } from '../../server/neutron/import.ts';
import { readNodeState } from '../../shared/live.ts';
import { parseSnapshot } from '../../shared/snapshot.ts';
import type { NodeState } from '../../shared/state.ts';
import type { Topology } from '../../shared/topology/types.ts';

export const RECORDINGS = join(import.meta.dirname, '../recordings');

/** Clouds made for features that the others lack. */
export const LAB_SCENARIOS = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'L8', 'L9', 'L10', 'L11', 'L13'] as const;
/** Clouds whose agents enforce security groups, of which no topology tells. */
export const FIREWALL_SCENARIOS = ['L12'] as const;
export const SCENARIOS = [
  'S1',
  'S2',
  'S3',
  'S3b',
  'S4',
  'S5',
  'S6',
  'S6ha',
  ...LAB_SCENARIOS,
  ...FIREWALL_SCENARIOS,
] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

const file = (scenario: ScenarioName, ...path: string[]) => readFileSync(join(RECORDINGS, scenario, ...path), 'utf8');

export function topologyOf(scenario: ScenarioName): Topology {
  const names = readdirSync(join(RECORDINGS, scenario, 'api'));
  const answers = Object.fromEntries(
    names.map((name) => [name.replace('.json', ''), JSON.parse(file(scenario, 'api', name)) as unknown]),
  );
  return importTopology(answers, { release: 'zed' }).topology;
}

export const nodeNames = (scenario: ScenarioName): string[] =>
  readdirSync(join(RECORDINGS, scenario)).flatMap((name) =>
    name.endsWith('.snapshot') ? [name.replace('.snapshot', '')] : [],
  );

export const snapshotText = (scenario: ScenarioName, node: string): string => file(scenario, `${node}.snapshot`);

/** A new state each time, free to be altered. */
export const liveState = (scenario: ScenarioName, node: string): NodeState =>
  readNodeState(parseSnapshot(snapshotText(scenario, node)));

export const staleOf = (scenario: ScenarioName) =>
  JSON.parse(file(scenario, 'stale.json')) as {
    namespaces: { node: string; namespace: string }[];
    flows: { node: string; bridge: string; table: number; learned: boolean; match: string }[];
  };
