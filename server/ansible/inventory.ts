/** What `ansible-inventory --list` prints, as hosts with their way by SSH. Total: any text gives hosts and notes. Pure. */
import { isRecord } from '../../shared/aspects/aspect.ts';
import type { Jump } from '../collect/config/jumps.ts';
import { visible } from '../collect/visible.ts';
import { parseSshArguments } from './sshArguments.ts';

export interface InventoryHost {
  name: string;
  /** The node's name as Neutron knows it, where the inventory says it (our own variable of the playbook). */
  node?: string;
  /** Also through groups within groups. */
  groups: string[];
  address?: string;
  user?: string;
  port?: number;
  jumps: Jump[];
  /** What cannot be used, for a person. */
  notes: string[];
}

export interface Inventory {
  hosts: InventoryHost[];
  notes: string[];
}

export function readInventory(text: string): Inventory {
  const nothing = (reason: string): Inventory => ({ hosts: [], notes: [reason] });
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return nothing('the inventory is not JSON; it is what "ansible-inventory --list" prints');
  }
  if (!isRecord(list)) return nothing('the inventory is not what "ansible-inventory --list" prints');
  const groups = new Map(Object.entries(list).filter(([name, group]) => name !== '_meta' && isRecord(group)));
  const names = new Set([...groups.values()].flatMap((group) => texts(group, 'hosts')));
  const meta = own(own(list, '_meta'), 'hostvars');
  const variables = isRecord(meta) ? meta : {};
  for (const name of Object.keys(variables)) names.add(name);
  if (names.size === 0) return nothing('the inventory has no hosts');
  const groupsOf = membership(groups);
  const hosts = [...names].map((name) => readHost(name, own(variables, name), groupsOf.get(name) ?? []));
  return { hosts, notes: [] };
}

/** Of each host the groups that it is in. Groups may contain each other in a circle. */
function membership(groups: ReadonlyMap<string, unknown>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of groups.keys()) {
    const seen = new Set([name]);
    // A set grows while it is walked, and the walk goes on to what was added.
    for (const group of seen) for (const child of texts(groups.get(group), 'children')) seen.add(child);
    const hosts = new Set([...seen].flatMap((group) => texts(groups.get(group), 'hosts')));
    for (const host of hosts) {
      const list = found.get(host);
      if (list) list.push(name);
      else found.set(host, [name]);
    }
  }
  return found;
}

/** Variables that hold arguments of ssh, in the order in which Ansible passes them. */
const ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'];

function readHost(name: string, variables: unknown, groups: string[]): InventoryHost {
  const host: InventoryHost = { name, groups, jumps: [], notes: [] };
  const text = (...keys: string[]): string | undefined => {
    for (const key of keys) {
      const value = own(variables, key);
      if (typeof value === 'number') return String(value);
      if (typeof value !== 'string' || value === '') continue;
      if (!/\{[{%]/.test(value)) return value;
      host.notes.push(`${key} is a template that only Ansible can fill in`);
    }
    return undefined;
  };
  const words = ARGUMENTS.flatMap((key) => text(key) ?? []).join(' ');
  const { jumps, notes, ...said } = parseSshArguments(words);
  host.jumps = jumps;
  host.notes.push(...notes.map(visible));
  const node = text('dvrscope_node');
  if (node !== undefined) host.node = node;
  const address = text('ansible_host', 'ansible_ssh_host');
  if (address !== undefined)
    note(host, 'address', /^[A-Za-z0-9_.:%][A-Za-z0-9_.:%-]*$/.test(address) ? address : undefined, address);
  const user = text('ansible_user', 'ansible_ssh_user') ?? said.user;
  if (user !== undefined) note(host, 'user', /^\P{C}+$/u.test(user) ? user : undefined, user);
  const port = text('ansible_port', 'ansible_ssh_port') ?? said.port;
  if (port !== undefined) note(host, 'port', portOf(String(port)), String(port));
  const key = text('ansible_ssh_private_key_file', 'ansible_private_key_file') ?? said.identityFile;
  if (key !== undefined)
    host.notes.push(`its key belongs into ~/.ssh/config, or give it with --identity: ${visible(key)}`);
  return host;
}

/** Sets what can be used, and notes what cannot. */
function note<K extends 'address' | 'user' | 'port'>(
  host: InventoryHost,
  key: K,
  value: InventoryHost[K],
  text: string,
): void {
  if (value === undefined) host.notes.push(`"${visible(text)}" cannot be its ${key}`);
  else host[key] = value;
}

const portOf = (text: string): number | undefined =>
  /^[1-9]\d{0,4}$/.test(text) && Number(text) < 65_536 ? Number(text) : undefined;

const own = (value: unknown, key: string): unknown =>
  isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;

function texts(value: unknown, key: string): string[] {
  const list = own(value, key);
  return Array.isArray(list) ? list.filter((entry): entry is string => typeof entry === 'string' && entry !== '') : [];
}
