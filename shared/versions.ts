/** Which Neutron is installed on a node, and which release that is: better than any guess from what its agents did. */
import { RELEASES, type Release } from './releases.ts';
import type { Section } from './snapshot.ts';

/** Lines of `dpkg-query -W`, `dpkg -l`, `rpm -q` and `rpm -qa`; an epoch and the distribution's own suffix are left out. */
const PACKAGE =
  /^(?:ii\s+)?(?:neutron-common|python3-neutron|python2?-neutron|openstack-neutron(?:-common)?)(?::\w+)?[\s-]+(?:\d+:)?(\d+(?:\.\d+)+)/m;

/** A folder of Python's metadata: `neutron-21.0.0.dist-info`. */
const METADATA = /\/neutron-(\d+(?:\.\d+)+)[^/\s]*\.(?:dist|egg)-info$/m;

/** @returns `21.0.0`; undefined where nothing tells */
export function neutronVersion(sections: readonly Section[]): string | undefined {
  for (const { command, stdout } of sections) {
    const pattern =
      command === 'ls neutron-*.dist-info' ? METADATA : /^(?:dpkg|rpm)/.test(command) ? PACKAGE : undefined;
    const found = pattern?.exec(stdout)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Versions were dates until Kilo; Liberty is 7.0 (`setup.cfg` of each tag). */
export function releaseOfVersion(version: string | undefined): Release | undefined {
  const [first = '', second = ''] = version?.split('.') ?? [];
  if (first === '2014') return second === '2' ? 'juno' : undefined;
  if (first === '2015') return second === '1' ? 'kilo' : undefined;
  const at = Number(first) - 7;
  return at >= 0 ? RELEASES.slice(RELEASES.indexOf('liberty'))[at] : undefined;
}
