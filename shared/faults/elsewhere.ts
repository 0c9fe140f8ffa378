/**
 * What a node lacks because another node does. The agent of a node that loses a port reports it down, and the server then takes the rows
 * for it from the tunnel bridges of all others (`l2pop/mech_driver.py: L2populationMechanismDriver.update_port_postcommit`).
 */
import type { Difference } from '../compare.ts';
import { BR_TUN } from '../ovs/names.ts';
import type { Ranked } from './diagnose.ts';

/** Diagnoses that follow from a port of another node go with the diagnosis of that port: one cause is told once. */
export function foldElsewhere(ranked: readonly Ranked[]): Ranked[] {
  const lost = lostPorts(ranked);
  const followers = new Map<Ranked, Ranked[]>();
  const kept = ranked.filter((entry) => {
    const cause = causeOf(entry, lost);
    if (cause) followers.set(cause, [...(followers.get(cause) ?? []), entry]);
    return !cause;
  });
  return kept.map((entry) => withFollowers(entry, followers.get(entry) ?? []));
}

/** By the thing of the topology that the port belongs to. */
function lostPorts(ranked: readonly Ranked[]): ReadonlyMap<string, Ranked> {
  const lost = new Map<string, Ranked>();
  for (const entry of ranked)
    for (const { aspect, kind, because } of entry.diagnosis.differences)
      if (aspect === 'ports' && kind !== 'unexpected' && because) lost.set(because.pointer, entry);
  return lost;
}

/** The one diagnosis of another node that explains all lines; with one line of its own a diagnosis stands for itself. */
function causeOf({ diagnosis }: Ranked, lost: ReadonlyMap<string, Ranked>): Ranked | undefined {
  const causes = new Set(
    diagnosis.differences.map((line) => (isRow(line) ? lost.get(line.because!.pointer) : undefined)),
  );
  const [cause] = causes;
  return causes.size === 1 && cause?.diagnosis.node !== diagnosis.node ? cause : undefined;
}

/** A row of the tunnel bridge for a port of another node. */
const isRow = ({ aspect, kind, wanted, because }: Difference): boolean =>
  aspect === 'flows' &&
  kind === 'missing' &&
  because !== undefined &&
  wanted !== undefined &&
  'bridge' in wanted &&
  wanted.bridge === BR_TUN;

const withFollowers = (entry: Ranked, followers: readonly Ranked[]): Ranked =>
  followers.length === 0
    ? entry
    : {
        ...entry,
        diagnosis: {
          ...entry.diagnosis,
          differences: [...entry.diagnosis.differences, ...followers.flatMap(({ diagnosis }) => diagnosis.differences)],
        },
      };
