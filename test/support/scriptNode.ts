/** A node for the collector script: this machine, with tools of ours in place of some or all of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptFor } from '../../server/collect/script.ts';
import { parseSnapshot } from '../../shared/snapshot.ts';
import type { Section, Snapshot } from '../../shared/snapshot.ts';
import { findProgram } from './openssh.ts';
import { runScript } from './runScript.ts';

/** A busybox that is built to prefer its own applets never looks for our stand-in tools (Debian's busybox-static is one). */
const obeysPath = ([name, ...args]: string[]): boolean =>
  spawnSync(findProgram(name!)!, [...args, '-c', 'command -v ip'], { encoding: 'utf8' }).stdout !== 'ip\n';

/** Shells that nodes have: name and command line. */
export const SHELLS = [['dash'], ['bash', '--posix'], ['bash'], ['busybox', 'sh'], ['mksh'], ['ksh']].filter(
  (shell) => findProgram(shell[0]!) && obeysPath(shell),
);

/** What the node is. */
export interface ScriptNode {
  shell?: string[];
  /** Name → shell text of tools that stand first in the path. */
  tools?: Record<string, string>;
  /** Programs of this machine that the node has; default: all. */
  only?: readonly string[];
  /** Programs that are busybox. */
  applets?: readonly string[];
  name?: string;
  statePath?: string | undefined;
  uid?: number;
  /** Changes of the script's text, for what cannot be had otherwise. */
  change?: (script: string) => string;
}

/** Runs the script there; the shell stands under the name `sh` too, for the inner ones. */
export async function collect({
  shell = SHELLS[0]!,
  tools = {},
  only,
  applets = [],
  uid,
  ...node
}: ScriptNode): Promise<Snapshot> {
  const folder = await toolFolder({ sh: `exec ${findProgram(shell[0]!)} ${shell.slice(1).join(' ')} "$@"`, ...tools });
  for (const name of only ?? []) await symlink(findProgram(name)!, join(folder, name));
  for (const name of applets) await symlink(findProgram('busybox')!, join(folder, name));
  const env = { ...process.env, PATH: only ? folder : `${folder}:${process.env['PATH']}` };
  const text = scriptFor(node.name ?? 'n1', node.statePath);
  const script = only ? text.replace(/ PATH=\$PATH\S+/, ' PATH=$PATH') : text;
  const command = [findProgram(shell[0]!)!, ...shell.slice(1), '-s'];
  const { stdout, status, stderr } = await runScript(node.change?.(script) ?? script, command, env, uid);
  await rm(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  const snapshot = parseSnapshot(stdout);
  assert.deepEqual(snapshot.problems, []);
  return snapshot;
}

/** A new folder with these tools. */
export async function toolFolder(tools: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dvrscope-tools-'));
  await chmod(folder, 0o755);
  for (const [name, text] of Object.entries(tools)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

/** The first section of that title; only what is printed first and last may be there twice. */
export const section = ({ sections }: Snapshot, command: string, namespace = '-'): Section => {
  const found = sections.filter((one) => one.command === command && one.namespace === namespace);
  assert.equal(found.length, STAMPS.includes(command) ? 2 : 1, `${namespace} ${command}`);
  return found[0]!;
};

/** What is printed first and once more last. */
export const STAMPS = ['ip netns list', 'ovs-vsctl get Open_vSwitch . next_cfg cur_cfg'];

/** Titles of the sections of a namespace. */
export const commandsOf = ({ sections }: Snapshot, name: string): string[] =>
  sections.filter(({ namespace }) => namespace === name).map(({ command }) => command);

/** Tools that say something for certain, in place of those that this machine has or has not. */
export const TOOLS = {
  ip: `case "$*" in
    "netns list") printf 'qrouter-a (id: 0)\\nvm-1\\nqrouter-b;touch $HOME/x\\nqrouter-$(id)\\n@@ end 0\\n@@ begin - ip -j addr\\nsnat-c\\nxqrouter-d\\n-fip-e\\nfip-f\\n' ;;
    "netns exec snat-c "*) echo 'setting the network namespace "snat-c" failed: Invalid argument' >&2; exit 255 ;;
    "netns exec "*) shift 3; exec "$@" ;;
    *"-batch /dev/null") ;;
    *" -batch -") while read -r line; do echo "[\\"$* $line\\"]"; done ;;
    *) echo "[\\"$*\\"]" ;;
  esac`,
  nsenter: `case $1 in
    --net=/proc/*) ;;
    */snat-c) echo 'nsenter: reassociate to namespace failed: Invalid argument' >&2; exit 1 ;;
    *) shift; exec "$@" ;;
  esac`,
  'iptables-save':
    '[ $# = 0 ] || { echo "iptables-save v1.8 (none)"; exit; }; echo "# one"; echo warning one >&2; echo "@@ end 0" >&2; echo "# two"; exit 3',
  conntrack:
    'if [ $# = 1 ]; then i=0; while [ $i -lt 20003 ]; do echo "entry $i"; i=$((i + 1)); done; else echo six; exit 5; fi',
  'ovs-vsctl': 'case "$*" in *list-br) printf "br-int\\nbr;x\\n" ;; *) echo "$@" ;; esac',
  'ovs-ofctl': 'echo "$@"',
  'ovs-appctl': 'echo "$@"',
  ss: 'exit 127',
};

/** A kernel that tracks connections, whether this one does or not. */
export const tracking = (script: string): string =>
  script.replaceAll('/proc/sys/net/netfilter/nf_conntrack_count', '/proc/sys/kernel/ostype');
