/**
 * A topology from what the Neutron API answered. Ids, MACs and addresses are kept whole; the order of the answers does not matter.
 * What has no place in the topology or makes no sense is left out and noted, never thrown.
 */
import { DEVICE_OWNER } from '../../shared/neutron.ts';
import type { Topology } from '../../shared/topology/types.ts';
import { answerOf, fileKey, grouped, objects, objectsById, text, type Answers, type Item } from './answers.ts';
import { nameProxyPorts } from './extensions.ts';
import { importFloatingIps } from './floatingIps.ts';
import { importNetworks } from './networks.ts';
import { importNodes } from './nodes.ts';
import { importPorts, migratingTo } from './ports.ts';
import { importRouters } from './routers.ts';

/** The files that are read, by their names without `.json`; any of them may be missing. */
export const ANSWER_FILES: readonly string[] = [
  'address-scopes',
  'agents',
  'conntrack-helpers',
  'floatingips',
  'ndp-proxies',
  'networks',
  'port-bindings',
  'port-forwardings',
  'ports',
  'router-l3-agents',
  'routers',
  'subnetpools',
  'subnets',
];

/** Answers that hold nothing that a topology has a place for: they are passed over without a note. */
const PASSED_OVER: readonly string[] = ['extensions', 'security-groups', 'security-group-rules'];

/** `release`: whose agents run, which no answer tells. Notes are sentences for a person. */
export function importTopology(
  answers: Answers,
  options: { release?: string } = {},
): { topology: Topology; notes: string[] } {
  const notes = unknownFiles(answers);
  const networks = importNetworks(answers, notes);
  const portItems = objects(answers, 'ports', 'ports', notes);
  const agentsByRouter = objectsById(answers, 'router-l3-agents', 'agents', notes);
  const hostOf = hostsOf(answers, portItems, notes);
  const {
    routers,
    nameById: routerNameById,
    usedPorts,
  } = importRouters({
    routers: objects(answers, 'routers', 'routers', notes),
    portsByRouter: grouped(portItems, (item) => text(item, 'device_id')?.toLowerCase()),
    agentsByRouter,
    helpersByRouter: objectsById(answers, 'conntrack-helpers', 'conntrack_helpers', notes),
    proxiesByRouter: proxiesOf(answers, notes),
    networks,
    hostOf,
    notes,
  });
  const others = portItems.filter((item) => !usedPorts.has(item.id) && !isPlaceholder(item));
  const { ports, nameById: portNameById } = importPorts({ ports: others, networks, routerNameById, hostOf, notes });
  nameProxyPorts(routers, portNameById, notes);
  const nodes = importNodes(answers, [...agentsByRouter.values()].flat(), portsByHost(portItems, hostOf), notes);
  const release = options.release === undefined ? {} : { release: options.release };
  const topology: Topology = { ...release, nodes, networks: networks.networks, routers, ports, floating_ips: [] };
  topology.floating_ips = importFloatingIps({
    floatingIps: objects(answers, 'floatingips', 'floatingips', notes),
    placeholders: portItems.filter(isPlaceholder),
    forwardingsById: objectsById(answers, 'port-forwardings', 'port_forwardings', notes),
    networks,
    topology,
    portNameById,
    routerNameById,
    notes,
  });
  return { topology, notes: [...new Set(notes)] };
}

/** Ports by their hosts; one that a port only migrates to has none of its own. */
function portsByHost(ports: Item[], hostOf: (port: Item) => string | undefined): Map<string, Item[]> {
  const byHost = grouped(ports, hostOf);
  for (const port of ports) {
    const next = migratingTo(port, hostOf(port));
    if (next !== undefined && !byHost.has(next)) byHost.set(next, []);
  }
  return byHost;
}

const proxiesOf = (answers: Answers, notes: string[]): Map<string, Item[]> | undefined =>
  answerOf(answers, 'ndp-proxies') === undefined
    ? undefined
    : grouped(objects(answers, 'ndp-proxies', 'ndp_proxies', notes), (item) => text(item, 'router_id')?.toLowerCase());

const isPlaceholder = (item: Item): boolean => text(item, 'device_owner') === DEVICE_OWNER.floatingIp;

function unknownFiles(answers: Answers): string[] {
  const known = new Set([...ANSWER_FILES, ...PASSED_OVER].map(fileKey));
  return Object.keys(answers)
    .filter((file) => !known.has(fileKey(file)))
    .map((file) => `${file}.json: holds nothing that is known here, passed over`);
}

/**
 * Where each port is bound: `binding:host_id`, else its active binding in `port-bindings.json`. Where a port migrates to its profile says;
 * another second binding (`lib: api/definitions/portbindings_extended.py`) has no place in the topology.
 */
function hostsOf(answers: Answers, ports: Item[], notes: string[]): (port: Item) => string | undefined {
  const bindings = objectsById(answers, 'port-bindings', 'bindings', notes);
  const hosts = new Map<string, string>();
  for (const port of ports) {
    const own = bindings.get(port.id) ?? [];
    const active = own.find((binding) => text(binding, 'status') === 'ACTIVE');
    const host = text(port, 'binding:host_id') ?? (active && text(active, 'host'));
    if (host !== undefined) hosts.set(port.id, host);
    const next = migratingTo(port, host);
    const other = own
      .map((binding) => text(binding, 'host'))
      .find((name) => name !== undefined && name !== host && name !== next);
    if (other !== undefined)
      notes.push(`${port.where}: port ${port.id} is bound to ${other} as well: only one node is kept`);
  }
  return (port) => hosts.get(port.id);
}
