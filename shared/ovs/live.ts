/** The sections of a snapshot that tell of Open vSwitch, into bridges, ports and flows; gaps where they are not there or failed. */
import { commandWords } from '../aspects/aspect.ts';
import { parseFlows } from '../aspects/flows.ts';
import type { Section } from '../snapshot.ts';
import type { Bridge, Flow, NodeAspectName, NodeState, OvsPort } from '../state.ts';
import { ofportsOf, portsOfTables, tableOf } from './database.ts';

/** @param sections those of the node's own namespace @param failureOf why a section cannot be used */
export function readOpenVswitch(
  sections: readonly Section[],
  state: NodeState,
  failureOf: (section: Section) => string | undefined,
): void {
  const bridges = readBridges(sections, failureOf);
  if (bridges.length > 0) state.bridges = bridges;
  const gap = (aspect: NodeAspectName, reason: string) => state.gaps.push({ namespace: '-', aspect, reason });
  const ports = readPorts(sections, failureOf);
  if (typeof ports === 'string') gap('ports', ports);
  else state.ports = ports;
  const flows = readFlows(sections, namesOf(bridges, typeof ports === 'string' ? [] : ports), failureOf);
  if (typeof flows === 'string') gap('flows', flows);
  else state.flows = flows;
}

/** Port names to numbers by bridge: a dump may show either. */
function namesOf(bridges: readonly Bridge[], ports: readonly OvsPort[]): Map<string, Record<string, number>> {
  const names = new Map<string, Record<string, number>>();
  const note = (bridge: string, name: string, ofport: number) => {
    const known: Record<string, number> = names.get(bridge) ?? Object.create(null);
    names.set(bridge, known);
    known[name] = ofport;
  };
  for (const { bridge, name, ofport } of ports) if (ofport !== undefined && ofport >= 0) note(bridge, name, ofport);
  for (const { name, ofports } of bridges)
    for (const [port, ofport] of Object.entries(ofports)) note(name, port, ofport);
  return names;
}

/** The sections of `ovs-ofctl VERB BRIDGE`, with the bridge. */
const ofctl = (sections: readonly Section[], verb: string): { section: Section; bridge: string }[] =>
  sections.flatMap((section) => {
    const { words } = commandWords(section.command);
    const at = words.indexOf(verb);
    return words[0] === 'ovs-ofctl' && at > 0 && words[at + 1] !== undefined
      ? [{ section, bridge: words[at + 1]! }]
      : [];
  });

function readBridges(sections: readonly Section[], failureOf: (section: Section) => string | undefined): Bridge[] {
  return ofctl(sections, 'show').flatMap(({ section, bridge }) =>
    failureOf(section) === undefined ? [{ name: bridge, ofports: ofportsOf(section.stdout) }] : [],
  );
}

const TABLES = ['Bridge', 'Port', 'Interface'] as const;

function readPorts(
  sections: readonly Section[],
  failureOf: (section: Section) => string | undefined,
): OvsPort[] | string {
  const rows: Record<string, unknown>[][] = [];
  for (const table of TABLES) {
    const section = sections.find(({ command }) => {
      const { words, options } = commandWords(command);
      const isJson = words.includes('json') || options.some((option) => /^(-fjson|--format=json)$/.test(option));
      return words[0] === 'ovs-vsctl' && words.at(-2) === 'list' && words.at(-1) === table && isJson;
    });
    if (!section) return `there is no section "ovs-vsctl -f json list ${table}"`;
    const failure = failureOf(section);
    if (failure !== undefined) return failure;
    const read = tableOf(section.stdout);
    if (!read) return `"${section.command}" cannot be read: it is not a table in JSON`;
    rows.push(read);
  }
  return portsOfTables(rows[0]!, rows[1]!, rows[2]!);
}

/** All bridges or none: flows of a bridge that could not be dumped are not known to be absent. */
function readFlows(
  sections: readonly Section[],
  names: ReadonlyMap<string, Readonly<Record<string, number>>>,
  failureOf: (section: Section) => string | undefined,
): Flow[] | string {
  const dumps = ofctl(sections, 'dump-flows');
  if (dumps.length === 0) return 'there is no section "ovs-ofctl dump-flows"';
  const flows: Flow[] = [];
  const seen = new Set<string>();
  for (const { section, bridge } of dumps) {
    if (seen.has(bridge)) continue;
    const failure = failureOf(section);
    if (failure !== undefined) return failure;
    const { items, problems } = parseFlows(section.stdout, bridge, names.get(bridge));
    if (problems.length > 0) return `"${section.command}" cannot be read: ${problems[0]!.slice(0, 300)}`;
    flows.push(...items);
    seen.add(bridge);
  }
  return flows;
}
