/**
 * The vocabulary of the topology file as one table: what kinds of things there are, their keys, and what each key takes.
 * The reader, the grammar's test, and everything that explains or completes a key read this table, so that they cannot disagree.
 * Here are the file itself and its nodes; other kinds stand in files of their own.
 * Keys are those of the Neutron API (`lib: api/definitions/`); a few are our own and say so.
 */
import type { Pointer } from '../problem.ts';
import { ID, IP, PORT_NUMBER, STRING } from './commonFields.ts';
import { EXTENSION_KINDS, INCLUDE } from './extensionFields.ts';
import { NETWORK_KINDS } from './networkFields.ts';
import { PORT_KINDS } from './portFields.ts';
import { ROUTER_KINDS } from './routerFields.ts';

/** What a reference may name. */
export type ReferenceKind = 'node' | 'network' | 'subnet' | 'router' | 'port';

/** What a key takes. */
export type FieldType =
  | { type: 'string' }
  | { type: 'integer'; min: number; max: number }
  | { type: 'boolean' }
  /** One of `values`; `open`: plugins may know more, so another value is no mistake. */
  | { type: 'enum'; values: readonly string[]; open?: true }
  /** An address, read as canonical text (RFC 5952). */
  | { type: 'ip' }
  /** A prefix, read as its network form. */
  | { type: 'cidr' }
  /** An address or a prefix. */
  | { type: 'ip-or-cidr' }
  /** A MAC, read as lower case with colons. */
  | { type: 'mac' }
  /** A UUID or at least its first 11 characters, which is what a device name shows. */
  | { type: 'id' }
  | { type: 'reference'; to: ReferenceKind }
  | { type: 'list'; of: FieldType }
  /** Things by name; `key` is what the name must be. */
  | { type: 'map'; key: FieldType; of: FieldType }
  /** L4 ports, read as `first:last`. */
  | { type: 'port-range' }
  /** A thing with the keys of that kind. */
  | { type: 'record'; kind: string };

export type Field = FieldType & {
  required?: true;
  /** `null` says something other than leaving the key out. */
  nullable?: true;
  /** What holds when the key is left out, for people. */
  default?: string;
  /** One line: what it is, and where it comes from. */
  doc: string;
};

/** `lib: constants.py: L3_AGENT_MODE_*`; `none` is ours. */
const AGENT_MODES = ['legacy', 'dvr', 'dvr_snat', 'dvr_no_external', 'none'] as const;

/** Kind of thing → its keys. Keys are in the order in which a person would write them. */
export const KINDS = {
  topology: {
    dvr: { type: 'integer', min: 1, max: 1, default: '1', doc: 'Version of this file format (ours).' },
    release: {
      ...STRING,
      default: 'what the live nodes look like, else the newest known release',
      doc: 'Release of the agents: a codename (`zed`) or a number (`2023.1`). What they program differs between releases.',
    },
    include: INCLUDE,
    nodes: {
      type: 'map',
      key: STRING,
      of: { type: 'record', kind: 'node' },
      doc: "Machines that run agents, by Neutron's `host` name, as in `binding:host_id`.",
    },
    networks: { type: 'map', key: STRING, of: { type: 'record', kind: 'network' }, doc: 'Networks, by name.' },
    routers: { type: 'map', key: STRING, of: { type: 'record', kind: 'router' }, doc: 'Routers, by name.' },
    ports: {
      type: 'map',
      key: STRING,
      of: { type: 'record', kind: 'port' },
      doc: "Ports of VMs, DHCP and the like, by name. A router's own ports are written in `routers`.",
    },
    floating_ips: {
      type: 'map',
      key: IP,
      of: { type: 'record', kind: 'floating_ip' },
      doc: 'Floating IPs, by their address.',
    },
    promises: {
      type: 'list',
      of: STRING,
      doc: 'What must hold, a line each (ours): `reach vm1 -> 8.8.8.8 as 192.168.1.21`, `reach vm1 -> vm2 tcp 80`, `reach outside -> 192.168.1.50`, `unreachable vm1 -> vm9`, `isolated red blue`. Names with spaces are put in double quotes.',
    },
  },
  node: {
    agent_mode: {
      type: 'enum',
      values: AGENT_MODES,
      required: true,
      doc: "The L3 agent's mode (`l3_agent.ini: agent_mode`); `none`: no L3 agent. It decides which namespaces the node holds.",
    },
    address: { ...STRING, default: "the node's name", doc: 'Address or name where SSH reaches the node (ours).' },
    ssh_port: { ...PORT_NUMBER, default: '22', doc: 'TCP port of the SSH server (ours).' },
    ssh_user: { ...STRING, default: 'the current user', doc: 'User to log in as (ours).' },
    tunnel_ip: { ...IP, doc: "The OVS agent's `local_ip`: where tunnels to this node end (`openvswitch_agent.ini`)." },
    bridge_mappings: {
      type: 'map',
      key: STRING,
      of: STRING,
      default: 'not known',
      doc: 'Physical network → bridge (`openvswitch_agent.ini: bridge_mappings`). A `dvr` node needs the external one for floating IPs.',
    },
    l3_agent_id: {
      ...ID,
      doc: 'Id of the L3 agent (API: `agents`); its floating IP agent gateway ports have it as `device_id`.',
    },
    enable_distributed_routing: { type: 'boolean', doc: 'The OVS agent has flows for DVR (`openvswitch_agent.ini`).' },
    l2_population: { type: 'boolean', doc: 'The OVS agent is told where each MAC is (`openvswitch_agent.ini`).' },
  },
  ...NETWORK_KINDS,
  ...ROUTER_KINDS,
  ...PORT_KINDS,
  ...EXTENSION_KINDS,
} as const satisfies Record<string, Record<string, Field>>;

export type KindName = keyof typeof KINDS;

/** The keys of a kind; `undefined` for a word that is no kind. */
export const fieldsOf = (kind: string): ReadonlyMap<string, Field> | undefined => FIELDS.get(kind);

/** As maps, because the keys that are looked up come from files. */
const FIELDS: ReadonlyMap<string, ReadonlyMap<string, Field>> = new Map(
  Object.entries(KINDS).map(([kind, fields]) => [kind, new Map<string, Field>(Object.entries(fields))]),
);

/** The type of what a field is read as, worked out from the table. */
export type Value<T> = T extends { type: 'integer' }
  ? number
  : T extends { type: 'boolean' }
    ? boolean
    : T extends { type: 'list'; of: infer Item }
      ? Value<Item>[]
      : T extends { type: 'map'; of: infer Item }
        ? Entry<Value<Item>>[]
        : T extends { type: 'record'; kind: infer Kind extends KindName }
          ? Values<Kind>
          : T extends { type: 'enum'; values: readonly (infer Word)[] }
            ? T extends { open: true }
              ? string
              : Word
            : string;

/** One entry of a map of things. */
export interface Entry<T> {
  name: string;
  pointer: Pointer;
  value: T;
}

type RequiredKeys<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends { required: true } ? Key : never;
}[keyof Fields];
type OrNull<T> = T extends { nullable: true } ? null : never;

/** What the reader makes of a thing of a kind: keys that were left out or unusable are absent, required ones are there. */
export type Values<Kind extends KindName> = { pointer: Pointer } & {
  [Key in RequiredKeys<(typeof KINDS)[Kind]>]: Value<(typeof KINDS)[Kind][Key]>;
} & {
  [Key in Exclude<keyof (typeof KINDS)[Kind], RequiredKeys<(typeof KINDS)[Kind]>>]?:
    | Value<(typeof KINDS)[Kind][Key]>
    | OrNull<(typeof KINDS)[Kind][Key]>;
};
