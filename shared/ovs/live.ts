/** The sections of a snapshot that tell of Open vSwitch, into bridges, ports and flows; gaps where they are not there or failed. */
import { commandWords, hasLongLine } from '../aspects/aspect.ts';
import { parseFlows } from '../aspects/flows.ts';
import type { Section } from '../snapshot.ts';
import type { Bridge, Flow, NodeAspectName, NodeState, OvsPort } from '../state.ts';
import { readConfDb } from './confDb.ts';
import { type Row, ofportsOf, portsOfTables, tableOf } from './database.ts';
import { portsOfShow, rowsOfText } from './listText.ts';
import { BR_INT } from './names.ts';

type FailureOf = (section: Section) => string | undefined;

/** @param sections those of the node's own namespace @param failureOf why a section cannot be used */
export function readOpenVswitch(sections: readonly Section[], state: NodeState, failureOf: FailureOf): void {
  const bridges = readBridges(sections, failureOf);
  if (bridges.length > 0) state.bridges = bridges;
  const gap = (aspect: NodeAspectName, reason: string) => state.gaps.push({ namespace: '-', aspect, reason });
  const { ports, reason } = readPorts(sections, failureOf);
  if (ports) state.ports = ports;
  if (reason !== undefined) gap('ports', reason);
  const flows = readFlows(sections, wiredBridges(ports ?? []), namesOf(bridges, ports ?? []), failureOf);
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

/** Dumps in several versions of OpenFlow tell the same; one of each bridge counts. */
function readBridges(sections: readonly Section[], failureOf: FailureOf): Bridge[] {
  const bridges: Bridge[] = [];
  for (const { section, bridge } of ofctl(sections, 'show')) {
    if (failureOf(section) !== undefined || bridges.some(({ name }) => name === bridge)) continue;
    const ofports = ofportsOf(section.stdout);
    // Without its own port it is a refusal: a bridge speaks only some versions.
    if (Object.keys(ofports).length > 0) bridges.push({ name: bridge, ofports });
  }
  return bridges;
}

/** With `reason` the ports are not known, or only in part: then they are good for reading back what was chosen, and not compared. */
interface PortsRead {
  ports?: OvsPort[];
  reason?: string;
}

const TABLES = ['Bridge', 'Port', 'Interface'] as const;

function readPorts(sections: readonly Section[], failureOf: FailureOf): PortsRead {
  const [bridges, ports, interfaces] = TABLES.map((table) => readTable(sections, table, failureOf));
  const tables = [bridges, ports, interfaces];
  if (Array.isArray(bridges) && Array.isArray(ports) && Array.isArray(interfaces))
    return { ports: portsOfTables(bridges, ports, interfaces) };
  const database = readDatabaseFile(sections, failureOf);
  if (database && typeof database !== 'string') return database;
  const reason = database ?? tables.find((table) => typeof table === 'string')!;
  const show = sections.find(({ command }) => isVsctl(command, 'show'));
  if (!show || failureOf(show) !== undefined || !Array.isArray(interfaces)) return { reason };
  return {
    ports: portsOfShow(show.stdout, interfaces),
    reason: `${reason}; "${show.command}" does not show all that is compared`,
  };
}

function isVsctl(command: string, ...verb: string[]): boolean {
  const { words } = commandWords(command);
  const end = words.slice(-verb.length).map((word) => word.toLowerCase());
  return words[0] === 'ovs-vsctl' && end.every((word, i) => word === verb[i]!.toLowerCase());
}

/** The form that it has, JSON or for people, is seen from the text. */
function readTable(sections: readonly Section[], table: string, failureOf: FailureOf): Row[] | string {
  let reason = `there is no section "ovs-vsctl -f json list ${table}"`;
  for (const section of sections) {
    if (!isVsctl(section.command, 'list', table)) continue;
    const failure = failureOf(section);
    const isJson = section.stdout.trimStart().startsWith('{');
    const rows = failure === undefined ? (isJson ? tableOf(section.stdout) : rowsOfText(section.stdout)) : undefined;
    if (rows) return rows;
    reason = failure ?? `"${section.command}" cannot be read: it is no table of the database`;
  }
  return reason;
}

/** The database's own file; a string says why it is of no use, `undefined` that there is none. */
function readDatabaseFile(sections: readonly Section[], failureOf: FailureOf): PortsRead | string | undefined {
  const section = sections.find(({ command }) => /^cat \S*\/conf\.db$/.test(command));
  if (!section) return undefined;
  const tables = failureOf(section) ?? readConfDb(section.stdout);
  if (typeof tables === 'string') return section.missing ?? `"${section.command}" cannot be read: ${tables}`;
  const [bridges, ports, interfaces] = TABLES.map((table) => tables.get(table) ?? []);
  return { ports: portsOfTables(bridges!, ports!, interfaces!) };
}

/** The integration bridge and those that a patch joins to it: whatever else the node has is not of the agents. */
function wiredBridges(ports: readonly OvsPort[]): string[] {
  const inside = new Set(ports.flatMap(({ bridge, name }) => (bridge === BR_INT ? [name] : [])));
  const isWired = ({ bridge, options }: OvsPort) => bridge === BR_INT || inside.has(options['peer'] ?? '');
  return [...new Set(ports.filter(isWired).map(({ bridge }) => bridge))];
}

/** A dump in any version will do; of those that are there, the one that the agent speaks comes first. */
const PROTOCOLS = ['OpenFlow13', 'OpenFlow14', 'OpenFlow15', 'OpenFlow12', 'OpenFlow11', 'OpenFlow10'];

/** All bridges or none: flows of a bridge that could not be dumped are not known to be absent. */
function readFlows(
  sections: readonly Section[],
  bridges: readonly string[],
  names: ReadonlyMap<string, Readonly<Record<string, number>>>,
  failureOf: FailureOf,
): Flow[] | string {
  const dumps = ofctl(sections, 'dump-flows').toSorted((a, b) => rankOf(a.section) - rankOf(b.section));
  if (dumps.length === 0) return 'there is no section "ovs-ofctl dump-flows"';
  const byBridge = new Map<string, Flow[] | string>();
  for (const { section, bridge } of dumps)
    if (!Array.isArray(byBridge.get(bridge)))
      byBridge.set(bridge, failureOf(section) ?? readDump(section, bridge, names));
  const flows: Flow[] = [];
  for (const read of byBridge.values()) {
    if (typeof read === 'string') return read;
    for (const flow of read) flows.push(flow);
  }
  const undumped = bridges.find((bridge) => !byBridge.has(bridge));
  return undumped === undefined ? flows : `there is no section "ovs-ofctl dump-flows ${undumped}"`;
}

function rankOf({ command }: Section): number {
  const at = PROTOCOLS.findIndex((protocol) => command.includes(protocol));
  return at < 0 ? PROTOCOLS.length : at;
}

/** A flood list of some thousand tunnels. */
const LONGEST_FLOW = 256 * 1024;

function readDump(
  { command, stdout }: Section,
  bridge: string,
  names: ReadonlyMap<string, Readonly<Record<string, number>>>,
): Flow[] | string {
  if (hasLongLine(stdout, LONGEST_FLOW)) return `"${command}" has a line of more than ${LONGEST_FLOW} characters`;
  const { items, problems } = parseFlows(stdout, bridge, names.get(bridge));
  return problems.length > 0 ? `"${command}" cannot be read: ${problems[0]!.slice(0, 300)}` : items;
}
