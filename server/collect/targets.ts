/**
 * Where SSH finds each node: from the topology, overridden by options.
 * `~/.ssh/config` (HostName, Port, User, ProxyJump) belongs between the two, in `targetOf`, once it is read.
 */
import { userInfo } from 'node:os';
import type { Node } from '../../shared/topology/types.ts';

/** A node and where SSH finds it. */
export interface Target {
  /** The node's name as Neutron knows it. */
  node: string;
  /** Name or address to connect to. */
  host: string;
  port: number;
  username: string;
}

/** What a user says for all nodes at once. */
export interface TargetOptions {
  /** Wins over the topology's `ssh_user`. */
  user?: string | undefined;
  port?: number | undefined;
}

/** One target a node, in the order of the topology. */
export const targetsOf = (nodes: readonly Node[], options: TargetOptions = {}): Target[] =>
  nodes.map((node) => targetOf(node, options));

const targetOf = (node: Node, { user, port }: TargetOptions): Target => ({
  node: node.name,
  host: node.address ?? node.name,
  port: port ?? node.ssh_port ?? 22,
  username: user ?? node.ssh_user ?? userInfo().username,
});

/** Why a target cannot be connected to, or nothing. Its parts come from a file that others may have written. */
export function targetProblem({ host, port, username }: Target): string | undefined {
  if (!/^[A-Za-z0-9_.:%-]+$/.test(host) || host.startsWith('-')) return 'its address is not a host name or IP address';
  if (!Number.isInteger(port) || port < 1 || port > 65535) return 'its port is not a number from 1 to 65535';
  // Only what a login name cannot be: a line break or the like would reach log files.
  return /^\P{C}+$/u.test(username) ? undefined : 'its user name is empty or has control characters';
}
