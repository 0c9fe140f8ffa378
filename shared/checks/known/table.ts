/**
 * Faults of Neutron itself, which a topology cannot help but meet: no mistake of whoever wrote it, so they are told apart from what the
 * checks find. Alphabetical.
 */
import type { Problem } from '../../problem.ts';
import type { Topology } from '../../topology/types.ts';
import type { Check } from '../check.ts';
import { ipv6NotRouted } from './ipv6-not-routed.ts';

export const KNOWN_FAULTS: readonly Check[] = [ipv6NotRouted];

export const knownFaultsOf = (topology: Topology): Problem[] =>
  KNOWN_FAULTS.flatMap(({ code, severity, check }) => {
    const problems: Problem[] = [];
    check(topology, (finding) => problems.push({ code, severity, ...finding }));
    return problems;
  });
