/**
 * Real network namespaces that hold what a router of the recordings holds: devices, addresses, rules, routes, neighbours, iptables.
 * They are named as Neutron names them, so that the collector takes them for routers. Needs root.
 */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseSnapshot } from '../../shared/snapshot.ts';
import { runScript } from './runScript.ts';

const run = promisify(execFile);

const RECORDING = join(import.meta.dirname, '../recordings/S3/compute1.snapshot');

/** Namespaces that were made. */
export interface RouterNamespaces {
  names: string[];
  remove: () => Promise<void>;
}

/** Why namespaces cannot be made here, or false. */
export function withoutNamespaces(): string | false {
  if (process.getuid?.() !== 0) return 'not root';
  const name = `dvrscope-probe-${process.pid}`;
  const ip = (...args: string[]) => execFileSync('ip', ['netns', ...args], { stdio: 'ignore' });
  try {
    ip('add', name);
    ip('exec', name, 'true');
    return false;
  } catch {
    return 'ip netns add does not work here';
  } finally {
    try {
      ip('delete', name);
    } catch {
      // It was not made.
    }
  }
}

/** Makes `count` routers, with names that no other process of this machine uses. */
export async function makeRouterNamespaces(count: number): Promise<RouterNamespaces> {
  const prefix = `qrouter-d${String(process.pid).padStart(7, '0')}-0000-4000-8000-`;
  const names = Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(12, '0')}`);
  const tables = recordedTables();
  const remove = async (): Promise<void> => {
    // One call each: a name that is not there must not keep the others.
    await Promise.allSettled(names.map(async (name) => run('ip', ['netns', 'delete', name])));
  };
  try {
    for (const name of names) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, to be kind to the machine
      const { status, stderr } = await runScript(setUp(name, tables));
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { names, remove };
}

/** `iptables-save` and `ip6tables-save` of the router with the most rules. */
function recordedTables(): [string, string] {
  const { sections } = parseSnapshot(readFileSync(RECORDING, 'utf8'));
  const longest = (command: string): string =>
    sections
      .filter((section) => section.command === command)
      .map(({ stdout }) => stdout)
      .toSorted((a, b) => b.length - a.length)[0]!;
  return [longest('iptables-save'), longest('ip6tables-save')];
}

/** Shell text: three pairs of devices, eight neighbours in each, and the rules of eight floating IPs. */
function setUp(name: string, [tables, tables6]: [string, string]): string {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
  const batch = [
    'link set lo up',
    ...['qr-aaaaaaaa-aa', 'qr-bbbbbbbb-bb', 'rfp-cccccccc-c'].flatMap((device, index) => [
      `link add ${device} type veth peer name peer${index}`,
      `link set peer${index} up`,
      `address add 10.${index}.0.1/24 dev ${device}`,
      `address add 2001:db8:${index}::1/64 dev ${device} nodad`,
      `link set ${device} up`,
      `rule add from 10.${index}.0.1/24 lookup ${167772161 + index} priority ${167772161 + index}`,
      `route add default via 10.${index}.0.2 dev ${device} table ${167772161 + index}`,
      ...numbers.map((n) => `neigh add 10.${index}.0.1${n} lladdr 02:00:00:00:00:0${n} dev ${device} nud permanent`),
    ]),
    ...numbers.map((n) => `rule add from 10.0.0.1${n} lookup 16 priority ${40000 + n}`),
    'route add default via 10.2.0.2 dev rfp-cccccccc-c table 16',
  ];
  return `set -e
ip netns add ${name}
ip -n ${name} -batch - <<'END'
${batch.join('\n')}
END
ip netns exec ${name} sh -c 'iptables-restore; cd /proc/sys/net/ipv4; echo 1 >ip_forward' <<'END'
${tables}
END
ip netns exec ${name} ip6tables-restore <<'END'
${tables6}
END
`;
}
