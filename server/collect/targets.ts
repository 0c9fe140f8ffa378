/**
 * Where SSH finds each node, and through which hosts: options first, then the topology, then the user's SSH configuration, then
 * defaults. A node is looked up there by its name and by its address, as `ssh NAME` and `ssh ADDRESS` would be.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Node } from '../../shared/topology/types.ts';
import { configReader } from './config/file.ts';
import { parseJumps, type Jump } from './config/jumps.ts';
import { readConfig, type ConfigPlace, type Lookup } from './config/resolve.ts';
import { localUser, settingsFrom, type SshSettings } from './config/settings.ts';
import { visible } from './visible.ts';

/** A node and where SSH finds it; also a host on the way. */
export interface Target {
  /** The node's name as Neutron knows it; of a host on the way its own. */
  node: string;
  /** Name or address to connect to. */
  host: string;
  port: number;
  username: string;
  /** What the SSH configuration says about it besides. */
  settings?: SshSettings;
  /** Hosts to go through, the first one first. */
  jumps?: Target[];
  /** Why it cannot be connected to, found while its way was looked for. */
  problem?: string;
}

/** What a user says for all nodes at once. */
export interface TargetOptions {
  /** Wins over the topology's `ssh_user`. */
  user?: string | undefined;
  port?: number | undefined;
  /** An SSH configuration in place of `~/.ssh/config` and `/etc/ssh/ssh_config`, as `ssh -F`; `none` for none. */
  configFile?: string | undefined;
}

/** ssh_config(5), and where OpenSSH for Windows has it. */
const SYSTEM_CONFIG =
  process.platform === 'win32'
    ? join(process.env['ProgramData'] ?? String.raw`C:\ProgramData`, 'ssh', 'ssh_config')
    : '/etc/ssh/ssh_config';

/** More hosts than this on the way are a mistake. */
const MOST_JUMPS = 8;

/** One target a node, in the order of the topology. */
export function targetsOf(nodes: readonly Node[], options: TargetOptions = {}): Target[] {
  const place = configPlace(options.configFile);
  return nodes.map((node) => targetOf(node, options, place));
}

/** Notes on the configuration files, each once, for all targets. */
export const notesOf = (targets: readonly Target[]): string[] => [
  ...new Set(
    targets.flatMap(({ settings, jumps }) => [
      ...(settings?.notes ?? []),
      ...(jumps ?? []).flatMap((jump) => jump.settings?.notes ?? []),
    ]),
  ),
];

/** Where the configuration lies. */
function configPlace(file: string | undefined): ConfigPlace {
  const home = homedir();
  const isOwn = file === undefined;
  return {
    userFile: isOwn ? join(home, '.ssh', 'config') : file === 'none' ? undefined : file,
    systemFile: isOwn ? SYSTEM_CONFIG : undefined,
    home,
    localUser: localUser(),
    read: configReader(),
  };
}

function targetOf(node: Node, { user, port }: TargetOptions, place: ConfigPlace): Target {
  const settings = lookUp(place, {
    names: node.address === undefined ? [node.name] : [node.name, node.address],
    user: user ?? node.ssh_user,
    hostName: node.address?.replaceAll('%', '%%'),
  });
  const target = {
    node: node.name,
    host: settings.hostName,
    port: port ?? node.ssh_port ?? settings.port ?? 22,
    username: settings.user ?? place.localUser,
    settings,
  };
  return { ...target, ...wayTo(target, place, []) };
}

const lookUp = (place: ConfigPlace, lookup: Lookup): SshSettings =>
  settingsFrom(readConfig(place, lookup), lookup.names[0], place);

/** A host on the way: what `ProxyJump` says of it, then its own configuration (`ssh -l USER -p PORT -W … HOST`). */
function jumpTarget({ host, user, port }: Jump, place: ConfigPlace, isFirst: boolean): Target {
  // Only the first host is connected to directly, hence only its own ProxyJump counts.
  const settings = lookUp(place, { names: [host], user, ...(!isFirst && { proxyJump: 'none' }) });
  return {
    node: host,
    host: settings.hostName,
    port: port ?? settings.port ?? 22,
    username: settings.user ?? place.localUser,
    settings,
  };
}

type Way = Pick<Target, 'jumps' | 'problem'>;

/** The hosts on the way to a target. @param seen targets that this way is a part of, to find circles */
function wayTo(target: Target, place: ConfigPlace, seen: readonly Target[]): Way {
  const { proxyJump, proxyCommand } = target.settings ?? {};
  if (proxyCommand !== undefined)
    return {
      problem: `its SSH configuration has a ProxyCommand (${visible(proxyCommand)}), which dvrscope never runs; use ProxyJump, or "ProxyCommand none" for this host`,
    };
  if (proxyJump === undefined) return {};
  const parsed = parseJumps(expandJump(proxyJump, target));
  if (typeof parsed === 'string') return { problem: visible(parsed) };
  const hosts = parsed.map((jump, index) => jumpTarget(jump, place, index === 0));
  const circle = hosts.find((host) => [target, ...seen].some((other) => addressOf(other) === addressOf(host)));
  if (circle) return { problem: `the way to it goes through ${visible(addressOf(circle))} in a circle (ProxyJump)` };
  const first = wayTo(hosts[0]!, place, [target, ...seen, ...hosts.slice(1)]);
  if (first.problem !== undefined) return { problem: `${visible(hosts[0]!.node)}: ${first.problem}` };
  const jumps = [...(first.jumps ?? []), ...hosts];
  return jumps.length > MOST_JUMPS
    ? { problem: `the way to it goes through more than ${MOST_JUMPS} hosts (ProxyJump)` }
    : { jumps };
}

/** Tokens of `ProxyJump` (ssh_config(5), TOKENS). */
function expandJump(text: string, { node, host, port, username }: Target): string {
  const tokens: Readonly<Record<string, string>> = { '%': '%', h: host, n: node, p: String(port), r: username };
  return text.replaceAll(/%([%hnpr])/g, (_, token: string) => tokens[token]!);
}

const addressOf = ({ host, port, username }: Target): string => `${username}@${host}:${port}`;

/** Why a target cannot be connected to, or nothing. Its parts come from a file that others may have written. */
export function targetProblem({ host, port, username, problem, jumps }: Target): string | undefined {
  if (problem !== undefined) return problem;
  if (!/^[A-Za-z0-9_.:%-]+$/.test(host) || host.startsWith('-')) return 'its address is not a host name or IP address';
  if (!Number.isInteger(port) || port < 1 || port > 65535) return 'its port is not a number from 1 to 65535';
  // Only what a login name cannot be: a line break or the like would reach log files.
  if (!/^\P{C}+$/u.test(username)) return 'its user name is empty or has control characters';
  for (const jump of jumps ?? []) {
    const found = targetProblem(jump);
    if (found !== undefined) return `on the way, ${visible(jump.node)}: ${found}`;
  }
  return undefined;
}
