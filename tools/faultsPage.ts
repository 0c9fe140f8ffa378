/** The page about the catalogue of faults, made from what its rows say of themselves. */
import type { Fault } from '../shared/faults/fault.ts';
import { FAULTS } from '../shared/faults/table.ts';

const FAMILIES: readonly Fault['family'][] = ['floating IP', 'SNAT', 'ARP', 'Open vSwitch', 'HA', 'tenant', 'other'];

/** Headings of faults are their ids alone, because links lead to them. */
export const faultsPage = (): string =>
  `${[HEAD, ...FAMILIES.flatMap((family) => [`## Faults: ${family}`, ...ofFamily(family).map(section)])].join(
    '\n\n',
  )}\n`;

const ofFamily = (family: Fault['family']): Fault[] =>
  FAULTS.filter((fault) => fault.family === family).toSorted((a, b) => (a.id < b.id ? -1 : 1));

const HEAD = `<!-- Made by \`npm run docs\` from shared/faults/. Do not edit. -->

# Faults

What goes wrong with DVR in real clouds, and what \`dvrscope check\` knows it by.
When differences of a node fit one of these faults, they are one finding, which has the id of the fault.
Nothing is ever run: commands that mend are text for a person.`;

const section = (fault: Fault): string => {
  const { id, title, severity = 'error', symptom, cause, evidence, releases, references, restart } = fault;
  return [
    `### ${id}`,
    `**${severity}** · ${title}`,
    symptom,
    `Cause: ${cause}`,
    `Evidence: ${evidence}`,
    ...(restart ? [`To mend: the commands of the finding; \`systemctl restart ${restart}\` on the node.`] : []),
    `Releases: ${releases}.`,
    `References: ${references.map(linked).join(', ')}`,
  ].join('\n\n');
};

function linked(reference: string): string {
  const bug = /^LP#(\d+)$/.exec(reference)?.[1];
  if (bug !== undefined) return `[${reference}](https://bugs.launchpad.net/neutron/+bug/${bug})`;
  return /^[0-9a-f]{10}$/.test(reference)
    ? `[${reference}](https://opendev.org/openstack/neutron/commit/${reference})`
    : reference;
}
