/**
 * What differs between releases of Neutron, as one table that the aspects read.
 * Known so far: what concerns IPv4 in the L3 namespaces from Zed on; older releases come with a gap that says so.
 */

/** OpenStack releases from Juno, in order. */
export const RELEASES = [
  'juno', 'kilo', 'liberty', 'mitaka', 'newton', 'ocata', 'pike', 'queens', 'rocky', 'stein', 'train', 'ussuri',
  'victoria', 'wallaby', 'xena', 'yoga', 'zed', '2023.1', '2023.2', '2024.1', '2024.2', '2025.1', '2025.2', '2026.1',
] as const; // prettier-ignore

export type Release = (typeof RELEASES)[number];

/** The first release that has it, and the change that brought it. */
export const FIRST = {
  /** `dvr_snat_ns.py: create` sets ip_nonlocal_bind (c813b658d0). */
  snat_nonlocal_bind: '2023.1',
  /** `common/utils.py: is_dvr_serviced` no longer counts load balancer ports (656028f311). */
  no_lbaas: '2024.1',
  /** `namespaces.py: Namespace.create` sets nf_conntrack_tcp_be_liberal (ab94c6b021). */
  tcp_be_liberal: '2025.1',
} as const satisfies Record<string, Release>;

const order = (release: string | undefined): number => (RELEASES as readonly (string | undefined)[]).indexOf(release);

/** Whether a release has a change; one that is not known counts as the newest. */
export const releaseHas = (release: string | undefined, change: keyof typeof FIRST): boolean =>
  order(release) < 0 || order(release) >= order(FIRST[change]);

/** The first release whose L3 namespaces the engine knows in full. */
export const isModelled = (release: string | undefined): boolean =>
  order(release) < 0 || order(release) >= order('zed');
